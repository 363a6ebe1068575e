"""From a file's bytes to the XML texts in it: gzip and zip unpacked within limits, bytes decoded.

Nothing is written anywhere: the names in an archive are shown to people and used for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reconciler.mail.reports.report import Refused

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

#: Octets of a file as it comes, and of one report unpacked: some 40,000 rows. A mail with more is not delivered.
LARGEST = 32 * 1024 * 1024
#: Octets that all files of one archive may come to.
TOGETHER = 2 * LARGEST
#: Files in one archive, and streams in one gzip file.
ENTRIES = 100
#: A report shrinks to a fifth or a fiftieth; what grows further than this, and beyond the first MiB, is a bomb.
RATIO = 200
_ALWAYS = 1024 * 1024

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
#: Begins each entry of a zip file's directory.
#: Source: PKWARE APPNOTE 6.3.10, section 4.3.12, November 2022.
_ENTRY = b"PK\x01\x02"
_STORED, _DEFLATED = 0, 8

_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._-]{1,40})["']""")
#: What XML says a text is in, and Python's name for it; other names are not tried: some of Python's decode in quadratic
#: time or unpack.
_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "windows-1252": "cp1252",
}


def unpacked(content: bytes) -> Iterator[tuple[str, bytes | Refused]]:
    """Every file in `content`: its name inside the archive, empty outside of one, and its bytes or why they are not.

    Raises:
        Refused: the whole is too large, or no archive that can be read.
    """
    if len(content) > LARGEST:
        raise Refused("size", f"is larger than {LARGEST >> 20} MiB", "No mail service sends reports of that size.")
    if content.startswith(_ZIP):
        yield from _zip(content)
    elif content.startswith(_GZIP):
        yield "", _flat(_gzip(content))
    else:
        yield "", content


def decoded(data: bytes) -> str:
    """The text of an XML file, without byte order mark and blank lines before it.

    Raises:
        Refused: its encoding is not read here, or it is not in the encoding that it declares.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    elif data.startswith(b"\xef\xbb\xbf"):
        codec = "utf-8-sig"
    else:
        found = _DECLARED.match(data)
        name = found[1].decode("ascii") if found else "utf-8"
        if name.lower() not in _CODECS:
            raise Refused("encoding", f"is in the encoding {name}, which is not read", remedy="Save it as UTF-8.")
        codec = _CODECS[name.lower()]
    try:
        text = data.decode(codec).lstrip()
    except UnicodeDecodeError as problem:
        raise Refused("encoding", f"is not in {problem.encoding}, its encoding, at octet {problem.start:,}") from None
    if not text.startswith("<"):
        remedy = "Save the attachment of the report's mail as a file, and name that."
        raise Refused("format", "is no XML, gzip or zip file", remedy=remedy)
    return text


def _flat(data: bytes) -> bytes | Refused:
    if data.startswith((_GZIP, *_ZIP)):
        return Refused(
            "nested", "is an archive inside an archive", remedy="Unpack the outer one and name what is in it."
        )
    return data


def _allowance(packed: int) -> int:
    return min(LARGEST, _ALWAYS + RATIO * packed)


def _bomb(limit: int) -> Refused:
    why = "A file that grows like this is made to exhaust the memory of whoever opens it."
    return Refused("size", f"is larger than {limit:,} octets unpacked, more than its packed size may hold", why)


def _gzip(content: bytes) -> bytes:
    import zlib

    limit = _allowance(len(content))
    whole = b""
    rest = content
    for _ in range(ENTRIES):
        stream = zlib.decompressobj(wbits=31)
        try:
            whole += stream.decompress(rest, limit + 1 - len(whole))
        except zlib.error as problem:
            raise Refused("archive", f"is a broken gzip file: {problem}") from None
        if len(whole) > limit:
            raise _bomb(limit)
        if not stream.eof:
            raise Refused("archive", "is a gzip file that ends too early", remedy="Save the attachment again.")
        rest = stream.unused_data
        if not rest.startswith(_GZIP):
            return whole  # what follows the last stream is padding
    raise Refused("archive", f"is a gzip file of more than {ENTRIES} streams")


def _zip(content: bytes) -> Iterator[tuple[str, bytes | Refused]]:
    from io import BytesIO
    from zipfile import ZipFile

    # Counted before the directory is read, which costs time and memory for every entry.
    if content.count(_ENTRY) > ENTRIES:
        raise Refused("archive", f"is a zip file of more than {ENTRIES} files", remedy="Unpack it and name the files.")
    archive: ZipFile = _guarded(ZipFile, BytesIO(content))
    left = TOGETHER
    for info in archive.infolist():
        if info.filename.endswith("/"):  # its own is_dir() fails for a name that is empty
            continue
        data: bytes | Refused | None = _unreadable(info)
        if data is None:
            limit = min(left, _allowance(min(info.compress_size, len(content))))
            data = _entry(archive, info, limit)
            # What is refused may have cost as much as it was allowed.
            left -= limit if isinstance(data, Refused) else len(data)
        if left <= 0:
            raise Refused("size", f"is a zip file of more than {TOGETHER >> 20} MiB unpacked")
        yield info.filename, data


def _unreadable(info: ZipInfo) -> Refused | None:
    if info.flag_bits & 1:
        return Refused("archive", "is encrypted", remedy="Unpack it and name what is in it.")
    # The others are unpacked by libraries that know no limit.
    if info.compress_type not in (_STORED, _DEFLATED):
        return Refused("archive", f"is packed by method {info.compress_type}, which is not read")
    return None


def _entry(archive: ZipFile, info: ZipInfo, limit: int) -> bytes | Refused:
    try:
        with _guarded(archive.open, info) as stream:
            data: bytes = _guarded(stream.read, limit + 1)
    except Refused as problem:
        return problem
    return _flat(data) if len(data) <= limit else _bomb(limit)


def _guarded(work: Any, *arguments: object) -> Any:
    """Run something of the zip library on hostile bytes; whatever it finds wrong is a refusal."""
    import struct
    import zlib
    from zipfile import BadZipFile

    bad = (BadZipFile, zlib.error, struct.error)
    wrong = (*bad, ArithmeticError, EOFError, LookupError, OSError, RuntimeError, ValueError)
    try:
        return work(*arguments)
    except wrong as problem:
        raise Refused("archive", f"is a broken zip file: {problem}"[:300]) from None
