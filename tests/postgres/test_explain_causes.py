"""Why something is as it is: one person, a list and a run that are well, and one thing wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.connections.store import set_profile
from bridge.consent.ledger import Entry, Subjects, append
from bridge.db.database import connect
from bridge.delivery.work import mark
from bridge.errors import ConfigurationError
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.explaining import ask
from tests.fix_bridge import MAPPINGS
from tests.fix_db import own_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

ADA = "ada@example.org"
PERSON, LIST, MEMBERSHIP = "003000000000001AAA", "a01000000000001AAA", "a02000000000001AAA"
CC_PERSON = "00000000-0000-0000-0000-0000000000a1"
CC_LIST = "00000000-0000-0000-0000-0000000000b1"
FOREIGN = "00000000-0000-0000-0000-0000000000b2"
MAILING = "00000000-0000-0000-0000-0000000000c1"
NOTIFICATION = "04l000000000001AAA"
LETTER = "Tuesday's letter"

WELL = (Path(__file__).parent / "explain_well.sql").read_bytes()

DIRTY = (
    "UPDATE work SET done = 0, wanted = 1, lane = 2, due_at = app_now(), {} WHERE kind = 'address'"
)
DIRTY_LIST = "UPDATE work SET done = 0, wanted = 1, {} WHERE kind = 'list'"
NOTICE = "UPDATE notification SET state = '{}', reason = {}, finished_at = {}"
THERE = "UPDATE cc_contact SET resource = jsonb_set(resource, '{{{}}}', '{}')"
OUT = THERE.format(
    "email_address",
    '{"address": "ada@example.org", "permission_to_send": "unsubscribed",'
    ' "opt_out_source": "Contact", "opt_out_date": "2026-03-01T00:00:00Z"}',
)
ASKED = (
    "INSERT INTO resubscription (connection_id, address_id, person_id, asked_seq, policy, state, "
    "made_at, unticked_at, finished_at, reason) SELECT 1, a.subject_id, p.subject_id, 1, "
    "'practifi', '{}', app_now(), app_now(), {}, 'why' FROM consent_subject a, consent_subject p "
    "WHERE a.kind = 'address' AND p.kind = 'person'"
)
STANDS = (
    "INSERT INTO opt_out SELECT 1, subject_id, NULL, '{}', app_now(), 1 FROM consent_subject "
    "WHERE kind = 'address'"
)
STEP = (
    "INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, "
    "lane, generation, detail, facts, reason, state, outcome, sent_at, finished_at) "
    "VALUES (1, 1, 0, 'k', 'update_contact', 'address', 'ada@example.org', 2, {}, '{{}}', '', "
    "'why', '{}', '{}', app_now(), {})"
)
NO_EVENTS = "DELETE FROM engagement_event"
RUN = "UPDATE run SET state = '{}', reason = {}, finished_at = {}"

CASES: list[tuple[str, str, tuple[str, ...]]] = [
    ("connection_unconnected", ADA, ("UPDATE connection SET state = 'unconnected'",)),
    (
        "connection_paused",
        ADA,
        ("UPDATE connection SET state = 'paused', state_reason = 'log in again'",),
    ),
    ("no_mapping", ADA, ("UPDATE mapping_version SET is_active = false",)),
    ("record_merged", PERSON, (
        ("UPDATE practifi_record SET deleted_at = app_now(), merged_into = '003000000000002AAA' "
        "WHERE kind = 'contact'"),)),
    ("foreign_list", FOREIGN, ()),
    ("not_in_practifi", CC_PERSON, ("DELETE FROM practifi_record WHERE kind = 'contact'",)),
    ("not_triaged", NOTIFICATION, (NOTICE.format("received", "NULL", "NULL"),)),
    ("bad_record_id", NOTIFICATION, (
        NOTICE.format("ignored", "'the record id is not valid'", "app_now()"),)),
    ("ignored", NOTIFICATION, (NOTICE.format("ignored", "'another reason'", "app_now()"),)),
    ("not_read_yet", PERSON, (
        ("UPDATE practifi_record SET email_key = NULL, fields = '{}', unknown_fields = '{Email}' "
        "WHERE kind = 'contact'"),)),
    ("box_unknown", ADA, (
        "UPDATE practifi_record SET do_not_email = NULL WHERE kind = 'contact'",)),
    ("untick_held", ADA, (OUT, ASKED.format("held", "NULL"))),
    ("evidence_missing", ADA, (OUT, ASKED.format("waiting_evidence", "NULL"))),
    ("confirmation_awaited", ADA, (OUT, ASKED.format("waiting_person", "NULL"))),
    ("untick_refused", ADA, (OUT, ASKED.format("refused", "app_now()"))),
    ("not_confirmed", ADA, (OUT, ASKED.format("not_confirmed", "app_now()"))),
    ("complained", ADA, (OUT, STANDS.format("complaint"))),
    ("opted_out_by_person", PERSON, (STANDS.format("person"),)),
    ("opted_out_by_firm", PERSON[:15], (STANDS.format("firm"),)),
    ("list_not_there_yet", ADA, ("DELETE FROM link WHERE kind = 'list'",)),
    ("list_not_made", LIST, ("DELETE FROM link WHERE kind = 'list'",)),
    ("list_deleted_there", CC_LIST, ("UPDATE cc_list SET deleted_at = app_now()",)),
    ("too_many_lists", MEMBERSHIP, (
        ("UPDATE cc_contact SET resource = jsonb_set(resource, '{list_memberships}', "
        "(SELECT jsonb_agg(gen_random_uuid()) FROM generate_series(1, 50)))"),)),
    ("refused", ADA, (DIRTY.format("blocked_reason = 'first_name: too long'"),)),
    ("refused", LIST, (DIRTY_LIST.format("blocked_reason = 'name: too long'"),)),
    ("held_by_bulk", ADA, (DIRTY.format("bulk_activity_id = 1"),)),
    ("in_hand", ADA, (
        DIRTY.format("lease_token = gen_random_uuid(), lease_until = '2999-01-01'"),)),
    ("lane_paused", ADA, (
        DIRTY.format("attempts = 0"), "INSERT INTO pause VALUES (1, 2, app_now(), 'olga', 'why')")),
    ("lane_held", ADA, (
        DIRTY.format("attempts = 0"),
        "INSERT INTO pause VALUES (1, 2, app_now(), 'doctor', 'two')")),
    ("day_spent", ADA, (
        DIRTY.format("attempts = 0"),
        "UPDATE api_application SET used = 9500, day = (app_now() AT TIME ZONE 'UTC')::date")),
    ("retrying", ADA, (DIRTY.format("attempts = 3"),)),
    ("waiting", ADA, (DIRTY.format("attempts = 0"),)),
    ("waits_its_turn", ADA, (
        "UPDATE work SET done = 0, wanted = 1, due_at = app_now() + interval '1 h'",)),
    ("answer_lost", ADA, (STEP.format("1", "sending", "", "NULL"),)),
    ("not_there", ADA, ("DELETE FROM cc_contact",)),
    ("deleted_there", CC_PERSON, (THERE.format("deleted_at", '"2026-03-01T00:00:00Z"'),)),
    ("temp_hold", ADA, (
        THERE.format("email_address,permission_to_send", '"temp_hold"'),)),
    ("field_paused", ADA, (
        THERE.format("last_name", '"Typo"'),
        ("INSERT INTO flapping_field VALUES (1, 'ada@example.org', 'last_name', '\"Moran\"', "
        "'\"Typo\"', '{}', app_now())"))),
    ("not_on_list_there", MEMBERSHIP, (THERE.format("list_memberships", "[]"),)),
    ("write_back_refused", PERSON, ("UPDATE record_status SET write_error = 'no access'",)),
    ("write_back_waits", PERSON, ("UPDATE record_status SET write_due_at = app_now()",)),
    ("run_failed", "run:1", (RUN.format("failed", "'too many deletions'", "app_now()"),)),
    ("run_cancelled", "run:1", (RUN.format("cancelled", "'somebody asked'", "app_now()"),)),
    ("run_waits", "run:1", (RUN.format("applying", "'the day is spent'", "NULL"),)),
    ("run_queued", "run:1", (RUN.format("queued", "NULL", "NULL"),)),
    ("run_left", "run:1", (RUN.format("reading", "NULL", "NULL"),)),
    ("under_way", "run:1", (
        RUN.format("reading", "NULL", "NULL"),
        "UPDATE run SET lease_token = gen_random_uuid(), lease_until = '2999-01-01'")),
    ("records_rejected", "run:1", (
        """UPDATE run SET counters = '{"rejected": {"birthday: not a date": 3}}'""",)),
    ("steps_refused", "run:1", (STEP.format("NULL", "refused", "changed meanwhile", "app_now()"),)),
    ("steps_refused", "plan:1", (STEP.format("NULL", "failed", "no answer", "app_now()"),)),
    ("plan_waits", "plan:1", (
        "UPDATE plan SET state = 'waiting', wait_reason = 'many removals', finished_at = NULL",)),
    ("plan_discarded", "plan:1", ("UPDATE plan SET state = 'discarded'",)),
    ("bulk_failed", "activity:1", ("UPDATE bulk_activity SET state = 'failed'",)),
    ("bulk_lost", MAILING, ("UPDATE bulk_activity SET state = 'lost'",)),
    ("unknown_id", "run:2", ()),
    ("unknown_id", "003000000000009AAA", ()),
    ("unknown_id", "00000000-0000-0000-0000-0000000000ff", ()),
    ("unknown_address", "nobody@example.org", ()),
]  # fmt: skip

CONSENT_WAITS = (
    "UPDATE practifi_record SET do_not_email = true WHERE kind = 'contact'",
    "UPDATE work SET done = 0, wanted = 1, consent_wanted = 1, lane = 0 WHERE kind = 'address'",
    "UPDATE api_application SET day = (app_now() AT TIME ZONE 'UTC')::date, used = {}",
)

MAILINGS: list[tuple[str, tuple[str, ...]]] = [
    ("campaign_unknown", ("UPDATE campaign_activity SET campaign_name = 'Another'",)),
    ("contact_not_there", ("DELETE FROM cc_contact",)),
    ("campaign_not_sent", (
        "UPDATE campaign_activity SET status = 'Draft', first_sent_at = NULL",)),
    ("reports_not_read", ("UPDATE campaign_activity SET counts_at = NULL",)),
    ("opted_out_before", (NO_EVENTS, OUT.replace("2026-03-01", "2020-03-01"))),
    ("not_on_its_lists", (NO_EVENTS, THERE.format("list_memberships", "[]"))),
    ("joined_later", (
        NO_EVENTS, "UPDATE practifi_record SET created_at = app_now() WHERE kind = 'membership'")),
    ("not_sent_to", (NO_EVENTS,)),
    ("bounced", (
        ("INSERT INTO engagement_event "
        "SELECT connection_id, campaign_activity_id, 'bounce', contact_id, app_now(), "
        """'', '{"bounce_code": "B"}' FROM engagement_event"""),)),
    ("interaction_waits", ("DELETE FROM interaction",)),
    ("interaction_refused", ("UPDATE interaction SET write_error = 'no access'",)),
]  # fmt: skip

IN_ORDER = [ADA, " Ada@Example.org ", PERSON, PERSON[:15], MEMBERSHIP, CC_PERSON, NOTIFICATION]
IN_ORDER += [LIST, CC_LIST, "run:1", "plan:1", "activity:1", MAILING]


@pytest.fixture(scope="module")
def seeded(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """A firm where all is well; what a test changes is rolled back."""
    folder = tmp_path_factory.mktemp("explain")
    with own_database(server, folder) as settings, connect(settings) as connection:
        with connection.transaction():
            _seed(connection)
        yield connection


def _seed(tx: psycopg.Connection) -> None:
    tx.execute(
        "WITH a AS (INSERT INTO api_application (client_id) VALUES ('key') RETURNING id) "
        "INSERT INTO connection (name, state, api_application_id) "
        "SELECT 'firm', 'active', id FROM a"
    )
    set_profile(tx, 1, "practifi")
    activate(tx, 1, read_files(MAPPINGS), by="a test")
    tx.execute(WELL)
    subjects = Subjects(tx, 1)
    entry = Entry(
        side="practifi",
        change="ticked",
        acted_by="firm",
        cause_kind="notification",
        cause_id=NOTIFICATION,
        address_id=subjects.subject("address", ADA),
        person_id=subjects.subject("person", PERSON),
    )
    append(tx, 1, entry)
    mark(tx, 1, {("address", ADA): False, ("list", LIST): False})
    tx.execute("UPDATE work SET done = wanted")


@pytest.fixture
def tx(seeded: psycopg.Connection) -> Iterator[psycopg.Connection]:
    with seeded.transaction(force_rollback=True):
        yield seeded


def break_it(tx: psycopg.Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        tx.execute(statement.encode())


@pytest.mark.parametrize("what", IN_ORDER)
def test_all_is_in_order_whatever_it_is_asked_by(tx: psycopg.Connection, what: str) -> None:
    assert ask(tx, what).cause is None


def test_a_mailing_that_was_sent_and_written_is_in_order(tx: psycopg.Connection) -> None:
    explanation = ask(tx, ADA, campaign=LETTER.upper())
    assert explanation.cause is None
    assert [check.name for check in explanation.checks][-5:] == [
        "sent",
        "sent to the person",
        "arrived",
        "opened",
        "interaction",
    ]


@pytest.mark.parametrize(
    ("cause", "what", "statements"),
    CASES,
    ids=[f"{cause} {what[:20]}" for cause, what, _ in CASES],
)
def test_the_cause_is_named(
    tx: psycopg.Connection, cause: str, what: str, statements: tuple[str, ...]
) -> None:
    break_it(tx, statements)
    assert ask(tx, what).cause == cause


@pytest.mark.parametrize(("cause", "statements"), MAILINGS, ids=[cause for cause, _ in MAILINGS])
def test_why_a_person_did_not_get_a_campaign_is_named(
    tx: psycopg.Connection, cause: str, statements: tuple[str, ...]
) -> None:
    break_it(tx, statements)
    assert ask(tx, PERSON, campaign=LETTER).cause == cause


def test_a_paused_lane_is_resumed_as_it_says(tx: psycopg.Connection) -> None:
    break_it(tx, next(statements for cause, _, statements in CASES if cause == "lane_paused"))
    explanation = ask(tx, ADA)
    assert explanation.what_to_do == "`bridge resume --lane webhook --connection firm`"


def test_what_several_connections_know_needs_a_name(tx: psycopg.Connection) -> None:
    break_it(tx, (
        "INSERT INTO connection (name, state) VALUES ('other', 'active')",
        ("INSERT INTO cc_contact SELECT c.id, o.contact_id, o.email_key, o.permission, NULL, NULL, "
        "NULL, NULL, NULL, o.resource, NULL, NULL, NULL, NULL, o.seen_at "
        "FROM cc_contact o, connection c WHERE c.name = 'other'"),
    ))  # fmt: skip
    with pytest.raises(ConfigurationError, match="one of firm, other with --connection"):
        ask(tx, ADA)
    assert ask(tx, ADA, connection="firm").cause is None


@pytest.mark.parametrize("what", ["Ada Moran", "run:", "003", ""])
def test_what_can_mean_nothing_is_refused(tx: psycopg.Connection, what: str) -> None:
    with pytest.raises(ConfigurationError, match="is no Salesforce id, e-mail address"):
        ask(tx, what)


def test_asking_changes_nothing(tx: psycopg.Connection) -> None:
    def digest() -> Any:
        return tx.execute(
            "SELECT (SELECT count(*) FROM setting), (SELECT sum(wanted) FROM work), "
            "(SELECT count(*) FROM consent_entry)"
        ).fetchone()

    before = digest()
    ask(tx, ADA)
    assert digest() == before


@pytest.mark.parametrize(("used", "because"), [(9_500, "waiting"), (10_000, "day_spent")])
def test_an_opt_out_waits_for_the_day_only_where_its_reserve_is_spent(
    tx: psycopg.Connection, used: int, because: str
) -> None:
    break_it(tx, tuple(statement.format(used) for statement in CONSENT_WAITS))
    explanation = ask(tx, ADA)
    failing = next(check for check in explanation.checks if check.state == "failing")
    assert (explanation.cause, failing.facts["because"]) == ("opt_out_waits", because)


def test_an_opt_out_of_somebody_not_yet_looked_for_there_waits(tx: psycopg.Connection) -> None:
    break_it(tx, ("DELETE FROM cc_contact", *CONSENT_WAITS[:1]))
    assert ask(tx, ADA).cause == "box_ticked"
    break_it(tx, CONSENT_WAITS[1:2])
    assert ask(tx, ADA).cause == "opt_out_waits"
