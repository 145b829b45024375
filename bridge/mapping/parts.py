"""What sound mapping files become, file by file: functions of records, and the names they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.mapping.checks import FieldNames
from bridge.mapping.generate import FunctionWriter
from bridge.mapping.marks import told
from bridge.mapping.model import (
    ClientMapping,
    ContactMapping,
    CustomField,
    Filter,
    ListMapping,
    MembershipMapping,
)
from bridge.mapping.schema import ClientFile, ContactFile, JunctionWay, ListFile, MembershipFile
from bridge.mapping.targets import rules_of, write_rules_of

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.checks import AnyFile
    from bridge.mapping.marks import Mark
    from bridge.mapping.names import Names
    from bridge.mapping.yaml_tree import Tree


class Parts:
    """Makes the parts of one connection's mapping.

    Args:
        trees: Name -> the file as it was read, for the places of its rules.
        names: The names of the connection.
        marks: How the organization marks people who take no part; None where nobody has looked.
    """

    def __init__(
        self, trees: MappingOf[str, Tree], names: Names, marks: tuple[Mark, ...] | None
    ) -> None:
        self._trees = trees
        self._names = names
        self._marks = marks

    def contact(self, file: ContactFile) -> ContactMapping:
        """Return what a contact becomes."""
        project, leaves_out = self._writer(file), self._writer(file)
        resolve = FieldNames(self._names, file).resolve
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

    def list(self, file: ListFile) -> ListMapping:
        """Return what a list becomes."""
        project, leaves_out = self._writer(file), self._writer(file)
        return ListMapping(
            match=file.match,
            project=project.project(file),
            leaves_out=leaves_out.leaves_out(file.leave_out),
            leaves_out_by=leaves_out.paths,
            paths=_paths(project, leaves_out),
        )

    def membership(self, file: MembershipFile) -> MembershipMapping:
        """Return which memberships take part."""
        writer = self._writer(file)
        leaves_out = writer.leaves_out(file.leave_out)
        return MembershipMapping(
            leaves_out=leaves_out, leaves_out_by=writer.paths, paths=writer.paths
        )

    def client(self, file: ClientFile) -> ClientMapping:
        """Return who belongs to a client."""
        resolve = FieldNames(self._names, file).resolve
        return ClientMapping(
            ways=tuple(w.junction if isinstance(w, JunctionWay) else w for w in file.ways),
            paths=tuple(dict.fromkeys(resolve(source) for source in ["$name", *file.fields])),
        )

    def _writer(self, file: AnyFile) -> FunctionWriter:
        name = f"{file.source}.yaml"
        tree = self._trees[name]

        def at(path: tuple[str | int, ...]) -> str:
            place = tree.place(path, key=True)
            return f"{name}:{place.line}:{place.column}"

        return FunctionWriter(
            name,
            resolve=FieldNames(self._names, file).resolve,
            place=at,
            lookups=file.lookups if isinstance(file, ContactFile | ListFile) else None,
        )


def _paths(*writers: FunctionWriter) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for writer in writers for path in writer.paths))
