"""What the questions that are still open can do: the interval of the margin, and the value of asking one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def interval(margin: float, ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Smallest and largest margin when each open question moves it by some number in its (low, high) range."""
    return margin + sum(low for low, _ in ranges), margin + sum(high for _, high in ranges)


def value_of_information(
    outcomes: Sequence[Sequence[float | None]], priors: Sequence[float] | None = None
) -> float:
    """Expected value of perfect information on one question: E_a[max_i V_i(a)] - max_i E_a[V_i(a)].

    `outcomes`: per possible answer the score of each alternative in [0, 1], or None where that answer excludes it
    (worth 0, since it cannot be used). `priors`: probability of each answer; uniform when omitted. The result is
    >= 0, and 0 when no answer changes which alternative is best.
    """
    if not outcomes:
        return 0.0
    share = [1.0 / len(outcomes)] * len(outcomes) if priors is None else list(priors)
    informed = 0.0
    blind = [0.0] * len(outcomes[0])
    for p, row in zip(share, outcomes):
        best = 0.0
        for i, score in enumerate(row):
            if score is not None:
                blind[i] += p * score
                if score > best:
                    best = score
        informed += p * best
    return max(0.0, informed - max(blind))
