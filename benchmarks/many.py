"""One million answer sets against the float64 matrix product of the same size, in one process on one BLAS thread."""

from __future__ import annotations

import argparse
import os
import statistics
import time
from typing import Any


def main() -> None:
    """Print the median CPU times of both, interleaved, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--as-of", default="2026-11-22")
    parser.add_argument("--open", type=float, default=0.0, help="share of open answers (default: none)")
    parser.add_argument("--index", action="store_true", help="with the acceptability index")
    options = parser.parse_args()
    # NumPy reads these when it is imported.
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
    import numpy as np

    from advisor import load_rules

    rules = load_rules()
    random = np.random.default_rng(20231101)
    columns: dict[str, Any] = {}
    for question in rules.core["questions"]:
        codes = random.integers(0, len(question["options"]), options.sets, dtype=np.int8)
        codes[random.random(options.sets) < options.open] = -1
        columns[question["key"]] = codes
    count = len(rules.core["criteria"]) + len(rules.core["questions"])
    weights = random.random((options.sets, count))
    values = random.random((len(rules.alternatives), count))
    ours, floor = [], []
    for repeat in range(options.repeats + 1):
        start = time.process_time()
        weights @ values.T
        middle = time.process_time()
        result = rules.recommend_many(columns, as_of=options.as_of, acceptability=options.index)
        end = time.process_time()
        if repeat:  # the first round warms caches
            floor.append(middle - start)
            ours.append(end - middle)
    a, b = statistics.median(ours), statistics.median(floor)
    shares = np.bincount(result.outcome, minlength=len(result.outcomes)) / options.sets
    print(
        f"{options.sets:,} sets, {count} criteria and questions, {options.open:.0%} open, index {options.index}"
    )
    print("outcomes: " + ", ".join(f"{name} {share:.1%}" for name, share in zip(result.outcomes, shares)))
    print(
        f"CPU, medians of {options.repeats}: recommend_many {a:.3f} s, matrix product {b:.3f} s, ratio {a / b:.2f}"
    )


if __name__ == "__main__":
    main()
