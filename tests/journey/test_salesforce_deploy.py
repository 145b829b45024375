"""Packages that come in whole or not at all, go again, and what the field lists make of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge.errors import Forbidden, RunRefused
from bridge.mapping.compiled import load_mapping, read_files
from bridge.salesforce.deploy.definitions import to_deploy_again
from bridge.salesforce.package.generate import generate
from bridge.salesforce.package.model import Options
from tests.fix_bridge import MAPPINGS
from tests.journey.administrator import CLASH, SENDER, without_clients
from tests.journey.firm import BASE, LIST

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.salesforce.package.model import Package
    from tests.journey.administrator import Administrator
    from tests.journey.firm import Firm


def test_a_check_changes_nothing_on_either_side(admin: Administrator) -> None:
    before = admin.inventory()
    checked = admin.deployer().check(admin.package())
    assert checked.outcome.succeeded
    assert checked.outcome.parts > 40
    assert admin.inventory() == before
    assert admin.definitions() == []


def test_one_bad_part_keeps_all_others_out_and_is_told_with_its_place(
    admin: Administrator,
) -> None:
    admin.field("CC_Bridge_Status__c")
    before = admin.inventory()
    deployed = admin.deployer().deploy(admin.package())
    assert not deployed.outcome.succeeded
    told = {one.full_name: one for one in deployed.outcome.problems}
    problem = told["Contact.CC_Bridge_Status__c"]
    assert (problem.kind, problem.file) == ("CustomField", CLASH)
    assert (problem.line or 0) > 1
    assert problem.says == "Cannot change the type of the field Contact.CC_Bridge_Status__c"
    assert problem.advice == (
        "a field of this name and another type is there: rename or delete that one"
    )
    assert admin.inventory() == before
    assert admin.definitions() == []


def test_a_deployment_that_goes_on_is_not_given_up_for_an_answer(admin: Administrator) -> None:
    fault = {"side": "salesforce", "kind": "unavailable", "path": "deployRequest/", "times": 2}
    admin.firm.sandbox.faults(fault)
    admin.deploy()


def test_who_may_not_deploy_is_told_what_is_missing(admin: Administrator) -> None:
    package = admin.package()
    admin.firm.sandbox.faults(
        {"side": "salesforce", "kind": "disabled", "path": "deployRequest", "times": 1}
    )
    with pytest.raises(Forbidden, match="Modify Metadata Through Metadata API Functions"):
        admin.deployer().deploy(package)


def test_deploying_twice_changes_nothing(admin: Administrator) -> None:
    admin.deploy()
    inventory, definitions = admin.inventory(), admin.definitions()
    again = admin.deploy()
    assert (again.outcome.changed, again.changed_lists) == (0, 0)
    assert admin.inventory() == inventory
    assert admin.definitions() == definitions


@pytest.mark.parametrize("profile", ["practifi", "bridge", "plain"])
def test_removal_takes_everything_of_ours_away_and_nothing_else(
    admin: Administrator, profile: str
) -> None:
    admin.field("Own__c")
    before = admin.inventory()
    admin.deploy(profile)
    assert admin.inventory() != before
    package = admin.package(profile)
    removed = admin.deployer().remove(package, with_records=False)
    assert removed.outcome.succeeded, removed.outcome.problems
    assert admin.inventory() == before
    assert admin.definitions() == []
    assert admin.salesforce.metadata.outbound_messages() == {}


def test_removal_finds_what_an_earlier_mapping_has_brought(
    admin: Administrator, tmp_path: Path
) -> None:
    before = admin.inventory()
    admin.deploy()
    mapping = load_mapping(without_clients(tmp_path), profile="practifi", overrides={})
    options = Options(
        endpoint_url="https://x.example/o", console_url="https://x.example", send_as=SENDER
    )
    assert "Account.CC_Bridge_Account" not in {
        one.full_name for one in generate(mapping, options).messages
    }
    package = generate(mapping, options, whole=True)
    assert admin.deployer().remove(package, with_records=False).outcome.succeeded
    assert admin.inventory() == before


def test_removal_takes_every_version_of_a_flow(admin: Administrator) -> None:
    before = admin.inventory()
    for version in ("65.0", "66.0"):
        admin.deploy(api_version=version)
    removed = admin.deployer().remove(admin.package(), with_records=False)
    assert removed.outcome.succeeded, removed.outcome.problems
    assert admin.inventory() == before
    path = f"{BASE.rpartition('/')[0]}/query"
    left = admin.firm.sandbox.salesforce("GET", path, q="SELECT Id FROM FlowVersionView").json()
    assert left["totalSize"] == 0


def test_there_may_be_nothing_to_remove(admin: Administrator) -> None:
    before = admin.inventory()
    removed = admin.deployer().remove(admin.package(), with_records=False)
    assert (removed.outcome.succeeded, removed.outcome.changed) == (True, 0)
    assert admin.inventory() == before


def test_lists_and_memberships_of_ours_are_not_removed_by_the_way(
    firm: Firm, admin: Administrator
) -> None:
    admin.deploy("bridge")
    firm.create("CC_Bridge_List__c", Name="Letter")
    package = admin.package("bridge")
    with pytest.raises(RunRefused, match="CC_Bridge_List__c holds 1 records"):
        admin.deployer().remove(package, with_records=False)
    assert admin.deployer().remove(package, with_records=True).outcome.succeeded


def fields_at(admin: Administrator, object_name: str) -> list[tuple[int, int]]:
    """Return version and number of fields of the lists of an object."""
    rows = [row for row in admin.definitions() if row["object"] == object_name]
    return [(row["version"], len(row["fields"])) for row in rows]


def with_fields(package: Package, object_name: str, *more: str, without: str = "") -> Package:
    """Return a package whose message of one object carries more, or less."""
    messages = tuple(
        replace(one, fields=tuple(sorted({*one.fields, *more} - {without})))
        if one.object == object_name
        else one
        for one in package.messages
    )
    return replace(package, messages=messages)


def test_a_list_grows_after_a_deployment_and_shrinks_before_it(admin: Administrator) -> None:
    admin.deploy()
    ((_, count),) = fields_at(admin, LIST)
    wider = with_fields(admin.package(), LIST, "practifi__Description__c")
    admin.deployer().deploy(wider)
    assert fields_at(admin, LIST) == [(1, count), (2, count + 1)]
    first, newest = (row for row in admin.definitions() if row["object"] == LIST)
    assert (newest["in_force_from"] - first["in_force_from"]).total_seconds() >= 120
    admin.deployer().deploy(with_fields(admin.package(), LIST, without="Name"))
    versions = fields_at(admin, LIST)
    assert [size for _, size in versions] == [count, count + 1, count - 1]


def test_a_mapping_that_reads_more_names_the_message_to_deploy_again(
    firm: Firm, admin: Administrator
) -> None:
    admin.deploy()
    names = {"contact": {"primary_member": "practifi__Primary_Member__c"}}
    files = read_files(MAPPINGS)
    with firm.bridge.database.transaction() as tx:
        connection_id = firm.bridge.connection_id
        same = load_mapping(files, profile="practifi", overrides={})
        assert to_deploy_again(tx, connection_id, same) == []
        more = load_mapping(files, profile="practifi", overrides=names)
        assert to_deploy_again(tx, connection_id, more) == [
            "the outbound message of Contact does not carry practifi__Primary_Member__c"
        ]
