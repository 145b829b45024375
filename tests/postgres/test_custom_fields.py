"""Who creates the custom fields that the account lacks, and what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest

from bridge.delivery.custom_fields import create_custom_fields, ensure_custom_fields
from bridge.errors import Conflict, RecordRefused
from bridge.mapping.versions import ActiveMapping
from bridge.mirror.remember import custom_field_ids, remember_custom_fields
from bridge.policies.store import set_policies
from tests.unit.mapping_builders import a_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database

MAPPING = a_mapping("custom_fields: {a: {label: Ay, from: A__c}, b: {label: Bee, from: B__c}}")
WANTED = MAPPING.contact.custom_fields


@dataclass
class Account:
    """The part of an account that has custom fields."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    most: int = 100
    asked: int = 0

    def custom_fields(self) -> Iterator[dict[str, Any]]:
        self.asked += 1
        yield from list(self.rows)

    def create_custom_field(self, label: str, type: str) -> dict[str, Any]:  # noqa: A002
        if any(row["label"] == label for row in self.rows):
            raise Conflict("there already", system="constant_contact", status=409)
        if len(self.rows) == self.most:
            raise RecordRefused("no more than that")
        self.rows.append(a_row(label) | {"type": type})
        return self.rows[-1]

    @property
    def labels(self) -> list[str]:
        return [row["label"] for row in self.rows]

    @property
    def client(self) -> ConstantContact:
        return cast("ConstantContact", self)


def a_row(label: str) -> dict[str, Any]:
    return {
        "custom_field_id": str(uuid4()),
        "name": label.lower(),
        "label": label,
        "type": "string",
    }


@pytest.fixture
def firm(database: Database) -> int:
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
    assert row is not None
    return int(row[0])


def ensured(database: Database, firm: int, account: Account) -> list[str]:
    current = ActiveMapping(version_id=1, mapping=MAPPING)
    return sorted(ensure_custom_fields(database, account.client, firm, current))


def test_a_delivery_creates_what_is_missing_and_asks_no_second_time(
    database: Database, firm: int
) -> None:
    account = Account()
    assert ensured(database, firm, account) == ensured(database, firm, account) == ["a", "b"]
    assert (account.labels, account.asked) == (["Ay", "Bee"], 1)


def test_a_firm_that_creates_them_by_hand_is_left_to_it(database: Database, firm: int) -> None:
    with database.transaction() as tx:
        set_policies(tx, firm, ["custom_fields=ask"], by="ada")
        remember_custom_fields(tx, firm, [a_row("Ay")])
    account = Account()
    assert ensured(database, firm, account) == ["a"]
    assert (account.labels, account.asked) == ([], 0)


def test_one_that_somebody_else_has_made_meanwhile_is_taken(database: Database, firm: int) -> None:
    account = Account(rows=[a_row("Ay")])
    create_custom_fields(database, account.client, firm, WANTED, rows=[])
    assert account.labels == ["Ay", "Bee"]
    with database.transaction() as tx:
        assert len(custom_field_ids(tx, firm, WANTED)) == 2


def test_what_was_made_before_a_refusal_is_remembered(database: Database, firm: int) -> None:
    account = Account(most=1)
    with pytest.raises(RecordRefused):
        create_custom_fields(database, account.client, firm, WANTED, rows=[])
    with database.transaction() as tx:
        assert sorted(custom_field_ids(tx, firm, WANTED)) == ["a"]


def test_one_that_was_deleted_there_is_forgotten_once_all_were_read(
    database: Database, firm: int
) -> None:
    with database.transaction() as tx:
        remember_custom_fields(tx, firm, [a_row("Ay")])
        remember_custom_fields(tx, firm, [a_row("Bee")], is_all=True)
        assert sorted(custom_field_ids(tx, firm, WANTED)) == ["b"]
