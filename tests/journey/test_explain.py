"""Why somebody is not mailed, asked in a town where one thing is wrong with each person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.db.database import open_database
from tests.explaining import ask
from tests.fix_bridge import running_bridge
from tests.fix_db import own_database
from tests.journey.firm import Firm
from tests.journey.town import CAMPAIGN, Town, build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.explain.model import Explanation
    from tests.fix_sandbox import RunningSandbox

CAUSES = [
    ("well", None),
    ("well@example.org", None),
    ("letter", None),
    ("well's", None),
    ("nobody@example.net", "unknown_address"),
    ("003000000000001AAA", "unknown_id"),
    ("deleted", "record_deleted"),
    ("04l5g00000aBcDEAA0", "superseded"),
    ("04l5g00000aBcDFAA0", "object_not_mapped"),
    ("deal", "object_not_mapped"),
    ("04l5g00000aBcDGAA0", "no_data"),
    ("lost", "raw_message_gone"),
    ("saved", "not_triaged"),
    ("nobody", "no_email"),
    ("nobody's", "no_email"),
    ("retired", "left_out"),
    ("faulty", "conversion_fault"),
    ("late", "opt_out_waits"),
    ("ticked", "box_ticked"),
    ("ticked's", "box_ticked"),
    ("edith", "box_ticked"),
    ("walter", "box_ticked_by_sharer"),
    ("opted", "opted_out_by_person"),
    ("staffed", "opted_out_by_firm"),
    ("listless", "not_on_a_list"),
    ("stranger", "foreign_membership"),
    ("twin list", "list_name_taken"),
    ("twin", "list_refused"),
    ("gone list", "list_deleted_there"),
    ("orphan", "list_deleted_there"),
    ("left", "left_list"),
    ("dotted", "refused"),
    ("tried", "retrying"),
    ("waits", "waiting"),
    ("pending", "pending_confirmation"),
    ("run:1", None),
    ("run:77", "unknown_id"),
]
MAILED = [
    ("well", None),
    ("bounced", "bounced"),
    ("opted", "opted_out_before"),
    ("newcomer", "joined_later"),
    ("orphan", "not_on_its_lists"),
    ("faulty", "contact_not_there"),
]


@pytest.fixture(scope="module")
def town(
    server: str, sandbox_process: RunningSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A town that is only looked at."""
    sandbox_process.control("POST", "/reset")
    with own_database(server, tmp_path_factory.mktemp("town")) as settings:
        database = open_database(settings, size=8)
        with running_bridge(sandbox_process, settings, database) as bridge:
            yield build(Firm(bridge, sandbox_process))
        database.close()


def explained(town: Town, what: str, campaign: str | None = None) -> Explanation:
    with town.firm.bridge.database.transaction() as tx:
        return ask(tx, town.ids.get(what, what), campaign=campaign)


@pytest.mark.parametrize(("what", "cause"), CAUSES, ids=[what for what, _ in CAUSES])
def test_the_cause_is_named(town: Town, what: str, cause: str | None) -> None:
    assert explained(town, what).cause == cause


@pytest.mark.parametrize(("who", "cause"), MAILED, ids=[who for who, _ in MAILED])
def test_whether_somebody_got_a_campaign_is_told(town: Town, who: str, cause: str | None) -> None:
    assert explained(town, who, CAMPAIGN).cause == cause


def test_a_campaign_that_is_not_known_is_said(town: Town) -> None:
    assert explained(town, "well", "Wednesday's letter").cause == "campaign_unknown"


def test_a_contact_there_is_explained_by_its_own_id(town: Town) -> None:
    cc_id = town.firm.bridge.rows(
        "SELECT cc_id FROM link WHERE sf_id = %(sf_id)s", sf_id=town.ids["ticked"]
    )[0]["cc_id"]
    assert explained(town, str(cc_id)).cause == "box_ticked"


def test_a_refusal_is_told_in_the_words_of_constant_contact(town: Town) -> None:
    failing = [c for c in explained(town, "dotted").checks if c.state == "failing"]
    assert "first_name" in failing[0].facts["reason"]


def test_who_shares_an_address_and_whose_fields_are_sent_is_told(town: Town) -> None:
    checks = {check.name: check.facts for check in explained(town, "walter").checks}
    assert checks["sharers"]["shared with"] == [town.ids["edith"]]
    assert checks["sharers"]["fields sent"] in {town.ids["edith"], town.ids["walter"]}
