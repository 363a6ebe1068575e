"""First passwords: made, sealed before anyone else hears of them, kept in one file, shown later to who holds the key.

The store is a JSONL file of mode 0600. Each password is sealed with age to one X25519 recipient: a key of the spec or,
without one, an ephemeral key of the store, itself sealed with a passphrase, so that the slow scrypt runs once and not
for each password. Lines are appended and fsynced, never rewritten:

    {"identity": sealed key, "recipient": "age1...", "time"}            the store's own key, at most one
    {"user": spec id, "upn", "sealed": base64, "run", "time"}           a password

A clear password is nowhere but in memory. Source: age-encryption.org/v1 (the format).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from reconciler import ordinary
from reconciler.clock import Clock
from reconciler.model.diagnostic import Diagnostic, Origin, error, warning
from reconciler.model.errors import Refused, SpecError
from reconciler.model.value import Secret

#: Letters and digits that cannot be taken for each other on paper, and signs that no shell, CSV or HTML garbles.
CLASSES = (
    "".join(sorted(set(string.ascii_uppercase) - set("IO"))),
    "".join(sorted(set(string.ascii_lowercase) - set("lo"))),
    "".join(sorted(set(string.digits) - set("01"))),
    "#%*+-=?@",
)
LENGTH = 20

IDENTITY = "AGE-SECRET-KEY-1"


def generate() -> Secret:
    """A new password: 20 characters, at least one of each class, a letter first; about 118 bits."""
    letters, every = CLASSES[0] + CLASSES[1], "".join(CLASSES)
    while True:
        text = secrets.choice(letters) + "".join(secrets.choice(every) for _ in range(LENGTH - 1))
        if all(set(text) & set(one) for one in CLASSES):
            return Secret(text)


class Sink(Protocol):
    """Where a new password goes before the account is made."""

    def keep(self, user_id: str, upn: str, password: Secret) -> None:
        """Seal it and keep it; it survives a power cut once this returns.

        Raises:
            Refused: it could not be kept; the account must not be made.
        """
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A password that is in the store. `user` is the spec id; `time` is ISO 8601."""

    user: str
    upn: str
    run: str
    time: str


@dataclass(frozen=True, slots=True)
class Slip:
    """A password in the clear, for its person; `kept` says whose."""

    kept: Kept
    password: Secret


@dataclass(frozen=True, slots=True)
class Revealed:
    """What a key opened, in the order kept: of two slips for one person the later one counts, as a rule.

    Attributes:
        diagnostics: what could not be read (errors), and a last line cut short by a crash (a warning).
    """

    slips: tuple[Slip, ...]
    diagnostics: tuple[Diagnostic, ...]


class PasswordStore:
    """The sink of one customer; made by `open_store`."""

    def __init__(self, path: Path, recipient: str, clock: Clock, run: str) -> None:
        self._path, self._recipient, self._clock, self._run = path, recipient, clock, run

    def keep(self, user_id: str, upn: str, password: Secret) -> None:
        import pyrage  # type: ignore[import-untyped]  # it brings no types

        recipient = pyrage.x25519.Recipient.from_str(self._recipient)
        sealed = _text(pyrage.encrypt(password.reveal().encode(), [recipient]))
        time = self._clock.now().isoformat()
        _append(self._path, {"user": user_id, "upn": upn, "sealed": sealed, "run": self._run, "time": time})

    def find(self, user_id: str) -> Kept | None:
        """The password kept last for a spec id; none when there is none, so that none was ever sent either.

        Raises:
            Refused: the store is damaged.
        """
        return next((one for one, _ in reversed(_sound(self._path).kept) if one.user == user_id), None)


def open_store(
    path: Path, *, clock: Clock, run: str, recipient: str = "", passphrase: Secret | None = None
) -> PasswordStore:
    """The store at `path`, which need not exist.

    Args:
        path: `passwords.jsonl` in the customer's state folder.
        clock: gives the time of each line.
        run: the name of this run, for the record.
        recipient: an age public key, `age1...`; empty = the store's own key, sealed with the passphrase.
        passphrase: makes the store's own key, or must open the one it has; none = use the one it has.

    Raises:
        SpecError: the recipient is no age public key, or there is neither a recipient nor a passphrase nor an own key.
        Refused: the store is damaged or cannot be written, or the passphrase is not the one it was made with.
    """
    if recipient:
        return PasswordStore(path, _checked_recipient(recipient), clock, run)
    own = _sound(path).own
    if own is None and passphrase is None:
        remedy = (
            "Write `passwords: {recipient: age1...}` in customer.yaml, or give a passphrase on a terminal when asked."
        )
        raise SpecError([error("passwords/no-key", "new passwords have nothing to be sealed to", remedy=remedy)])
    if own is None and passphrase is not None:
        own = _new_own(path, passphrase, clock)
    elif passphrase is not None:
        _opened(path, own, passphrase)
    return PasswordStore(path, own["recipient"] if own else "", clock, run)


def needs_passphrase(path: Path) -> bool:
    """Tell whether a store without a recipient must ask for a passphrase: it has no key of its own yet."""
    return _sound(path).own is None


def reveal(path: Path, key: Secret) -> Revealed:
    """Open what a key can open.

    Args:
        path: the store.
        key: the text of an age identity (a whole key file is fine), or the store's passphrase.

    Raises:
        Refused: there is no store, or this key opens nothing of what is there.
        SpecError: the identity's text is broken.
    """
    if not path.exists():
        raise Refused([error("passwords/none", "there is no password store", origin=Origin(str(path)))])
    found = _read(path)
    identities = _identities(path, found.own, key)
    slips = tuple(slip for kept, sealed in found.kept for slip in _open(kept, sealed, identities))
    closed = len(found.kept) - len(slips)
    if closed and not slips:
        raise Refused([_wrong_key(path, "this key opens none of the passwords"), *found.diagnostics])
    more = [_wrong_key(path, f"this key does not open {closed} of {len(found.kept)} passwords")] if closed else []
    return Revealed(slips, (*found.diagnostics, *more))


def _wrong_key(path: Path, summary: str) -> Diagnostic:
    remedy = "Use the key or passphrase they were sealed with."
    return error("passwords/wrong-key", summary, remedy=remedy, origin=Origin(str(path)))


# Sealing


def _text(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()


def _checked_recipient(text: str) -> str:
    import pyrage

    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        remedy = "It starts with age1; make one with age-keygen."
        raise SpecError([error("passwords/recipient", f"{text!r} is no age public key", remedy=remedy)]) from None
    return text


def _new_own(path: Path, passphrase: Secret, clock: Clock) -> dict[str, str]:
    import pyrage

    if not passphrase.reveal():
        raise Refused([error("passwords/no-passphrase", "the passphrase is empty", origin=Origin(str(path)))])
    identity = pyrage.x25519.Identity.generate()
    sealed = _text(pyrage.passphrase.encrypt(str(identity).encode(), passphrase.reveal()))
    own = {"identity": sealed, "recipient": str(identity.to_public()), "time": clock.now().isoformat()}
    _append(path, own)
    return own


def _opened(path: Path, own: dict[str, str] | None, passphrase: Secret) -> str:
    """The text of the store's own key."""
    import pyrage

    if own is None:
        remedy = "Give the private key, AGE-SECRET-KEY-1..., that belongs to the spec's recipient."
        place = Origin(str(path))
        raise Refused(
            [error("passwords/no-passphrase", "no passphrase was ever set here", remedy=remedy, origin=place)]
        )
    try:
        text: bytes = pyrage.passphrase.decrypt(base64.b64decode(own["identity"]), passphrase.reveal())
    except (pyrage.DecryptError, binascii.Error):
        raise Refused([_wrong_key(path, "the passphrase is not the one this store was made with")]) from None
    return text.decode()


def _identities(path: Path, own: dict[str, str] | None, key: Secret) -> list[Any]:
    import pyrage

    lines = [line.strip() for line in key.reveal().splitlines()]
    texts = [line for line in lines if line.upper().startswith(IDENTITY)] or [_opened(path, own, key)]
    try:
        return [pyrage.x25519.Identity.from_str(text) for text in texts]
    except pyrage.IdentityError:
        remedy = "Copy the whole line that starts with AGE-SECRET-KEY-1."
        raise SpecError([error("passwords/identity", "that is no age private key", remedy=remedy)]) from None


def _open(kept: Kept, sealed: str, identities: list[Any]) -> Iterator[Slip]:
    import pyrage

    try:
        yield Slip(kept, Secret(pyrage.decrypt(base64.b64decode(sealed), identities).decode()))
    except (pyrage.DecryptError, binascii.Error, UnicodeDecodeError):
        return


# The file


@dataclass(frozen=True, slots=True)
class _Content:
    own: dict[str, str] | None
    kept: list[tuple[Kept, str]]  # with the sealed text
    diagnostics: list[Diagnostic]


def _sound(path: Path) -> _Content:
    """The content of a store with no line damaged; a line cut short by a crash was never relied on."""
    found = _read(path)
    damaged = [one for one in found.diagnostics if one.severity == "error"]
    if damaged:
        raise Refused(damaged)
    return found


def _read(path: Path) -> _Content:
    content = _Content(None, [], [])
    own: dict[str, str] | None = None
    for number, line in enumerate(_lines(path), start=1):
        place = Origin(str(path), number)
        if not line.endswith(b"}"):
            if line:
                summary = "a line was cut short, as by a crash while it was written"
                detail = "Its password was not used then: no account is made before its line is whole."
                content.diagnostics.append(warning("passwords/cut-short", summary, detail, origin=place))
            continue
        entry = _entry(line)
        if entry is None:
            remedy = "Restore the file from a copy, or move it away; no password is lost that was shown before."
            content.diagnostics.append(error("passwords/damaged", "this line is damaged", remedy=remedy, origin=place))
        elif "identity" in entry:
            own = own or entry
        else:
            kept = Kept(entry["user"], entry["upn"], entry["run"], entry["time"])
            content.kept.append((kept, entry["sealed"]))
    return _Content(own, content.kept, content.diagnostics)


def _lines(path: Path) -> list[bytes]:
    try:
        return ordinary.content(path).split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as failure:
        raise _unusable(path, failure) from failure


def _entry(line: bytes) -> dict[str, str] | None:
    """A line with all its names, or none when it is damaged."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    names = {"identity", "recipient", "time"} if "identity" in entry else {"user", "upn", "sealed", "run", "time"}
    sound = isinstance(entry, dict) and set(entry) == names and all(isinstance(one, str) for one in entry.values())
    return entry if sound else None


def _append(path: Path, entry: dict[str, str]) -> None:
    """Add a line; it is on the disk when this returns, and starts afresh behind one that was cut short."""
    line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            size = os.fstat(descriptor).st_size
            whole = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
            _write(descriptor, line if whole else b"\n" + line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if size == 0:
            _fsync_folder(path.parent)
    except OSError as failure:
        raise _unusable(path, failure) from failure


def _write(descriptor: int, line: bytes) -> None:
    while line:
        line = line[os.write(descriptor, line) :]


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, failure: OSError) -> Refused:
    remedy = "No account is made while its password cannot be kept."
    summary = f"the password store cannot be used: {failure.strerror}"
    return Refused([error("passwords/unusable", summary, remedy=remedy, origin=Origin(str(path)))])
