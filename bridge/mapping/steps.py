"""The closed set of transforms: their names and arguments. What each does is in `transforms.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)

from bridge.mapping.patterns import MOST_CHARACTERS

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Plain = Literal[True]
COUNTRY_CODE = r"^[1-9]\d{0,2}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Replace(_Strict):
    """Arguments of `replace`: a text or a pattern to look for, and what stands in its place."""

    find: str | None = Field(None, min_length=1, max_length=200, description="this very text")
    pattern: str | None = Field(
        None,
        min_length=1,
        max_length=MOST_CHARACTERS,
        description="whatever is as this pattern (RE2) says; capitals matter, "
        "unless it begins with `(?i)`",
        examples=["[ -]+"],
    )
    with_: str = Field(
        alias="with",
        max_length=200,
        description=r"beside `pattern`, `\1` to `\9` are what its groups found",
    )

    @model_validator(mode="after")
    def _one_aim(self) -> Replace:
        if (self.find is None) == (self.pattern is None):
            raise ValueError("`replace` has `find` or `pattern`, one of the two")
        return self


class NumberFormat(_Strict):
    """Arguments of `number` and `money`."""

    decimals: int = Field(0, ge=0, le=6, description="digits after the point; halves round to even")
    thousands: str = Field(",", max_length=1, description="between groups of three digits")
    point: str = Field(".", min_length=1, max_length=1)
    symbol: str = Field("", max_length=5, description="before the digits: `$`")


class YesNo(_Strict):
    """Arguments of `yes_no`."""

    if_true: str = Field("Yes", min_length=1, max_length=50)
    if_false: str = Field("No", min_length=1, max_length=50)


class PhoneFormat(_Strict):
    """Arguments of `phone`."""

    country_code: str | None = Field(
        None, pattern=COUNTRY_CODE, description="for numbers without one: '1', '61', '44'"
    )


class Band(_Strict):
    """One range of `bands`; the last has no `below`."""

    below: float | None = None
    text: str = Field(min_length=1, max_length=200)


# What a transform's name alone stands for, where it also takes arguments.
_ALONE: dict[str, Any] = {
    "date": "YYYY-MM-DD",
    "join": ", ",
    "number": {},
    "phone": {},
    "yes_no": {},
}


class StepBody(_Strict):
    """One transform: its name, with its arguments where it takes some."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    # Text
    trim: Plain | None = Field(None, description="no blanks at the ends")
    squeeze: Plain | None = Field(None, description="every run of white space is one blank")
    lower: Plain | None = Field(None, description="small letters")
    upper: Plain | None = Field(None, description="capital letters")
    title: Plain | None = Field(None, description="a capital at the beginning of each word")
    first_word: Plain | None = Field(None, description="up to the first blank")
    first_line: Plain | None = Field(None, description="the first line that has text")
    one_line: Plain | None = Field(None, description="lines joined by a comma and a blank")
    strip_html: Plain | None = Field(None, description="the text of an HTML field")
    digits: Plain | None = Field(None, description="digits only")
    cut: int | None = Field(None, ge=1, le=2000, description="at most so many characters")
    prefix: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="this text before it"
    )
    suffix: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="this text after it"
    )
    replace: Replace | None = Field(None, description="every occurrence of a text")
    # Numbers and money
    number: NumberFormat | None = Field(
        None, description="`1,234`; or with decimals, separators and a symbol"
    )
    money: NumberFormat | None = Field(
        None, description="a number with a currency symbol: `$1,234`"
    )
    bands: list[Band] | None = Field(
        None, min_length=1, max_length=50, description="a number becomes the name of its range"
    )
    # Dates
    date: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(
        None,
        description="a date or time as `YYYY-MM-DD`, or by a pattern of "
        "`YYYY` `YY` `MMMM` `MMM` `MM` `M` `DD` `D`",
    )
    in_zone: Annotated[str, Field(min_length=1, max_length=60)] | None = Field(
        None, description="a time in UTC becomes the local time of `Australia/Sydney`"
    )
    year: Plain | None = Field(None, description="the year of a date: `1985`")
    month: Plain | None = Field(None, description="the month of a date: `7`")
    month_name: Plain | None = Field(None, description="the month of a date: `July`")
    day: Plain | None = Field(None, description="the day of a date: `4`")
    # Choices
    yes_no: YesNo | None = Field(None, description="a tick box as `Yes` or `No`")
    join: Annotated[str, Field(min_length=1, max_length=10)] | None = Field(
        None, description="the values of a multi-select field, joined by `, ` or another text"
    )
    has: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        None, description="`true` or `false`: whether a multi-select field has this value chosen"
    )
    lookup: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="the text that the named table under `lookups` has for it"
    )
    # Contact details
    phone: PhoneFormat | None = Field(
        None, description="digits, a leading + and an extension; or with a country code"
    )
    country_name: Plain | None = Field(None, description="`AU` becomes `Australia`")
    country_code: Plain | None = Field(None, description="`Australia` becomes `AU`")

    @model_validator(mode="after")
    def _one_name(self) -> StepBody:
        if len(self.model_fields_set) != 1:
            raise ValueError("one transform an item: begin each with `-`")
        return self

    @property
    def name(self) -> str:
        """The name of the transform."""
        return next(iter(self.model_fields_set))

    @property
    def argument(self) -> Any:
        """Its argument; True where it stands without one."""
        return getattr(self, self.name)


def plain_names() -> list[str]:
    """Return the transforms that may stand without arguments, in the order of the schema."""
    return [
        name
        for name, field in StepBody.model_fields.items()
        if name in _ALONE or Plain in get_args(field.annotation)
    ]


class _NameOrBody:
    """Lets editors offer both spellings: `trim` and `cut: 50`."""

    @staticmethod
    def __get_pydantic_json_schema__(
        core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"enum": plain_names()}, handler(core)]}


def _named(given: Any) -> Any:
    """Return the body of a transform that stands without arguments."""
    if not isinstance(given, str):
        return given
    if given in StepBody.model_fields and given not in plain_names():
        raise ValueError(f"{given} takes an argument: write `{given}: …`")
    return {given: _ALONE.get(given, True)}


Step = Annotated[StepBody, BeforeValidator(_named), _NameOrBody()]
