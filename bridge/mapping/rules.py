"""The shape of one rule of a mapping file: sources, conditions, tables.

Lengths and counts are bounded: a mapping is written by people, and compiled code must stay small.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from typing_extensions import TypeAliasType

from bridge.mapping.patterns import MOST_CHARACTERS
from bridge.mapping.placeholders import PATH as _PATH
from bridge.mapping.placeholders import read_text
from bridge.mapping.step_arguments import COUNTRY
from bridge.mapping.steps import Step  # noqa: TC001 - pydantic reads it

_API_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
_NAMESPACE = r"^([A-Za-z][A-Za-z0-9_]*__)?$"
_CHILD_PATH = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,4}$"
_ORDER = r"^-?[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,4}$"
KEY = r"^[a-z][a-z0-9_]{0,49}$"

FORMS = {
    _PATH: "a field: letters, digits and _, dots after relationships, or $ and a name",
    _CHILD_PATH: "a field of the child records: letters, digits and _, dots after relationships",
    _ORDER: "a field of the child records, with - before it where the last comes first",
    _API_NAME: "an API name: letters, digits and _",
    _NAMESPACE: "a namespace such as practifi__, or empty",
    KEY: "a key of a custom field: small letters, digits and _",
    COUNTRY: "a country's code: two capital letters, such as AU",
}
"""What the texts of each pattern are, for those who wrote another."""

SourcePath = TypeAliasType(
    "SourcePath",
    Annotated[
        str,
        Field(
            pattern=_PATH,
            description="a field as SOQL writes it (`Email`, `Account.Name`), "
            "or `$name` for the field that names.yaml calls so",
            examples=["FirstName", "Account.Name", "$email"],
        ),
    ],
)
ApiName = Annotated[str, Field(pattern=_API_NAME, description="an API name, with its namespace")]
Namespace = Annotated[str, Field(pattern=_NAMESPACE, description="`practifi__`, or empty")]
ChildPath = Annotated[str, Field(pattern=_CHILD_PATH, examples=["Roles", "Account.Name"])]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Scalar = bool | float | str
WriteRule = Literal["always", "if_empty_there", "never_clear", "create_only"]


class Strict(BaseModel):
    """A mapping of the file: its keys are these and no others, its values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class Condition(Strict):
    """A question about the record: one field and one operator, or `all`, `any`, `not` of others."""

    field: SourcePath | None = None
    is_: Scalar | None = Field(
        None, alias="is", description="the very value; true or false for a tick box"
    )
    is_not: Scalar | None = Field(None, description="any other value, or none")
    in_: list[Scalar] | None = Field(None, alias="in", min_length=1, max_length=500)
    not_in: list[Scalar] | None = Field(None, min_length=1, max_length=500)
    present: bool | None = Field(None, description="true: has a value; false: has none")
    matches: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)] | None = Field(
        None,
        description="the whole value is as this pattern (RE2) says; capitals matter, "
        "unless it begins with `(?i)`",
        examples=["[0-9]{5}", "(?i)vip.*"],
    )
    contains: Text | None = Field(None, description="the text is part of it; case does not matter")
    starts_with: Text | None = Field(None, description="case does not matter")
    ends_with: Text | None = Field(None, description="case does not matter")
    includes: Text | None = Field(None, description="a multi-select field has this value chosen")
    above: float | str | None = Field(None, description="a number, or a date in quotes")
    at_least: float | str | None = Field(None, description="a number, or a date in quotes")
    below: float | str | None = Field(None, description="a number, or a date in quotes")
    at_most: float | str | None = Field(None, description="a number, or a date in quotes")
    all: list[Condition] | None = Field(None, min_length=1, max_length=50)
    any: list[Condition] | None = Field(None, min_length=1, max_length=50)
    not_: Condition | None = Field(None, alias="not")

    @model_validator(mode="after")
    def _one_question(self) -> Condition:
        groups = self.model_fields_set & {"all", "any", "not_"}
        operators = self.model_fields_set - {"field", "all", "any", "not_"}
        if groups:
            if len(groups) > 1 or operators or self.field is not None:
                raise ValueError("`all`, `any` and `not` stand alone: put the others inside")
        elif self.field is None:
            raise ValueError("`field` is missing: which field is asked about?")
        elif len(operators) != 1:
            raise ValueError(
                "one operator a condition: join several with `all` or `any`"
                if operators
                else "an operator is missing: add one, such as `is` or `present`"
            )
        return self

    @property
    def operator(self) -> str:
        """The one key that is set beside `field`, as a Python name."""
        return next(iter(self.model_fields_set - {"field"}))


class LeaveOut(Strict):
    """Records that take no part, and the reason that people are shown."""

    when: Condition
    reason: Text = Field(description="shown with the record: `the person has died`")


class Lookup(Strict):
    """A table from the values there to the texts wanted here."""

    table: dict[str, str | None] = Field(min_length=1, max_length=1000)
    otherwise: Literal["keep", "empty", "error"] = Field(
        "empty", description="a value that the table does not have: kept, none, or an error"
    )


class Join(Strict):
    """Several fields in one text; empty ones are passed over."""

    fields: list[SourcePath] = Field(min_length=2, max_length=10)
    with_: str = Field(" ", alias="with", max_length=10)


class Case(Strict):
    """One of several answers; the first whose condition holds is taken."""

    when: Condition | None = Field(None, description="left out in the last case: else")
    value: Text | None = Field(None, description="this very text")
    from_: SourcePath | None = Field(None, alias="from", description="the value of this field")

    @model_validator(mode="after")
    def _one_answer(self) -> Case:
        if (self.value is None) == (self.from_ is None):
            raise ValueError("a case needs `value` or `from`: write one of the two")
        return self


class Child(Strict):
    """A value of the records that refer to this one."""

    of: ApiName = Field(
        description="the relationship, by its plural name", examples=["AccountContactRelations"]
    )
    field: ChildPath = Field(description="the field of those records that is wanted")
    where: Condition | None = Field(None, description="which of them count; all if left out")
    order_by: Annotated[str, Field(pattern=_ORDER)] | None = Field(
        None, description="a field of theirs; with `-` before it the last one comes first"
    )
    take: Literal["first", "all"] = Field("first", description="the first that has a value, or all")
    with_: str = Field(", ", alias="with", max_length=10, description="between the values of all")


def _short_form(given: Any) -> Any:
    return {"from": given} if isinstance(given, str) else given


class Rule(Strict):
    """Where a value comes from, and what is done to it on the way."""

    from_: SourcePath | None = Field(None, alias="from", description="the field it comes from")
    first_of: list[SourcePath] | None = Field(
        None, min_length=2, max_length=10, description="the first of these fields that has a value"
    )
    join: Join | None = None
    template: Text | None = Field(
        None,
        description="a text with fields in braces; words after `|` stand for an empty field",
        examples=["Dear {FirstName|friend}"],
    )
    child: Child | None = Field(
        None,
        description="a value of child records, such as a contact's roles in households",
        examples=[{"of": "AccountContactRelations", "field": "Roles", "take": "all"}],
    )
    value: Text | None = Field(None, description="the same text for every record")
    cases: list[Case] | None = Field(None, min_length=1, max_length=50)
    when: Condition | None = Field(None, description="where it does not hold, the value is empty")
    transform: list[Step] = Field(
        default_factory=list, max_length=20, description="steps, one after the other"
    )
    default: Text | None = Field(None, description="instead of an empty value")
    required: bool = Field(default=False, description="a record without this value is an error")
    max: int | None = Field(None, ge=1, description="characters; never above Constant Contact's")
    too_long: Literal["error", "cut"] = Field("error", description="what happens above `max`")
    write: WriteRule = Field(
        "always",
        description="when the value is written to a contact that is there already: `always`; "
        "`if_empty_there`, where Constant Contact has nothing; `never_clear`, but an empty value "
        "leaves what is there; `create_only`, never: only when the contact is created",
        examples=["if_empty_there", "never_clear", "create_only"],
    )

    @model_validator(mode="after")
    def _one_source(self) -> Rule:
        sources = self.model_fields_set & {
            "from_",
            "first_of",
            "join",
            "template",
            "child",
            "value",
            "cases",
        }
        if len(sources) != 1:
            given = f"; there are {', '.join(sorted(sources))}".replace("from_", "from")
            raise ValueError(
                "one of `from`, `first_of`, `join`, `template`, `child`, `value`, `cases` "
                "is needed" + (f"{given}: keep one" if sources else ": write the one that fits")
            )
        if self.required and self.default is not None:
            raise ValueError("`default` fills what `required` asks for: keep one of them")
        return self

    @property
    def sources(self) -> list[str]:
        """The fields that the value may come from, as written; those of conditions are not here."""
        cases = [case.from_ for case in self.cases or [] if case.from_]
        joined = self.join.fields if self.join else []
        written = [field.source for field in read_text(self.template or "").fields]
        one = [self.from_] if self.from_ else []
        return [*one, *(self.first_of or []), *joined, *written, *cases]


class CustomRule(Rule):
    """A custom field of Constant Contact; created there when it is missing."""

    label: Annotated[str, Field(min_length=1, max_length=50)] = Field(
        description="its label in Constant Contact; the bridge finds it by this"
    )
    type: Literal["string", "date", "number"] = Field(
        "string", description="its type there; cannot be changed later"
    )


AnyRule = TypeAliasType(
    "AnyRule",
    Annotated[Rule, BeforeValidator(_short_form, json_schema_input_type=SourcePath | Rule)],
)
