"""Rules that an administrator gives an org: when a save is refused as a duplicate or as invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.salesforce.errors import ApiError, DuplicatesDetected
from sandbox.salesforce.metadata.formula import condition
from sandbox.salesforce.metadata.xml import Problem
from sandbox.salesforce.tables import folded

if TYPE_CHECKING:
    from sandbox.salesforce.org import Change
    from sandbox.salesforce.schema import Schema, SObject
    from sandbox.salesforce.tables import Table
    from sandbox.salesforce.values import Row


class DuplicateRule(BaseModel):
    """Records of an object that hold the same in all these fields are duplicates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: str
    fields: tuple[str, ...] = Field(min_length=1)
    action: Literal["alert", "block"] = Field(
        default="alert", description="alert: a header lets the save through; block: nothing does"
    )
    name: str = "Duplicate_Rule"
    message: str = "Use one of these records?"

    def duplicates(self, table: Table, record_id: str, row: Row) -> tuple[str, ...]:
        """Return the ids of the other records that are like one; blank is like nothing."""
        wanted = [folded(row[name]) for name in self.fields]
        if None in wanted:
            return ()
        return tuple(
            str(other["Id"])
            for other in table
            if not other["IsDeleted"]
            and other["Id"] != record_id
            and [folded(other[name]) for name in self.fields] == wanted
        )


class ValidationRule(BaseModel):
    """A record for which the formula holds is refused with the message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: str
    formula: str
    message: str
    field: str | None = Field(
        default=None, description="where the message stands; the top of the page unless given"
    )


class SavingRules(BaseModel):
    """All rules of the org; there are none at first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    duplicates: tuple[DuplicateRule, ...] = ()
    validations: tuple[ValidationRule, ...] = ()

    def known_to(self, schema: Schema) -> SavingRules:
        """Return the rules with names as the schema spells them.

        Raises:
            ApiError: If they name an object or a field that is not there.
        """
        duplicates = []
        for rule in self.duplicates:
            sobject = schema.named(rule.object)
            names = tuple(_field(sobject, name) for name in rule.fields)
            update = {"object": sobject.name, "fields": names}
            duplicates.append(rule.model_copy(update=update))
        validations = []
        for each in self.validations:
            sobject = schema.named(each.object)
            try:
                condition(sobject, each.formula)
            except Problem as problem:
                raise ApiError("FIELD_INTEGRITY_EXCEPTION", str(problem)) from None
            field = None if each.field is None else _field(sobject, each.field)
            validations.append(each.model_copy(update={"object": sobject.name, "field": field}))
        return SavingRules(duplicates=tuple(duplicates), validations=tuple(validations))

    def check(self, change: Change, table: Table, *, allows_duplicates: bool) -> None:
        """Check a record that is about to be saved: first whether it is valid.

        Raises:
            ApiError: FIELD_CUSTOM_VALIDATION_EXCEPTION or DUPLICATES_DETECTED.
        """
        sobject = change.sobject
        for rule in self.validations:
            if rule.object == sobject.name and condition(sobject, rule.formula)(change):
                fields = () if rule.field is None else (rule.field,)
                raise ApiError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, fields=fields)
        for each in self.duplicates:
            if each.object != sobject.name or not _is_touched(each, change):
                continue
            if each.action == "alert" and allows_duplicates:
                continue
            found = each.duplicates(table, change.record_id, change.after)
            if found:
                raise DuplicatesDetected(
                    each.message,
                    sobject=sobject.name,
                    rule=each.name,
                    ids=found,
                    may_save=each.action == "alert",
                )


def _is_touched(rule: DuplicateRule, change: Change) -> bool:
    """Tell whether the save is about what the rule compares."""
    before = change.before
    return before is None or any(before[name] != change.after[name] for name in rule.fields)


def _field(sobject: SObject, name: str) -> str:
    field = sobject.field(name)
    if field is None:
        message = f"No such column '{name}' on sobject of type {sobject.name}"
        raise ApiError("INVALID_FIELD", message)
    return field.name
