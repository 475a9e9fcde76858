"""The shape of the files that make a pack one: what it is, its parameters, alternatives, categories and audiences."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from advisor.knowledge.fields import (
    Confidence,
    Date,
    Id,
    Model,
    Share,
    Short,
    Slug,
    Text,
    Weight,
    Years,
    text_of_number,
)


class Pack(Model):
    """pack.yaml: what this set of rules is, and whether it extends another."""

    schema_version: Literal[1]
    id: Slug
    version: Annotated[str, BeforeValidator(text_of_number), Field(min_length=1, max_length=40)]
    title: Short
    reviewed: Date
    extends: Annotated[str, Field(min_length=1, max_length=400)] | None = None
    remove: list[Id] = []
    article: Article | None = None


class Article(Model):
    """The article whose claims the criteria hold, as a source like any other."""

    title: Short
    date: Date
    source_kind: SourceKind
    confidence: Confidence


SourceKind = Literal[
    "official doc",
    "release note",
    "registry statistic",
    "survey",
    "benchmark",
    "maintainer statement",
    "issue thread",
    "paper",
    "blog",
    "forum",
    "none",
]
SECONDARY_SOURCES = frozenset({"issue thread", "blog", "forum"})
"""Kinds of source that tell of somebody's experience or repeat what others published."""


class HalfLives(Model):
    """Years after which a finding on such a claim weighs half."""

    speed: Years
    ecosystem: Years
    design: Years


class Parameters(Model):
    """parameters.yaml: the structural parameters, the same for all claims."""

    lean_step: Share = Field(description="lean of a weak claim; moderate is twice, strong three times that")
    secondary_source: Share = Field(
        description="strength of an issue thread, blog or forum against a primary source"
    )
    confidence_step: Share = Field(
        description="factor on strength from high to medium, and from medium to low"
    )
    half_life_years: HalfLives
    prior_strength: Annotated[float, Field(gt=0, le=10)] = Field(
        description="total strength of the neutral prior"
    )
    even_band: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        description="leans of claims and categories, and margins over what is known, closer to 0 than this are even"
    )
    acceptability_threshold: Annotated[float, Field(ge=0.5, lt=1)] = Field(
        description="an alternative is recommended only when it is first in at least this share of the weights"
    )
    weight_shape: Annotated[int, Field(ge=1, le=20)] = Field(
        description="shape of the gamma variable behind each weight: relative standard deviation 1/sqrt(shape)"
    )
    other_audience: Annotated[float, Field(ge=0, le=1)] = Field(
        description="factor on a criterion that matters to other users than this one"
    )
    question_weight: Weight = Field(description="weight of one question against one whole category")


class PartialParameters(Model):
    """parameters.yaml of a pack that extends another: only what differs."""

    lean_step: Share | None = None
    secondary_source: Share | None = None
    confidence_step: Share | None = None
    half_life_years: HalfLives | None = None
    prior_strength: Annotated[float, Field(gt=0, le=10)] | None = None
    even_band: Annotated[float, Field(ge=0, lt=0.5)] | None = None
    acceptability_threshold: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    weight_shape: Annotated[int, Field(ge=1, le=20)] | None = None
    other_audience: Annotated[float, Field(ge=0, le=1)] | None = None
    question_weight: Weight | None = None


class Alternative(Model):
    id: Slug
    name: Short
    home: Annotated[str, Field(pattern=r"^https://[^\s]+$", max_length=300)] | None = None


class Alternatives(Model):
    """alternatives.yaml: what can be chosen. The first two give the sign of the margin."""

    alternatives: list[Alternative] = Field(min_length=1, max_length=20)


class Category(Model):
    id: Slug
    title: Short
    about: Text | None = None
    article_winner: Slug | dict[Slug, Slug] | None = Field(
        None, description="an alternative, tie, or an alternative per audience"
    )


class Categories(Model):
    """categories.yaml: the headings under which criteria stand; `situation` holds the questions."""

    categories: list[Category] = Field(min_length=1)


class Audience(Model):
    id: Slug
    title: Short


class Audiences(Model):
    """audiences.yaml: who a user can be; answers say it, criteria and claims name it."""

    audiences: list[Audience]
