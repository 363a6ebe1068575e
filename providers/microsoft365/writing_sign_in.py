"""Protection of sign-in written: the security defaults, on or off.

Source: Microsoft Graph v1.0, Update identitySecurityDefaultsEnforcementPolicy; Microsoft Entra documentation, Security
defaults (they and conditional access policies that are enforced exclude each other); 2026-08.
"""

from __future__ import annotations

from providers.microsoft365.api import Request
from providers.microsoft365.errands import Asking, Errand, refused
from providers.microsoft365.memory import Pieces
from providers.microsoft365.shapes import POLICY
from reconciler.model.errors import Forbidden
from reconciler.model.resource import Resource, SignIn

_URL = "/policies/identitySecurityDefaultsEnforcementPolicy"


class SignInErrand(Errand):
    """How sign-in is protected."""

    shown: SignIn | None

    def pieces(self, resource: Resource | None) -> Pieces:
        """Whether the defaults are on."""
        return {"defaults": resource.defaults} if isinstance(resource, SignIn) else {}

    def look(self) -> Asking:
        """Read it, with the policies where they matter."""
        requests = [Request("GET", f"{_URL}?$select=id,isEnabled")]
        wanted = isinstance(self.after, SignIn) and self.after.defaults
        if wanted:
            requests.append(Request("GET", f"/identity/conditionalAccess/policies?$select={POLICY}"))
        answers = yield requests
        defaults = self.good(answers[0])
        # Who may not read the policies learns from the tenant's own refusal.
        readable = wanted and not isinstance(answers[1].problem, Forbidden)
        policies = list(self.desk.api.following(self.good(answers[1]))) if readable else []
        self.shown = self.desk.shapes.sign_in_of(defaults, policies)

    def judge(self) -> None:
        """The two ways of protection exclude each other."""
        if self.after is None:
            raise refused("how sign-in is protected is not deleted")
        if self.shown is not None and self.shown.policies:
            names = ", ".join(self.shown.policies)
            raise refused(f"security defaults cannot be on while conditional access policies are: {names}")

    def write(self) -> Asking:
        """Put them on or off."""
        wished = bool(self.wish.get("defaults"))
        (answer,) = yield [Request("PATCH", _URL, {"isEnabled": wished})]
        self.good(answer)
        self.took({"defaults": wished})
