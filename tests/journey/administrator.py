"""An administrator of a firm's Salesforce, who deploys the package of the bridge."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.mapping.compiled import load_mapping, read_files
from bridge.salesforce.deploy import cli
from bridge.salesforce.deploy.carry_out import Deployer
from bridge.salesforce.deploy.prepare import look
from bridge.salesforce.package.forms import zipped
from bridge.salesforce.package.generate import generate
from bridge.salesforce.package.model import Options
from tests.fix_bridge import MAPPINGS
from tests.journey.firm import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.deploy.carry_out import Deployed
    from bridge.salesforce.package.model import Package
    from tests.journey.firm import Firm

SENDER = "ccbridge@harbourlane.example.com"
CLASH = "objects/Contact.object"
FIELD = """<?xml version="1.0" encoding="UTF-8"?>
<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
    <fields><fullName>{name}</fullName><label>Own</label><type>Checkbox</type></fields>
</CustomObject>
"""
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<Package xmlns="http://soap.sforce.com/2006/04/metadata">
    <types><members>Contact.{name}</members><name>CustomField</name></types>
    <version>66.0</version>
</Package>
"""


class Administrator:
    """Deploys to the organization of a firm."""

    def __init__(self, firm: Firm, salesforce: Salesforce) -> None:
        self.firm = firm
        self.salesforce = salesforce
        self.steps: list[str] = []

    def package(self, profile: str = "practifi", **changes: Any) -> Package:
        mapping = load_mapping(read_files(MAPPINGS), profile=profile, overrides={})
        host, _, path = self.firm.bridge.url.partition("/outbound-messages/")
        options = Options(
            endpoint_url=f"{host}/outbound-messages/{path}",
            console_url=host,
            send_as=SENDER,
            known=look(self.salesforce, mapping),
        )
        return generate(mapping, replace(options, **changes))

    def deployer(self) -> Deployer:
        return Deployer(
            database=self.firm.bridge.database,
            salesforce=self.salesforce,
            connection_id=self.firm.bridge.connection_id,
            is_own_user=True,
            tell=lambda step, _: self.steps.append(step),
        )

    def deploy(self, profile: str = "practifi", **changes: Any) -> Deployed:
        deployed = self.deployer().deploy(self.package(profile, **changes))
        assert deployed.outcome.succeeded, deployed.outcome.problems
        return deployed

    def field(self, name: str) -> None:
        """Deploy a field of the firm's own: a check box of contacts."""
        self.bring(
            {
                CLASH: FIELD.format(name=name).encode(),
                "package.xml": MANIFEST.format(name=name).encode(),
            }
        )

    def bring(self, files: dict[str, bytes]) -> None:
        """Deploy something of the firm's own."""
        job = self.salesforce.metadata.deploy(zipped(files), check_only=False)
        while not (told := self.salesforce.metadata.deployment(job))["done"]:
            time.sleep(0.01)
        assert told["status"] == "Succeeded"

    def inventory(self) -> dict[str, Any]:
        """Return what there is in the organization, as it shows itself."""
        sandbox = self.firm.sandbox
        listed = sandbox.salesforce("GET", BASE).json()["sobjects"]
        fields = {
            one["name"]: sorted(
                each["name"]
                for each in sandbox.salesforce("GET", f"{BASE}/{one['name']}/describe").json()[
                    "fields"
                ]
            )
            for one in listed
        }
        sets = sandbox.salesforce(
            "GET", f"{BASE.rpartition('/')[0]}/query", q="SELECT Name FROM PermissionSet"
        ).json()["records"]
        definitions = sandbox.control("GET", "/salesforce/definitions")
        return {
            "fields": fields,
            "sets": sorted(one["Name"] for one in sets),
            "messages": sorted(one["full_name"] for one in definitions),
        }

    def definitions(self) -> list[dict[str, Any]]:
        return self.firm.bridge.rows(
            "SELECT action_id, version, object, fields, lane, in_force_from, access_checked_at "
            "FROM outbound_definition WHERE connection_id = %(connection_id)s "
            "ORDER BY object, lane, version"
        )


@pytest.fixture
def admin(firm: Firm) -> Iterator[Administrator]:
    """An administrator of an organization without anything of ours."""
    firm.sandbox.control("POST", "/salesforce/bare")
    firm.sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    salesforce = firm.bridge.installation.salesforce(firm.bridge.connection)
    yield Administrator(firm, salesforce)
    salesforce.close()


def without_clients(tmp_path: Path) -> dict[str, str]:
    """Return mapping files that read nothing of a client, and `Department` instead of `Title`."""
    files = read_files(MAPPINGS)
    kept, _, rest = files["contact.yaml"].partition("  # Constant Contact has no place of its own")
    lines = [line for line in kept.splitlines() if "Account." not in line]
    files["contact.yaml"] = "\n".join([*lines, ""]).replace("from: Title", "from: Department")
    assert "custom_fields" in rest
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return files


@pytest.fixture
def at_the_terminal(firm: Firm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, ...]:
    """What commands need to find the firm."""
    settings, keyring = firm.bridge.installation.settings, firm.bridge.installation.keyring
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setattr(cli, "open_keyring", lambda _: keyring)
    host = firm.bridge.url.partition("/outbound-messages/")[0]
    return ("--connection", "firm", "--public-url", host)
