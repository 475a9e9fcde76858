"""The kinds of value that rule files hold: ids, texts, dates, weights, and conditions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from advisor import days
from advisor.errors import UsageError


def _date(value: str) -> str:
    try:
        days.parse(value)
    except UsageError as problem:
        raise ValueError(str(problem)) from None
    return value


def text_of_number(value: Any) -> Any:
    """YAML reads 2026 and 3 as numbers; versions and dates are text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def words(value: Any) -> Any:
    """A single word may stand for a list of one."""
    return [value] if isinstance(value, str) else value


def fact_values(value: Any) -> Any:
    return value if isinstance(value, (list, dict)) else [value]


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Short = Annotated[str, Field(min_length=1, max_length=160)]
Date = Annotated[
    str,
    BeforeValidator(text_of_number),
    AfterValidator(_date),
    Field(
        pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$",
        description="YYYY, YYYY-MM or YYYY-MM-DD, only as exact as known",
    ),
]
Version = Annotated[str, BeforeValidator(text_of_number), Field(pattern=r"^\d+(\.\d+)*$")]
Confidence = Literal["high", "medium", "low"]
DateBasis = Literal["published", "observed", "inferred"]
HalfLife = Literal["speed", "ecosystem", "design"]
Steps = Literal["weak", "moderate", "strong"]
Weight = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Years = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
Words = Annotated[list[Slug], BeforeValidator(words)]


class Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True, strict=True
    )


class VersionRange(Model):
    """Dotted versions from `min` to `max`, both included; compared number by number."""

    min: Version | None = None
    max: Version | None = None


FactValue = str | bool | int
FactTest = Annotated[list[FactValue] | VersionRange, BeforeValidator(fact_values)]


class Condition(Model):
    """Plain data: exactly one of all, any, not, answer, fact, leader."""

    all: list[Condition] | None = Field(None, min_length=1)
    any: list[Condition] | None = Field(None, min_length=1)
    not_: Condition | None = Field(None, alias="not")
    answer: dict[Id, Annotated[list[Id], BeforeValidator(words)]] | None = Field(None, min_length=1)
    fact: dict[str, FactTest] | None = Field(None, min_length=1)
    leader: Words | None = None

    def model_post_init(self, _context: Any) -> None:
        if sum(getattr(self, name) is not None for name in type(self).model_fields) != 1:
            raise ValueError("a condition has exactly one of all, any, not, answer, fact, leader")
