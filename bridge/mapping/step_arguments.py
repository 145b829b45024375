"""The arguments of transforms that take several, and what they must be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from bridge.mapping.dates import sound_pattern
from bridge.mapping.placeholders import PATH

COUNTRY = r"^[A-Z]{2}$"

CountryCode = Annotated[
    str,
    Field(pattern=COUNTRY, description="a country's two-letter code", examples=["AU", "US"]),
]
CountryField = Annotated[
    str,
    Field(
        pattern=PATH,
        description="the field that names the country, by name or code; "
        "`country` holds where it is empty or no country",
        examples=["MailingCountry"],
    ),
]


class Arguments(BaseModel):
    """A mapping of the file: its keys are these and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NumberFormat(Arguments):
    """Arguments of `number` and `money`."""

    decimals: int = Field(0, ge=0, le=6, description="digits after the point; halves round to even")
    thousands: str = Field(",", max_length=1, description="between groups of three digits")
    point: str = Field(".", min_length=1, max_length=1)
    symbol: str = Field("", max_length=5, description="before the digits: `$`")


class PercentFormat(Arguments):
    """Arguments of `percent`."""

    decimals: int = Field(0, ge=0, le=6, description="digits after the point; halves round to even")
    thousands: str = Field(",", max_length=1, description="between groups of three digits")
    point: str = Field(".", min_length=1, max_length=1)
    fraction: bool = Field(
        default=False, description="true: 0.125 is 12.5 percent; a percent field has 12.5 itself"
    )


class Truncation(Arguments):
    """Arguments of `truncate`."""

    to: int = Field(ge=1, le=2000, description="at most so many characters, `end` included")
    at: Literal["word", "character"] = Field("word", description="where it is cut")
    end: str = Field("…", max_length=10, description="what stands for the rest")

    @model_validator(mode="after")
    def _end_fits(self) -> Truncation:
        if len(self.end) >= self.to:
            raise ValueError("`end` leaves no room for the text: make `to` larger")
        return self


class Split(Arguments):
    """Arguments of `split`."""

    at: str = Field(min_length=1, max_length=20, description="what stands between the parts")
    take: int = Field(ge=-50, le=50, description="1 is the first part, 2 the second, -1 the last")

    @field_validator("take")
    @classmethod
    def _is_one(cls, take: int) -> int:
        if take == 0:
            raise ValueError("no part of the text: write 1 for the first, -1 for the last")
        return take


class TimeFormat(Arguments):
    """Arguments of `date_time`."""

    pattern: str = Field("YYYY-MM-DD HH:mm", min_length=1, max_length=50)
    zone: str | None = Field(
        None,
        min_length=1,
        max_length=60,
        description="the time zone to tell it in; UTC, as Salesforce keeps it, if left out",
        examples=["Australia/Sydney"],
    )

    @field_validator("pattern")
    @classmethod
    def _is_sound(cls, pattern: str) -> str:
        return sound_pattern(pattern, has_time=True)


def _as_pattern(given: Any) -> Any:
    return {"pattern": given} if isinstance(given, str) else given


PatternOrTime = Annotated[
    TimeFormat, BeforeValidator(_as_pattern, json_schema_input_type=str | TimeFormat)
]


class InCountry(Arguments):
    """Arguments of transforms that need a country."""

    country: CountryCode | None = None
    country_from: CountryField | None = None

    @property
    def asks(self) -> tuple[tuple[str, str], ...]:
        """The fields that it reads beside its value, each with its key."""
        return (("country_from", self.country_from),) if self.country_from else ()


class PhoneFormat(InCountry):
    """Arguments of `phone`."""

    format: Literal["e164", "international", "national"] = Field(
        "e164", description="`+61412345678`, `+61 412 345 678` or `0412 345 678`"
    )
    invalid: Literal["keep", "empty", "error"] = Field(
        "keep", description="what becomes of a number that is not valid"
    )


class StateFormat(InCountry):
    """Arguments of `state_name` and `state_code`."""

    @model_validator(mode="after")
    def _has_country(self) -> StateFormat:
        if self.country is None and self.country_from is None:
            raise ValueError("`country` or `country_from` is needed: WA is a state of two")
        return self


class Band(Arguments):
    """One range of `bands`; the last has no `below`."""

    below: float | None = None
    text: str = Field(min_length=1, max_length=200)
