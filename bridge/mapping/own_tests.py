"""The tests that stand in a mapping file itself: their shape. How they are run is not here.

A test is a record and what shall become of it. What a test does not name is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypeAliasType

if TYPE_CHECKING:
    from bridge.mapping.yaml_tree import Place
    from bridge.salesforce.values import Record

End: TypeAlias = Literal["expect", "takes_no_part", "refused"]
Value: TypeAlias = bool | int | float | str | None
Expected = TypeAliasType("Expected", "bool | int | float | str | dict[str, Expected] | None")

UNTOUCHED = "(not touched)"
PERMISSION = "permission_to_send"
MAX_TESTS = 500


class OwnTest(BaseModel):
    """A record, and what shall become of it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str = Field(min_length=1, max_length=200, description="what it shows, in a few words")
    record: dict[str, Value | list[dict[str, Value]]] = Field(
        default_factory=dict,
        max_length=200,
        description="fields of the record, and child records as a list; what is not written here "
        "is empty, and without the address a sound one is put in",
    )
    unknown: list[str] = Field(
        default_factory=list, max_length=200, description="fields that are not known"
    )
    expect: dict[str, Expected] | None = Field(
        None,
        description="what the parts become; `null`: emptied; `{}`: only that the record takes part",
    )
    untouched: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="parts that are left as they are, such as `job_title` or `phone_numbers.home`",
    )
    takes_no_part: Annotated[str, Field(min_length=1, max_length=2000)] | None = Field(
        None, description="the record takes no part, for this reason"
    )
    refused: Annotated[str, Field(min_length=1, max_length=2000)] | None = Field(
        None, description="the record is an error; a part of what is said of it"
    )

    @model_validator(mode="after")
    def _one_end(self) -> OwnTest:
        ends = self.model_fields_set & {"takes_no_part", "refused"}
        if self.model_fields_set & {"expect", "untouched"}:
            ends = ends | {"expect"}
        if len(ends) != 1:
            raise ValueError(
                "a test ends in one way: write `expect`, `takes_no_part` or `refused`"
                + ("" if ends else "; `expect: {}` says only that the record takes part")
            )
        return self


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What one part of a contact or list shall become.

    Attributes:
        part: Its path: `("custom_fields", "segment")`.
        value: As text; None where it shall be emptied, `UNTOUCHED` where it shall stay.
        place: Where the test says so.
        rule_line: The line of the rule that fills the part, in the same file; None without one.
    """

    part: tuple[str, ...]
    value: str | None
    place: Place
    rule_line: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A test that is ready to be run.

    Attributes:
        file: The file that it stands in.
        place: Where it begins there.
        record: Every field that the mapping reads, but those that shall not be known.
        end: How it shall end: by the parts `wanted`, or by the reason or error `says`.
        end_place: Where the test says so.
    """

    file: str
    kind: Literal["contact", "list", "membership"]
    name: str
    place: Place
    record: Record
    end: End
    end_place: Place
    says: str = ""
    wanted: tuple[Wanted, ...] = ()


def spelled(value: Value) -> str | None:
    """Return a value of a test as Salesforce would spell it.

    >>> spelled(True), spelled(3), spelled(""), spelled(None)
    ('true', '3', None, None)
    """
    if value is None or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
