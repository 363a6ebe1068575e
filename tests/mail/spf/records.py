"""SPF records to draw from: sound and broken terms, in every spelling, in any order, with ends anywhere."""

from hypothesis import strategies as st

NAMES = ["a.example", "B.example", "c.Example.", "_spf.d.example", "%{I}._spf.e.example"]

_arguments = st.one_of(
    st.sampled_from(NAMES).map(lambda name: f"include:{name}"),
    st.sampled_from(NAMES).map(lambda name: f"exists:{name}"),
    st.sampled_from(["a", "A", "mx", "MX", "a:h.example", "mx/24", "a/32//128", "a:h.example/28//64", "ptr"]),
    st.ip_addresses(v=4).map(lambda address: f"ip4:{address}"),
    st.tuples(st.ip_addresses(v=4), st.integers(0, 40)).map(lambda pair: f"IP4:{pair[0]}/{pair[1]}"),
    st.ip_addresses(v=6).map(lambda address: f"ip6:{address}"),
    st.tuples(st.ip_addresses(v=6), st.integers(0, 140)).map(lambda pair: f"ip6:{pair[0].exploded}/{pair[1]}"),
)

#: Terms that a spec may ask for.
senders = st.tuples(st.sampled_from(["", "+", "-", "~", "?"]), _arguments).map("".join)

#: Words that stand in real records and are no senders.
junk = st.one_of(
    st.sampled_from(
        ["exp=why.example", "x-tag=1", "include:", "spf.protection.outlook.com", "ip4", "a:b:c", "=", "/24"]
    ),
    st.text(st.characters(blacklist_characters=" ", blacklist_categories=["Cs"]), min_size=1, max_size=8),
)

ends = st.sampled_from(["-all", "~all", "?all", "+all", "all", "~ALL", "redirect=_spf.z.example", "Redirect=y.example"])

terms = st.one_of(senders, senders, junk, ends)

records = st.tuples(st.sampled_from(["v=spf1", "V=SPF1"]), st.lists(terms, max_size=7)).map(
    lambda pair: " ".join((pair[0], *pair[1]))
)
