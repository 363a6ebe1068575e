"""One tenant's calls in the name of one identity, each made once, in its turn.

Nothing is repeated here: what is worth another try is raised, and whoever may wait does. No call goes out before the
token's tenant is known to be the one that is meant.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from providers.microsoft365 import answers, batches, clouds, tenancy
from providers.microsoft365.answers import Asked, NotSent
from providers.microsoft365.batches import Answer, Request
from providers.microsoft365.clouds import Line
from providers.microsoft365.credentials import Identity
from providers.microsoft365.quota import Quota
from providers.microsoft365.tenancy import ORGANIZATION
from providers.microsoft365.transport import Lost, Reply, Transport
from reconciler.clock import Clock
from reconciler.model.errors import Invalid, ProviderError, RateLimited, TimedOut, Transient, Unavailable
from reconciler.wire.pace import PATIENCE

__all__ = ["ORGANIZATION", "Answer", "Api", "Line", "Pages", "Request"]
#: Pages of one list; more is a circle.
MOST_PAGES = 100_000


class Api:
    """One tenant's calls in the name of one identity; threads may share it.

    Attributes:
        tenant: its initial domain.
    """

    def __init__(self, line: Line, identity: Identity, tenant: str, clock: Clock | None = None) -> None:
        """Opens nothing and looks up no secret."""
        self._line, self._identity, self.tenant = line, identity, tenant
        self._quota = Quota(line.provider, clock)
        self._transport = Transport(line.endpoint, line.timeout)
        self._checking = threading.Lock()
        self._checked = False

    @property
    def provider(self) -> str:
        """Its name in the workspace, for errors."""
        return self._line.provider

    @property
    def endpoint(self) -> str:
        """Where Graph is, with the version, without a final slash."""
        return self._line.endpoint

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read one thing.

        Args:
            path: relative to the endpoint, or whole and on its host (a link that Graph gave).

        Returns:
            The JSON object.

        Raises:
            ProviderError: there was none.
        """
        self.verify()
        return self._get(path, headers)

    def pages(self, path: str, headers: Mapping[str, str] | None = None) -> Pages:
        """The items of a list, page after page; nothing is asked before the first is taken."""
        return Pages(self, path, headers or {})

    def following(self, first: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Pages:
        """The items of a list whose first page is there already."""
        return Pages(self, "", headers or {}, first)

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Write one thing, once.

        Returns:
            The JSON object of the answer; empty when it has none (204).

        Raises:
            ProviderError: it was not taken, or, for TimedOut and Unavailable that is not `NotSent`, perhaps was.
        """
        self._verify_before_writing()
        self._quota.take(write=True)
        asked = self._asked(method, path, body)
        return self._done(asked, *self._call(asked, body, headers or {}, write=True), write=True)

    def batch(self, requests: Sequence[Request]) -> list[Answer]:
        """Make many requests in as few calls as can be; it raises nothing.

        A batch of reads alone that holds `ORGANIZATION` checks the tenant by that item: when it is not the one that is
        meant, or cannot be told, all items have that problem.

        Returns:
            One answer for each request, in their order.
        """
        judge = next((index for index, one in enumerate(requests) if one.url == ORGANIZATION and not one.writes), None)
        if any(one.writes for one in requests):
            judge = None
        try:
            if judge is None and requests:
                self._verify_before_writing()
            found = self._batched(requests)
            self._ask_again(requests, found)
            if judge is not None and not self._checked:
                self.check(_judged(found[judge]))
        except ProviderError as problem:
            return [Answer(0, problem=problem) for _ in requests]
        return [found[index] for index in range(len(requests))]

    def _ask_again(self, requests: Sequence[Request], found: dict[int, Answer]) -> None:
        """Reads that alone in their batch were answered with "not now" are asked once more.

        A client has to do that for items of a batch; what failed with its whole call is for whoever waits.
        """
        late = [
            index for index, one in found.items() if one.status and _soon(one.problem) and not requests[index].writes
        ]
        if late:
            again = self._batched([replace(requests[index], after=None) for index in late])
            found |= {index: again[at] for at, index in enumerate(late)}

    def verify(self) -> None:
        """Ask once whose tenant the token opens.

        Raises:
            Forbidden: another's. ProviderError: it could not be asked.
        """
        with self._checking:
            if not self._checked:
                self.check(self._get(ORGANIZATION, None))

    def check(self, told: Mapping[str, Any]) -> None:
        """Judge an answer to `ORGANIZATION`; from then on nobody asks again.

        Raises:
            Forbidden: it is another tenant's.
        """
        name = self._line.provider
        organization = tenancy.organization(name, told)
        tenancy.check(name, organization, self.tenant, self._identity.token(self.tenant))
        self._checked = True

    def relative(self, link: str) -> str:
        """A link that Graph gave, as an item of a batch wants it.

        Raises:
            Invalid: it leads elsewhere.
        """
        whole, endpoint = self._url(link), self._line.endpoint
        if not whole.startswith(f"{endpoint}/"):
            raise Invalid(self.provider, f"a link leads out of {endpoint}: {answers.line(link)[:80]}")
        return whole.removeprefix(endpoint)

    def _get(self, path: str, headers: Mapping[str, str] | None) -> dict[str, Any]:
        self._quota.take(write=False)
        asked = self._asked("GET", path, None)
        given = {"x-ms-throttle-priority": "low", **(headers or {})}
        return self._done(asked, *self._call(asked, None, given, write=False), write=False)

    def _verify_before_writing(self) -> None:
        try:
            self.verify()
        except RateLimited:
            raise
        except Transient as problem:  # whatever it was about, nothing was written
            text = str(problem).removeprefix(f"{self._line.provider}: ")
            raise NotSent(self._line.provider, text, retry_after=problem.retry_after) from None

    def _batched(self, requests: Sequence[Request]) -> dict[int, Answer]:
        found: dict[int, Answer] = {}
        for indexes, linked in batches.calls(requests):
            asked = self._asked("POST", "/$batch", None)
            tried = []
            for index in indexes:
                after = requests[index].after
                if not linked and after is not None and found[after].problem is not None:
                    found[index] = batches.skipped(asked)
                else:
                    tried.append(index)
            if tried:
                found |= self._one_batch(asked, requests, tried, linked=linked)
        return found

    def _one_batch(
        self, asked: Asked, requests: Sequence[Request], indexes: Sequence[int], *, linked: bool
    ) -> dict[int, Answer]:
        write = any(requests[index].writes for index in indexes)
        body = batches.written(requests, indexes, linked=linked)
        asked = replace(asked, hidden=answers.passwords(body))
        try:
            for index in indexes:
                self._quota.take(write=requests[index].writes)
            told = self._done(asked, *self._call(asked, body, {}, write=write), write=write)
        except ProviderError as problem:
            return {index: batches.lost(asked, requests[index], problem, write=write) for index in indexes}
        found = batches.read(asked, requests, indexes, told)
        self._hold(batches.throttled(found))
        return found

    def _hold(self, refusals: Sequence[RateLimited]) -> None:
        """Hear of the refusals inside one answer: one hold, the longest that was said."""
        if not refusals:
            self._quota.answered()
            return
        wait = self._quota.refused(max(one.retry_after for one in refusals))
        for one in refusals:
            one.retry_after = one.retry_after or wait

    def _asked(self, method: str, path: str, body: object) -> Asked:
        consent = self._identity.consent(self.tenant)
        return Asked(self._line.provider, method, path, consent, answers.passwords(body))

    def _url(self, path: str) -> str:
        if path.startswith("/") and not path.startswith("//"):
            return self._line.endpoint + path
        if not clouds.same_host(path, self._line.endpoint):
            raise Invalid(self._line.provider, f"a link leads to another host: {answers.line(path)[:80]}")
        return path

    def _call(
        self, asked: Asked, body: Mapping[str, Any] | None, headers: Mapping[str, str], *, write: bool
    ) -> tuple[Reply, str]:
        """The answer, whatever it is, and the token that was used."""
        url, token, mark = self._url(asked.url), self._identity.token(self.tenant), str(uuid.uuid4())
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        given = {**headers, "Accept": "application/json", "client-request-id": mark}
        if content is not None:
            given["Content-Type"] = "application/json"
        try:
            return self._transport.call(asked.method, url, token, given, content), token
        except Lost as problem:
            kind: type[Transient] = TimedOut if problem.late or write else Unavailable
            raise (kind if problem.sent else NotSent)(asked.provider, str(problem), request_id=mark) from None

    def _done(self, asked: Asked, reply: Reply, token: str, *, write: bool) -> dict[str, Any]:
        """The JSON object of an answer that is a success."""
        told = _object(reply.content)
        if not 200 <= reply.status < 300:
            hidden = Asked(asked.provider, asked.method, asked.url, asked.consent, (*asked.hidden, token))
            problem = answers.translated(hidden, reply.status, reply.headers, told or {})
            if isinstance(problem, RateLimited) and reply.status == 429:
                self._hold([problem])
            raise problem
        self._quota.answered()
        if told is None and (not write or reply.content.strip()):
            unread = TimedOut if write else Unavailable
            request = answers.line(reply.headers.get("request-id", ""))
            raise unread(asked.provider, "the answer is no JSON object: something else answers there", None, request)
        return told or {}


class Pages:
    """The items of a list, page after page; to be walked once.

    Attributes:
        delta: where the next reading of changes begins; empty before the last page, and where there is no such link.
    """

    def __init__(self, api: Api, path: str, headers: Mapping[str, str], first: Mapping[str, Any] | None = None) -> None:
        self._api, self._path, self._headers, self._first = api, path, headers, first
        self.delta = ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each item.

        Raises:
            Invalid: a page is none, or leads back or elsewhere. ProviderError: a page could not be read.
        """
        name, seen = self._api.provider, {self._path}
        page = self._first if self._first is not None else self._api.get(self._path, self._headers)
        while True:
            items = page.get("value")
            if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
                raise Invalid(name, "a page of a list has no items")
            yield from items
            link = page.get("@odata.nextLink")
            if link is None:
                break
            if not isinstance(link, str) or link in seen or len(seen) > MOST_PAGES:
                raise Invalid(name, "the pages of a list lead back to themselves")
            seen.add(link)
            page = self._api.get(link, self._headers)
        delta = page.get("@odata.deltaLink")
        self.delta = delta if isinstance(delta, str) else ""


def _soon(problem: ProviderError | None) -> bool:
    """It was tried, and may be tried again before anybody has to be told."""
    return isinstance(problem, Transient) and not isinstance(problem, NotSent) and problem.retry_after <= PATIENCE


def _judged(answer: Answer) -> Mapping[str, Any]:
    if answer.problem is not None:
        raise answer.problem
    return answer.body


def _object(content: bytes) -> dict[str, Any] | None:
    """What a body says; none when it is no JSON object."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
