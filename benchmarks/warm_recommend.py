"""A whole recommendation against one evaluation of zen-engine, both warm, in one process.

zen-engine evaluates, with its trace on, two sums of 40 weighted criteria. The advisor recommends for a profile and
turns the result into plain data: scores, the acceptability index, flips, the interval, constraints and pathways.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable

import zen

from advisor import load_rules, recommend

CRITERIA = 40


def decision(draw: random.Random) -> tuple[zen.ZenDecision, dict[str, float]]:
    """A decision of one expression node that scores two alternatives, and its input."""
    weights = [draw.random() for _ in range(CRITERIA)]
    total = sum(weights)
    expressions = [
        {
            "id": name,
            "key": name,
            "value": " + ".join(f"{w / total} * {name}{j}" for j, w in enumerate(weights)),
        }
        for name in ("a", "b")
    ]
    place = {"x": 0, "y": 0}
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "position": place},
            {
                "id": "score",
                "name": "score",
                "type": "expressionNode",
                "position": place,
                "content": {"expressions": expressions},
            },
            {"id": "out", "name": "out", "type": "outputNode", "position": place},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "score", "type": "edge"},
            {"id": "2", "sourceId": "score", "targetId": "out", "type": "edge"},
        ],
    }
    values = {f"{name}{j}": draw.random() for name in ("a", "b") for j in range(CRITERIA)}
    return zen.ZenEngine().create_decision(json.dumps(graph)), values


def cpu(work: Callable[[], object], calls: int) -> float:
    """CPU seconds of one call, all threads of the process counted."""
    start = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - start) / calls


def main() -> None:
    """Print the median CPU times of both, interleaved, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=41)
    parser.add_argument("--calls", type=int, default=20, help="calls per measured block")
    parser.add_argument("--profile", default="research")
    parser.add_argument("--as-of", default="2026-11-22")
    options = parser.parse_args()
    rules = load_rules()
    engine, values = decision(random.Random(20231101))

    def peer() -> object:
        return engine.evaluate(values, {"trace": True})

    def ours() -> object:
        return recommend(profile=options.profile, as_of=options.as_of, rules=rules).to_dict()

    peer(), ours()
    theirs, own = [], []
    for _ in range(options.repeats):
        theirs.append(cpu(peer, options.calls))
        own.append(cpu(ours, options.calls))
    a, b = statistics.median(own), statistics.median(theirs)
    print(
        f"CPU, medians of {options.repeats} blocks of {options.calls}: "
        f"recommend().to_dict() {a * 1e6:.0f} us, zen-engine with trace {b * 1e6:.0f} us, ratio {a / b:.2f}"
    )


if __name__ == "__main__":
    main()
