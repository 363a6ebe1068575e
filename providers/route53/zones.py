"""Finds a hosted zone by its name and reads it whole, 300 record sets a page.

A change between two pages can be read half: pages go on at a name, and the host has no mark of a zone's state. It does
no harm: what is written on such a reading is refused, since each change names the exact old set.
Source: Amazon Route 53 API Reference, ListHostedZonesByName and ListResourceRecordSets (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from providers.route53 import reading, text
from providers.route53.account import Account
from providers.route53.reading import Native, Reading
from reconciler.model.errors import Invalid, NotFound
from reconciler.wire.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_route53 import Route53Client
    from types_boto3_route53.type_defs import HostedZoneTypeDef

PAGE = 300
T = TypeVar("T")


class Zones:
    """The account's hosted zones; ids are asked for once and kept.

    Attributes:
        pace: of all calls.
    """

    def __init__(self, provider: str, account: Account, pace: Pace, known: Mapping[str, str]) -> None:
        """Args: `known`: ids by zone, where the options name them."""
        self._provider, self._account, self.pace = provider, account, pace
        self._named = dict(known)
        self._ids = dict(known)

    def read(self, zone: str) -> Reading:
        """All of a zone.

        Raises:
            ProviderError: it could not be read whole.
        """
        identity = self.identity(zone)
        try:
            return reading.read(zone, self._pages(zone, identity))
        except KeyError as problem:
            raise self._account.unreadable() from problem
        except ValueError as problem:
            raise Invalid(
                self._provider, f"the hosted zone {identity} is not the zone {zone}, or holds a broken name: {problem}"
            ) from problem

    def identity(self, zone: str) -> str:
        """The id of the zone's hosted zone, without `/hostedzone/`.

        Raises:
            ProviderError: it could not be asked for. `NotFound`: there is none. `Invalid`: there are several.
        """
        if zone not in self._ids:
            self._ids[zone] = self._chosen(zone, list(self._called(zone)))
        return self._ids[zone]

    def forget(self, zone: str) -> None:
        """The id is no longer right: ask for it again; what the options name stays."""
        self._ids = {**{one: kept for one, kept in self._ids.items() if one != zone}, **self._named}

    def ask(self, call: Callable[[Route53Client], T]) -> T:
        """One call with the identity that reads."""
        return self._account.ask(self.pace, call)

    def _pages(self, zone: str, identity: str) -> Iterator[Native]:
        start: dict[str, Any] = {}
        while True:
            try:
                answer = self.ask(
                    lambda client, start=start: client.list_resource_record_sets(  # type: ignore[misc]
                        HostedZoneId=identity, MaxItems=str(PAGE), **start
                    )
                )
            except NotFound:
                self.forget(zone)
                raise
            yield from answer["ResourceRecordSets"]
            if not answer["IsTruncated"]:
                return
            named = {"Name": answer.get("NextRecordName"), "Type": answer.get("NextRecordType")}
            named["Identifier"] = answer.get("NextRecordIdentifier")
            following = {f"StartRecord{field}": one for field, one in named.items() if one}
            if not following or following == start:
                raise Invalid(self._provider, f"the list of the hosted zone {identity} does not go on")
            start = following

    def _called(self, zone: str) -> Iterator[HostedZoneTypeDef]:
        """The hosted zones of exactly this name; the list begins at it and goes on with others."""
        try:
            start: dict[str, Any] = {"DNSName": text.native_name("@", zone)}
        except ValueError as problem:
            raise NotFound(self._provider, f"no hosted zone can be called {zone!r}: {problem}") from problem
        wanted = text.labels(start["DNSName"])
        while True:
            answer = self.ask(lambda client, start=start: client.list_hosted_zones_by_name(**start))  # type: ignore[misc]
            if "HostedZones" not in answer or "IsTruncated" not in answer:
                raise self._account.unreadable()
            found = [one for one in answer["HostedZones"] if _named(one["Name"], wanted)]
            yield from found
            if not answer["IsTruncated"] or len(found) < len(answer["HostedZones"]):
                return
            following = {"DNSName": answer.get("NextDNSName"), "HostedZoneId": answer.get("NextHostedZoneId")}
            if following == start:
                raise Invalid(self._provider, f"the list of the hosted zones called {zone} does not go on")
            start = following

    def _chosen(self, zone: str, found: list[HostedZoneTypeDef]) -> str:
        """The public one; a private zone is meant only where the options say so."""
        public: list[str] = []
        private: list[str] = []
        for one in found:
            (private if one.get("Config", {}).get("PrivateZone") else public).append(one["Id"].rpartition("/")[2])
        if len(public) == 1:
            return public[0]
        if public:
            advice = f"write which is meant in the provider's options: `zones: {{{zone}: {public[0]}}}`"
            raise Invalid(
                self._provider, f"there are {len(public)} public hosted zones {zone}: {_listed(public)}; {advice}"
            )
        if private:
            advice = f"if it is meant, write `zones: {{{zone}: {private[0]}}}` in the provider's options"
            raise NotFound(self._provider, f"{zone} is a private hosted zone alone: {_listed(private)}; {advice}")
        raise NotFound(self._provider, f"there is no hosted zone {zone}")


def _named(native: str, wanted: tuple[bytes, ...]) -> bool:
    try:
        return text.labels(native) == wanted
    except ValueError:
        return False


def _listed(ids: list[str]) -> str:
    return ", ".join(sorted(ids))
