"""From dated findings to the lean of a claim: ageing, source families, and a neutral prior."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def strength(base: float, age_days: float, half_life_days: float) -> float:
    """a_k = s_k 2^(-age / half-life): what a finding of strength `base` in (0, 1] still weighs after `age_days`."""
    return float(base * 2.0 ** (-age_days / half_life_days))


def capped(strengths: Sequence[float], families: Sequence[str], cap: float) -> list[float]:
    """Strengths after each source family is scaled down to at most `cap` in total.

    Ten pages that repeat one press release thus count once.
    """
    totals: dict[str, float] = {}
    for a, family in zip(strengths, families):
        totals[family] = totals.get(family, 0.0) + a
    return [a * min(1.0, cap / totals[f]) if totals[f] > 0.0 else 0.0 for a, f in zip(strengths, families)]


def lean(strengths: Sequence[float], observed: Sequence[float], prior: float) -> tuple[float, float]:
    """Mean and variance of a signed lean in [-1, 1] from observations y_k with strengths a_k.

    Beta pseudo-counts around a neutral prior of total strength `prior`: mean = sum a_k y_k / (prior + sum a_k).
    As every a_k goes to 0 the mean returns to 0. The variance is that of the Beta distribution carried to [-1, 1]:
    (1 - mean^2) / (prior + sum a_k + 1).
    """
    total = prior + sum(strengths)
    mean = sum(a * y for a, y in zip(strengths, observed)) / total if total > 0.0 else 0.0
    return mean, (1.0 - mean * mean) / (total + 1.0)
