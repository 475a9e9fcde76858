"""Which pathways fit a situation: advice that is not one of the alternatives."""

from __future__ import annotations

from advisor.decision.conditions import holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from advisor.advise.evaluation import Evaluation


def applying(evaluation: Evaluation, day: int) -> list[Any]:
    """Pathways that existed on `day` and whose condition holds, third ways first. None in the article's reading."""
    if evaluation.reading.article:
        return []
    core = evaluation.reading.rules.core
    lead = None if evaluation.leader is None else core["alternatives"][evaluation.leader][0]
    situation = evaluation.situation
    found = [
        pathway
        for pathway in core["pathways"]
        if (pathway["since"] is None or pathway["since"] <= day)
        and holds(pathway["when"], situation.known, situation.facts, lead)
    ]
    found.sort(key=lambda pathway: (not pathway["third_way"], pathway["id"]))
    return found
