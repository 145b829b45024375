"""What a mapping does, field by field, in sentences: made from the files themselves. Pure.

How it is written down - Markdown, HTML, JSON - is in `documentation_forms.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from bridge.mapping.checks import FieldNames
from bridge.mapping.compiled import load_mapping
from bridge.mapping.documentation_others import client_section, interaction_section
from bridge.mapping.examples import examples_of
from bridge.mapping.in_words import (
    changes_in_words,
    condition_in_words,
    limit_in_words,
    source_in_words,
    when_empty_in_words,
    written_in_words,
)
from bridge.mapping.interaction import InteractionFile, default_file
from bridge.mapping.model import ContactMapping, ListMapping
from bridge.mapping.rules import CustomRule
from bridge.mapping.schema import ClientFile, ContactFile, ListFile, MembershipFile
from bridge.mapping.targets import rules_of
from bridge.mapping.yaml_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf
    from collections.abc import Sequence

    from bridge.mapping.marks import Mark
    from bridge.mapping.model import Mapping
    from bridge.mapping.names import Names
    from bridge.salesforce.values import Record

_File = TypeVar("_File", bound=BaseModel)
Since = dict[tuple[str, tuple[str, ...]], str]
"""File and path of a part -> since when its rule is as it is, in words."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a contact or list, and what fills it; all but `name` are sentences.

    Attributes:
        name: Its path with dots, as in the file.
        title: What people know it as.
        comes_from: The source, and the condition under which it counts.
        changes: What is done to the value; empty where it is nothing.
        written: When it is written.
        when_empty: What becomes of it where there is no value.
        limit: How much it takes.
        example: What it becomes of the record of an example; None without one.
        since: Since when the rule is as it is; None where no history was looked at.
    """

    name: str
    title: str
    comes_from: str
    changes: str
    written: str
    when_empty: str
    limit: str
    example: str | None = None
    since: str | None = None


@dataclass(frozen=True, kw_only=True)
class Section:
    """What one file does.

    Attributes:
        left_out: Who or what takes no part, a sentence for each rule.
        parts: What is filled; none where the file fills nothing.
    """

    file: str
    title: str
    sentences: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Documentation:
    """What a whole mapping does.

    Attributes:
        about: Which text it is, in a sentence.
    """

    about: str
    digest: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is shown beside the files.

    Attributes:
        profile: Whose names count.
        overrides: Names of a connection that differ from the profile's.
        about: Which text it is, in a sentence.
        since: Since when the rules are as they are.
        record: A contact whose values are shown instead of those of the files' own tests.
    """

    profile: str
    about: str
    overrides: MappingOf[str, object] = field(default_factory=dict)
    since: Since = field(default_factory=dict)
    record: Record | None = None


def documented(files: MappingOf[str, str], look: Look) -> Documentation:
    """Return what mapping files do.

    Raises:
        MappingError: If they have faults.
    """
    mapping = load_mapping(files, profile=look.profile, overrides=look.overrides)
    names = mapping.names
    contact = _read(files, "contact.yaml", ContactFile)
    lists = _read(files, "list.yaml", ListFile)
    interaction = (
        _read(files, "interaction.yaml", InteractionFile)
        if "interaction.yaml" in files
        else default_file()
    )
    return Documentation(
        about=look.about,
        digest=mapping.digest,
        sections=(
            Section(
                file="contact.yaml",
                title="Contacts",
                sentences=tuple(_contact_sentences(contact, names)),
                left_out=_left_out(contact, names, mapping.contact.marks),
                parts=_parts(contact, mapping.contact, mapping, look),
            ),
            Section(
                file="list.yaml",
                title="Lists",
                sentences=(_LIST_MATCH[lists.match].format(names.list.object),),
                left_out=_left_out(lists, names),
                parts=_parts(lists, mapping.list, mapping, look),
            ),
            Section(
                file="membership.yaml",
                title="Memberships",
                sentences=(_MEMBERSHIP.format(names.membership.object),),
                left_out=_left_out(_read(files, "membership.yaml", MembershipFile), names),
            ),
            Section(
                file="client.yaml",
                title="Clients",
                sentences=client_section(_read(files, "client.yaml", ClientFile), names),
            ),
            Section(
                file="interaction.yaml",
                title="Engagement",
                sentences=interaction_section(interaction, mapping.interaction, names),
            ),
        ),
    )


_MEMBERSHIP = (
    "A {} in Salesforce puts its contact on its list in Constant Contact. One person is on one "
    "list once."
)
_LIST_MATCH = {
    "name": "A {} in Salesforce becomes a list in Constant Contact. A list that has the same name "
    "there already is taken over.",
    "id": "A {} in Salesforce becomes a list in Constant Contact. Only the list whose id "
    "Salesforce keeps is taken over; a name that is taken there is an error.",
}


def _read(files: MappingOf[str, str], name: str, model: type[_File]) -> _File:
    return model.model_validate(read_tree(files[name]).data)


def _contact_sentences(file: ContactFile, names: Names) -> list[str]:
    permission = "New contacts are created with implicit permission."
    if file.explicit_permission_when is not None:
        resolve = FieldNames(names, file).resolve
        permission = (
            "New contacts are created with explicit permission where "
            f"{condition_in_words(file.explicit_permission_when, resolve)}; all others with "
            "implicit permission."
        )
    return [
        _CONTACT.format(names.contact.object, names.contact.email),
        _UNTOUCHED,
        permission,
        _NEVER,
    ]


_CONTACT = (
    "A {} in Salesforce becomes a contact in Constant Contact. People are matched by their "
    "address, {}."
)
_UNTOUCHED = (
    "A part that is not named here is never touched in Constant Contact. A field that is not known "
    "leaves its part as it is."
)
_NEVER = (
    "No mapping changes the permission of a contact that exists, and none makes an unsubscribed "
    "person mailable."
)


def _left_out(
    file: ContactFile | ListFile | MembershipFile, names: Names, marks: Sequence[Mark] = ()
) -> tuple[str, ...]:
    resolve = FieldNames(names, file).resolve
    rules = [*(mark.as_rule() for mark in marks), *file.leave_out]
    told = [f"Where {condition_in_words(rule.when, resolve)}: {rule.reason}." for rule in rules]
    if isinstance(file, ContactFile) and not marks:
        told.insert(0, _TAKE_PART[file.take_part])
    return tuple(told)


_TAKE_PART = {
    "standard": "Whom the organization marks as deceased, inactive or a former client, where it "
    "has a field for that.",
    "everybody": "Nobody by the marks of the organization: people who are marked as deceased, "
    "inactive or former clients take part.",
}


def _parts(
    file: ContactFile | ListFile, filled: ContactMapping | ListMapping, mapping: Mapping, look: Look
) -> tuple[Part, ...]:
    name = f"{file.source}.yaml"
    resolve = FieldNames(mapping.names, file).resolve
    records = [one.record for one in mapping.examples if one.file == name]
    if look.record is not None and isinstance(filled, ContactMapping):
        records = [look.record]
    example = examples_of(filled, records)
    return tuple(
        Part(
            name=target.name,
            title=rule.label if isinstance(rule, CustomRule) else _title(target.path),
            comes_from=source_in_words(rule, resolve),
            changes=changes_in_words(rule, file.lookups),
            written=written_in_words(rule),
            when_empty=when_empty_in_words(rule, target),
            limit=limit_in_words(rule, target),
            example=example(target.path),
            since=look.since.get((name, target.path)),
        )
        for target, rule in rules_of(file.fields)
    )


_GROUPS = {"phone_numbers": "telephone", "street_addresses": "address"}


def _title(path: tuple[str, ...]) -> str:
    """Return what people call a part.

    >>> _title(("first_name",)), _title(("street_addresses", "home", "postal_code"))
    ('First name', 'Home address: postal code')
    """
    words = [part.replace("_", " ") for part in path]
    if len(path) == 1:
        return words[0].capitalize()
    head = f"{words[1].capitalize()} {_GROUPS.get(path[0], words[0])}"
    return f"{head}: {words[2]}" if len(words) > 2 else head  # noqa: PLR2004 - group, kind, part
