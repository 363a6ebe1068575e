"""What is constant about each Microsoft 365 cloud. Everything else is named by the tenant and never derived.

Source: Microsoft, "External Domain Name System records for Office 365" and the pages on GCC High, DoD and 21Vianet
(texts of 2020 to 2025, read 2026-11); Message Center MC1048624 (MX hosts under mx.microsoft, read 2026-11).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud. The host names say where the tenant's answers must lie: these names or names below them.

    Attributes:
        tenants: the end of the name of every tenant in it.
        include: the domain that SPF includes.
        lync: hosts of Teams and Skype.
        teams: type and name of the records that Teams and Skype need.
        devices: hosts of device registration and enrolment; empty = the pages name none, so any host will do.
    """

    name: str
    tenants: str
    include: str
    mx: tuple[str, ...]
    autodiscover: tuple[str, ...]
    lync: tuple[str, ...]
    teams: tuple[tuple[str, str], ...]
    devices: tuple[str, ...] = ()


_FEDERATION = ("SRV", "_sipfederationtls._tcp")
TEAMS = (_FEDERATION, ("SRV", "_sip._tls"), ("CNAME", "sip"), ("CNAME", "lyncdiscover"))

CLOUDS = (
    Cloud(
        name="us-government",
        tenants=".onmicrosoft.us",
        include="spf.protection.office365.us",
        mx=("mail.protection.office365.us",),
        autodiscover=("autodiscover.office365.us", "autodiscover-dod.office365.us"),
        lync=("online.gov.skypeforbusiness.us", "online.dod.skypeforbusiness.us"),
        teams=(_FEDERATION,),
    ),
    Cloud(
        name="china",
        tenants=".onmschina.cn",
        include="spf.protection.partner.outlook.cn",
        mx=("mail.protection.partner.outlook.cn",),
        autodiscover=("autodiscover.partner.outlook.cn",),
        lync=("partner.lync.cn",),
        teams=TEAMS,
    ),
    Cloud(
        name="worldwide",
        tenants="",
        include="spf.protection.outlook.com",
        mx=("mail.protection.outlook.com", "mx.microsoft"),
        autodiscover=("autodiscover.outlook.com",),
        lync=("online.lync.com",),
        teams=TEAMS,
        devices=("enterpriseregistration.windows.net", "manage.microsoft.com"),
    ),
)


def cloud_of(tenant: str) -> Cloud:
    """The cloud a tenant lives in, by the end of its initial domain; GCC counts as worldwide."""
    return next(cloud for cloud in CLOUDS if tenant.lower().endswith(cloud.tenants))
