"""For whom engagement at an address is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reconciler.activities.model import Person, Written
from reconciler.activities.whose import receivers

DAY = datetime(2026, 11, 2, tzinfo=UTC)
KEY = "contact:mailing"


def person(
    contact_id: str, *, owner: bool = False, meant: bool = True, days: int = 0, account: str = "A1"
) -> Person:
    return Person(
        contact_id=contact_id,
        account_id=account,
        name=f"Name of {contact_id}",
        is_owner=owner,
        is_meant=meant,
        linked_at=DAY + timedelta(days=days),
    )


def written(contact_id: str, key: str = KEY, account: str = "A1", *, gone: bool = False) -> Written:
    return Written(
        external_id=key,
        practifi_contact=contact_id,
        practifi_account=account,
        is_gone=gone,
        fingerprint=b"x",
    )


def test_nobody_is_found_where_practifi_does_not_know_the_contact() -> None:
    assert receivers(KEY, [], {}, shared="owner") == []
    assert receivers(KEY, [], {}, shared="each") == []


def test_who_is_on_a_list_of_the_mailing_goes_before_the_owner() -> None:
    people = [person("owner", owner=True, meant=False), person("member")]
    (found,) = receivers(KEY, people, {}, shared="owner")
    assert (found.contact_id, found.others) == ("member", ())


def test_of_several_the_owner_gets_it_and_the_others_are_named() -> None:
    people = [person("b"), person("owner", owner=True, days=9), person("c", meant=False)]
    (found,) = receivers(KEY, people, {}, shared="owner")
    assert (found.contact_id, found.others) == ("owner", ("Name of b",))
    assert found.external_id == KEY


def test_without_an_owner_who_was_linked_first_gets_it() -> None:
    people = [person("late", days=2), person("early", days=1)]
    (found,) = receivers(KEY, people, {}, shared="owner")
    assert found.contact_id == "early"


def test_where_no_membership_tells_the_owner_alone_was_meant() -> None:
    people = [person("b", meant=False), person("owner", owner=True, meant=False, days=3)]
    for shared in ("owner", "each"):
        (found,) = receivers(KEY, people, {}, shared=shared)
        assert (found.contact_id, found.others) == ("owner", ())


def test_what_was_written_stays_with_its_person_and_client() -> None:
    people = [person("new owner", owner=True, account="A2"), person("old owner", account="A3")]
    (found,) = receivers(KEY, people, {KEY: written("old owner")}, shared="owner")
    assert (found.contact_id, found.account_id) == ("old owner", "A1")
    assert found.others == ("Name of new owner",)


def test_a_person_who_left_the_address_keeps_what_was_written() -> None:
    (found,) = receivers(KEY, [], {KEY: written("gone elsewhere")}, shared="owner")
    assert found.contact_id == "gone elsewhere"


def test_a_deleted_person_gives_it_to_the_next() -> None:
    there = {KEY: written("deleted", gone=True)}
    (found,) = receivers(KEY, [person("b")], there, shared="owner")
    assert (found.contact_id, found.external_id) == ("b", KEY)


def test_each_gets_a_record_of_their_own() -> None:
    people = [person("a", owner=True), person("b"), person("c", meant=False)]
    found = receivers(KEY, people, {}, shared="each")
    assert [(one.contact_id, one.external_id) for one in found] == [("a", KEY), ("b", f"{KEY}:b")]


def test_each_goes_on_for_who_left_the_list_meanwhile() -> None:
    there = {KEY: written("a"), f"{KEY}:b": written("b", f"{KEY}:b")}
    found = receivers(KEY, [person("a", owner=True)], there, shared="each")
    assert [one.contact_id for one in found] == ["a", "b"]


def test_turning_to_each_doubles_nobodys_history() -> None:
    people = [person("a"), person("b", owner=True)]
    found = receivers(KEY, people, {KEY: written("a")}, shared="each")
    assert [(one.contact_id, one.external_id) for one in found] == [("a", KEY), ("b", f"{KEY}:b")]


some_people = st.lists(
    st.builds(
        person,
        st.sampled_from("abcdef"),
        owner=st.booleans(),
        meant=st.booleans(),
        days=st.integers(0, 3),
    ),
    max_size=5,
    unique_by=lambda each: each.contact_id,
)


@given(people=some_people, data=st.data())
def test_the_order_of_people_does_not_matter_and_nobody_comes_twice(
    people: list[Person], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(people))
    first = receivers(KEY, people, {}, shared="owner")
    assert first == receivers(KEY, shuffled, {}, shared="owner")
    each = receivers(KEY, people, {}, shared="each")
    assert len({one.external_id for one in each}) == len({one.contact_id for one in each})
    assert len(each) == len({one.contact_id for one in each})
    assert bool(first) == bool(people) == bool(each)
