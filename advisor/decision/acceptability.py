"""SMAA acceptability: in which share of the admissible weights does an alternative come first?

Weights are independent gamma variables divided by their sum. With scale 1 and integer shapes that is a Dirichlet
distribution; with scales w_j and one shape c it is the scaled Dirichlet distribution around the elicited weights
w_j, each of which then has the relative standard deviation 1/sqrt(c) before division. Dividing never changes who
is first, so scales can be multiplied into the differences and no elicited weight has to be rounded.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def exact(differences: Sequence[float], shapes: Sequence[int] | int = 1) -> float:
    """P(sum_j d_j G_j > 0) for independent G_j ~ Gamma(shape_j, 1): two alternatives, fixed local scores.

    `differences`: J signed numbers (local value of the first alternative minus the second, times the elicited
    weight). `shapes`: one integer >= 1 for all, or J of them. Returns a number in [0, 1]; 0.5 when every
    difference is 0, since then no weights prefer either.

    Volume of a simplex cut by a hyperplane through the origin (Varsi 1973; Ali 1973). Every step is a convex
    combination, hence stable. O(P N) for P positive and N negative differences, each counted shape times.
    """
    if isinstance(shapes, int):
        positive = [d for d in differences if d > 0.0] * shapes
        negative = [d for d in differences if d < 0.0] * shapes
    else:
        positive = [d for d, shape in zip(differences, shapes) if d > 0.0 for _ in range(shape)]
        negative = [d for d, shape in zip(differences, shapes) if d < 0.0 for _ in range(shape)]
    if not negative:
        return 1.0 if positive else 0.5
    column = [0.0] * len(negative)
    for x in positive:
        left = 1.0
        row: list[float] = []
        append = row.append
        for y, above in zip(negative, column):
            left = (y * above - x * left) / (y - x)
            append(left)
        column = row
    return column[-1]


def central_weights(differences: Sequence[float], shapes: Sequence[int]) -> list[float] | None:
    """Mean of the Dirichlet(shapes) weights under which the first of two alternatives is first; they sum to 1.

    None when there are no such weights (acceptability 0). Lahdelma & Salminen 2001, with the identity
    E[w_j 1(first)] = (shape_j / sum shapes) P(first | shape_j + 1).
    """
    first = exact(differences, shapes)
    if first <= 0.0:
        return None
    total = sum(shapes)
    result = []
    for j, shape in enumerate(shapes):
        more = list(shapes)
        more[j] += 1
        result.append(shape / total * exact(differences, more) / first)
    return result


def sampled(
    values: Sequence[Sequence[float]], weights: Sequence[float], shape: int, samples: int, seed: int
) -> tuple[list[list[float]], float]:
    """Rank acceptability of three or more alternatives by simulation.

    `values`: J rows of m local values in [0, 1]; `weights`: J elicited weights. Returns an m x m table whose row i
    holds the shares of rank 1..m of alternative i (rows and columns sum to 1; ties go to the earlier alternative),
    and the largest 95 % half-width 1.96 sqrt(b (1 - b) / samples) in it. The same seed gives the same table.
    """
    import random

    draw = random.Random(seed).gammavariate
    count = len(values[0])
    table = [[0] * count for _ in range(count)]
    rows = [(w, row) for w, row in zip(weights, values) if w > 0.0 and any(u != row[0] for u in row)]
    for _ in range(samples):
        scores = [0.0] * count
        for weight, row in rows:
            g = weight * draw(shape, 1.0)
            for i in range(count):
                scores[i] += g * row[i]
        for rank, i in enumerate(sorted(range(count), key=lambda i: -scores[i])):
            table[i][rank] += 1
    shares = [[n / samples for n in row] for row in table]
    widest = max(b * (1.0 - b) for row in shares for b in row)
    return shares, 1.96 * (widest / samples) ** 0.5
