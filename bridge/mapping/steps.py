"""The closed set of transforms: their names and arguments. What each does is in `transforms.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    field_validator,
    model_validator,
)

from bridge.mapping.dates import sound_pattern
from bridge.mapping.patterns import MOST_CHARACTERS
from bridge.mapping.step_arguments import (
    Arguments,
    Band,
    InCountry,
    NumberFormat,
    PatternOrTime,
    PercentFormat,
    PhoneFormat,
    Split,
    StateFormat,
    Truncation,
)

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Plain = Literal[True]


class Replace(Arguments):
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
            raise ValueError("`replace` needs `find` or `pattern`: write one of the two")
        return self


class YesNo(Arguments):
    """Arguments of `yes_no`."""

    if_true: str = Field("Yes", min_length=1, max_length=50)
    if_false: str = Field("No", min_length=1, max_length=50)


# What a transform's name alone stands for, where it also takes arguments.
_ALONE: dict[str, Any] = {
    "date": "YYYY-MM-DD",
    "date_time": {},
    "join": ", ",
    "number": {},
    "percent": {},
    "phone": {},
    "yes_no": {},
}


class StepBody(Arguments):
    """One transform: its name, with its arguments where it takes some."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    # Text
    trim: Plain | None = Field(None, description="no blanks at the ends")
    squeeze: Plain | None = Field(None, description="every run of white space is one blank")
    lower: Plain | None = Field(None, description="small letters")
    upper: Plain | None = Field(None, description="capital letters")
    title: Plain | None = Field(None, description="a capital at the beginning of each word")
    person_name: Plain | None = Field(
        None,
        alias="name",
        description="a person's name that is all in capitals or all small gets the capitals that "
        "names have: `Ludwig van Beethoven`",
    )
    first_word: Plain | None = Field(None, description="up to the first blank")
    first_line: Plain | None = Field(None, description="the first line that has text")
    one_line: Plain | None = Field(None, description="lines joined by a comma and a blank")
    strip_html: Plain | None = Field(None, description="the text of an HTML field")
    digits: Plain | None = Field(None, description="digits only")
    cut: int | None = Field(None, ge=1, le=2000, description="at most so many characters")
    truncate: Truncation | None = Field(
        None,
        description="at most so many characters, cut between words, with `…` for the rest",
        examples=[{"to": 50}, {"to": 50, "at": "character", "end": ""}],
    )
    split: Split | None = Field(
        None,
        description="one of the parts that a text stands between",
        examples=[{"at": ";", "take": 1}],
    )
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
    percent: PercentFormat | None = Field(
        None, description="`12.5` becomes `13%`", examples=[{"decimals": 1}]
    )
    round: Annotated[float, Field(ge=0.000001, le=1e9)] | None = Field(
        None, description="the nearest multiple of this", examples=[1000, 0.05]
    )
    bands: list[Band] | None = Field(
        None, min_length=1, max_length=50, description="a number becomes the name of its range"
    )
    # Dates
    date: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(
        None,
        description="a date or time as `YYYY-MM-DD`, or by a pattern of `YYYY` `YY` `MMMM` `MMM` "
        "`MM` `M` `DD` `D` `dddd` `ddd`; words in square brackets",
        examples=["D MMMM YYYY", "dddd [the] D"],
    )
    date_time: PatternOrTime | None = Field(
        None,
        description="a time as `YYYY-MM-DD HH:mm`, or by a pattern of those of `date` and `HH` `H` "
        "`hh` `h` `mm` `ss` `A` `a`; with `zone` in local time",
        examples=[
            "D MMMM YYYY, HH:mm",
            {"pattern": "D MMMM [at] h:mm a", "zone": "Australia/Sydney"},
        ],
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
    only: Annotated[list[str], Field(min_length=1, max_length=500)] | None = Field(
        None,
        description="those values of a multi-select field that are in this list",
        examples=[["Golf", "Wine"]],
    )
    sort: Plain | None = Field(
        None, description="the values of a multi-select field in the order of the alphabet"
    )
    has: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        None, description="`true` or `false`: whether a multi-select field has this value chosen"
    )
    lookup: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="the text that the named table under `lookups` has for it"
    )
    # Contact details
    phone: PhoneFormat | None = Field(
        None,
        description="digits, a leading + and an extension; with a country in full by its plan",
        examples=[{"country": "AU"}, {"country_from": "MailingCountry", "country": "US"}],
    )
    country_name: Plain | None = Field(None, description="`AU` becomes `Australia`")
    country_code: Plain | None = Field(None, description="`Australia` becomes `AU`")
    state_name: StateFormat | None = Field(
        None, description="`NSW` becomes `New South Wales`", examples=[{"country": "AU"}]
    )
    state_code: StateFormat | None = Field(
        None,
        description="`New South Wales` becomes `NSW`",
        examples=[{"country_from": "MailingCountry"}],
    )

    @field_validator("date")
    @classmethod
    def _is_sound(cls, pattern: str | None) -> str | None:
        return pattern and sound_pattern(pattern, has_time=False)

    @model_validator(mode="after")
    def _one_name(self) -> StepBody:
        if len(self.model_fields_set) != 1:
            raise ValueError("one transform an item: begin each with `-`")
        return self

    @property
    def name(self) -> str:
        """The name of the transform."""
        (attribute,) = self.model_fields_set
        return type(self).model_fields[attribute].alias or attribute

    @property
    def argument(self) -> Any:
        """Its argument; True where it stands without one."""
        (attribute,) = self.model_fields_set
        return getattr(self, attribute)

    @property
    def asks(self) -> tuple[tuple[str, str], ...]:
        """The fields that it reads beside its value, each with the key that names it."""
        return self.argument.asks if isinstance(self.argument, InCountry) else ()


_FIELDS = {field.alias or name: field for name, field in StepBody.model_fields.items()}


def step_names() -> list[str]:
    """Return the names of all transforms, in the order of the schema."""
    return list(_FIELDS)


def plain_names() -> list[str]:
    """Return the transforms that may stand without arguments, in the order of the schema."""
    return [
        name
        for name, field in _FIELDS.items()
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
    if given in _FIELDS and given not in plain_names():
        raise ValueError(f"{given} takes an argument: write `{given}: …`")
    return {given: _ALONE.get(given, True)}


Step = Annotated[StepBody, BeforeValidator(_named), _NameOrBody()]
