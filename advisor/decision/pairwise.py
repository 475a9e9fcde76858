"""Local values of any number of alternatives from leans between pairs of them, by least squares."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """x with `matrix` x = `right`, by Gaussian elimination with partial pivoting. The matrix must be regular."""
    n = len(right)
    rows = [[*row, r] for row, r in zip(matrix, right)]
    for col in range(n):
        pivot = max(range(col, n), key=lambda i: abs(rows[i][col]))
        rows[col], rows[pivot] = rows[pivot], rows[col]
        for i in range(col + 1, n):
            factor = rows[i][col] / rows[col][col]
            if factor:
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[col])]
    x = [0.0] * n
    for i in range(n - 1, -1, -1):
        x[i] = (rows[i][n] - sum(rows[i][j] * x[j] for j in range(i + 1, n))) / rows[i][i]
    return x


def local_values(count: int, pairs: Sequence[tuple[int, int, float]]) -> list[float]:
    """u_i in [0, 1] for `count` alternatives from `pairs` (favoured, other, lean in [-1, 1]), each weighing the same.

    Minimises sum (u_i - u_k - lean)^2; alternatives that no pair connects stay at .5. For two alternatives this is
    u = .5 +- mean(lean) / 2. The values of each connected group are centred on .5, and all are shrunk only when the
    range of one would exceed 1.
    """
    if not pairs:
        return [0.5] * count
    if count == 2:
        mean = sum(lean if a == 0 else -lean for a, _, lean in pairs) / len(pairs)
        return [0.5 + mean / 2.0, 0.5 - mean / 2.0]
    group = list(range(count))
    for a, b, _ in pairs:
        joined, kept = group[b], group[a]
        group = [kept if g == joined else g for g in group]
    # The ones pick, among equally good solutions, the one in which each connected group sums to 0.
    normal = [[1.0 if g == h else 0.0 for h in group] for g in group]
    right = [0.0] * count
    for a, b, lean in pairs:
        normal[a][a] += 1.0
        normal[b][b] += 1.0
        normal[a][b] -= 1.0
        normal[b][a] -= 1.0
        right[a] += lean
        right[b] -= lean
    offsets = solve(normal, right)
    members = [[o for o, h in zip(offsets, group) if h == g] for g in group]
    shrink = 1.0 / max(1.0, *(max(m) - min(m) for m in members))
    values = [0.5 + (o - (min(m) + max(m)) / 2.0) * shrink for o, m in zip(offsets, members)]
    return [min(1.0, max(0.0, u)) for u in values]
