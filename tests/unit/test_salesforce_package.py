"""The package of a connection: what it holds, in which form, and that it is always the same."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bridge.errors import ConfigurationError
from bridge.mapping.compiled import load_mapping, read_files
from bridge.mirror.model import needed_paths
from bridge.salesforce.package.change_list import change_list
from bridge.salesforce.package.forms import metadata_files, source_files, zipped
from bridge.salesforce.package.generate import generate
from bridge.salesforce.package.messages import messages_of, stale_definitions
from bridge.salesforce.package.model import Known, Options
from bridge.salesforce.package.removal import switched_off, taken_out
from tests.unit import package_rules as rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.mapping.model import Mapping as ActiveMapping
    from bridge.mapping.names import Kind

FOLDER = Path(__file__).parents[2] / "mappings"
PROFILES = ("practifi", "bridge", "plain")
SECRET = "q7-secret-of-the-path"
OPTIONS = Options(
    endpoint_url=f"https://bridge.example.org/outbound-messages/default/{SECRET}",
    console_url="https://bridge.example.org",
    send_as="bridge@firm.example",
)
EVIDENCE = ("Asked_Via", "Asked_On", "Note")
M = "{http://soap.sforce.com/2006/04/metadata}"


def mapping_of(profile: str, **overrides: object) -> ActiveMapping:
    return load_mapping(read_files(FOLDER), profile=profile, overrides=overrides)


MAPPINGS = {profile: mapping_of(profile) for profile in PROFILES}


def files_of(profile: str, options: Options = OPTIONS) -> dict[str, bytes]:
    return metadata_files(generate(MAPPINGS[profile], options))


def local(element: etree._Element) -> str:
    return etree.QName(element.tag).localname


def members(content: bytes) -> set[tuple[str, str]]:
    root = etree.fromstring(content)
    return {
        (types.findtext(f"{M}name") or "", str(member.text))
        for types in root.iter(f"{M}types")
        for member in types.iter(f"{M}members")
    }


def parts_in(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield type and name of each part that the files hold."""
    for path, content in files.items():
        folder, _, rest = path.partition("/")
        name = rest.partition(".")[0]
        if folder in rules.FILES and not path.endswith("-meta.xml"):
            yield rules.FILES[folder], name
        elif folder in {"objects", "workflows"}:
            root = etree.fromstring(content)
            if root.find(f"{M}nameField") is not None:
                yield "CustomObject", name
            for part in root:
                if local(part) in rules.PARTS:
                    yield rules.PARTS[local(part)], f"{name}.{part.findtext(f'{M}fullName')}"


def disorder(element: etree._Element, place: str) -> Iterator[str]:
    children = [local(child) for child in element]
    if local(element) in rules.ONE_CHILD:
        if len(children) > 1:
            yield f"{place}: {children}"
    elif children:
        order = rules.ORDER.get(place, ())
        if [name for name in order for _ in range(children.count(name))] != children:
            yield f"{place}: {children}"
    for child in element:
        yield from disorder(child, f"{place}/{local(child)}")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("canvas_app", [None, "Constant_Contact"])
def test_every_part_has_a_file_and_every_file_is_named(
    profile: str, canvas_app: str | None
) -> None:
    files = files_of(profile, Options(**vars(OPTIONS) | {"canvas_app": canvas_app}))
    found = list(parts_in(files))
    assert len(found) == len(set(found))
    assert set(found) == members(files["package.xml"])


@pytest.mark.parametrize("profile", PROFILES)
def test_elements_stand_in_the_order_of_the_guides(profile: str) -> None:
    package = generate(MAPPINGS[profile], OPTIONS)
    faults = [
        f"{path}: {fault}"
        for form in (metadata_files(package), switched_off(package), taken_out(package))
        for path, content in form.items()
        if not path.endswith(".page")
        for root in [etree.fromstring(content)]
        for fault in disorder(root, local(root))
    ]
    assert faults == []


@pytest.mark.parametrize("profile", PROFILES)
def test_names_are_legal(profile: str) -> None:
    for part in generate(MAPPINGS[profile], OPTIONS).parts:
        is_custom = part.kind in {"CustomField", "CustomObject"}
        pattern = rules.CUSTOM_NAME if is_custom else rules.NAME
        assert pattern.fullmatch(part.name), part.full_name
        assert len(part.name) <= rules.LONGEST.get(part.kind, rules.LONGEST_NAME), part.full_name


@given(
    profile=st.sampled_from(PROFILES),
    draft=st.booleans(),
    canvas_app=st.sampled_from([None, "Bridge"]),
    computed=st.lists(st.sampled_from(["Contact.Email", "Contact.Title"]), unique=True),
)
def test_the_same_input_gives_the_same_bytes(
    profile: str, *, draft: bool, canvas_app: str | None, computed: list[str]
) -> None:
    made = []
    for order in (computed, computed[::-1]):
        options = Options(
            **vars(OPTIONS)
            | {
                "flow_status": "Draft" if draft else "Active",
                "canvas_app": canvas_app,
                "known": Known(computed=frozenset(order)),
            }
        )
        package = generate(mapping_of(profile), options)
        made.append((zipped(metadata_files(package)), source_files(package)))
    assert made[0] == made[1]


def test_a_zip_tells_no_time_and_holds_its_files_in_order() -> None:
    content = zipped({"b": b"2", "a": b"1"})
    entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    assert [(one.filename, one.date_time) for one in entries] == [
        ("a", (1980, 1, 1, 0, 0, 0)),
        ("b", (1980, 1, 1, 0, 0, 0)),
    ]


@pytest.mark.parametrize("profile", PROFILES)
def test_only_the_bridges_own_objects_and_fields_are_defined(profile: str) -> None:
    package = generate(MAPPINGS[profile], OPTIONS)
    assert {part.name for part in package.of("CustomObject", "CustomField")} == {
        part.name
        for part in package.of("CustomObject", "CustomField")
        if part.name.startswith("CC_Bridge_")
    }
    own = {part.full_name for part in package.of("CustomObject")}
    expected = {"CC_Bridge_Removed__c"}
    if profile == "bridge":
        expected |= {"CC_Bridge_List__c", "CC_Bridge_Membership__c"}
    assert own == expected


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", ["contact", "list", "membership"])
def test_a_message_carries_what_the_mapping_reads_and_who_changed_it_when(
    profile: str, kind: Kind
) -> None:
    mapping = MAPPINGS[profile]
    (message,) = [
        one for one in messages_of(mapping) if one.name == f"CC_Bridge_{kind.capitalize()}"
    ]
    read = {path for path in needed_paths(kind, mapping) if "." not in path}
    always = {"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted"}
    more = {getattr(mapping.names.contact, f"resubscribe_{role}") for role in ("via", "on", "note")}
    more.add(mapping.names.contact.country)
    assert {*message.fields} == read | always | (more if kind == "contact" else set())
    assert message.object == mapping.names.object_of(kind)


def test_a_field_of_the_client_has_a_message_of_the_client() -> None:
    (account,) = [one for one in messages_of(MAPPINGS["practifi"]) if one.object == "Account"]
    assert {"Name", "Type"} <= {*account.fields}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_consent_message_fires_for_the_box_and_the_evidence_alone(profile: str) -> None:
    content = files_of(profile)["flows/CC_Bridge_Contact_Consent.flow"]
    formula = etree.fromstring(content).findtext(f"{M}start/{M}filterFormula") or ""
    evidence = [f"CC_Bridge_Resubscribe_{name}__c" for name in EVIDENCE]
    changes = [f"ISCHANGED({{!$Record.{name}}})" for name in ("HasOptedOutOfEmail", *evidence)]
    new = "AND(ISNEW(), {!$Record.HasOptedOutOfEmail})"
    assert formula == f"OR({new}, {', '.join(changes)})"
    lanes = {one.name: one.lane for one in messages_of(MAPPINGS[profile])}
    assert {name for name, lane in lanes.items() if lane == 0} == {"CC_Bridge_Contact_Consent"}


def watched(options: Options, mapping: ActiveMapping = MAPPINGS["practifi"]) -> str | None:
    content = metadata_files(generate(mapping, options))["flows/CC_Bridge_Contact.flow"]
    return etree.fromstring(content).findtext(f"{M}start/{M}filterFormula")


def test_a_flow_does_not_ask_whether_a_formula_has_changed() -> None:
    known = Known(computed=frozenset({"Contact.Title"}))
    assert "Record.Title}" in (watched(OPTIONS) or "")
    assert "Record.Title}" not in (watched(Options(**vars(OPTIONS) | {"known": known})) or "")


def test_a_condition_that_is_too_long_gives_way_to_every_save(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bridge.salesforce.package.flows.MOST_CHARACTERS", 500)
    assert watched(OPTIONS) is None


@pytest.mark.parametrize("profile", PROFILES)
def test_no_permission_set_may_send_outbound_messages(profile: str) -> None:
    sets = generate(MAPPINGS[profile], OPTIONS).of("PermissionSet")
    labels = {str(dict(part.body)["label"]) for part in sets}  # type: ignore[arg-type]
    assert labels == {"Constant Contact Marketing", "Constant Contact Bridge"}
    assert [path for path in files_of(profile).values() if b"EnableNotifications" in path] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_only_the_bridge_s_own_user_may_run_reports_by_the_package(profile: str) -> None:
    files = files_of(profile)
    may_run = [path for path, content in files.items() if b"RunReports" in content]
    assert may_run == ["permissionsets/CC_Bridge.permissionset"]


def test_permissions_name_addresses_as_a_whole_and_no_required_field() -> None:
    content = files_of("bridge")["permissionsets/CC_Bridge.permissionset"].decode()
    assert "<field>Contact.MailingAddress</field>" in content
    for name in ("Contact.MailingCity", "Contact.LastName", "CC_Bridge_Membership__c.CC_Bridge_"):
        assert f"<field>{name}" not in content.replace("CC_Bridge_Status", "").replace(
            "CC_Bridge_Confirmed", ""
        )


def test_permissions_name_no_more_than_salesforce_lets_them() -> None:
    known = Known(permissionable=frozenset({"Contact.Email", "Contact.FirstName"}))
    options = Options(**vars(OPTIONS) | {"known": known})
    content = files_of("practifi", options)["permissionsets/CC_Bridge.permissionset"].decode()
    assert "<field>Contact.Email</field>" in content
    assert "<field>Contact.Title</field>" not in content
    assert "<field>Contact.FirstName</field>" not in content  # it goes with the whole name
    assert "<field>Contact.CC_Bridge_Status__c</field>" in content


@pytest.mark.parametrize("profile", PROFILES)
def test_the_way_back_names_every_part_or_the_object_that_takes_it_along(profile: str) -> None:
    package = generate(MAPPINGS[profile], OPTIONS)
    named = members(taken_out(package)["destructiveChanges.xml"])
    own = {name for kind, name in named if kind == "CustomObject"}
    expected = {
        (part.kind, f"{part.full_name}-1" if part.kind == "Flow" else part.full_name)
        for part in package.parts
        if part.kind in {"CustomObject", "WorkflowOutboundMessage"} or part.owner not in own
    }
    assert named == expected
    assert members(taken_out(package)["package.xml"]) == set()


def test_flows_go_by_each_version_that_is_there() -> None:
    package = generate(MAPPINGS["practifi"], OPTIONS)
    content = taken_out(package, {"CC_Bridge_Untick": (2, 5)})["destructiveChanges.xml"]
    assert {name for kind, name in members(content) if kind == "Flow"} == {
        "CC_Bridge_Untick-2",
        "CC_Bridge_Untick-5",
    }


def test_flows_are_switched_off_before_anything_goes() -> None:
    package = generate(MAPPINGS["practifi"], OPTIONS)
    files = switched_off(package)
    flows = {part.full_name for part in package.of("Flow")}
    assert members(files["package.xml"]) == {("FlowDefinition", name) for name in flows}
    for name in flows:
        content = files[f"flowDefinitions/{name}.flowDefinition"]
        assert b"<activeVersionNumber>0</activeVersionNumber>" in content


def said(files: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Return what the files of parts say: each value with the name of its element."""
    return {
        (local(each), each.text)
        for path, content in files.items()
        if not path.endswith((".page", ".json", "package.xml"))
        for each in etree.fromstring(content).iter()
        if not len(each) and each.text
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_the_source_form_says_the_same_as_the_zip(profile: str) -> None:
    package = generate(MAPPINGS[profile], OPTIONS)
    files, source = metadata_files(package), source_files(package)
    assert said(source) == said(files)
    assert source["manifest/package.xml"] == files["package.xml"]
    fields = [path for path in source if path.endswith(".field-meta.xml")]
    assert len(fields) == len(package.of("CustomField"))


@pytest.mark.parametrize("profile", PROFILES)
def test_the_change_list_names_every_part_and_no_secret(profile: str) -> None:
    package = generate(MAPPINGS[profile], OPTIONS)
    text = change_list(package, OPTIONS)
    assert SECRET not in text
    assert [part.name for part in package.parts if part.name not in text] == []
    assert "bridge salesforce deploy --remove" in text
    assert max(map(len, text.splitlines())) <= 110


def test_what_salesforce_would_not_take_is_refused_before_it_is_asked() -> None:
    for change in (
        {"endpoint_url": "https://x.example/" + "a" * 240},
        {"send_as": ""},
        {"canvas_app": 'Bridge"/>'},
        {"api_version": "66"},
        {"api_version": "28.0"},
    ):
        with pytest.raises(ConfigurationError):
            generate(MAPPINGS["practifi"], Options(**vars(OPTIONS) | change))


def page(name: str, canvas_app: str | None) -> etree._Element:
    options = Options(**vars(OPTIONS) | {"canvas_app": canvas_app})
    text = files_of("practifi", options)[f"pages/{name}.page"]
    return etree.fromstring(text.replace(b"<apex:page ", b'<apex:page xmlns:apex="urn:apex" '))


def test_a_tab_leads_to_our_page_or_shows_it_by_the_canvas_app() -> None:
    (link,) = page("CC_Bridge_Bulk_Create", None).iter("a")
    assert link.get("href") == "https://bridge.example.org/memberships/bulk"
    (app,) = page("CC_Bridge_Bulk_Create", "Bridge").iter("{urn:apex}canvasApp")
    assert app.get("parameters") == "{page:'/memberships/bulk'}"
    (panel,) = page("CC_Bridge_Contact_Panel", "Bridge").iter("{urn:apex}canvasApp")
    assert (panel.get("developerName"), panel.get("entityFields")) == ("Bridge", "Id")


def deployed(mapping: ActiveMapping) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(one.object, one.lane, one.fields) for one in messages_of(mapping)]


def test_a_changed_mapping_says_which_message_has_to_be_deployed_again() -> None:
    before = MAPPINGS["practifi"]
    assert stale_definitions(before, deployed(before)) == {}
    after = mapping_of("practifi", contact={"primary_member": "practifi__Primary_Member__c"})
    assert stale_definitions(after, deployed(before)) == {
        "Contact": ("practifi__Primary_Member__c",)
    }
    assert stale_definitions(before, deployed(after)) == {}
    assert stale_definitions(after, []) == {}


@pytest.mark.parametrize("profile", PROFILES)
def test_who_may_see_a_membership_may_see_its_person_and_list(profile: str) -> None:
    """Salesforce refuses a permission set that gives a detail without its masters."""
    for part in generate(MAPPINGS[profile], OPTIONS).of("PermissionSet"):
        content = files_of(profile)[f"permissionsets/{part.full_name}.permissionset"]
        given = {each.findtext(f"{M}object") for each in etree.fromstring(content).iter()}
        if "CC_Bridge_Membership__c" in given:
            assert {"Account", "Contact", "CC_Bridge_List__c"} <= given
