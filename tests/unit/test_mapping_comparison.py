"""Comparing only the rules that differ tells what comparing everything tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.delivery.assemble import wanted_of
from bridge.delivery.merge import changes
from bridge.delivery.write_rules import written
from bridge.edits.effect import Comparison, Differing, Effect
from bridge.edits.narrow import narrow
from bridge.mapping.compiled import load_mapping
from tests.unit.mapping_builders import contact_yaml, files_with

if TYPE_CHECKING:
    from bridge.edits.effect import Change
    from bridge.mapping.model import Mapping

LOOKUPS = tuple(
    f"lookups: {{kinds: {{table: {table}}}}}\n" for table in ("{A: One, B: null}", "{A: Two}")
)
HEADS = (
    "",
    "leave_out:\n  - when: {field: Title, is: A}\n    reason: one\n",
    "leave_out:\n  - when: {field: LastName, is: B}\n    reason: two\n",
    "explicit_permission_when: {field: Title, is: B}\n",
)
RULES = {
    "first_name": (
        "FirstName",
        "{from: FirstName, default: Client}",
        "{from: Title, max: 1}",
        "{from: Title, write: if_empty_there}",
        "{from: FirstName, write: create_only}",
    ),
    "last_name": ("LastName", "{from: LastName, required: true}"),
    "birthday": ("FirstName", "Title"),
    "phone_numbers": ("{home: HomePhone}", "{home: Title, work: HomePhone}"),
    "street_addresses": ("{home: {city: Title, state: LastName}}", "{home: {city: Title}}"),
    "custom_fields": (
        "{kind: {label: Kind, from: Title, transform: [{lookup: kinds}]}}",
        "{kind: {label: Kind, from: Title}, last: {label: Last, from: LastName}}",
    ),
}
VALUES = st.sampled_from([None, "", "A", "B", "long"])
RECORDS = st.fixed_dictionaries(
    {"Email": st.just("ada@example.org")},
    optional=dict.fromkeys(("FirstName", "LastName", "Title", "HomePhone"), VALUES),
)
TEXTS = st.builds(
    lambda lookup, head, rules: contact_yaml(
        "\n".join(f"{name}: {rule}" for name, rule in rules.items() if rule), lookup + head
    ),
    st.sampled_from(LOOKUPS),
    st.sampled_from(HEADS),
    st.fixed_dictionaries({k: st.sampled_from((None, *v)) for k, v in RULES.items()}),
)
THERE = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "first_name": VALUES,
        "last_name": VALUES,
        "phone_numbers": VALUES.map(lambda text: [{"kind": "home", "phone_number": text}]),
        "street_addresses": VALUES.map(lambda text: [{"kind": "home", "city": text}]),
        "custom_fields": VALUES.map(lambda text: [{"custom_field_id": "k", "value": text}]),
    },
)


IDS = {"kind": "k", "last": "to be made: last"}


def in_full(
    old: Mapping, new: Mapping, record: dict[str, str | None], there: dict[str, Any] | None
) -> Effect:
    """Tell what changes from all that both mappings make, without a short cut."""
    before, left_out_before, _ = wanted_of(record, old)
    after, left_out, cause = wanted_of(record, new)
    if after is None or before is None:
        if after is before:
            return Effect(kind=None)
        if before is None:
            return Effect(kind="taken_in", reason=left_out_before or "")
        if cause is None:
            return Effect(kind="left_out", reason=left_out or "")
        kind: Change = "not_known" if Comparison(old, new, {}).unread(record) else "refused"
        return Effect(kind=kind, reason=left_out or "")
    sides = [
        changes(there or {}, written(there, wanted, IDS, by.contact.write_rules), IDS)
        for wanted, by in ((before, old), (after, new))
    ]
    fields = {}
    for name in {**sides[0], **sides[1]}:
        was = next(side[name][0] for side in sides if name in side)
        ends = [side[name][1] if name in side else was for side in sides]
        if sides[0].get(name) != sides[1].get(name):
            fields[name] = (ends[0], ends[1])
    return Effect(kind="changed" if fields else None, fields=fields)


def mapping_of(text: str) -> Mapping:
    return load_mapping(files_with(contact=text), profile="practifi", overrides={})


@settings(max_examples=25)
@given(TEXTS, TEXTS, st.lists(st.tuples(RECORDS, THERE), min_size=8, max_size=8))
def test_the_short_way_tells_what_the_long_way_tells(
    before: str, after: str, people: list[tuple[dict[str, str | None], dict[str, Any] | None]]
) -> None:
    old, new = mapping_of(before), mapping_of(after)
    found = narrow(before, after)
    if found is None:  # permission, or what is written when, differs
        for record, there in people:
            assert in_full(old, new, record, there) == Comparison(old, new, IDS).of(record, there)
        return
    parts = [mapping_of(text).contact.project for text in (found.before, found.after)]
    differing = Differing(before=parts[0], after=parts[1], takes_part_alike=found.takes_part_alike)
    short, long = (Comparison(old, new, IDS, one) for one in (differing, None))
    for record, there in people:
        told = in_full(old, new, record, there)
        assert short.of(record, there) == told == long.of(record, there)


def test_rules_that_write_otherwise_are_compared_whole() -> None:
    rule = "first_name: {from: FirstName, write: %s}"
    texts = [contact_yaml(rule % word) for word in ("always", "create_only")]
    assert narrow(*texts) is None
