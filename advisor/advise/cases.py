"""Rule cases: answers and a reading with the verdict that must come out, run through the whole way."""

from __future__ import annotations

from advisor import days
from advisor.advise.compose import compose
from advisor.advise.explained import explained
from advisor.advise.situation import profile_answers
from advisor.answers import Answers
from advisor.errors import AdvisorError
from advisor.facts import as_facts
from advisor.output import text
from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from advisor.knowledge.rules import Rules
    from advisor.recommendation import Recommendation


class CaseResult(Record):
    """One case: what differed from the expectation (empty when it passed), and where it stands."""

    id: str
    title: str
    passed: bool
    differences: tuple[str, ...]
    file: str
    line: int


def run(rules: Rules, only: str | None = None, *, inherited: bool = False) -> tuple[CaseResult, ...]:
    """The cases of a pack, or those whose id contains `only`, in the order of their files.

    `inherited`: also those of the packs it extends, whose expectations its own rules may well change.
    """
    results = []
    for ident, entry in rules.texts()["cases"].items():
        own = inherited or entry["file"].startswith(rules.folder)
        if own and (only is None or only in ident):
            try:
                recommendation, words = outcome(rules, entry["record"])
                different = tuple(differences(entry["record"]["expect"], recommendation, words))
            except AdvisorError as problem:
                # A case of a pack that is extended may name what this pack has removed.
                different = (f"cannot be run: {problem}",)
            results.append(
                CaseResult(
                    ident, entry["record"]["title"], not different, different, entry["file"], entry["line"]
                )
            )
    return tuple(results)


def reading_of_case(rules: Rules, case: Any) -> tuple[str, int]:
    """(reading, day) of a case; the day on which the pack was reviewed when it names none."""
    as_of = case.get("as_of")
    if as_of == "article":
        return "article", rules.core["article"]["day"]
    return "date", days.parse(as_of or rules.core["pack"]["reviewed"])


def outcome(rules: Rules, case: Any) -> tuple[Recommendation, str]:
    """The recommendation for a case, and the full answer in words."""
    given = Answers(case["answers"], origin="file")
    if "profile" in case:
        given = profile_answers(rules, case["profile"]) | given
    reading, day = reading_of_case(rules, case)
    recommendation = compose(
        rules, given, as_facts(case["facts"]), reading=reading, day=day, profile=case.get("profile")
    )
    return recommendation, text.render(recommendation, explained(rules, recommendation), verbose=True)


def differences(expect: Any, r: Recommendation, words: str) -> Iterator[str]:
    """How a recommendation differs from what a case expects, one sentence each."""
    if "outcome" in expect and r.verdict.outcome not in expect["outcome"]:
        yield f"outcome is {r.verdict.outcome}, expected {' or '.join(expect['outcome'])} ({_figures(r)})"
    if "alternative" in expect and r.verdict.alternative != expect["alternative"]:
        yield f"alternative is {r.verdict.alternative}, expected {expect['alternative']} ({_figures(r)})"
    if "by" in expect and r.verdict.by != expect["by"]:
        yield f"decided by {r.verdict.by}, expected {expect['by']}"
    if "excluded" in expect:
        excluded = sorted(a.id for a in r.alternatives if a.excluded_by)
        if excluded != sorted(expect["excluded"]):
            yield f"excluded are {excluded or 'none'}, expected {expect['excluded'] or 'none'}"
    plain = " ".join(words.split()).lower()
    for word in expect["mentions"]:
        if word.lower() not in plain:
            yield f"the answer does not mention {word!r}"
    given = {p.id for p in r.pathways}
    for pathway in expect["pathways"]:
        if pathway not in given:
            yield f"the pathway {pathway} is missing; given: {', '.join(sorted(given)) or 'none'}"
    states = {c.key: c.state for c in r.constraints}
    for key, state in expect["constraints"].items():
        if states.get(key, "holds") != state:
            yield f"constraint {key} is {states.get(key, 'holds')}, expected {state}"
    leans = {c.id: c.leans_to for c in r.categories}
    for category, to in expect["categories"].items():
        if leans.get(category) != to:
            yield f"category {category} leans to {leans.get(category)}, expected {to}"


def _figures(r: Recommendation) -> str:
    return f"acceptability {r.verdict.acceptability:.3f}, margin {r.verdict.margin:+.4f}"
