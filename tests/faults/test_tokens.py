"""A refresh token is rotated there and the answer is lost: nothing else is, and one person acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.connections.secrets import read_secret, write_secret
from tests.faults.demand import compare
from tests.faults.reading import read_practifi, read_there
from tests.journey.authorising import authorise_again

if TYPE_CHECKING:
    from tests.fix_faults import Tally
    from tests.journey.firm import Firm

NEARLY_OVER_S = 1800.0  # less than the hour before its end in which a token is renewed
AFTER_THE_BREAK_S = 10.0
ADDRESSES = ["ada@example.org", "ines@example.org", "walter@example.org"]


@pytest.mark.parametrize("kind", ["drop_after", "half_body"])
@pytest.mark.parametrize("refresh_tokens", ["rotating", "long_lived"])
def test_a_lost_answer_to_a_refresh_loses_nothing_else(
    firm: Firm,
    tally: Tally,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    refresh_tokens: str,
) -> None:
    firm.sandbox.control("PUT", "/constant-contact/policy", {"refresh_tokens": refresh_tokens})
    letter = firm.new_list()
    people = [firm.member(address, letter) for address in ADDRESSES[:2]]
    firm.settle()
    let_token_end_soon(firm)
    lost = {"side": "constant_contact", "path": "/token", "kind": kind, "times": 1}
    firm.sandbox.faults(lost)
    firm.change(people[0], FirstName="Ada")
    firm.settle()
    assert firm.there(ADDRESSES[0])["first_name"] == "Ada"  # the token is still good
    firm.sandbox.advance(AFTER_THE_BREAK_S)
    firm.tick(people[1])
    firm.member(ADDRESSES[2], letter)
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()
    alarms = [record.message for record in caplog.records].count("connection_paused")
    is_lost = refresh_tokens == "rotating"
    assert (firm.bridge.connection.state, alarms) == (("paused", 1) if is_lost else ("active", 0))
    assert not firm.bridge.rows("SELECT 1 FROM notification WHERE state = 'dead'")
    authorise_again(firm)
    firm.settle()
    found = compare(read_practifi(firm.sandbox), read_there(firm.sandbox))
    tally(
        "refresh token rotated, answer lost" if is_lost else "answer to a refresh lost",
        tried=1,
        survived=int(not found.wrong),
        doubled=len(found.doubled),
        wrong=len(found.wrong),
    )
    assert found.wrong == []


def let_token_end_soon(firm: Firm) -> None:
    keyring, connection_id = firm.bridge.installation.keyring, firm.bridge.connection_id
    with firm.bridge.database.transaction() as tx:
        secret = read_secret(tx, keyring, connection_id, "cc_token")
        assert secret is not None
        write_secret(tx, keyring, connection_id, "cc_token", secret.text, lives_s=NEARLY_OVER_S)
