"""Whether every name in a pack refers to something, and whether the pack as a whole can decide anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.knowledge.material import Item, Material
from advisor.knowledge.problems import Draft, error, unknown

RESERVED = frozenset(
    {"both", "neither", "split", "either", "tie", "all", "none", "article", "score", "constraint"}
)


def drafts(material: Material) -> list[Draft]:
    """Every broken reference and every gap that makes the pack unusable."""
    found: list[Draft] = []
    found += _whole(material)
    found += _criteria(material)
    found += _findings(material)
    found += _questions(material)
    found += _constraints(material)
    found += _pathways(material)
    found += _answers(material)
    found += _tools(material)
    found += _support(material)
    return found


def _whole(m: Material) -> list[Draft]:
    found = []
    if len(m.alternatives) < 2:
        found.append(
            error(
                "too-few-alternatives",
                f"the pack has {len(m.alternatives)} alternatives, at least two are needed",
                m.pack_file,
            )
        )
    for ident, item in m.alternatives.items():
        if ident in RESERVED:
            found.append(
                error("reserved-id", f"{ident!r} cannot name an alternative", item.source.path, item.path)
            )
    if not m.criteria and not m.questions:
        found.append(error("no-criteria", "the pack holds neither criteria nor questions", m.pack_file))
    if not m.parameters:
        found.append(error("shape", "the pack has no parameters.yaml", m.pack_file))
    for item in m.categories.values():
        winner = item.data.get("article_winner")
        for name in winner.values() if isinstance(winner, dict) else [winner]:
            if name is not None and name != "tie" and name not in m.alternatives:
                found.append(
                    unknown(
                        "alternative", name, m.alternatives, item.source.path, (*item.path, "article_winner")
                    )
                )
    return found


def _criteria(m: Material) -> list[Draft]:
    found: list[Draft] = []
    people = [*m.audiences, "all"]
    for item in m.criteria.values():
        file = item.source.path
        if item.data["category"] not in m.categories:
            found.append(unknown("category", item.data["category"], m.categories, file, ("category",)))
        for i, name in enumerate(item.data["audiences"]):
            if name not in people:
                found.append(unknown("audience", name, people, file, ("audiences", i)))
    for item in m.claims.values():
        file, claim = item.source.path, item.data
        if claim["favours"] not in m.alternatives and claim["favours"] not in ("both", "neither", "split"):
            found.append(
                unknown("alternative", claim["favours"], m.alternatives, file, (*item.path, "favours"))
            )
        if "over" in claim and claim["over"] not in m.alternatives:
            found.append(unknown("alternative", claim["over"], m.alternatives, file, (*item.path, "over")))
        for i, name in enumerate(claim["users"]):
            if name not in people:
                found.append(unknown("audience", name, people, file, (*item.path, "users", i)))
        target = claim.get("restates")
        if target is not None:
            if target in m.removed:
                continue
            if target not in m.claims:
                found.append(unknown("claim", target, m.claims, file, (*item.path, "restates")))
            elif "restates" in m.claims[target].data:
                found.append(
                    error(
                        "restates-chain",
                        f"{target} itself restates another claim",
                        file,
                        (*item.path, "restates"),
                    )
                )
    return found


def _findings(m: Material) -> list[Draft]:
    found = []
    for item in m.findings.values():
        for i, name in enumerate(item.data["claims"]):
            if name not in m.claims and name not in m.removed:
                found.append(unknown("claim", name, m.claims, item.source.path, (*item.path, "claims", i)))
    return found


def options_of(question: Item) -> list[str]:
    """The option ids of a question."""
    return [option["id"] for option in question.data["options"]]


def condition_drafts(
    m: Material, condition: Any, file: str, path: tuple[Any, ...], *, leader: bool
) -> Iterator[Draft]:
    """Unknown questions, options and alternatives in a condition."""
    for key in ("all", "any"):
        for i, part in enumerate(condition.get(key) or ()):
            yield from condition_drafts(m, part, file, (*path, key, i), leader=leader)
    if "not" in condition:
        yield from condition_drafts(m, condition["not"], file, (*path, "not"), leader=leader)
    for key, options in (condition.get("answer") or {}).items():
        if key not in m.questions:
            yield unknown("question", key, m.questions, file, (*path, "answer", key))
            continue
        valid = options_of(m.questions[key])
        for option in options:
            if option not in valid:
                yield unknown(f"option of {key!r}", option, valid, file, (*path, "answer", key))
    for name in condition.get("leader") or ():
        if not leader:
            yield error("shape", "`leader` has a meaning in pathways only", file, (*path, "leader"))
        elif name not in m.alternatives:
            yield unknown("alternative", name, m.alternatives, file, (*path, "leader"))


def _questions(m: Material) -> list[Draft]:
    found: list[Draft] = []
    by_id: dict[str, str] = {}
    for key, item in m.questions.items():
        file, data = item.source.path, item.data
        if by_id.setdefault(data["id"], key) != key:
            found.append(
                error(
                    "duplicate-id",
                    f"the question id {data['id']} is also that of {by_id[data['id']]!r}",
                    file,
                    ("id",),
                )
            )
        if "when" in data:
            found += condition_drafts(m, data["when"], file, ("when",), leader=False)
        seen: set[str] = set()
        for i, option in enumerate(data["options"]):
            where = ("options", i)
            if option["id"] in seen:
                found.append(
                    error("duplicate-id", f"the option {option['id']!r} stands twice", file, (*where, "id"))
                )
            seen.add(option["id"])
            for j, name in enumerate(option["audience"]):
                if name not in m.audiences:
                    found.append(unknown("audience", name, m.audiences, file, (*where, "audience", j)))
            for name in option["scales"]:
                if name not in m.questions:
                    found.append(unknown("question", name, m.questions, file, (*where, "scales", name)))
            if "prefill" in option:
                found += condition_drafts(m, option["prefill"], file, (*where, "prefill"), leader=False)
            for j, lean in enumerate(option["leans"]):
                if lean["favours"] not in m.alternatives and lean["favours"] not in ("either", "neither"):
                    found.append(
                        unknown(
                            "alternative",
                            lean["favours"],
                            m.alternatives,
                            file,
                            (*where, "leans", j, "favours"),
                        )
                    )
                elif lean["favours"] in m.alternatives and "strength" not in lean:
                    found.append(
                        error(
                            "shape",
                            "a lean that favours an alternative needs a strength",
                            file,
                            (*where, "leans", j),
                        )
                    )
    return found


def _constraints(m: Material) -> list[Draft]:
    found: list[Draft] = []
    ids: dict[str, str] = {}
    for key, item in m.constraints.items():
        file, data = item.source.path, item.data
        if ids.setdefault(data["id"], key) != key:
            found.append(
                error(
                    "duplicate-id",
                    f"the constraint id {data['id']} is also that of {ids[data['id']]!r}",
                    file,
                    ("id",),
                )
            )
        found += condition_drafts(m, data["when"], file, ("when",), leader=False)
        for i, exclusion in enumerate(data["excludes"]):
            if exclusion["alternative"] not in m.alternatives:
                found.append(
                    unknown(
                        "alternative",
                        exclusion["alternative"],
                        m.alternatives,
                        file,
                        ("excludes", i, "alternative"),
                    )
                )
    return found


def _pathways(m: Material) -> list[Draft]:
    found: list[Draft] = []
    for item in m.pathways.values():
        found += condition_drafts(m, item.data["when"], item.source.path, ("when",), leader=True)
    return found


def answer_drafts(
    m: Material, answers: dict[str, list[str]], file: str, path: tuple[Any, ...]
) -> Iterator[Draft]:
    """Unknown questions and options in a profile's or a case's answers, and two options where one is allowed."""
    for key, options in answers.items():
        if key not in m.questions:
            yield unknown("question", key, m.questions, file, (*path, key))
            continue
        valid = options_of(m.questions[key])
        for option in options:
            if option not in valid:
                yield unknown(f"option of {key!r}", option, valid, file, (*path, key))
        if len(options) > 1 and not m.questions[key].data["multiple"]:
            yield error("case-profile", f"the question {key!r} takes one option", file, (*path, key))


def _answers(m: Material) -> list[Draft]:
    found: list[Draft] = []
    for item in m.profiles.values():
        found += answer_drafts(m, item.data["answers"], item.source.path, ("answers",))
    for item in m.cases.values():
        file, data = item.source.path, item.data
        if file not in m.own:
            # Cases of a pack that is extended are its own; what they name may have been removed here.
            continue
        found += answer_drafts(m, data["answers"], file, (*item.path, "answers"))
        if "profile" in data and data["profile"] not in m.profiles:
            found.append(unknown("profile", data["profile"], m.profiles, file, (*item.path, "profile")))
        expect, where = data["expect"], (*item.path, "expect")
        for what, names, valid in (
            ("alternative", [expect.get("alternative")], m.alternatives),
            ("alternative", expect.get("excluded") or [], m.alternatives),
            ("pathway", expect["pathways"], m.pathways),
            ("constraint", expect["constraints"], m.constraints),
            ("category", expect["categories"], m.categories),
        ):
            for name in names:
                if name is not None and name not in valid:
                    found.append(unknown(what, name, valid, file, where))
    return found


def _support(m: Material) -> list[Draft]:
    found: list[Draft] = []
    for item in m.support.values():
        file, row = item.source.path, item.data
        if row["alternative"] not in m.alternatives:
            found.append(
                unknown("alternative", row["alternative"], m.alternatives, file, (*item.path, "alternative"))
            )
        found += condition_drafts(m, row["when"], file, (*item.path, "when"), leader=False)
    return found


def _tools(m: Material) -> list[Draft]:
    found: list[Draft] = []
    for item in m.tools.values():
        for key, valid in (("claims", m.claims), ("findings", m.findings)):
            for i, name in enumerate(item.data[key]):
                if name not in valid and name not in m.removed:
                    found.append(unknown(key[:-1], name, valid, item.source.path, (key, i)))
    return found
