"""A deployment holds each part to its schema: our package passes, what stands astray does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from bridge.mapping.compiled import load_mapping, read_files
from bridge.salesforce.package.forms import metadata_files, zipped
from bridge.salesforce.package.generate import generate
from bridge.salesforce.package.model import Options
from bridge.salesforce.package.removal import switched_off, taken_out
from tests.sandbox.test_salesforce_metadata import META, M, deploy, failures, succeeded

if TYPE_CHECKING:
    from bridge.salesforce.package.model import Package
    from tests.fix_sandbox import RunningSandbox

FOLDER = Path(__file__).parents[2] / "mappings"
FLOW, MESSAGES = "flows/CC_Bridge_Contact.flow", "workflows/Contact.workflow"
SET, FIELDS = "permissionsets/CC_Bridge.permissionset", "objects/Contact.object"
OPTIONS = Options(
    endpoint_url="https://bridge.example.org/outbound-messages/default/secret",
    console_url="https://bridge.example.org",
    send_as="ccbridge@harbourlane.example.com",
)


def ours(profile: str = "practifi") -> Package:
    return generate(load_mapping(read_files(FOLDER), profile=profile, overrides={}), OPTIONS)


def with_first_moved(content: bytes, path: str, *, by: int) -> bytes:
    """Move the first element at a path by so many places among its neighbours."""
    root = etree.fromstring(content)
    child = root.find("/".join(f"{M}{step}" for step in path.split("/")))
    assert child is not None
    parent = child.getparent()
    assert parent is not None
    place = parent.index(child)
    parent.remove(child)
    parent.insert(place + by, child)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


@pytest.mark.rule("sf-md-order-of-elements")
@pytest.mark.parametrize("profile", ["practifi", "bridge", "plain"])
def test_each_part_of_the_package_passes_its_schema(sandbox: RunningSandbox, profile: str) -> None:
    succeeded(deploy(sandbox, zipped(metadata_files(ours(profile))), checkOnly=True))


@pytest.mark.rule("sf-md-order-of-elements")
def test_the_way_back_passes_too(sandbox: RunningSandbox) -> None:
    succeeded(deploy(sandbox, zipped(metadata_files(ours()))))
    for files in (switched_off(ours()), taken_out(ours())):
        succeeded(deploy(sandbox, zipped(files)))


@pytest.mark.rule("sf-md-order-of-elements", "sf-md-rollback-on-error")
@pytest.mark.parametrize(
    ("file", "moved", "by", "part"),
    [
        (FLOW, "label", 1, "Flow CC_Bridge_Contact"),
        (FLOW, "start/object", 1, "Flow CC_Bridge_Contact"),
        (FLOW, "actionCalls/label", -1, "Flow CC_Bridge_Contact"),
        (
            MESSAGES,
            "outboundMessages/endpointUrl",
            -1,
            "WorkflowOutboundMessage Contact.CC_Bridge_Contact",
        ),
        (SET, "fieldPermissions/field", 1, "PermissionSet CC_Bridge"),
        (FIELDS, "fields/label", 1, "CustomField Contact.CC_Bridge_Resubscribe_Asked_On__c"),
    ],
)
def test_an_element_out_of_order_keeps_its_part_out_and_no_other(
    sandbox: RunningSandbox, file: str, moved: str, by: int, part: str
) -> None:
    files = dict(metadata_files(ours()))
    files[file] = with_first_moved(files[file], moved, by=by)
    result = deploy(sandbox, zipped(files), rollbackOnError=False)
    assert result.findtext(f"{M}status") == "SucceededPartial"
    (failure,) = failures(result)
    assert failure[:3] == (*part.split(), file)
    assert str(failure[5]).startswith(f"Error parsing file: Element {{{META}}}")
    assert " invalid at this location in type " in str(failure[5])


@pytest.mark.rule("sf-md-order-of-elements")
@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            b"<label>",
            b"<colour>red</colour><label>",
            "colour invalid at this location in type Flow",
        ),
        (
            b"</Flow>",
            b"<actionCalls><name>More</name></actionCalls></Flow>",
            "actionCalls is duplicated at this location in type Flow",
        ),
    ],
)
def test_what_a_schema_does_not_have_is_named(
    sandbox: RunningSandbox, old: bytes, new: bytes, problem: str
) -> None:
    files = dict(metadata_files(ours()))
    place = files[FLOW].rindex(old)
    files[FLOW] = files[FLOW][:place] + new + files[FLOW][place + len(old) :]
    result = deploy(sandbox, zipped(files))
    assert result.findtext(f"{M}status") == "Failed"
    (failure,) = failures(result)
    assert failure[5] == f"Error parsing file: Element {{{META}}}{problem}"


@pytest.mark.rule("sf-md-order-of-elements")
@pytest.mark.parametrize(("file", "moved"), [("package.xml", "types/name"), (FIELDS, "webLinks")])
def test_a_list_or_a_file_of_parts_out_of_order_is_refused_whole(
    sandbox: RunningSandbox, file: str, moved: str
) -> None:
    files = dict(metadata_files(ours()))
    files[file] = with_first_moved(files[file], moved, by=-1)
    result = deploy(sandbox, zipped(files))
    assert result.findtext(f"{M}status") == "Failed"
    failure = failures(result)[0]
    assert failure[2] == file
    assert " is duplicated at this location in type " in str(failure[5])
