"""Load a mapping: read its files, check them, compile them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from bridge.errors import MappingError
from bridge.mapping.checks import AnyFile, FieldNames, check_file
from bridge.mapping.faults import explained
from bridge.mapping.files import read_files
from bridge.mapping.generate import FunctionWriter
from bridge.mapping.interaction import (
    InteractionFile,
    InteractionMapping,
    check_interaction,
    default_file,
    interaction_mapping,
)
from bridge.mapping.marks import Mark, parted, told
from bridge.mapping.model import (
    ClientMapping,
    ContactMapping,
    CustomField,
    Filter,
    ListMapping,
    Mapping,
    MembershipMapping,
)
from bridge.mapping.own_tests_read import Tested
from bridge.mapping.own_tests_run import failures, run_examples
from bridge.mapping.profiles import NamesFile, UnusableNames, read_names
from bridge.mapping.schema import ClientFile, ContactFile, JunctionWay, ListFile, MembershipFile
from bridge.mapping.targets import rules_of, write_rules_of
from bridge.mapping.told import FileFault, line_of, on_one_line
from bridge.mapping.yaml_tree import Place, Tree, nearest, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.names import Names
    from bridge.mapping.own_tests import Example
    from bridge.mapping.yaml_tree import Path

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


def refuse_failing(mapping: Mapping, files: MappingOf[str, str]) -> None:
    """Run the tests that stand in mapping files.

    Raises:
        MappingError: If one of them fails; it lists everything that came out otherwise.
    """
    faults = [
        FileFault(
            example.file, one.place, on_one_line(says), line_of(files[example.file], one.place.line)
        )
        for example, one, says in failures(run_examples(mapping))
    ]
    if faults:
        raise MappingError(faults)


def _may_be_null(path: Path) -> bool:
    """Tell whether a key of a file may stand without a value: it says that there is none."""
    return "table" in path or (path[0] == "tests" and path[2:3] in {("record",), ("expect",)})


class _Loader:
    """Collects the faults of all files, so that one look shows everything."""

    def __init__(self, files: MappingOf[str, str]) -> None:
        self._files = files
        self._trees: dict[str, Tree] = {}
        self._faults: list[FileFault] = []
        self._marks: tuple[Mark, ...] | None = None

    def load(self, profile: str, overrides: MappingOf[str, object]) -> Mapping:
        for name in sorted(set(self._files) - set(FILES)):
            self._fault(
                name, Place(1, 1), f"no mapping file has this name{nearest(name, [*FILES])}"
            )
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
        contacts = self._contact(contact, names)
        of_lists = self._list(lists, names)
        memberships = self._membership(membership, names)
        tested = (
            Tested(contact, contacts, FieldNames(names, contact), self._trees["contact.yaml"]),
            Tested(lists, of_lists, FieldNames(names, lists), self._trees["list.yaml"]),
            Tested(
                membership,
                memberships,
                FieldNames(names, membership),
                self._trees["membership.yaml"],
            ),
        )
        examples = self._examples(tested)
        return Mapping(
            digest=digest_of(self._files),
            meaning=self._meaning(),
            names=names,
            client=ClientMapping(
                ways=tuple(w.junction if isinstance(w, JunctionWay) else w for w in client.ways),
                paths=self._fields_of(client, names),
            ),
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
        for one in tested:
            for path, cause in one.faults():
                self._fault(one.file, self._trees[one.file].place(path, key=True), cause)
        if self._faults:
            raise self._error()
        return tuple(example for one in tested for example in one.examples())

    def _meaning(self) -> str:
        """Return the digest of what the files say, without comments and tests."""
        said = {
            name: {key: part for key, part in tree.data.items() if key != "tests"}
            for name, tree in self._trees.items()
            if isinstance(tree.data, dict)
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def _error(self) -> MappingError:
        faults = sorted(self._faults, key=_order)
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
            self._fault(name, Place(1, 1), "this file is missing")
            return None
        tree = self._trees[name] = read_tree(self._files[name])
        for fault in tree.faults:
            self._fault(name, fault.place, fault.cause)
        for path in tree.empty:
            if path and not _may_be_null(path):
                cause = f"`{path[-1]}` has no value: write one, or leave it out"
                self._fault(name, tree.place(path, key=True), cause)
        if tree.data is None and tree.faults:
            return None
        try:
            return model.model_validate(tree.data)
        except ValidationError as error:
            told = {fault.place for fault in tree.faults}  # what is refused there follows from it
            for place, cause in explained(tree, model, error):
                if place not in told:
                    self._fault(name, place, cause)
            return None

    def _names(self, profile: str, overrides: MappingOf[str, object]) -> Names | None:
        try:
            return read_names(self._trees["names.yaml"].data, profile, overrides)
        except UnusableNames as error:
            for cause in str(error).splitlines():
                self._fault("names.yaml", Place(1, 1), cause)
            return None

    def _check(self, file: AnyFile, names: Names) -> None:
        name = f"{file.source}.yaml"
        for path, cause in check_file(file, FieldNames(names, file)):
            self._fault(name, self._trees[name].place(path), cause)

    def _fault(self, name: str, place: Place, cause: str) -> None:
        quoted = line_of(self._files.get(name, ""), place.line)
        self._faults.append(FileFault(name, place, on_one_line(cause), quoted))

    def _writer(self, file: AnyFile, names: Names) -> FunctionWriter:
        name = f"{file.source}.yaml"
        tree = self._trees[name]

        def at(path: tuple[str | int, ...]) -> str:
            place = tree.place(path, key=True)
            return f"{name}:{place.line}:{place.column}"

        return FunctionWriter(
            name,
            resolve=FieldNames(names, file).resolve,
            place=at,
            lookups=file.lookups if isinstance(file, ContactFile | ListFile) else None,
        )

    def _contact(self, file: ContactFile, names: Names) -> ContactMapping:
        project, leaves_out = self._writer(file, names), self._writer(file, names)
        resolve = FieldNames(names, file).resolve
        is_marked = file.take_part == "standard"
        marks = (self._marks or ()) if is_marked else ()
        return ContactMapping(
            custom_fields=tuple(
                CustomField(name=key, label=rule.label, type=rule.type)
                for key, rule in file.fields.custom_fields.items()
            ),
            targets=tuple(target.path for target, _ in rules_of(file.fields)),
            write_rules=write_rules_of(file.fields),
            filters=tuple(Filter(path=resolve(one.field), label=one.label) for one in file.filters),
            marks=marks,
            is_marked=is_marked,
            take_part=told(self._marks, is_marked=is_marked),
            project=project.project(file),
            leaves_out=leaves_out.leaves_out(file.leave_out, [one.as_rule() for one in marks]),
            leaves_out_by=leaves_out.paths,
            paths=_paths(project, leaves_out),
        )

    def _list(self, file: ListFile, names: Names) -> ListMapping:
        project, leaves_out = self._writer(file, names), self._writer(file, names)
        return ListMapping(
            match=file.match,
            project=project.project(file),
            leaves_out=leaves_out.leaves_out(file.leave_out),
            leaves_out_by=leaves_out.paths,
            paths=_paths(project, leaves_out),
        )

    def _membership(self, file: MembershipFile, names: Names) -> MembershipMapping:
        writer = self._writer(file, names)
        leaves_out = writer.leaves_out(file.leave_out)
        return MembershipMapping(
            leaves_out=leaves_out, leaves_out_by=writer.paths, paths=writer.paths
        )

    def _fields_of(self, file: ClientFile, names: Names) -> tuple[str, ...]:
        resolve = FieldNames(names, file).resolve
        return tuple(dict.fromkeys(resolve(source) for source in ["$name", *file.fields]))


def _namespace_of(file: NamesFile, profile: str) -> str:
    """Return the namespace as a sound names.yaml writes it for a profile that it has."""
    namespace: str = next(
        names.model_dump()["namespace"]
        for known, names in file.profiles.items()
        if known == profile
    )
    return namespace


def _paths(*writers: FunctionWriter) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for writer in writers for path in writer.paths))


def _order(fault: FileFault) -> tuple[int, Place]:
    return [*FILES, fault.file].index(fault.file), fault.place or Place(1, 1)
