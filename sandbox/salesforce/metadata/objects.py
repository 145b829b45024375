"""Objects and fields that come and go: the schema, and the rows that have to follow it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.salesforce.metadata.custom_fields import custom_field, custom_object
from sandbox.salesforce.metadata.xml import Problem, line_of, text
from sandbox.salesforce.tables import Table

if TYPE_CHECKING:
    from lxml import etree

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.outbound.queue import Queue
    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.values import Value


class Objects:
    """Changes the objects of an org."""

    def __init__(self, org: Org, queue: Queue) -> None:
        self._org = org
        self._queue = queue

    def put(self, full_name: str, element: etree._Element) -> None:
        """Make a custom object, or change the labels of one that is there.

        Raises:
            Problem: If its metadata does not suffice.
        """
        known = self._org.schema.find(full_name)
        if known is None:
            self.have(custom_object(self._org.schema, full_name, element))
            return
        label, plural = text(element, "label"), text(element, "pluralLabel")
        if known.custom and (label or plural):
            self.have(replace(known, label=label or known.label, plural=plural or known.plural))

    def put_field(self, sobject: SObject, name: str, element: etree._Element) -> None:
        """Make or change a custom field; of a standard one nothing can be changed.

        Raises:
            Problem: If it is no field that the org could have.
        """
        known = sobject.field(name)
        if not name.endswith("__c") and known is not None:
            return
        made = custom_field(self._org.schema, name, element)
        if known is not None and known.type != made.type:
            message = f"Cannot change the type of the field {sobject.name}.{known.name}"
            raise Problem(message, line=line_of(element, "type"))
        others = tuple(each for each in sobject.fields if each is not known)
        self.have(replace(sobject, fields=(*others, made)))

    def remove_field(self, object_name: str, name: str) -> None:
        """Remove a custom field with its values.

        Raises:
            Problem: If it is none.
        """
        sobject = self._org.schema.find(object_name)
        field = sobject.field(name) if sobject else None
        if sobject is None or field is None or not field.custom:
            message = f"Cannot delete the field {object_name}.{name}"
            raise Problem(message)
        self.have(replace(sobject, fields=tuple(each for each in sobject.fields if each != field)))

    def remove(self, full_name: str) -> None:
        """Remove a custom object with its records, the lookups to it and its messages.

        Raises:
            Problem: If it is none.
        """
        sobject = self._org.schema.find(full_name)
        if sobject is None or not sobject.custom:
            message = f"Cannot delete the object {full_name}"
            raise Problem(message)
        for other, reference in list(self._org.schema.referring_to(sobject)):
            if reference.custom and other is not sobject:
                self.remove_field(other.name, reference.name)
        self._org.schema.replace([each for each in self._org.schema if each is not sobject])
        del self._org.tables[sobject.name]
        for definition in self._queue.definitions:
            if definition.object == sobject.name:
                for name in self._queue.triggers_of(definition.full_name):
                    self._queue.untrigger(name)
                self._queue.undefine(definition.full_name)

    def have(self, sobject: SObject) -> None:
        """Have an object as it is from now on, its rows with just its fields."""
        others = [each for each in self._org.schema if each.name != sobject.name]
        self._org.schema.replace([*others, sobject])
        table = Table(sobject)
        for row in self._org.tables.get(sobject.name, ()):
            held = {each.name: row.get(each.name, _blank(each)) for each in sobject.fields}
            table.put(str(row["Id"]), held)
        self._org.tables[sobject.name] = table


def _blank(field: Field) -> Value:
    """Return what records that were there before hold in a new field."""
    return bool(field.default) if field.type == "boolean" else None
