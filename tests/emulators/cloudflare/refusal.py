"""How the emulator says no."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer that is no success.

    Attributes:
        wrapped: as the vendor told errors before 2024-10, the cause in the chain of a general error.
    """

    def __init__(self, status: int, code: int, message: str, *, wrapped: bool = False) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.wrapped = status, code, message, wrapped

    def body(self) -> dict[str, Any]:
        """The envelope."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.wrapped:
            error = {"code": 1004, "message": "DNS Validation Error", "error_chain": [error]}
        return {"result": None, "success": False, "errors": [error], "messages": []}
