"""The actions of the API: from a request to an answer, without a socket."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from tests.emulators.route53 import names, rules, xml_text
from tests.emulators.route53.limits import Limits
from tests.emulators.route53.signature import Request, Signed
from tests.emulators.route53.state import State, Zone, place
from tests.emulators.route53.xml_text import document, text

_ROUTES = (
    ("ListHostedZonesByName", "GET", re.compile(r"/2013-04-01/hostedzonesbyname/?")),
    ("CreateHostedZone", "POST", re.compile(r"/2013-04-01/hostedzone/?")),
    ("ListResourceRecordSets", "GET", re.compile(r"/2013-04-01/hostedzone/([^/]+)/rrset/?")),
    ("ChangeResourceRecordSets", "POST", re.compile(r"/2013-04-01/hostedzone/([^/]+)/rrset/?")),
    ("GetChange", "GET", re.compile(r"/2013-04-01/change/([^/]+)")),
)
#: The actions that change something.
WRITES = frozenset({"CreateHostedZone", "ChangeResourceRecordSets"})
_PAGE = 300


class Answer(NamedTuple):
    """One answer; no body = the connection is cut."""

    status: int
    body: str
    headers: Mapping[str, str] = {}


class Key(NamedTuple):
    """What belongs to an access key."""

    secret: str
    writes: bool


class Refusal(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class Trouble:
    """Calls that go wrong: the `nth` of these actions from now on, `times` in a row.

    Attributes:
        status: of the answer; 0 = the connection is cut.
        effect: what was asked for happens all the same.
        body: of the answer, in place of the usual one.
    """

    actions: frozenset[str]
    status: int = 0
    code: str = ""
    nth: int = 1
    times: int = 1
    effect: bool = False
    request: str = "req-trouble"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    passed: int = 0

    def hits(self, action: str) -> bool:
        """Count a call, and tell whether it goes wrong."""
        if action not in self.actions:
            return False
        self.passed += 1
        return self.nth <= self.passed < self.nth + self.times


class Service:
    """Route 53 for one account.

    Attributes:
        keys: the access keys.
        calls: by action, refused ones too.
        page: sets on a page, at most 300.
        between: done once, after the first page of a listing was given out: somebody else's write.
        listed_form: a refused batch is answered with a list of messages, as the reference shows it, in place of the
            one text that is seen in practice.
        mute: the messages of a refused batch name nothing.
        watch: is shown every batch of changes, before it is looked at.
    """

    def __init__(self, state: State, keys: Mapping[str, Key], limits: Limits | None = None) -> None:
        self.state, self.keys, self.limits = state, dict(keys), limits
        self.calls: Counter[str] = Counter()
        self.page = _PAGE
        self.between: Callable[[], None] | None = None
        self.trouble: Trouble | None = None
        self.listed_form = self.mute = False
        self.watch: Callable[[list[rules.Change]], None] | None = None

    def answer(self, asked: Request) -> Answer:
        """One call."""
        request = f"req-{sum(self.calls.values()) + 1}"
        try:
            action, place = _routed(asked.method, asked.path)
            self.calls[action] += 1
            hit = self.trouble if self.trouble and self.trouble.hits(action) else None
            if hit and not hit.effect:
                return _played(hit)
            self._admit(action, asked)
            done = self._do(action, place, dict(parse_qsl(asked.query)), asked.body)
        except Refusal as problem:
            return self._refused(problem, request)
        except (names.Broken, xml_text.Unreadable) as problem:
            return Answer(400, xml_text.failure("InvalidInput", str(problem), request))
        return _played(hit) if hit else Answer(200, done)

    def _admit(self, action: str, asked: Request) -> None:
        signed = Signed(asked.headers.get("authorization", ""))
        if not signed.key:
            raise Refusal(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        if signed.key not in self.keys:
            raise Refusal(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        key = self.keys[signed.key]
        if not signed.by(key.secret, asked):
            raise Refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match yours.")
        if action in WRITES and not key.writes:
            raise Refusal(403, "AccessDenied", f"User: {signed.key} is not authorized to perform: route53:{action}")
        if self.limits and not self.limits.admits(action):
            raise Refusal(400, "Throttling", "Rate exceeded")

    def _do(self, action: str, place: str, query: Mapping[str, str], body: bytes) -> str:
        if action == "ListHostedZonesByName":
            return self._zones_by_name(query)
        if action == "CreateHostedZone":
            return self._create(body)
        if action == "GetChange":
            if place not in self.state.changes:
                raise Refusal(404, "NoSuchChange", f"Could not find resource with ID: {place}")
            return document("GetChangeResponse", xml_text.change_info(self.state, place))
        zone = self.state.zones.get(place)
        if zone is None:
            raise Refusal(404, "NoSuchHostedZone", f"No hosted zone found with ID: {place}")
        return self._list(zone, query) if action == "ListResourceRecordSets" else self._change(zone, body)

    def _zones_by_name(self, query: Mapping[str, str]) -> str:
        start = (
            names.order(names.parse(query["dnsname"])) if "dnsname" in query else "",
            query.get("hostedzoneid", ""),
        )
        limit = min(int(query.get("maxitems", 100)), 100)
        held = sorted((names.order(zone.name), zone.id) for zone in self.state.zones.values())
        found = [self.state.zones[identity] for name, identity in held if (name, identity) >= start]
        following = {}
        if len(found) > limit:
            following = {"NextDNSName": names.written(found[limit].name), "NextHostedZoneId": found[limit].id}
        listed = [xml_text.hosted_zone(one) for one in found[:limit]]
        return document("ListHostedZonesByNameResponse", xml_text.listing("HostedZones", listed, following, limit))

    def _create(self, body: bytes) -> str:
        root = ElementTree.fromstring(body)
        held = {one.tag.rpartition("}")[2]: one.text or "" for one in root.iter()}
        reference = held.get("CallerReference", "")
        if any(zone.reference == reference for zone in self.state.zones.values()):
            raise Refusal(409, "HostedZoneAlreadyExists", f"A hosted zone was made with the reference {reference}")
        zone = self.state.make(held["Name"], private=held.get("PrivateZone") == "true", reference=reference)
        change = self.state.changed(zone)
        servers = xml_text.element("DelegationSet", xml_text.element("NameServers", text("NameServer", "ns-1.example")))
        return document(
            "CreateHostedZoneResponse", xml_text.hosted_zone(zone), xml_text.change_info(self.state, change), servers
        )

    def _list(self, zone: Zone, query: Mapping[str, str]) -> str:
        if "type" in query and "name" not in query:
            raise Refusal(400, "InvalidInput", "a type without a name")
        limit = min(int(query.get("maxitems", _PAGE)), self.page)
        start = ("", "", "")
        if "name" in query:
            start = (names.order(names.parse(query["name"])), query.get("type", ""), query.get("identifier", ""))
        found = [one for one in zone.listed() if place(one) >= start]
        following = {}
        if len(found) > limit:
            after = found[limit]
            following = {"NextRecordName": names.written(after.name), "NextRecordType": after.type}
            following |= {"NextRecordIdentifier": after.identifier} if after.identifier else {}
        listed = [xml_text.record_set(one) for one in found[:limit]]
        if self.between and "name" not in query:
            between, self.between = self.between, None
            between()
        tag = "ListResourceRecordSetsResponse"
        return document(tag, xml_text.listing("ResourceRecordSets", listed, following, limit))

    def _change(self, zone: Zone, body: bytes) -> str:
        batch = xml_text.batch(body)
        if self.watch:
            self.watch(batch)
        if zone.busy_until and self.state.clock() < zone.busy_until:
            text_of = "The request was rejected because Route 53 was still processing a prior request."
            raise Refusal(400, "PriorRequestNotComplete", text_of)
        sets, wrong = rules.applied(zone, batch)
        if wrong:
            raise Refusal(400, "InvalidChangeBatch", "\n".join(["something is wrong"] if self.mute else wrong))
        zone.sets = sets
        change = self.state.changed(zone)
        return document("ChangeResourceRecordSetsResponse", xml_text.change_info(self.state, change))

    def _refused(self, problem: Refusal, request: str) -> Answer:
        if problem.code != "InvalidChangeBatch":
            return Answer(problem.status, xml_text.failure(problem.code, str(problem), request))
        messages = str(problem).split("\n")
        if self.listed_form:
            listed = xml_text.element("Messages", *(text("Message", one) for one in messages))
            return Answer(400, document("InvalidChangeBatch", listed, text("RequestId", request)))
        return Answer(400, xml_text.failure(problem.code, f"[{', '.join(messages)}]", request))


def _routed(method: str, path: str) -> tuple[str, str]:
    for action, verb, form in _ROUTES:
        found = form.fullmatch(path)
        if found and verb == method:
            return action, unquote(found[1]) if found.groups() else ""
    raise Refusal(404, "UnknownOperationException", f"{method} {path}")


def _played(trouble: Trouble) -> Answer:
    if not trouble.status:
        return Answer(0, "")
    said = "Rate exceeded" if trouble.code == "Throttling" else f"it was said to be {trouble.code}"
    body = trouble.body or xml_text.failure(trouble.code, said, trouble.request)
    return Answer(trouble.status, body, trouble.headers)
