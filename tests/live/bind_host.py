"""BIND 9 as a host of tests."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.live.installed import need
from tests.live.rfc2136_host import READER, WRITER, Rfc2136Host

PACKAGES = ("bind9", "bind9-utils")


class BindHost(Rfc2136Host):
    """One named in the foreground, without anything of the system's own."""

    program = "named"
    names = "ignore"  # what it makes of host names with an underscore; its default is "fail"

    def command(self) -> Sequence[str | Path]:
        return [need("named", *PACKAGES), "-f", "-n", "1", "-c", self.folder / "named.conf"]

    def configuration(self) -> Mapping[str, str]:
        keys = "".join(
            f'key "{name}" {{ algorithm hmac-sha256; secret "{base64.b64encode(octets).decode()}"; }};\n'
            for name, octets in self.secrets.items()
        )
        zones = "".join(
            f'zone "{zone}" {{ type primary; file "{zone}.zone";'
            f' update-policy {{ grant "{WRITER}" zonesub ANY; }}; }};\n'
            for zone in self.zones
        )
        options = f"""\
options {{
  directory "{self.folder}"; pid-file none; lock-file none;
  session-keyfile "{self.folder}/session.key"; managed-keys-directory "{self.folder}";
  listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  check-names primary {self.names}; recursion no; notify no; dnssec-validation no; empty-zones-enable no;
  allow-transfer {{ key "{READER}"; key "{WRITER}"; }};
}};
logging {{ category default {{ default_stderr; }}; }};
controls {{ }};
"""
        return {"named.conf": keys + options + zones}
