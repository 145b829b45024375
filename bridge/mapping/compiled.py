"""Load a mapping: read its files, check them, compile them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from bridge.errors import MappingError
from bridge.mapping.checks import AnyFile, FieldNames, check_file
from bridge.mapping.faults import explained, may_be_null
from bridge.mapping.files import meant_file, read_files
from bridge.mapping.interaction import (
    InteractionFile,
    InteractionMapping,
    check_interaction,
    default_file,
    interaction_mapping,
)
from bridge.mapping.marks import Mark, parted
from bridge.mapping.model import (
    ClientMapping,
    ContactMapping,
    CustomField,
    ListMapping,
    Mapping,
    MembershipMapping,
)
from bridge.mapping.own_tests_read import Tested, TestedFile
from bridge.mapping.own_tests_run import refuse_failing
from bridge.mapping.parts import Parts
from bridge.mapping.profiles import NamesFile, UnusableNames, read_names
from bridge.mapping.schema import ClientFile, ContactFile, ListFile, MembershipFile
from bridge.mapping.told import FileFault, lines_of, on_one_line
from bridge.mapping.yaml_tree import Place, Tree, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.names import Names
    from bridge.mapping.own_tests import Example

__all__ = [
    "FILES",
    "ClientMapping",
    "ContactMapping",
    "CustomField",
    "InteractionMapping",
    "ListMapping",
    "Mapping",
    "MembershipMapping",
    "digest_of",
    "load_mapping",
    "read_files",
    "refuse_failing",
]

FILES: dict[str, type[BaseModel]] = {
    "names.yaml": NamesFile,
    "client.yaml": ClientFile,
    "list.yaml": ListFile,
    "contact.yaml": ContactFile,
    "membership.yaml": MembershipFile,
    "interaction.yaml": InteractionFile,
}
"""The six mapping files and the schema of each."""

_MOST_FAULTS = 200

_File = TypeVar("_File", bound=BaseModel)


def digest_of(files: MappingOf[str, str]) -> str:
    """Return the digest of mapping files, whatever their order."""
    text = json.dumps(sorted(files.items()), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def load_mapping(
    files: MappingOf[str, str], *, profile: str, overrides: MappingOf[str, object]
) -> Mapping:
    """Check mapping files and compile them.

    Args:
        files: Name -> text of the files; without interaction.yaml, what ships holds.
        profile: `practifi`, `bridge` or `plain`.
        overrides: What is particular to this connection: names that differ from names.yaml's
            profile and, under `people`, the organization's marks (`bridge.mapping.marks`).

    Raises:
        MappingError: If anything is wrong; it lists every fault that was found.
    """
    return _Loader(files).load(profile, overrides)


class _Loader:
    """Collects the faults of all files, so that one look shows everything."""

    def __init__(self, files: MappingOf[str, str]) -> None:
        self._files = files
        self._trees: dict[str, Tree] = {}
        self._faults: list[FileFault] = []
        self._lines: dict[str, list[str]] = {}
        self._misnamed: set[str] = set()  # missing, where a file of another name is meant
        self._marks: tuple[Mark, ...] | None = None

    def load(self, profile: str, overrides: MappingOf[str, object]) -> Mapping:
        for name in sorted(set(self._files) - set(FILES)):
            meant = meant_file(name, FILES)
            advice = "take it out of the folder"
            if meant is not None and meant not in self._files:
                self._misnamed.add(meant)
                advice = f"call it {meant}"
            self._fault(name, Place(1, 1), f"no mapping file has this name: {advice}")
        named = self._parsed("names.yaml", NamesFile)
        client = self._parsed("client.yaml", ClientFile)
        lists = self._parsed("list.yaml", ListFile)
        contact = self._parsed("contact.yaml", ContactFile)
        membership = self._parsed("membership.yaml", MembershipFile)
        interaction = self._interaction_file()
        own_names, self._marks = parted(overrides)
        names = self._names(profile, own_names) if named else None
        if names is not None:
            for file in (client, lists, contact, membership):
                if file is not None:
                    self._check(file, names)
        # Whatever cannot be read has left a fault.
        if self._faults or not (
            named and names and client and lists and contact and membership and interaction
        ):
            raise self._error()
        parts = Parts(self._trees, names, self._marks)
        contacts, of_lists = parts.contact(contact), parts.list(lists)
        memberships = parts.membership(membership)
        made: tuple[tuple[TestedFile, MembershipMapping], ...] = (
            (contact, contacts),
            (lists, of_lists),
            (membership, memberships),
        )
        examples = self._examples(
            Tested(file, part, FieldNames(names, file), self._trees[f"{file.source}.yaml"])
            for file, part in made
        )
        return Mapping(
            digest=digest_of(self._files),
            meaning=self._meaning(),
            names=names,
            client=parts.client(client),
            list=of_lists,
            contact=contacts,
            membership=memberships,
            interaction=interaction_mapping(
                interaction, names, written_namespace=_namespace_of(named, profile)
            ),
            examples=examples,
        )

    def _examples(self, tested: Iterable[Tested]) -> tuple[Example, ...]:
        """Return the tests that stand in the files.

        Raises:
            MappingError: If one of them names what no rule knows.
        """
        tests = list(tested)
        for one in tests:
            for path, cause in one.faults():
                self._fault(one.file, self._trees[one.file].place(path, key=True), cause)
        if self._faults:
            raise self._error()
        return tuple(example for one in tests for example in one.examples())

    def _meaning(self) -> str:
        """Return the digest of what counts: no comments, no tests, and the organization's marks."""
        said = {
            name: {key: part for key, part in tree.data.items() if key != "tests"}
            for name, tree in self._trees.items()
            if isinstance(tree.data, dict)
        }
        marks = [mark.as_json() for mark in self._marks or ()]
        return hashlib.sha256(json.dumps([said, marks], sort_keys=True).encode()).hexdigest()

    def _error(self) -> MappingError:
        faults = sorted(self._faults, key=_order)
        if (more := len(faults) - _MOST_FAULTS) > 0:
            first = faults[_MOST_FAULTS:][:1]
            says = f"{more} more faults from here on: correct those above first"
            faults[_MOST_FAULTS:] = [replace(one, says=says) for one in first]
        return MappingError(faults)

    def _interaction_file(self) -> InteractionFile | None:
        """Return interaction.yaml; versions that were stored before it existed have none."""
        name = "interaction.yaml"
        if name not in self._files:
            return default_file()
        file = self._parsed(name, InteractionFile)
        for path, cause in check_interaction(file) if file else ():
            self._fault(name, self._trees[name].place(path), cause)
        return file

    def _parsed(self, name: str, model: type[_File]) -> _File | None:
        """Return a file in its shape, or None where it cannot be read."""
        if name not in self._files:
            if name not in self._misnamed:
                cause = "this file is missing: write it, or copy the one that ships"
                self._fault(name, Place(1, 1), cause)
            return None
        tree = self._trees[name] = read_tree(self._files[name])
        for fault in tree.faults:
            self._fault(name, fault.place, fault.cause)
        if tree.data is None and tree.faults:
            return None
        read, refused = None, None
        try:
            read = model.model_validate(tree.data)
        except ValidationError as error:
            refused = error
        # What is refused at these places follows from what the tree lacks.
        told = {fault.place for fault in tree.faults} | {tree.place(path) for path in tree.lacking}
        tree.empty = [path for path in tree.empty if path and not may_be_null(path)]
        for place, cause in explained(tree, model, refused):
            if place not in told:
                self._fault(name, place, cause)
        return read

    def _names(self, profile: str, overrides: MappingOf[str, object]) -> Names | None:
        try:
            return read_names(self._trees["names.yaml"].data, profile, overrides)
        except UnusableNames as error:
            for cause in str(error).splitlines():
                self._fault("names.yaml", Place(1, 1), cause)
            return None

    def _check(self, file: AnyFile, names: Names) -> None:
        name = f"{file.source}.yaml"
        if self._trees[name].empty:
            return  # what a key without a value was to say is not known
        for path, cause in check_file(file, FieldNames(names, file)):
            self._fault(name, self._trees[name].place(path), cause)

    def _fault(self, name: str, place: Place, cause: str) -> None:
        if name not in self._lines:
            self._lines[name] = lines_of(self._files.get(name, ""))
        lines = self._lines[name]
        quoted = lines[place.line - 1] if place.line <= len(lines) else ""
        self._faults.append(FileFault(name, place, on_one_line(cause), quoted))


def _namespace_of(file: NamesFile, profile: str) -> str:
    """Return the namespace as a sound names.yaml writes it for a profile that it has."""
    namespace: str = next(
        names.model_dump()["namespace"]
        for known, names in file.profiles.items()
        if known == profile
    )
    return namespace


def _order(fault: FileFault) -> tuple[int, Place]:
    return [*FILES, fault.file].index(fault.file), fault.place or Place(1, 1)
