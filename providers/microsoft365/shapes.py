"""What Graph shows of a tenant, as our resources.

Whatever is malformed is `Invalid`: an answer that cannot be understood is never guessed at.
Source: Microsoft Graph v1.0 metadata of 2026-08-20 (`user`, `assignedLicense`, `licenseAssignmentState`, `group`,
`domain`, `subscribedSku`, `companySubscription`, `conditionalAccessPolicy`); Microsoft Graph documentation, Working
with groups (which flags make which kind); 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from providers.microsoft365.answers import line
from providers.microsoft365.products import Products
from providers.microsoft365.told import Entry, Told
from reconciler.model import tenant_rules
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, ServiceRecord, SignIn, Sku, TenantDomain, User

#: What is asked for of each; the manager stands beside a user, by `EXPAND`.
USER = (
    "id,userPrincipalName,displayName,accountEnabled,givenName,surname,usageLocation,businessPhones,department,"
    "jobTitle,proxyAddresses,assignedLicenses,licenseAssignmentStates,onPremisesSyncEnabled,userType"
)
EXPAND = "manager($select=id)"
GROUP = "id,displayName,uniqueName,groupTypes,mailEnabled,securityEnabled"
DOMAIN = "id,isVerified,isDefault,isInitial,isAdminManaged,authenticationType,supportedServices"
SKU = "skuId,skuPartNumber,appliesTo,capabilityStatus,consumedUnits,prepaidUnits,servicePlans"
SUBSCRIPTION = "id,skuId,status,nextLifecycleDateTime"
POLICY = "id,displayName,state"

_HELD_WITH_ERROR = ("Error", "ActiveWithError")


class Shapes:
    """How one tenant's things are read; it holds the names of its products."""

    def __init__(self, provider: str, tenant: str, products: Products) -> None:
        self.provider, self.tenant, self.products = provider, tenant, products

    def key(self, kind: str, name: str) -> Key:
        """A key in the tenant."""
        return Key("tenant", self.tenant, kind, name)

    def user_of(self, entry: Entry, *, deleted: bool = False) -> User:
        """A user, by object id.

        Args:
            entry: with what `USER` names, and `manager` where it was expanded.
            deleted: it is among the deleted items; the id before its address is taken off.
        """
        told = Told(self.provider, "a user", entry)
        identity = told.word("id")
        told.what = f"user {identity}"
        upn = told.word("userPrincipalName").lower()
        if deleted:
            upn = upn.removeprefix(identity.replace("-", "").lower())
        phones, proxies = told.texts("businessPhones"), told.texts("proxyAddresses")
        aliases = _aliases(proxies, upn)
        return User(
            self.key("user", identity),
            upn,
            told.text("displayName"),
            identity,
            told.flag("accountEnabled", default=True),
            told.text("givenName"),
            told.text("surname"),
            told.text("usageLocation").upper(),
            phones[0] if phones else "",
            told.text("department"),
            told.text("jobTitle"),
            aliases,
            self._manager(told, entry),
            told.flag("onPremisesSyncEnabled", default=False),
            told.text("userType") == "Guest" or "#ext#" in upn,
            deleted,
            tenant_rules.first_address(primary(proxies), aliases),
        )

    def _manager(self, told: Told, entry: Entry) -> str:
        manager = entry.get("manager")
        if manager is None:
            return ""
        if not isinstance(manager, Mapping):
            raise told.wrong("manager", "an object")
        return Told(self.provider, f"the manager of {told.what}", manager).word("id")

    def licenses_of(self, entry: Entry) -> Licenses:
        """What a user holds, by object id.

        What was assigned and could not be given at all is no licence: it stands among the errors alone. Where no state
        of an assignment is shown, all that is assigned counts as direct.
        """
        told = Told(self.provider, "a user", entry)
        identity = told.word("id")
        told.what = f"user {identity}"
        states = told.entries("licenseAssignmentStates")
        if not states:
            assigned = told.entries("assignedLicenses")
            if not assigned:
                return Licenses(self.key("licenses", identity), identity)
            states = assigned
        direct, inherited, disabled, errors = set[str](), set[str](), set[str](), set[str]()
        for state in states:
            of = Told(self.provider, f"a licence of {told.what}", state)
            sku = self.products.name(of.word("skuId"))
            how = of.text("state")
            if how in _HELD_WITH_ERROR:
                errors.add(f"{sku}: {line(of.text('error')) or 'Other'}")
            if how == "Error":
                continue
            if of.text("assignedByGroup"):
                inherited.add(sku)
            else:
                direct.add(sku)
                disabled.update(f"{sku}/{self.products.plan(plan)}" for plan in of.texts("disabledPlans"))
        ordered = (tuple(sorted(one)) for one in (direct, inherited, disabled, errors))
        return Licenses(self.key("licenses", identity), identity, *ordered)

    def group_of(self, entry: Entry, members: Iterable[Entry]) -> Group:
        """A group, by object id; its members are whatever it holds, people or not."""
        told = Told(self.provider, "a group", entry)
        identity = told.word("id")
        told.what = f"group {identity}"
        ids = {Told(self.provider, f"a member of {told.what}", one).word("id") for one in members}
        key = self.key("group", identity)
        return Group(key, told.text("displayName"), identity, _group_kind(told), tuple(sorted(ids)))

    def domain_of(self, entry: Entry, verification: str = "", records: Sequence[ServiceRecord] = ()) -> TenantDomain:
        """A domain, by its name.

        Args:
            verification: the text that proves it. records: what it wants in DNS; both from `records`.
        """
        told = Told(self.provider, "a domain", entry)
        name = told.word("id").rstrip(".").lower()
        told.what = f"domain {line(name)}"
        services = [one for one in told.texts("supportedServices") if one in tenant_rules.SERVICES]
        return TenantDomain(
            self.key("domain", name),
            told.flag("isVerified", default=False),
            told.flag("isDefault", default=False),
            verification,
            tenant_rules.in_order_records(records),
            tenant_rules.in_order(services),
            told.text("authenticationType") == "Federated",
            not told.flag("isAdminManaged", default=True),
        )

    def sku_of(self, entry: Entry, renews: str = "") -> Sku:
        """A product that users can be given, by its part number."""
        told = Told(self.provider, "a subscribed product", entry)
        sku = told.word("skuId")
        name = self.products.name(sku)
        told.what = f"product {line(name)}"
        units = Told(self.provider, f"the seats of {told.what}", told.inside("prepaidUnits"))
        plans = (Told(self.provider, told.what, one).word("servicePlanName") for one in told.entries("servicePlans"))
        return Sku(
            self.key("sku", name),
            sku.lower(),
            "",
            units.count("enabled"),
            units.count("warning"),
            told.count("consumedUnits"),
            told.text("capabilityStatus") or "Enabled",
            units.count("suspended"),
            tenant_rules.in_order(plans),
            renews,
        )

    def skus_of(self, subscriptions: Iterable[Entry]) -> list[Sku]:
        """All products that users can be given, with the days on which they change unless they are renewed."""
        days = self._renewals(subscriptions)
        return [self.sku_of(entry, days.get(sku, "")) for sku, entry in self.products.entries.items()]

    def _renewals(self, subscriptions: Iterable[Entry]) -> dict[str, str]:
        """By SKU id: the earliest day of those that are paid, else of those in grace."""
        paid: dict[str, str] = {}
        grace: dict[str, str] = {}
        for entry in subscriptions:
            told = Told(self.provider, "a subscription", entry)
            sku, day = told.text("skuId").lower(), told.text("nextLifecycleDateTime")[:10]
            days = {"Enabled": paid, "Warning": grace}.get(told.text("status"))
            if days is not None and day:
                days[sku] = min(days.get(sku, day), day)
        return grace | paid

    def sign_in_of(self, defaults: Entry, policies: Iterable[Entry]) -> SignIn:
        """How sign-in is protected; a policy that is off, or only reports, protects nobody."""
        on = Told(self.provider, "the security defaults", defaults).flag("isEnabled", default=False)
        listed = [Told(self.provider, "a conditional access policy", one) for one in policies]
        names = [one.text("displayName") or one.word("id") for one in listed if one.text("state") == "enabled"]
        return SignIn(self.key("sign-in", "@"), on, tenant_rules.in_order(names))


def _aliases(proxies: Iterable[str], upn: str) -> tuple[str, ...]:
    """Mail addresses beside the user principal name; other kinds (x500, sip) are no aliases."""
    found = {one[5:].lower() for one in proxies if one[:5].lower() == "smtp:"}
    found.discard(upn)
    return tuple(sorted(found))


def primary(proxies: Iterable[str]) -> str:
    """The address under which mail goes out, in lower case: the one with `SMTP` in capitals; empty for none."""
    return next((one[5:].lower() for one in proxies if one.startswith("SMTP:")), "")


def _group_kind(told: Told) -> str:
    types, mail, security = (
        told.texts("groupTypes"),
        *(told.flag(f"{one}Enabled", default=False) for one in ("mail", "security")),
    )
    if "DynamicMembership" in types:
        return "dynamic"
    if "Unified" in types:
        return "microsoft365"
    if mail:
        return "mail-security" if security else "distribution"
    return "security"
