"""The shape of every kind of rule file, as pydantic models: validation and the published JSON Schemas.

Imported only when a rule file has changed or a schema is asked for.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from advisor.knowledge.fields import (
    Condition,
    Confidence,
    Date,
    DateBasis,
    HalfLife,
    Id,
    Model,
    Short,
    Slug,
    Steps,
    Text,
    text_of_number,
    words,
)
from advisor.knowledge.packmodels import (
    SECONDARY_SOURCES,
    Alternatives,
    Audiences,
    Categories,
    Pack,
    Parameters,
    PartialParameters,
    SourceKind,
)

__all__ = ["KINDS", "SECONDARY_SOURCES", "PartialParameters"]


class Scale(Model):
    """The two ends of the fixed scale 0..1, worst and best plausible, never relative to the alternatives at hand."""

    worst: Short
    best: Short


class Today(Model):
    """An independent judgement of the claim from the same evidence; a check on the engine, never an input."""

    status: Literal["stands", "weakened", "reversed", "obsolete", "wrong_when_written", "unproven"]
    favours: Slug


class Claim(Model):
    id: Id
    text: Text
    favours: Slug = Field(description="an alternative, both, neither or split")
    over: Slug | None = Field(
        None, description="the alternative it is compared with; all others when omitted"
    )
    strength: Literal["weak", "moderate", "strong", "fact"]
    kind: Literal["fact", "opinion", "statistic", "prediction", "advice", "category_winner", "verdict"]
    section: Literal["introduction", "verdict"] | None = None
    users: list[Slug] = Field(min_length=1)
    tools: list[Short] = []
    restates: Id | None = None
    today: Today | None = None
    note: Text | None = None


class Criterion(Model):
    """criteria/<category>/<id>.yaml: one thing worth weighing, and what the article claims about it."""

    id: Slug
    category: Slug
    title: Annotated[str, Field(min_length=1, max_length=48)]
    about: Text
    scale: Scale
    half_life: HalfLife
    weight: Annotated[float, Field(gt=0, le=100)] = 1
    weight_why: Text | None = None
    audiences: list[Slug] = Field(min_length=1)
    workloads: list[Slug] = []
    claims: list[Claim] = []


class Finding(Model):
    id: Id
    claims: list[Id] = Field(min_length=1)
    direction: Literal["confirms", "weakens", "reverses", "untested"]
    shows: Text
    as_of: Date
    date_basis: DateBasis
    source: Text
    source_kind: SourceKind
    confidence: Confidence
    verified: Literal["opened", "retold", "none"]
    verified_on: Date | None = None
    note: Text | None = None


class Findings(Model):
    """findings/<family>.yaml: the dated findings that rest on one source or announcement and count once."""

    family: Slug
    title: Short
    findings: list[Finding] = Field(min_length=1)


class Lean(Model):
    """What an option speaks for, from `since` until the next lean of the same option."""

    since: Date | None = None
    date_basis: DateBasis | None = None
    favours: Slug = Field(description="an alternative, either or neither")
    strength: Steps | None = None
    why: Text
    source: Text
    confidence: Confidence


class Option(Model):
    id: Id
    text: Short
    audience: list[Slug] = []
    scales: dict[Id, Annotated[float, Field(ge=0, le=10)]] = {}
    exclusive: bool = Field(False, description="cannot be chosen together with other options, such as `none`")
    prefill: Condition | None = Field(None, description="facts of the machine that give this answer")
    leans: list[Lean] = Field(min_length=1)


class Question(Model):
    """questions/<key>.yaml: what only the user knows."""

    id: Id
    key: Slug
    order: Annotated[int, Field(ge=0, le=10000)]
    text: Short
    why: Text
    asked_in: Text | None = None
    multiple: bool = False
    weight: Annotated[float, Field(gt=0, le=100)] = 1
    weight_why: Text | None = None
    when: Condition | None = None
    options: list[Option] = Field(min_length=2)


class Exclusion(Model):
    alternative: Slug
    scope: Literal["framework", "release", "runtime", "tool"]
    what: Short


class Constraint(Model):
    """constraints/<key>.yaml: a condition that excludes an alternative, or a part of it, whatever the weights."""

    id: Id
    key: Slug
    title: Short
    when: Condition
    excludes: list[Exclusion] = Field(min_length=1)
    remedy: Text | None = None
    since: Date
    until: Date | None = None
    before: Text | None = None
    date_basis: DateBasis
    source: Text
    confidence: Confidence
    verified: Date | None = None
    note: Text | None = None


class Pathway(Model):
    """pathways/<id>.yaml: advice that is not one of the alternatives."""

    id: Slug
    title: Short
    third_way: bool = False
    when: Condition
    why: Text
    steps: list[Text] = Field(min_length=1, max_length=8)
    since: Date | None = None
    source: Text
    confidence: Confidence
    note: Text | None = None


OptionIds = Annotated[list[Id], BeforeValidator(words)]


class Profile(Model):
    """profiles/<id>.yaml: a named set of answers."""

    id: Slug
    title: Short
    description: Text
    answers: dict[Id, OptionIds] = Field(min_length=1)


class Tool(Model):
    """tools/<id>.yaml: a tool that the article names, with its state."""

    id: Slug
    name: Short
    aliases: list[Short] = []
    of: Slug
    state: Literal[
        "maintained", "maintenance_only", "renamed", "moved", "dormant", "deprecated", "ended", "removed"
    ]
    as_of: Date
    summary: Text
    instead: list[Short] = []
    claims: list[Id] = []
    findings: list[Id] = []
    source: Text


class SupportRow(Model):
    """One statement of what a framework offers on machines of which the condition holds."""

    id: Slug
    alternative: Slug
    when: Condition
    state: Literal["yes", "no"]
    release: Short | None = Field(None, description="newest release that this speaks of")
    install: Annotated[str, Field(max_length=300)] | None = Field(
        None, description="the command that installs it"
    )
    why: Text
    since: Date
    until: Date | None = None
    source: Text
    confidence: Confidence
    verified: Date | None = None


class Support(Model):
    """support/<topic>.yaml: which release of which framework runs where; the first row that fits decides.

    `about`: `packages` (can it be installed on this system?) or `accelerators` (can it use this device?).
    """

    topic: Slug
    about: Literal["packages", "accelerators"]
    rows: list[SupportRow] = Field(min_length=1)


Outcome = Literal["recommend", "either", "neither", "infeasible"]


class Expect(Model):
    outcome: Annotated[list[Outcome], BeforeValidator(words)] | None = None
    alternative: Slug | None = None
    by: Literal["score", "constraint"] | None = None
    excluded: list[Slug] | None = None
    mentions: list[Short] = []
    pathways: list[Slug] = []
    constraints: dict[Slug, Literal["violated", "holds", "unknown"]] = {}
    categories: dict[Slug, Slug] = {}


class Case(Model):
    id: Slug
    title: Short
    why: Text
    profile: Slug | None = None
    answers: dict[Id, OptionIds] = {}
    facts: dict[str, str | bool | int] = {}
    as_of: Annotated[str, BeforeValidator(text_of_number)] | None = None
    expect: Expect


class Cases(Model):
    """cases/<topic>.yaml: answers and a reading, with the verdict that must come out."""

    cases: list[Case] = Field(min_length=1)


KINDS: dict[str, type[Model]] = {
    "pack": Pack,
    "parameters": Parameters,
    "alternatives": Alternatives,
    "categories": Categories,
    "audiences": Audiences,
    "criterion": Criterion,
    "findings": Findings,
    "question": Question,
    "constraint": Constraint,
    "pathway": Pathway,
    "profile": Profile,
    "tool": Tool,
    "support": Support,
    "case": Cases,
}
