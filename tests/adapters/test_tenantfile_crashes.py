"""A tenant file survives kills, crowds and hostile content."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from providers.tenantfile import TenantFileProvider
from reconciler.model.change import Change, Status
from reconciler.model.errors import Invalid
from reconciler.model.key import Key
from reconciler.model.resource import Resource, TenantDomain
from reconciler.model.value import Secret
from tests.adapters.tenants import DOMAIN, SCOPE, Tenant, document, new_user


@pytest.fixture
def tenant(tmp_path: Path) -> Tenant:
    """A fresh tenant."""
    return Tenant(tmp_path)


LONG = os.environ.get("LONG") == "1"

WRITER = """
    import sys
    from dataclasses import replace
    from pathlib import Path
    from providers.tenantfile import TenantFileProvider
    from reconciler.model.change import Change
    from reconciler.model.key import Key
    from reconciler.provider import Scope

    provider = TenantFileProvider("cloud", {"directory": "tenants"}, Path(sys.argv[1]))
    print("ready", flush=True)
    number = 0
    while True:
        number += 1
        seen = provider.observe(Scope("tenant", "shop.onmicrosoft.com")).resources
        user = seen[Key("tenant", "shop.onmicrosoft.com", "user", "ben")]
        provider.apply([Change(user.key, user, replace(user, department=str(number) * 9))])
"""


def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    """SIGKILL in a loop of writes leaves the old file or the new one, and the next write works."""
    tenant = Tenant(tmp_path, filler=["x" * 200] * 2000)
    bystanders = tenant.data()
    del bystanders["users"][1]
    chance = random.Random(7)
    for number in range(60 if LONG else 12):
        command = [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as child:
            assert child.stdout
            child.stdout.readline()
            time.sleep(chance.uniform(0.01, 0.12))
            child.send_signal(signal.SIGKILL)
        found = tenant.data()
        del found["users"][1]
        assert found == bystanders
        assert tenant.change("user", "ben", department=f"after {number}").status is Status.DONE
        assert list(tenant.file.parent.iterdir()) == [tenant.file]


def test_writers_at_once_lose_nothing(tenant: Tenant) -> None:
    """Two providers that add users to one tenant at the same time add all of them."""

    def work(letter: str) -> None:
        provider = TenantFileProvider("cloud", {"directory": "tenants"}, tenant.root)
        users = [new_user(f"{letter}{number}") for number in range(8)]
        found = list(provider.apply([Change(one.key, None, one, password=Secret("p")) for one in users]))
        statuses.extend(one.status for one in found)

    statuses: list[Status] = []
    threads = [threading.Thread(target=work, args=(letter,)) for letter in "xyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [Status.DONE] * 24
    assert len(tenant.data()["users"]) == 5 + 24


SCRAPS = [
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "null",
    "true",
    "-1",
    "1e999",
    "NaN",
    "\\ud800",
    "\x00",
    "é",
    "@",
    ".",
]
VALUES: list[Any] = [None, True, 0, -1, 2**70, 1.5, "", "x", "a@b.example", "\ud800", [], [1], [None], {}, {"id": "a"}]


def mutate_text(text: str, chance: random.Random) -> str:
    """A file with a few scraps put in or cut out."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(text) + 1)
        text = text[:start] + chance.choice(SCRAPS) + text[start + chance.choice([0, 0, 1, 5, 80]) :]
    return text


def mutate_data(data: Any, chance: random.Random) -> Any:
    """A document with one value, name or entry replaced somewhere, or doubled."""
    if isinstance(data, dict) and data and chance.random() < 0.85:
        name = chance.choice(list(data))
        if chance.random() < 0.1:
            return {key: value for key, value in data.items() if key != name}
        return data | {name: mutate_data(data[name], chance)}
    if isinstance(data, list) and data and chance.random() < 0.85:
        at = chance.randrange(len(data))
        return [*data[:at], mutate_data(data[at], chance), *data[at + chance.choice([0, 1, 1]) :]]
    return chance.choice(VALUES)


def observed(tenant: Tenant) -> Mapping[Key, Resource] | None:
    """What is in the file; none when it is refused as invalid, and any other error comes through."""
    try:
        return tenant.provider.observe(SCOPE).resources
    except Invalid:
        return None


def test_hostile_files(tenant: Tenant) -> None:
    """Mutated files are read whole or refused as invalid; whatever is asked of them, nothing else is ever raised."""
    chance = random.Random(os.environ.get("FUZZ_SEED", "tenant"))
    sound = json.dumps(document(), ensure_ascii=False)
    wishes = [Change(DOMAIN, None, TenantDomain(DOMAIN)), Change(new_user("z").key, None, new_user("z"))]
    read = 0
    for number in range(20_000 if LONG else 300):
        text = mutate_text(sound, chance) if number % 2 else json.dumps(mutate_data(document(), chance))
        tenant.file.write_bytes(text.encode(errors="surrogatepass"))
        resources = observed(tenant)
        if resources is not None:
            read += 1
            assert all(tenant.provider.normalise(one) == one for one in resources.values()), text
            assert all(outcome.status in Status for outcome in tenant.provider.apply(wishes)), text
            tenant.provider.ready(DOMAIN)
    assert read > 30
