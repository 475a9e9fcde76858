"""What to know before relying on a verdict: contradictions, what could not be decided, stale and unverified knowledge."""

from __future__ import annotations

from advisor.advise.evaluation import excludes_alternative
from advisor.decision.conditions import leaves
from advisor.recommendation import Warned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from advisor.advise.evaluation import Evaluation


def _fact_missing(condition: Any, evaluation: Evaluation) -> bool:
    """Whether a fact that nobody probed keeps the condition open even if every question were answered in its favour."""
    situation = evaluation.situation
    return any(
        leaf[0] in ("fact", "version") and leaf[1] not in situation.facts for leaf in leaves(condition)
    )


def cautions(evaluation: Evaluation, against: Sequence[tuple[str, str]]) -> tuple[Warned, ...]:
    core = evaluation.reading.rules.core
    reading = evaluation.reading
    rows = []
    for key, option in against:
        rows.append(
            Warned(
                "contradicts-machine", f"This machine says {key} = {option}; the answer given counts.", key
            )
        )
    for k, question in enumerate(evaluation.situation.index.questions):
        if evaluation.situation.applies[k] is False and question["key"] in evaluation.situation.chosen:
            rows.append(
                Warned(
                    "answer-unused",
                    f"The answer to {question['key']} does not apply here and was not used.",
                    question["key"],
                )
            )
    if reading.article:
        return tuple(rows)
    for constraint, state in zip(core["constraints"], evaluation.states):
        if (
            state is None
            and excludes_alternative(constraint)
            and _fact_missing(constraint["when"], evaluation)
        ):
            out = " and ".join(e["what"] for e in constraint["excludes"] if e["scope"] == "framework")
            rows.append(
                Warned(
                    "unknown-constraint",
                    f"Not known here: {constraint['title']}. It would exclude {out}.",
                    constraint["id"],
                )
            )
        elif state and not excludes_alternative(constraint):
            out = " and ".join(e["what"] for e in constraint["excludes"])
            remedy = f" {constraint['remedy']}" if constraint["remedy"] else ""
            rows.append(
                Warned("part-excluded", f"{constraint['title']}: not {out}.{remedy}", constraint["id"])
            )
    for j, criterion in enumerate(core["criteria"]):
        if evaluation.weights[j] > 0.0 and reading.stale_criteria[j]:
            rows.append(
                Warned(
                    "stale-claims",
                    f"{criterion['title']}: on some claim the newest finding is older than two half-lives.",
                    criterion["id"],
                )
            )
    for ident in reading.unverified:
        rows.append(Warned("unverified-finding", f"{ident} could not be verified and weighs nothing.", ident))
    return tuple(rows)
