"""Whether a request is signed with the secret of the key that it names.

Source: AWS documentation, "Signature Version 4 for API requests" (2026-11).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple

_FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/((\d{8})/([a-z0-9-]+)/route53/aws4_request), "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


class Request(NamedTuple):
    """One call as it came; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Signed:
    """What an Authorization header says; `key` is empty where there is none."""

    def __init__(self, authorization: str) -> None:
        found = _FORM.fullmatch(authorization)
        self._parts = found.groups() if found else ("", "", "", "", "", "")
        self.key = self._parts[0]

    def by(self, secret: str, asked: Request) -> bool:
        """Tell whether this secret signed the request."""
        _, scope, day, region, signed, signature = self._parts
        lines = [f"{name}:{' '.join(asked.headers.get(name, '').split())}\n" for name in signed.split(";")]
        digest = hashlib.sha256(asked.body).hexdigest()
        request = "\n".join(
            [asked.method, asked.path, "&".join(sorted(asked.query.split("&"))), "".join(lines), signed, digest]
        )
        text = "\n".join(
            [
                "AWS4-HMAC-SHA256",
                asked.headers.get("x-amz-date", ""),
                scope,
                hashlib.sha256(request.encode()).hexdigest(),
            ]
        )
        key = f"AWS4{secret}".encode()
        for part in (day, region, "route53", "aws4_request", text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(key.hex(), signature)
