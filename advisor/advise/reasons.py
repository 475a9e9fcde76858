"""Why: per criterion what it adds to the margin, and the dated observation that carries most of it."""

from __future__ import annotations

from advisor import days
from advisor.explanation import ClaimShare, Observed, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from advisor.advise.evaluation import Evaluation
    from advisor.knowledge.rules import Rules


def reasons(rules: Rules, evaluation: Evaluation) -> tuple[Reason, ...]:
    """Every criterion and answered question, the largest share of D first. Shares sum to D exactly.

    For three or more alternatives D is the score of the best one minus that of the second.
    """
    core = rules.core
    a, b = compared(evaluation)
    texts = rules.texts()
    rows: list[Reason] = []
    for j, criterion in enumerate(core["criteria"]):
        claims = tuple(
            claim_share(
                rules, evaluation, c, evaluation.weights[j] * _per_lean(evaluation, j, c, a, b), criterion
            )
            for c in criterion["claims"]
        )
        values = evaluation.values[j]
        assert values is not None
        share = evaluation.weights[j] * (values[a] - values[b])
        text, ref, date = _strongest(claims, share)
        rows.append(
            Reason(criterion["id"], criterion["title"], share, text or criterion["title"], ref, date, claims)
        )
    for k, question in enumerate(evaluation.situation.index.questions):
        j = len(core["criteria"]) + k
        values, key = evaluation.values[j], question["key"]
        if values is None or evaluation.weights[j] <= 0.0:
            continue
        share = evaluation.weights[j] * (values[a] - values[b])
        record = texts["questions"][key]["record"]
        options = evaluation.situation.chosen[key]
        lean = lean_on(record, options[0], evaluation.reading.day)
        words = ", ".join(o["text"] for o in record["options"] if o["id"] in options)
        why = lean["why"] if lean and not evaluation.reading.article else ""
        rows.append(Reason(key, words, share, why, record["id"], (lean or {}).get("since", ""), ()))
    rows.sort(key=lambda row: (-abs(row.contribution), row.id))
    return tuple(rows)


def compared(evaluation: Evaluation) -> tuple[int, int]:
    """Positions of the two alternatives that reasons set against each other: the pack's two, or the best two of more."""
    if evaluation.reading.count == 2:
        return 0, 1
    order = sorted(
        range(evaluation.reading.count), key=lambda i: (not evaluation.feasible[i], -evaluation.scores[i], i)
    )
    return order[0], order[1]


def _per_lean(evaluation: Evaluation, j: int, c: int, a: int, b: int) -> float:
    """What the lean of claim c, per unit, adds to u_a - u_b of its criterion."""
    reading = evaluation.reading
    criterion = reading.rules.core["criteria"][j]
    if c not in criterion["counted"]:
        return 0.0
    favoured = reading.rules.core["claims"][c][2]
    if reading.count == 2:
        return (0.0 if favoured < 0 else 1.0 if favoured == 0 else -1.0) / len(criterion["counted"])
    return reading.sensitivity(j, c, a, b)


def lean_on(question: Any, option: str, day: int) -> Any:
    """The lean record of an option that holds on a day, or None before the first."""
    found = None
    for record in question["options"]:
        if record["id"] == option:
            for lean in record["leans"]:
                if "since" not in lean or days.parse(lean["since"], middle=False) <= day:
                    found = lean
    return found


def claim_share(rules: Rules, evaluation: Evaluation, c: int, scale: float, criterion: Any) -> ClaimShare:
    """One claim with everything observed of it; `scale` is what its lean, per unit, adds to the margin."""
    core, reading = rules.core, evaluation.reading
    ident = core["claims"][c][0]
    record = rules.texts()["claims"][ident]["record"]
    counted = c in criterion["counted"]
    seen = tuple(
        observed(rules, f, part * scale)
        for f, part in sorted(reading.shares(c), key=lambda s: (-abs(s[1]), s[0]))
    )
    lean = reading.lean(c)
    return ClaimShare(
        ident,
        record["text"],
        record["favours"],
        lean,
        reading.variance(c) ** 0.5,
        lean * scale,
        counted,
        reading.stale([c]),
        seen,
    )


def observed(rules: Rules, f: int, contribution: float) -> Observed:
    """Finding number `f`, or the article for -1, in words."""
    if f < 0:
        article = rules.core["article"]
        return Observed(
            "article",
            contribution,
            "the article says so",
            article["date"],
            "inferred",
            article["title"],
            "medium",
            "opened",
            "confirms",
        )
    ident = rules.core["findings"][f][0]
    r = rules.texts()["findings"][ident]["record"]
    return Observed(
        ident,
        contribution,
        r["shows"],
        r["as_of"],
        r["date_basis"],
        r["source"],
        r["confidence"],
        r["verified"],
        r["direction"],
    )


def _strongest(claims: Sequence[ClaimShare], share: float) -> tuple[str, str, str]:
    best: tuple[float, str, str, str] = (0.0, "", "", "")
    for claim in claims:
        for seen in claim.observations:
            pull = seen.contribution if share >= 0 else -seen.contribution
            if pull > best[0]:
                best = (
                    pull,
                    claim.text if seen.id == "article" else seen.text,
                    seen.id if seen.id != "article" else claim.id,
                    seen.date,
                )
    return best[1:]
