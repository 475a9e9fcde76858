"""One record of the rules in full: its words, its numbers on a day, its sources, and what refers to it."""

from __future__ import annotations

from advisor import days
from advisor.advise.evaluation import Evaluation
from advisor.advise.reading import Reading, reading_of
from advisor.advise.reasons import claim_share, lean_on
from advisor.advise.situation import Situation, index_of
from advisor.errors import UsageError, nearest
from advisor.record import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from advisor.knowledge.rules import Rules

KINDS = (
    "claims",
    "findings",
    "criteria",
    "questions",
    "tools",
    "constraints",
    "pathways",
    "profiles",
    "cases",
    "support",
)
_ONE = {"criteria": "criterion", "categories": "category", "support": "support"}


def find(rules: Rules, name: str) -> tuple[str, str]:
    """(kind, id) of the record that a person means: an id in any case, a key, or the name of a tool.

    A name that several records share means the first of `KINDS`; `constraint:torchserve` means just that one.
    Raises `UsageError` with the nearest id when there is none.
    """
    return named(rules, name)[0]


def named(rules: Rules, name: str) -> list[tuple[str, str]]:
    """Every (kind, id) that a name can mean, at least one."""
    texts = rules.texts()
    asked, colon, rest = name.partition(":")
    only = next((kind for kind in KINDS if colon and _fold(asked) == _ONE.get(kind, kind[:-1])), None)
    wanted = _fold(rest if only else name)
    names: dict[str, list[tuple[str, str]]] = {}
    for kind in KINDS:
        for ident, entry in texts[kind].items():
            record = entry["record"]
            for alias in (
                ident,
                record.get("id"),
                record.get("key"),
                record.get("name"),
                *record.get("aliases", ()),
            ):
                if isinstance(alias, str) and only in (None, kind):
                    found = names.setdefault(_fold(alias), [])
                    if (kind, ident) not in found:
                        found.append((kind, ident))
    for ident in texts["categories"] if only is None else ():
        names.setdefault(_fold(ident), []).append(("categories", ident))
    if wanted not in names:
        close = nearest(wanted, names)
        raise UsageError(
            f"there is nothing called {name[:80]!r} in the rules",
            nearest=names[close][0][1] if close else None,
        )
    return names[wanted]


def _fold(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def explain(rules: Rules, name: str, reading: str, day: int) -> dict[str, Any]:
    """Everything about one record as JSON data: `kind`, `id`, `file`, `line`, `record`, and `numbers` on that day."""
    (kind, ident), *others = named(rules, name)
    entry: dict[str, Any]
    if kind == "categories":
        record = rules.texts()["categories"][ident]
        members = [
            c["id"] for c in rules.core["criteria"] if rules.core["categories"][c["category"]]["id"] == ident
        ]
        entry = {"record": {**record, "criteria": members}, "file": None, "line": None}
    else:
        entry = rules.texts()[kind][ident]
    knowledge = reading_of(rules, day, article=reading == "article")
    return {
        "kind": _ONE.get(kind, kind[:-1]),
        "id": entry["record"].get("id", ident),
        "as_of": {"reading": reading, "date": days.text(day)},
        "record": entry["record"],
        "numbers": _numbers(rules, knowledge, kind, ident, entry["record"]),
        "referred_to_by": _referring(rules, kind, ident),
        "also": [f"{_ONE.get(k, k[:-1])}:{i}" for k, i in others],
        "file": entry["file"],
        "line": entry["line"],
    }


def _numbers(rules: Rules, reading: Reading, kind: str, ident: str, record: Any) -> dict[str, Any]:
    core = rules.core
    names = [a for a, _ in core["alternatives"]]
    if kind == "claims":
        c = next(i for i, claim in enumerate(core["claims"]) if claim[0] == ident)
        criterion = core["criteria"][core["claims"][c][1]]
        evaluation = Evaluation(reading, Situation(index_of(rules), {}, {}))
        share: dict[str, Any] = plain(claim_share(rules, evaluation, c, 1.0, criterion))
        # With unit weight the contributions are leans, signed towards the first alternative.
        article = reading_of(rules, 0, article=True)
        return {
            "criterion": criterion["id"],
            "lean": share["lean"],
            "deviation": share["deviation"],
            "article_lean": article.lean(c),
            "counted": share["counted"],
            "stale": share["stale"],
            "observations": _leans(reading, c, share["observations"]),
        }
    if kind == "findings":
        f, finding = next((i, f) for i, f in enumerate(core["findings"]) if f[0] == ident)
        moves = dict(reading.effects()).get(f, ())
        return {
            "strength": finding[2],
            "weighs": finding[2] > 0.0 and finding[1] <= reading.day and not reading.article,
            "without_it": [
                {"criterion": core["criteria"][j]["id"], "change": dict(zip(names, move))}
                for j, move in moves
            ],
        }
    if kind == "criteria":
        j = next(i for i, c in enumerate(core["criteria"]) if c["id"] == ident)
        return {
            "values": dict(zip(names, reading.values[j])),
            "article_values": dict(zip(names, reading_of(rules, 0, article=True).values[j])),
            "neutral_weight": reading.neutral[j],
            "counted_claims": [core["claims"][c][0] for c in core["criteria"][j]["counted"]],
            "stale": reading.stale_criteria[j],
        }
    if kind == "questions":
        return {
            "options": {
                option["id"]: {
                    "values": dict(zip(names, reading.options[record["key"]][option["id"]])),
                    "lean": lean_on(record, option["id"], reading.day),
                }
                for option in record["options"]
            }
        }
    if kind == "constraints":
        i = next(i for i, c in enumerate(core["constraints"]) if c["key"] == ident)
        return {"in_force": reading.in_force[i]}
    if kind == "categories":
        k = next(i for i, c in enumerate(core["categories"]) if c["id"] == ident)
        return {"values": dict(zip(names, reading.category_values().get(k, (0.5,) * len(names))))}
    return {}


def _leans(reading: Reading, c: int, observations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shares = {
        ("article" if f < 0 else reading.rules.core["findings"][f][0]): share
        for f, share in reading.shares(c)
    }
    return [
        {**{k: v for k, v in o.items() if k != "contribution"}, "lean": shares[o["id"]]} for o in observations
    ]


def _referring(rules: Rules, kind: str, ident: str) -> dict[str, list[str]]:
    texts = rules.texts()
    found: dict[str, list[str]] = {}
    if kind == "claims":
        found["findings"] = [f for f, e in texts["findings"].items() if ident in e["record"]["claims"]]
        found["restated_by"] = [c for c, e in texts["claims"].items() if e["record"].get("restates") == ident]
        found["tools"] = [t for t, e in texts["tools"].items() if ident in e["record"]["claims"]]
    if kind == "findings":
        found["tools"] = [t for t, e in texts["tools"].items() if ident in e["record"]["findings"]]
    if kind == "questions":
        found["profiles"] = [p for p, e in texts["profiles"].items() if ident in e["record"]["answers"]]
    return {name: ids for name, ids in found.items() if ids}
