"""Load a mapping: read its files, check them, compile them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from bridge.errors import MappingError
from bridge.mapping.checks import AnyFile, FieldNames, check_file
from bridge.mapping.faults import FileFault, explained
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
from bridge.mapping.profiles import NamesFile, UnusableNames, read_names
from bridge.mapping.schema import ClientFile, ContactFile, JunctionWay, ListFile, MembershipFile
from bridge.mapping.targets import rules_of
from bridge.mapping.yaml_tree import Place, Tree, nearest, read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf
    from pathlib import Path

    from bridge.mapping.names import Names

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


def read_files(directory: Path) -> dict[str, str]:
    """Return the text of the YAML files of a folder, by name.

    Raises:
        MappingError: If there is no such folder, or a file is not UTF-8.
    """
    if not directory.is_dir():
        raise MappingError([f"{directory}: no such folder (BRIDGE_MAPPINGS names it)"])
    files, faults = {}, []
    for path in sorted(directory.iterdir()):
        if path.suffix not in {".yaml", ".yml"}:
            continue
        try:
            files[path.name] = path.read_bytes().decode()  # a byte order mark stays: as typed
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            faults.append(f"{path.name}:{line}:1: not UTF-8: save the file in that encoding")
    if faults:
        raise MappingError(faults)
    return files


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
            raise MappingError([str(fault) for fault in sorted(self._faults, key=_order)])
        return Mapping(
            digest=digest_of(self._files),
            names=names,
            client=ClientMapping(
                ways=tuple(w.junction if isinstance(w, JunctionWay) else w for w in client.ways),
                paths=self._fields_of(client, names),
            ),
            list=self._list(lists, names),
            contact=self._contact(contact, names),
            membership=self._membership(membership, names),
            interaction=interaction_mapping(
                interaction, names, written_namespace=_namespace_of(named, profile)
            ),
        )

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
            if path and "table" not in path:  # a lookup table may turn a value into none
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
        self._faults.append(FileFault(name, place, cause))

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
    return [*FILES, fault.file].index(fault.file), fault.place
