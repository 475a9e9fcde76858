"""The JSON Schema of a recommendation: what programs that read the answer can rely on.

Keys may be added without a new `schema_version`; none is removed, renamed or given another type.
"""

from __future__ import annotations

from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_FLAG = {"type": "boolean"}
_NUMBER = {"type": "number"}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


def identifier(name: str) -> str:
    """The `$id` of the schema called `name`: a name, not an address."""
    return f"urn:framework-advisor:schema:{name}"


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(*words: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _object(description: str, **keys: Any) -> dict[str, Any]:
    """An object that has all of `keys` and may get more; a trailing underscore is not part of a key."""
    properties = {key.rstrip("_"): schema for key, schema in keys.items()}
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": True,
    }


def _values(description: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "description": description, "additionalProperties": value}


def _verdict() -> dict[str, Any]:
    return _object(
        "The answer in one object.",
        outcome=_one_of("recommend", "either", "neither", "infeasible"),
        alternative={
            **_or_null(_TEXT),
            "description": "the id of what is recommended; null unless outcome is recommend",
        },
        acceptability={
            **_SHARE,
            "description": "share of the admissible weights in which the alternative is first",
        },
        margin={**_NUMBER, "description": "score of the first alternative minus that of the best other one"},
        by=_one_of("score", "constraint"),
        summary=_TEXT,
        margin_interval={
            "type": "array",
            "items": _NUMBER,
            "minItems": 2,
            "maxItems": 2,
            "description": "bounds on what the margin can become by answering open questions",
        },
        settled={**_FLAG, "description": "no open question can change the leader"},
        relax={
            **_list(_TEXTS),
            "description": "when nothing is feasible: the smallest sets of questions, or facts, to answer otherwise",
        },
        acceptability_half_width={
            **_or_null(_SHARE),
            "description": "of the 95 % interval where the index is sampled; null where it is exact",
        },
    )


def _criterion() -> dict[str, Any]:
    return _object(
        "A criterion or an answered question with its share of the margin.",
        id=_TEXT,
        category=_TEXT,
        weight={**_SHARE, "description": "all weights sum to 1"},
        values=_values("alternative -> local value", _SHARE),
        contribution={
            "anyOf": [_NUMBER, _values("alternative -> weight times local value", _NUMBER)],
            "description": "with two alternatives its share of the margin, else one number per alternative",
        },
        claims=_TEXTS,
        stale={**_FLAG, "description": "its newest finding is older than two half-lives"},
        title=_TEXT,
        open={**_FLAG, "description": "an unanswered question, held at no preference"},
    )


def _weight_flip() -> dict[str, Any]:
    common = {"change": {**_NUMBER, "minimum": 0}, "alternative": _TEXT}
    ends = {"from_": _SHARE, "to": _SHARE}
    single = _object(
        "One weight changes, the others keep their proportions.", criterion=_TEXT, **ends, **common
    )
    moves = _list(_object("Weight moved between criteria.", from_=_TEXT, to=_TEXT, mass=_SHARE))
    mass = _object("The least weight moved altogether.", moves=moves, **common)
    largest = _list(_object("A weight and its new value.", criterion=_TEXT, **ends))
    squares = _object(
        "The nearest weights altogether; the largest changes are listed.", largest=largest, **common
    )
    kinds = {"single": single, "least_mass": mass, "least_squares": squares}
    for kind, schema in kinds.items():
        schema["properties"] = {"kind": {"const": kind}, **schema["properties"]}
        schema["required"] = ["kind", *schema["required"]]
    return {"anyOf": list(kinds.values())}


def _flips() -> dict[str, Any]:
    change = {**_NUMBER, "minimum": 0, "description": "largest change of a score"}
    return _object(
        "The smallest changes that give another leader, the smallest first.",
        weights=_list(_weight_flip()),
        answers=_list(
            _object(
                "Another answer to one question; `from` is empty for an open one.",
                question=_TEXT,
                from_=_TEXTS,
                to=_TEXTS,
                alternative={**_or_null(_TEXT), "description": "null when nothing would remain possible"},
                change=change,
            )
        ),
        findings=_list(_object("A finding left out.", finding=_TEXT, alternative=_TEXT, change=change)),
    )


def _constraint() -> dict[str, Any]:
    scope = _one_of("framework", "release", "runtime", "tool")
    exclusion = _object("What it excludes when violated.", alternative=_TEXT, scope=scope, what=_TEXT)
    return _object(
        "A condition that excludes an alternative or a part of it, whatever the weights.",
        id=_TEXT,
        state=_one_of("violated", "holds", "unknown"),
        excludes=_list(exclusion),
        remedy=_or_null(_TEXT),
        source=_TEXT,
        key=_TEXT,
        title=_TEXT,
    )


def recommendation_schema() -> dict[str, Any]:
    """The schema of `Recommendation.to_dict()`, which `advisor --json` prints."""
    answer = _object(
        "One answer and where it came from.",
        question=_TEXT,
        options=_TEXTS,
        from_=_one_of("asked", "flag", "file", "profile", "probe", "scan", "default"),
    )
    alternative = _object(
        "One alternative, best first.",
        id=_TEXT,
        name=_TEXT,
        score=_SHARE,
        acceptability=_SHARE,
        excluded_by=_TEXTS,
    )
    category = _object(
        "Where a category leans with neutral weights, whatever the answers.",
        id=_TEXT,
        leans_to={**_TEXT, "description": "an alternative, or tie"},
        lean=_NUMBER,
        article_winner={"anyOf": [_TEXT, _values("audience -> alternative", _TEXT), {"type": "null"}]},
        title=_TEXT,
    )
    question = _object(
        "The open question most worth answering.",
        key=_TEXT,
        value_of_information={**_NUMBER, "minimum": 0, "description": "in units of score"},
        can_change_verdict=_FLAG,
        text=_TEXT,
    )
    pathway = _object(
        "Advice that is not one of the alternatives.",
        id=_TEXT, title=_TEXT, why=_TEXT, steps=_TEXTS, source=_TEXT, third_way=_FLAG,
    )  # fmt: skip
    article = _object(
        "What the article alone gives for the same user, and the findings that moved it since.",
        alternative=_or_null(_TEXT), acceptability=_SHARE, differs=_FLAG, moved_by=_TEXTS,
    )  # fmt: skip
    warned = _object(
        "Something to know before relying on the verdict.", code=_TEXT, message=_TEXT, ref=_or_null(_TEXT)
    )
    fact = _object(
        "A value and where it came from.",
        value={"type": ["string", "boolean", "number"]},
        from_=_one_of("machine", "probe", "override", "given"),
    )
    whole = _object(
        "Which alternative, how sure, because of what, and what would change it.",
        schema_version={"const": 1},
        advisor_version=_TEXT,
        as_of=_object("Which knowledge counted.", reading=_one_of("today", "date", "article"), date=_DATE),
        rules=_object("The rules used.", pack=_TEXT, version=_TEXT, digest=_TEXT),
        profile=_or_null(_TEXT),
        answers=_list(answer),
        verdict=_verdict(),
        alternatives=_list(alternative),
        criteria=_list(_criterion()),
        categories=_list(category),
        constraints=_list(_constraint()),
        flips=_flips(),
        next_question=_or_null(question),
        pathways=_list(pathway),
        measurements=_or_null(_values("What benchmark runs on this machine say.", {})),
        article=_or_null(article),
        warnings=_list(warned),
        facts=_values("What was known of the machine: name -> value and origin.", fact),
        rank={**_TEXTS, "description": "categories that the user ranked, the most important first"},
    )
    return {"$schema": DIALECT, "$id": identifier("recommendation"), "title": "Recommendation", **whole}
