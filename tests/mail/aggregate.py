"""Builds DMARC aggregate reports for tests: as XML in all the shapes that reporters send."""

import gzip
import io
import zipfile
from xml.etree import ElementTree as ET

from reconciler.mail.reports.report import Checked, Published, Report, Row

NAMESPACE = "urn:ietf:params:xml:ns:dmarc-2.0"
DAY = 86_400
BEGIN = 1_795_000_000 // DAY * DAY  # 2026-11-18


def row(address: str = "192.0.2.1", count: int = 1, header_from: str = "c.example", **more: object) -> Row:
    """A row that fails, unless `more` says otherwise."""
    fields: dict[str, object] = {"disposition": "none", "dkim": False, "spf": False} | more
    return Row(address=address, count=count, header_from=header_from, **fields)  # type: ignore[arg-type]


def report(*rows: Row, id: str = "1", reporter: str = "google.com", day: int = 0, domain: str = "c.example") -> Report:  # noqa: A002
    """A report of one day; `day` counts from 2026-11-18."""
    begin = BEGIN + day * DAY
    return Report("r.xml", reporter, id, begin, begin + DAY - 1, Published(domain, "none"), rows or (row(),))


def signed(domain: str, result: str = "pass") -> tuple[Checked, ...]:
    """One signature."""
    return (Checked(domain, result, "s1"),)


def xml(one: Report, *, namespace: str = "", prefix: str = "", encoding: str = "utf-8") -> bytes:
    """The report as XML, by an XML library of its own."""
    root = ET.Element("feedback")
    _fields(root, {"version": "1.0"})
    metadata = ET.SubElement(root, "report_metadata")
    _fields(metadata, {"org_name": one.reporter, "email": "dmarc@r.example", "report_id": one.id})
    _fields(ET.SubElement(metadata, "date_range"), {"begin": str(one.begin), "end": str(one.end)})
    said = one.published
    tags = ("domain", "p", "sp", "np", "adkim", "aspf", "testing", "discovery_method")
    values = (said.domain, said.policy, said.subdomains, said.nonexistent, said.dkim, said.spf)
    published = dict(zip(tags, (*values, said.testing, said.discovery), strict=True))
    _fields(ET.SubElement(root, "policy_published"), {tag: value for tag, value in published.items() if value})
    for some in one.rows:
        _row(root, some)
    if namespace:
        _name(root, namespace, prefix)
    text: bytes = ET.tostring(root, encoding=encoding, xml_declaration=True)
    return text


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return made.getvalue()


def gzipped(content: bytes) -> bytes:
    """A gzip file, always the same for the same content."""
    return gzip.compress(content, mtime=0)


def _row(root: ET.Element, one: Row) -> None:
    record = ET.SubElement(root, "record")
    where = ET.SubElement(record, "row")
    _fields(where, {"source_ip": one.address, "count": str(one.count)})
    results = {"dkim": "pass" if one.dkim else "fail", "spf": "pass" if one.spf else "fail"}
    _fields(ET.SubElement(where, "policy_evaluated"), {"disposition": one.disposition, **results})
    identifiers = {"header_from": one.header_from, "envelope_from": one.envelope_from}
    _fields(ET.SubElement(record, "identifiers"), identifiers)
    found = ET.SubElement(record, "auth_results")
    for signature in one.signatures:
        fields = {"domain": signature.domain, "selector": signature.selector, "result": signature.result}
        _fields(ET.SubElement(found, "dkim"), fields)
    for check in one.checks:
        _fields(ET.SubElement(found, "spf"), {"domain": check.domain, "scope": "mfrom", "result": check.result})


def _fields(parent: ET.Element, fields: dict[str, str]) -> None:
    for name, text in fields.items():
        ET.SubElement(parent, name).text = text


def _name(root: ET.Element, namespace: str, prefix: str) -> None:
    for element in root.iter():
        element.tag = f"{prefix}:{element.tag}" if prefix else element.tag
    root.set(f"xmlns:{prefix}" if prefix else "xmlns", namespace)
