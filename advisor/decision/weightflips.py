"""The smallest changes of weights that make both alternatives equal (beyond them the winner flips).

`weights` sum to 1, `differences` are d_j, and D = sum_j w_j d_j is the margin. Formulas: Triantaphyllou & Sanchez
1997 (one weight) and the projection onto the hyperplane D = 0 (all weights).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def single(weights: Sequence[float], differences: Sequence[float], margin: float) -> list[tuple[int, float]]:
    """(j, w_j*) for each criterion whose weight alone, the others kept in proportion, brings D to 0.

    w_j* = R / (R - d_j) with R = (D - w_j d_j) / (1 - w_j); it exists iff 0 <= w_j* <= 1. Smallest change first.
    """
    flips = []
    for j, (w, d) in enumerate(zip(weights, differences)):
        if w >= 1.0:
            continue
        rest = (margin - w * d) / (1.0 - w)
        gap = rest - d
        if gap != 0.0 and (target := rest / gap) >= 0.0 and target <= 1.0:
            flips.append((j, abs(target)))  # abs: never -0.0
    flips.sort(key=lambda flip: (abs(flip[1] - weights[flip[0]]), flip[0]))
    return flips


def least_squares(
    weights: Sequence[float], differences: Sequence[float], margin: float
) -> tuple[float, list[float]] | None:
    """Euclidean distance to the nearest non-negative weights with D = 0 and sum 1, and those weights.

    In the interior delta = -D (d - mean d) / ||d - mean d||^2. A weight that would turn negative is held at 0 and
    the rest is solved again. None when no weights reach 0 (all d_j have one sign).
    """
    if min(differences) > 0.0 or max(differences) < 0.0:
        return None
    free = list(range(len(weights)))
    ws, ds = list(weights), list(differences)
    while True:
        # Lists, not generators: this is a third of the time of a whole recommendation otherwise.
        mean = sum(ds) / len(ds)
        spread = (1.0 - sum(ws)) / len(ds)
        square = sum([(d - mean) ** 2 for d in ds])
        now = sum([(w + spread) * d for w, d in zip(ws, ds)])
        # Differences equal but for rounding are all 0 here, and no step along them is needed.
        step = now / square if square > 1e-30 else 0.0
        base = spread + step * mean
        moved = [w + base - step * d for w, d in zip(ws, ds)]
        if min(moved) >= -1e-15:
            result = [0.0] * len(weights)
            for j, w in zip(free, moved):
                result[j] = max(0.0, w)
            return sum([(a - b) ** 2 for a, b in zip(result, weights)]) ** 0.5, result
        kept = [k for k, w in enumerate(moved) if w >= -1e-15]
        free, ws, ds = [free[k] for k in kept], [ws[k] for k in kept], [ds[k] for k in kept]


def least_mass(
    weights: Sequence[float], differences: Sequence[float], margin: float
) -> tuple[float, list[tuple[int, int, float]]] | None:
    """Least total weight that must be moved to bring D to 0, and the moves (from, to, mass), largest effect first.

    Each unit moved from j to k changes D by d_k - d_j, so the greedy choice of the most extreme donor and receiver
    is optimal. None when no weights reach 0.
    """
    sign = 1.0 if margin >= 0.0 else -1.0
    signed = [sign * d for d in differences]
    receiver = signed.index(min(signed))
    donors = sorted(range(len(weights)), key=signed.__getitem__, reverse=True)
    if signed[receiver] > 0.0:
        return None
    left, total, moves = abs(margin), 0.0, []
    for j in donors:
        gain = signed[j] - signed[receiver]
        if left <= 0.0 or gain <= 0.0:
            break
        mass = min(weights[j], left / gain)
        if mass > 0.0:
            moves.append((j, receiver, mass))
            total += mass
            left -= mass * gain
    return total, moves
