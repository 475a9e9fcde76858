"""Additive multi-attribute value (Keeney & Raiffa 1976): V_i = sum_j w_j u_ij on fixed scales 0..1."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def normalised(weights: Sequence[float]) -> list[float]:
    """Swing weights divided by their sum. Raises `ValueError` when one is negative or all are 0."""
    total = sum(weights)
    if total <= 0.0 or min(weights) < 0.0:
        raise ValueError("weights must be non-negative and not all zero")
    return [w / total for w in weights]


def scores(values: Sequence[Sequence[float]], weights: Sequence[float]) -> list[float]:
    """V_i of each alternative. `values`: J rows of m local values in [0, 1]; `weights`: J weights that sum to 1.

    Nothing is scaled relative to the alternatives at hand: with two of them that would turn .90 / .91 into 0 / 1.
    """
    count = len(values[0]) if values else 0
    return [sum(w * row[i] for w, row in zip(weights, values)) for i in range(count)]


def margin(differences: Sequence[float], weights: Sequence[float]) -> float:
    """D = sum_j w_j d_j, the score of the first alternative minus that of the second."""
    return sum(w * d for w, d in zip(weights, differences))


def rank_order_centroid(count: int) -> list[float]:
    """Weights of `count` criteria that are only ranked, most important first: w_k = (1/n) sum_{i>=k} 1/i.

    The centroid of the ranked simplex (Barron & Barrett 1996).
    """
    weights, tail = [0.0] * count, 0.0
    for k in range(count, 0, -1):
        tail += 1.0 / k
        weights[k - 1] = tail / count
    return weights
