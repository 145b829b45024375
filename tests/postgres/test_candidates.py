"""Whatever `decide` would do or record at an address, it is among those that are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.delivery.decide import decide
from bridge.delivery.gather import Gatherer
from bridge.delivery.leases import hold
from bridge.delivery.outcome import End, record_ends, record_seen, set_statuses
from bridge.policies.store import set_policies
from tests.postgres.nights import WRITE_RULES, Night, begin_night, settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.delivery.model import AddressState, Decision
    from tests.fix_bridge import RunningBridge

SEEDS = 8
POLICIES = (
    (),
    ("shared_name=household",),
    ("foreign_memberships=remove", "shared_name=household"),
    ("foreign_memberships=adopt", "on_last_list_removed=delete"),
)

RECORDS = (
    "SELECT sf_id, cc_id, is_owner FROM link ORDER BY 1",
    """
    SELECT contact_id, list_id, cc_contact_id, cc_list_id, agreed_at IS NOT NULL,
      removed_at IS NOT NULL, lost_by
    FROM membership_base
    ORDER BY 1, 2
    """,
    "SELECT kind, sf_id, status FROM record_status ORDER BY 1, 2",
    """
    SELECT kind, sf_id, reason
    FROM record_status
    WHERE reason IN ('has left', 'was declined')
    ORDER BY 1, 2
    """,
    "SELECT id, state FROM resubscription ORDER BY 1",
    "SELECT count(*) FROM consent_entry",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(SEEDS))


@pytest.fixture
def night(bridge: RunningBridge) -> Iterator[Night]:
    """A bridge whose mapping leaves some people and memberships out."""
    night = begin_night(bridge)
    yield night
    night.context.close()


@pytest.fixture
def ruled(bridge: RunningBridge) -> Iterator[Night]:
    """The same with write rules for some parts."""
    night = begin_night(bridge, WRITE_RULES)
    yield night
    night.context.close()


def addresses(bridge: RunningBridge) -> list[str]:
    """Return every address that could matter: in Practifi, or of a contact that is somebody's."""
    rows = bridge.rows(
        """
        SELECT email_key FROM practifi_record
        WHERE kind = 'contact' AND deleted_at IS NULL AND email_key IS NOT NULL
        UNION
        SELECT c.email_key FROM cc_contact c
        WHERE c.email_key IS NOT NULL
          AND (EXISTS (SELECT FROM link l WHERE l.kind = 'contact' AND l.cc_id = c.contact_id)
            OR EXISTS (SELECT FROM membership_base b WHERE b.cc_contact_id = c.contact_id))
        UNION
        SELECT c.email_key FROM opt_out o JOIN consent_subject s USING (connection_id, subject_id)
        JOIN cc_contact c ON s.kind = 'address' AND c.email_key = s.key AND c.deleted_at IS NULL
        WHERE o.list_id IS NULL
        """
    )
    return [row["email_key"] for row in rows]


def recorded(tx: Any) -> list[Any]:
    """Return what recording an address that is as it should be would change, but for times."""
    return [tx.execute(statement).fetchall() for statement in RECORDS]


def decide_policies(night: Night, *assignments: str) -> None:
    with night.bridge.database.transaction() as tx:
        set_policies(tx, night.bridge.connection_id, assignments, by="a test")


def is_nothing(decision: Decision) -> bool:
    return not (
        decision.steps
        or decision.adopts
        or decision.lost
        or decision.ends
        or decision.lifted
        or decision.given
        or decision.waits_for_lists
        or decision.needs_look
    )


def states(night: Night, tx: Any, keys: list[str]) -> dict[str, AddressState]:
    gatherer = Gatherer(
        mapping=night.context.current.mapping, installation_owner="linked_first", by_plan=True
    )
    return gatherer.seen(tx, night.bridge.connection_id, keys)


def show(night: Night, keys: list[str]) -> None:
    """Show how everybody at some addresses stands, whatever else is to be recorded of them."""
    with night.bridge.database.transaction() as tx:
        for state in states(night, tx, keys).values():
            set_statuses(tx, night.bridge.connection_id, decide(state).statuses)


def test_at_an_address_that_is_not_chosen_there_is_nothing_to_do_and_nothing_to_record(
    night: Night, seed: int
) -> None:
    nobody_is_missed(night, seed)


def test_write_rules_leave_nobody_out_for_whom_there_is_something_to_do(
    ruled: Night, seed: int
) -> None:
    nobody_is_missed(ruled, seed)


def test_whoever_differs_only_in_what_write_rules_keep_is_not_chosen(ruled: Night) -> None:
    settled(ruled, 1)
    show(ruled, addresses(ruled.bridge))
    for contact in ruled.firm.there.values():
        contact |= {"last_name": "Bydgoszcz", "first_name": "B%"}
        contact["phone_numbers"] = [
            *({"kind": kind, "phone_number": "1_\\"} for kind in ("work", "mobile"))
        ]
    ruled.read()
    ruled.decided()
    before = ruled.chosen()
    with ruled.bridge.database.transaction() as tx:
        found = {key: decide(one) for key, one in states(ruled, tx, sorted(before)).items()}
    assert [key for key, decision in found.items() if is_nothing(decision)] == []
    assert len(before) < len(addresses(ruled.bridge)) / 2


def nobody_is_missed(night: Night, seed: int) -> None:
    """See that nothing is to be done, or to be recorded, at any address that is not chosen."""
    policies = POLICIES[seed % len(POLICIES)]
    decide_policies(night, *policies)
    settled(night, seed)
    told = [*policies, *night.firm.befall()]
    night.read()
    with night.bridge.database.transaction() as tx:
        told += night.firm.befall_record(tx, night.bridge.connection_id)
    everybody = sorted(addresses(night.bridge))
    show(night, night.firm.chance.sample(everybody, len(everybody) // 2))
    chosen = night.chosen()
    left = sorted(set(everybody) - chosen)
    connection_id = night.bridge.connection_id
    with night.bridge.database.transaction() as tx:
        leases = {
            lease.key: lease
            for lease in hold(tx, connection_id, "address", left, lane=3, lease_s=60)
        }
        found = states(night, tx, left)
        decisions = {key: decide(state) for key, state in found.items()}
        missed = [key for key, decision in decisions.items() if not is_nothing(decision)]
        assert missed == [], told
        before = recorded(tx)
        assert not record_seen(tx, connection_id, list(found.values())), told
        record_ends(
            tx, connection_id, [End(leases[key], found[key], decisions[key]) for key in left]
        )
        for was, now in zip(before, recorded(tx), strict=True):
            assert (sorted(set(was) - set(now)), sorted(set(now) - set(was))) == ([], []), told
    assert len(left) > 5, "hardly anybody is left to say something about"


def test_whom_somebody_else_unsubscribed_is_chosen_though_a_tick_stands_and_all_is_shown(
    night: Night,
) -> None:
    settled(night, 1)
    contact = next(iter(night.firm.there.values()))
    contact["email_address"] |= {
        "permission_to_send": "unsubscribed",
        "opt_out_source": "Account",
        "opt_out_date": "2026-03-05T09:00:00Z",
    }
    key = contact["email_address"]["address"].lower()
    for person, values in night.firm.people.items():
        if values.get("Email", "").lower() == key:
            values["HasOptedOutOfEmail"] = "true"
            night.firm.save(person)
    night.read()
    show(night, [key])
    assert key in night.chosen()
    with night.bridge.database.transaction() as tx:
        assert record_seen(tx, night.bridge.connection_id, [*states(night, tx, [key]).values()])
    assert key not in night.chosen()


def test_where_nothing_happened_nobody_is_chosen_but_who_waits_or_is_refused(
    night: Night,
) -> None:
    settled(night, 1)
    night.read()
    with night.bridge.database.transaction() as tx:
        keys = sorted(night.chosen())
        found = {key: decide(state) for key, state in states(night, tx, keys).items()}
    assert [key for key, decision in found.items() if is_nothing(decision)] == []


def test_the_counters_add_up_to_everybody(night: Night) -> None:
    settled(night, 2)
    night.firm.befall()
    night.read()
    everybody = addresses(night.bridge)
    night.decided()
    counters = night.context.counters
    assert counters.adds_up()
    (only_there,) = night.bridge.rows(
        """
        SELECT count(*) FROM cc_contact
        WHERE deleted_at IS NULL AND NOT email_key = ANY(%(everybody)s)
        """,
        everybody=everybody,
    )
    without_address = counters.skipped.get("no e-mail address", 0)
    assert counters.read == len(everybody) + without_address + only_there["count"]


def test_a_run_that_fails_passes_on_whom_it_had_to_decide_on(night: Night) -> None:
    settled(night, 3)
    night.firm.befall()
    night.read()
    noted = {row["key"] for row in night.bridge.rows("SELECT key FROM candidate")}
    night.read()
    assert noted
    assert noted <= {row["key"] for row in night.bridge.rows("SELECT key FROM candidate")}


def test_an_incremental_run_decides_on_whoever_it_has_read_about(night: Night) -> None:
    settled(night, 4)
    night.read()
    night.decided()
    waiting = {row["key"] for row in night.bridge.rows("SELECT key FROM candidate")}
    contact_id, contact = next(
        (key, one)
        for key, one in night.firm.there.items()
        if one["email_address"]["address"].lower() not in waiting
    )
    contact["last_name"] = "Bydgoszcz"
    night.read(only={contact_id})
    steps = night.decided()
    key = contact["email_address"]["address"].lower()
    assert {step.subject_key for step in steps} - waiting == {key}
    assert night.context.counters.read == len(waiting) + 1
    assert night.context.counters.adds_up()


@pytest.mark.parametrize("policy", ["ask", "adopt", "remove"])
def test_whoever_only_constant_contact_has_on_a_list_is_chosen_where_the_policy_acts(
    night: Night, policy: str
) -> None:
    decide_policies(night, f"foreign_memberships={policy}")
    settled(night, 5)
    night.read()
    left = set(addresses(night.bridge)) - night.chosen()
    key, contact = next(
        (key, one)
        for one in night.firm.there.values()
        if (key := one["email_address"]["address"].lower()) in left
        and len(one["list_memberships"]) < len(night.firm.lists)
    )
    contact["list_memberships"] = [night.firm.list_there(one) for one in night.firm.lists]
    night.read()
    assert (key in night.chosen()) is (policy != "ask")


def test_a_household_is_compared_by_its_name_and_chosen_where_it_has_another(night: Night) -> None:
    decide_policies(night, "shared_name=household")
    settled(night, 5)
    greeted = {
        contact_id: one["email_address"]["address"].lower()
        for contact_id, one in night.firm.there.items()
        if one["first_name"] not in {"Ann", "Bo"}
    }
    night.read()
    left = set(greeted.values()) - night.chosen()
    assert left, "whoever is greeted by the household's name is as they should be"
    for contact_id, key in greeted.items():
        (owner,) = night.bridge.rows(
            """
            SELECT fields ->> 'FirstName' AS first_name, fields ->> 'LastName' AS last_name
            FROM link JOIN practifi_record r USING (connection_id, kind, sf_id)
            WHERE kind = 'contact' AND is_owner AND cc_id = %(contact_id)s
            """,
            contact_id=contact_id,
        )
        if key in left:
            night.firm.there[contact_id] |= owner
    night.read()
    assert left <= night.chosen()
