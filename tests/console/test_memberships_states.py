"""How each person and membership stands on the page of a client, in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from tests.fix_clients import Office


def set_work(office: Office, key: str, assignment: str) -> None:
    office.bridge.rows(
        f"UPDATE work SET {assignment} WHERE kind = 'address' AND key = %(key)s RETURNING 1",  # noqa: S608
        key=key,
    )


def test_each_reason_is_told_and_disables_its_person(office: Office) -> None:
    office.person("Eve", None)
    office.person("Gus", "gus@example.org", HasOptedOutOfEmail=True)
    office.person("Hal", "Gus@example.org")
    office.person("Ida", "ida@example.org")
    office.firm.join(office.people["Ida"], office.lists["Newsletter"])
    office.firm.settle()
    full = {"list_memberships": [str(uuid4()) for _ in range(50)]}
    office.bridge.rows(
        "UPDATE cc_contact SET resource = resource || %(full)s "
        "WHERE email_key = 'ida@example.org' RETURNING 1",
        full=Jsonb(full),
    )
    office.bridge.rows(
        'UPDATE practifi_record SET email_key = NULL, fields = fields || \'{"Email": "bob@"}\' '
        "WHERE sf_id = %(bob)s RETURNING 1",
        bob=office.people["Bob"],
    )
    browser = office.log_in()
    seen = office.open(browser)
    assert "Eve Moran Not on a list No e-mail address in Practifi" in seen.text
    assert "Not on a list Do Not Email is ticked" in seen.text
    ticked = "Do Not Email is ticked for Gus Moran at this address"
    assert f"shared with Gus Moran Not on a list {ticked}" in seen.text
    assert "Bob Moran bob@ Not on a list Address not valid" in seen.text
    options = browser.press(seen, "Add").response.text
    for words in (
        "Eve Moran: No e-mail address in Practifi",
        "Gus Moran: Do Not Email is ticked",
        f"Hal Moran: {ticked}",
        "Bob Moran: Address not valid",
        "Ida Moran: Already on 50 lists",
    ):
        assert f" disabled>{words}</option>" in options


def test_what_waits_and_what_failed_says_why(office: Office) -> None:
    browser = office.log_in()
    set_work(office, "ann@example.org", "wanted = wanted + 1, due_at = app_now()")
    page = office.open(browser)
    assert "Newsletter Saved in Practifi, on its way" in page.text
    assert 'data-hx-trigger="every 1s"' in page.response.text
    office.firm.sandbox.advance(30)
    assert "no worker has it in hand" in office.open(browser).text
    set_work(office, "ann@example.org", "due_at = app_now() + interval '1 hour'")
    assert "It waits until" in office.open(browser).text
    set_work(office, "ann@example.org", "blocked_reason = 'the birthday is no day'")
    seen = office.open(browser)
    assert "Newsletter Failed: the birthday is no day Try again" in seen.text
    assert 'data-hx-trigger="every 1s"' not in seen.response.text
    seen = browser.press(seen, "Try again: Ann Moran")
    assert "Newsletter Saved in Practifi, on its way" in seen.text
    office.firm.settle()
    states = browser.get(f"{office.path}/states?page=none", **{"HX-Request": "true"})
    assert "Confirmed" in states.text


def test_what_practifi_is_being_told_says_so(office: Office) -> None:
    browser = office.log_in()
    values = {"contact": office.people["Bob"], "list": office.lists["Market Notes"]}
    office.bridge.rows(
        """
        WITH begun AS (
          INSERT INTO console_save
            (connection_id, key, page, account_id, person_id, made_at, lease_until)
          SELECT %(connection_id)s, 'key', 'opened', %(client)s, id, app_now(),
            app_now() + interval '1 minute'
          FROM console_person
          RETURNING connection_id, key)
        INSERT INTO console_saved (connection_id, save_key, place, act, contact_id, list_id)
        SELECT connection_id, key, 1, 'add', %(contact)s, %(list)s FROM begun RETURNING 1
        """,
        client=office.client,
        **values,
    )
    seen = browser.get(f"{office.path}?page=opened")
    assert "Bob Moran bob@example.org Market Notes Saving" in seen.text
    assert 'data-hx-trigger="load delay:1s"' in seen.response.text


def test_a_silent_constant_contact_is_said(office: Office) -> None:
    browser = office.log_in()
    office.bridge.rows(
        "INSERT INTO outage (connection_id, system, since, failures, failed_at, probe_at, reason) "
        "VALUES (%(connection_id)s, 'constant_contact', app_now(), 3, app_now(), app_now(), '503')"
        " RETURNING 1"
    )
    set_work(office, "ann@example.org", "wanted = wanted + 1, waits_for = 'constant_contact'")
    seen = office.open(browser)
    assert "Changes are kept and go out when it answers; last answer" in seen.text
    assert "Constant Contact does not answer since" in seen.text


def test_a_client_without_an_address_says_what_to_do(office: Office) -> None:
    office.client = office.firm.create("Account", Name="Empty Household")
    office.person("Eve", None)
    office.firm.settle()
    seen = office.open(office.log_in())
    assert (
        "No contact of this client has an e-mail address. Add one in Practifi; it appears here in "
        "seconds."
    ) in seen.text
    assert "Eve Moran Not on a list No e-mail address in Practifi" in seen.text
    assert not any("Add" in form.buttons for form in seen.forms)
