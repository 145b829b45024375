"""Conditions hold, do not hold, or cannot be told."""

from __future__ import annotations

import pytest

from bridge.errors import ConversionError
from tests.unit.mapping_builders import a_mapping

HOLDS, FAILS, UNKNOWN = "holds", "fails", "unknown"

CASES = [
    ("{field: A__c, is: Gold}", "Gold", HOLDS),
    ("{field: A__c, is: Gold}", "gold", FAILS),
    ("{field: A__c, is: Gold}", None, FAILS),
    ("{field: A__c, is: 24}", "24.0", HOLDS),
    ("{field: A__c, is: 24}", "25", FAILS),
    ("{field: A__c, is: 24}", "many", FAILS),
    ("{field: A__c, is: '24'}", "24.0", FAILS),
    ("{field: A__c, is: true}", "true", HOLDS),
    ("{field: A__c, is: false}", "true", FAILS),
    ("{field: A__c, is: false}", "false", HOLDS),
    ("{field: A__c, is_not: Gold}", "Silver", HOLDS),
    ("{field: A__c, is_not: Gold}", None, HOLDS),
    ("{field: A__c, is_not: Gold}", "Gold", FAILS),
    ("{field: A__c, in: [Gold, 7]}", "7.0", HOLDS),
    ("{field: A__c, in: [Gold, 7]}", "Silver", FAILS),
    ("{field: A__c, not_in: [Gold, Silver]}", None, HOLDS),
    ("{field: A__c, not_in: [Gold, Silver]}", "Silver", FAILS),
    ("{field: A__c, present: false}", None, HOLDS),
    ("{field: A__c, present: false}", " ", HOLDS),
    ("{field: A__c, present: false}", "x", FAILS),
    ("{field: A__c, present: true}", "x", HOLDS),
    ("{field: A__c, present: true}", "", FAILS),
    ("{field: A__c, contains: GOLD}", "The golden", HOLDS),
    ("{field: A__c, contains: gold}", None, FAILS),
    ("{field: A__c, starts_with: vip}", "VIP client", HOLDS),
    ("{field: A__c, ends_with: client}", "VIP Client", HOLDS),
    ("{field: A__c, ends_with: client}", "VIP", FAILS),
    ("{field: A__c, includes: Golf}", "Wine;Golf", HOLDS),
    ("{field: A__c, includes: Golf}", "Golfing", FAILS),
    ("{field: A__c, includes: Golf}", None, FAILS),
    ("{field: A__c, above: 100}", "100.5", HOLDS),
    ("{field: A__c, above: 100}", "100", FAILS),
    ("{field: A__c, above: 100}", None, FAILS),
    ("{field: A__c, at_least: 100}", "1.0E2", HOLDS),
    ("{field: A__c, below: 100.5}", "100.4", HOLDS),
    ("{field: A__c, at_most: 100}", "100.1", FAILS),
    ("{field: A__c, above: '2026-01-31'}", "2026-02-01", HOLDS),
    ("{field: A__c, at_most: '2026-01-31'}", "2026-01-31T23:59:00.000Z", HOLDS),
    ("{field: A__c, below: '2026-01-31'}", "2026-01-31", FAILS),
    ("{not: {field: A__c, is: x}}", "x", FAILS),
    ("{not: {field: A__c, is: x}}", "y", HOLDS),
    ("{all: [{field: A__c, is: x}, {field: Absent__c, present: false}]}", "x", UNKNOWN),
    ("{all: [{field: A__c, is: x}, {field: Absent__c, present: false}]}", "y", FAILS),
    ("{any: [{field: A__c, is: x}, {field: Absent__c, present: false}]}", "x", HOLDS),
    ("{any: [{field: A__c, is: x}, {field: Absent__c, present: false}]}", "y", UNKNOWN),
    ("{not: {field: Absent__c, present: false}}", "x", UNKNOWN),
    ("{field: Absent__c, above: 1}", "x", UNKNOWN),
    ("{field: Account.Name, present: false}", "x", UNKNOWN),
]


@pytest.mark.parametrize(("condition", "value", "answer"), CASES)
def test_a_condition(condition: str, value: str | None, answer: str) -> None:
    leaves_out = a_mapping(
        head=f"leave_out: [{{when: {condition}, reason: holds}}]\n"
    ).contact.leaves_out
    if answer == UNKNOWN:
        with pytest.raises(ConversionError, match="not known"):
            leaves_out({"A__c": value})
    else:
        assert (leaves_out({"A__c": value}) or FAILS) == answer


def test_a_limit_on_what_is_no_number_is_an_error_with_its_place() -> None:
    leaves_out = a_mapping(
        head="leave_out: [{when: {field: A__c, above: 1}, reason: x}]\n"
    ).contact.leaves_out
    with pytest.raises(ConversionError, match=r"contact.yaml:4:13: leave_out.0 from A__c: not a"):
        leaves_out({"A__c": "many"})
