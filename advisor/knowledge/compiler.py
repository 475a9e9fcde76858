"""A linked pack as compact JSON data: the core that a decision needs, and the texts that explain it.

The core is small because every start reads it. Claims, criteria and alternatives are referred to by position.
"""

from __future__ import annotations

from typing import Any

from advisor import days
from advisor.knowledge.material import Item, Material
from advisor.knowledge.models import SECONDARY_SOURCES

FORMAT = 3
"""Raised whenever the compiled form changes, so that no older cache is read."""

_STEPS = {"weak": 1, "moderate": 2, "strong": 3, "fact": 0}
_CONFIDENCE = {"high": 0, "medium": 1, "low": 2}
_OBSERVED = {"confirms": 1, "weakens": 0, "reverses": -1}


def source_strength(kind: str, confidence: str, parameters: dict[str, Any]) -> float:
    """s_k in (0, 1]: what a finding of this kind of source and confidence weighs on the day it is made."""
    tier = parameters["secondary_source"] if kind in SECONDARY_SOURCES else 1.0
    return float(tier * parameters["confidence_step"] ** _CONFIDENCE[confidence])


def counts(claim: dict[str, Any], alternatives: list[str]) -> bool:
    """Whether a claim adds to its criterion, so that nothing is counted twice.

    Introduction, verdict, winners of categories and restated claims say again what other claims say; a bare fact,
    a split and "neither" carry no preference.
    """
    return (
        "section" not in claim
        and "restates" not in claim
        and claim["kind"] not in ("category_winner", "verdict")
        and claim["strength"] != "fact"
        and (claim["favours"] in alternatives or claim["favours"] == "both")
    )


def condition(data: dict[str, Any]) -> list[Any]:
    """A condition in the form that `advisor.decision.conditions` evaluates."""
    (key, value), *_ = data.items()
    if key in ("all", "any"):
        return [key, *(condition(part) for part in value)]
    if key == "not":
        return ["not", condition(value)]
    if key == "leader":
        return ["leader", list(value)]
    parts: list[list[Any]] = []
    for name, test in value.items():
        if key == "answer":
            parts.append(["answer", name, list(test)])
        elif isinstance(test, dict):
            parts.append(["version", name, test.get("min"), test.get("max")])
        else:
            parts.append(["fact", name, list(test)])
    return parts[0] if len(parts) == 1 else ["all", *parts]


def core(m: Material, digest: str) -> dict[str, Any]:
    """Everything that a recommendation needs, as JSON data."""
    alternatives = list(m.alternatives)
    claim_ids = list(m.claims)
    position = {ident: i for i, ident in enumerate(claim_ids)}
    parameters = m.parameters
    article = m.pack.get("article")
    criteria, holder = _criteria(m, alternatives, position)
    findings = [_finding(ident, item, m, position, parameters) for ident, item in m.findings.items()]
    seen: list[list[int]] = [[] for _ in claim_ids]
    for f, finding in enumerate(findings):
        if finding[2] > 0.0:
            for c in finding[4]:
                seen[c].append(f)
    return {
        "format": FORMAT,
        "pack": {
            "id": m.pack["id"],
            "version": m.pack["version"],
            "digest": digest,
            "title": m.pack["title"],
            "reviewed": m.pack["reviewed"],
        },
        "parameters": parameters,
        "article": article
        and {
            "title": article["title"],
            "date": article["date"],
            "day": days.parse(article["date"]),
            "strength": source_strength(article["source_kind"], article["confidence"], parameters),
        },
        "alternatives": [[ident, item.data["name"]] for ident, item in m.alternatives.items()],
        "categories": [
            {"id": ident, "title": item.data["title"], "article_winner": item.data.get("article_winner")}
            for ident, item in m.categories.items()
        ],
        "audiences": {ident: item.data["title"] for ident, item in m.audiences.items()},
        "criteria": criteria,
        "claims": [
            [*_claim(m.claims[ident].data, holder[ident], alternatives), seen[c]]
            for c, ident in enumerate(claim_ids)
        ],
        "findings": findings,
        "questions": [_question(item.data, alternatives) for item in _ordered(m)],
        "constraints": [
            _constraint(item.data) for item in sorted(m.constraints.values(), key=lambda i: str(i.data["id"]))
        ],
        "pathways": [_pathway(m.pathways[ident].data) for ident in sorted(m.pathways)],
        "support": [_support(item) for item in m.support.values()],
        "profiles": {ident: m.profiles[ident].data["answers"] for ident in sorted(m.profiles)},
    }


def _ordered(m: Material) -> list[Item]:
    return sorted(m.questions.values(), key=lambda item: (item.data["order"], item.data["key"]))


def _criteria(
    m: Material, alternatives: list[str], position: dict[str, int]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    totals: dict[str, float] = {}
    for item in m.criteria.values():
        totals[item.data["category"]] = totals.get(item.data["category"], 0.0) + item.data["weight"]
    criteria: list[dict[str, Any]] = []
    holder: dict[str, int] = {}
    order = {ident: i for i, ident in enumerate(m.categories)}
    for item in sorted(m.criteria.values(), key=lambda i: (order[i.data["category"]], i.data["id"])):
        data = item.data
        claims = [claim["id"] for claim in data["claims"] if claim["id"] in m.claims]
        for ident in claims:
            holder[ident] = len(criteria)
        criteria.append(
            {
                "id": data["id"],
                "category": order[data["category"]],
                "title": data["title"],
                # Each category weighs the same; inside it the neutral swing weights of its criteria share.
                "weight": data["weight"] / totals[data["category"]],
                "audiences": [] if "all" in data["audiences"] else data["audiences"],
                "half_life": data["half_life"],
                "claims": [position[c] for c in claims],
                "counted": [position[c] for c in claims if counts(m.claims[c].data, alternatives)],
                "workloads": data["workloads"],
            }
        )
    return criteria, holder


def _claim(claim: dict[str, Any], criterion: int, alternatives: list[str]) -> list[Any]:
    """[id, criterion, favoured or -1, compared with or -1 for all others, steps 0..3]; the findings follow."""
    favours = claim["favours"]
    return [
        claim["id"],
        criterion,
        alternatives.index(favours) if favours in alternatives else -1,
        alternatives.index(claim["over"]) if "over" in claim else -1,
        _STEPS[claim["strength"]],
    ]


def _finding(
    ident: str, item: Item, m: Material, position: dict[str, int], parameters: dict[str, Any]
) -> list[Any]:
    """[id, day, strength (0 when it weighs nothing), family, [claim, ...], what it observes: 1, 0 or -1]

    Evidence on a claim that restates another is evidence on the claim restated. What is only retold counts one step
    of confidence less.
    """
    data = item.data
    strength = source_strength(data["source_kind"], data["confidence"], parameters)
    if data["verified"] == "retold":
        strength *= parameters["confidence_step"]
    weighs = data["direction"] != "untested" and data["verified"] != "none" and data["source_kind"] != "none"
    targets: dict[int, None] = {}
    for claim in data["claims"]:
        if claim in position:
            targets[position[claim]] = None
            original = m.claims[claim].data.get("restates")
            if original in position:
                targets[position[original]] = None
    return [
        ident,
        days.parse(data["as_of"]),
        strength if weighs else 0.0,
        item.holder,
        list(targets),
        _OBSERVED.get(data["direction"], 0),
    ]


def _first_day(date: str | None) -> int | None:
    return days.parse(date, middle=False) if date else None


def _lean(lean: dict[str, Any], alternatives: list[str]) -> list[Any]:
    """[first day or None, favoured or -1, steps 0..3]"""
    favours = lean["favours"]
    return [
        _first_day(lean.get("since")),
        alternatives.index(favours) if favours in alternatives else -1,
        _STEPS[lean["strength"]] if favours in alternatives else 0,
    ]


def _question(data: dict[str, Any], alternatives: list[str]) -> dict[str, Any]:
    return {
        "id": data["id"],
        "key": data["key"],
        "text": data["text"],
        "multiple": data["multiple"],
        "weight": data["weight"],
        "when": condition(data["when"]) if "when" in data else None,
        "options": [
            {
                "id": option["id"],
                "audience": option["audience"],
                "scales": option["scales"],
                "exclusive": option["exclusive"],
                "prefill": condition(option["prefill"]) if "prefill" in option else None,
                "leans": [_lean(lean, alternatives) for lean in option["leans"]],
            }
            for option in data["options"]
        ],
    }


def _constraint(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": data["id"],
        "key": data["key"],
        "title": data["title"],
        "when": condition(data["when"]),
        "excludes": data["excludes"],
        "remedy": data.get("remedy"),
        "since": days.parse(data["since"], middle=False),
        "until": _first_day(data.get("until")),
        "source": data["source"],
    }


def _pathway(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": data["id"],
        "title": data["title"],
        "third_way": data["third_way"],
        "when": condition(data["when"]),
        "why": data["why"],
        "steps": data["steps"],
        "since": _first_day(data.get("since")),
        "source": data["source"],
    }


def _support(item: Item) -> dict[str, Any]:
    row = item.data
    return {
        "id": row["id"],
        "about": item.holder,
        "alternative": row["alternative"],
        "when": condition(row["when"]),
        "state": row["state"],
        "release": row.get("release"),
        "install": row.get("install"),
        "why": row["why"],
        "since": days.parse(row["since"], middle=False),
        "until": _first_day(row.get("until")),
        "source": row["source"],
    }


def texts(m: Material) -> dict[str, Any]:
    """Every record in words with its file and line: what `explain`, the verbose answer and the lists read."""
    result: dict[str, Any] = {}
    for kind in (
        "criteria",
        "claims",
        "findings",
        "questions",
        "constraints",
        "pathways",
        "profiles",
        "tools",
        "cases",
        "support",
    ):
        table: dict[str, Item] = getattr(m, kind)
        section = {}
        for ident, item in table.items():
            record = {k: v for k, v in item.data.items() if not (kind == "criteria" and k == "claims")}
            if kind == "criteria":
                record["claims"] = [c["id"] for c in item.data["claims"] if c["id"] in m.claims]
            if kind in ("claims", "findings"):
                record["holder"] = item.holder
            section[ident] = {
                "record": record,
                "file": item.source.path,
                "line": item.source.lines.get(
                    str(item.data.get("id", ident)), item.source.lines.get(ident, 1)
                ),
            }
        result[kind] = section
    result["categories"] = {ident: item.data for ident, item in m.categories.items()}
    return result
