"""What goes to somebody who helps holds no name, address or number, and nothing that opens."""

from __future__ import annotations

import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from bridge.connections.secrets import read_secret
from bridge.pauses.store import pause_lanes
from bridge.settings import Settings
from bridge.support import cli, gather
from bridge.support.redact import texts_in
from tests.journey.reconciling import planned

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.connections.secrets import Kind
    from tests.journey.firm import Firm

PEOPLE: list[dict[str, Any]] = [
    {
        "FirstName": "Philippa",
        "LastName": "Zwetschgenbaum",
        "Email": "pippa.z@example.org",
        "Phone": "+1 (555) 013-4477",
        "MailingStreet": "12 Quittenweg",
        "MailingCity": "Unterwurzbach",
    },
    {
        "FirstName": "Ng",
        "LastName": "O'Dowd-Smythe",
        "Email": "ng.odowd@example.net",
        "MobilePhone": "0049 30 5550123",
    },
]
LIST = "Friends of the Orchard"
KINDS: tuple[Kind, ...] = ("path_secret", "sf_client", "sf_token", "cc_client", "cc_token")


@pytest.fixture
def known(firm: Firm) -> set[str]:
    """A firm where much went wrong, and everything in it that nobody else may read."""
    bridge = firm.bridge
    list_id = firm.new_list(LIST)
    ids = [firm.create("Contact", **person) for person in PEOPLE]
    for each in ids:
        firm.join(each, list_id)
    firm.settle()
    firm.sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    firm.change(ids[0], LastName="Zwetschgenbaum-Ng")
    assert planned(firm, "contacts")
    words = f"{PEOPLE[0]['FirstName']} {PEOPLE[0]['LastName']} of {LIST} called from "
    with bridge.database.transaction() as tx:
        reason = f"{words}{PEOPLE[0]['Phone']}"
        pause_lanes(tx, [bridge.connection_id], [2], by="olga.ivanova", reason=reason)
        tx.execute("UPDATE run SET reason = %s", [f"{words}{PEOPLE[1]['Email']}"])
        tx.execute(
            "UPDATE connection SET organization_name = 'Beeren & Söhne', "
            "state_reason = 'Beeren & Söhne has gone'"
        )
        secrets = [
            read_secret(tx, bridge.installation.keyring, bridge.connection_id, kind)
            for kind in KINDS
        ]
    opened = [secret.text for secret in secrets if secret is not None]
    assert len(opened) == len(KINDS)
    parts = {part for text in opened if text[0] == "{" for part in texts_in(json.loads(text))}
    people = {str(value) for person in PEOPLE for value in person.values()}
    others = {LIST, "Beeren & Söhne", "olga.ivanova", firm.sandbox.line["organization_id"]}
    return people | others | {*opened} | parts


def is_in(text: str, told: str) -> bool:
    """Tell whether a text stands somewhere, not as a part of longer words."""
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", told) is not None


def bundle(folder: Path, *arguments: str) -> str:
    """Return all that is in a bundle."""
    assert cli.main(["--to", str(folder), *arguments]) == 0
    [path] = folder.glob("bridge-support-*.zip")
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


@pytest.fixture(autouse=True)
def found(firm: Firm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands find the firm's database and its key ring."""
    monkeypatch.chdir(tmp_path)
    settings = firm.bridge.installation.settings
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("BRIDGE_CLOCK", "movable")
    for module in (gather, "bridge.doctor.cli", "bridge.doctor.installation"):
        target = module if isinstance(module, str) else module.__name__
        monkeypatch.setattr(f"{target}.open_keyring", lambda _: firm.bridge.installation.keyring)
    monkeypatch.setattr(gather, "read_ring", lambda _: ["a-key-of-the-ring-that-opens-everything="])


def test_nothing_of_a_firm_is_in_a_bundle(known: set[str], tmp_path: Path) -> None:
    log = tmp_path / "bridge.log"
    hostile = {"level": "ERROR", "event": "step_failed", "error": " ".join(sorted(known)), "run": 7}
    private = {"level": "ERROR", "event": "slice_failed", "body": "Dear Philippa"}
    log.write_text(f"{json.dumps(hostile)}\n{json.dumps(private)}\nTraceback: Philippa\n")
    told = bundle(tmp_path / "out", "--log", str(log))
    assert {text for text in known if is_in(text, told)} == set()


@pytest.mark.usefixtures("known")
def test_what_helps_is_in_it(tmp_path: Path) -> None:
    log = tmp_path / "bridge.log"
    log.write_text('{"level": "ERROR", "event": "slice_failed", "topic": "deliver", "pid": 7}\n')
    told = bundle(tmp_path / "out", "--log", str(log))
    for word in ("slice_failed", '"job": "contacts"', "psycopg", '"number": 18', "public.run"):
        assert word in told
    assert '"check": "database"' in told


def test_a_setting_that_anybody_may_word_is_only_told_to_be_set() -> None:
    settings = Settings(
        _env_file=None,
        database_url="postgresql://bridge:s3cret@db.example.org/bridge",
        alert_to="olga@example.org",
        lease_s=61,
    )
    told = gather.settings_told(settings)
    assert (told["database_url"], told["alert_to"], told["lease_s"]) == ("set", "set", 61)
    assert not {"s3cret", "olga"} & {*json.dumps(told).replace("@", " ").split()}
