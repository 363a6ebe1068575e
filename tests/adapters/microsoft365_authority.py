"""An authority that gives tokens over TLS, with keys of its own, and the keys of an app."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@dataclass
class Authority:
    """What gives tokens: of each request its path and its form; `refusal` = status and body of the next answers."""

    address: str = ""
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refusal: tuple[int, Any] | None = None
    unknown: bool = False
    lifetime: int = 3600

    def answer(self, method: str, path: str, raw: str) -> tuple[int, Any]:
        tenant = path.split("/")[1]
        if method == "GET":
            if self.unknown:
                return 400, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."}
            root = f"{self.address}/{tenant}"
            return 200, {
                "issuer": f"{root}/v2.0",
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "token_endpoint": f"{root}/oauth2/v2.0/token",
            }
        self.forms.append((path, {name: values[0] for name, values in parse_qs(raw).items()}))
        if self.refusal is not None:
            return self.refusal
        number = len(self.forms)
        return 200, {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": f"token-{tenant}-{number}"}


def pair(folder: Path, name: str, password: str = "") -> Path:
    """A key and its certificate, for itself and for this machine, in one file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    hidden = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def authority_with(key: Path) -> Iterator[Authority]:
    """Serve with a key and its certificate."""
    told = Authority()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, body = told.answer(self.command, self.path, raw)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if isinstance(body, bytes) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    for method in ("GET", "POST"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    told.address = f"https://127.0.0.1:{server.server_port}"
    yield told
    server.shutdown()
    server.server_close()
