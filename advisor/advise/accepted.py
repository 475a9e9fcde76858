"""The acceptability index of two alternatives for many sets of answers at once.

NumPy comes in as the argument `np`: only `advisor.advise.many` imports it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Array: TypeAlias = Any

ROUNDING = 1e-9


def surely_accepted(lead: Array, squares: Array, parameters: Any) -> Array:
    """Whether the acceptability index of a leader is above the threshold whatever the weights in detail.

    sum_j p_j G_j with G_j ~ Gamma(c, 1) has the mean c * lead and the variance c * sum_j p_j^2, and it is unimodal
    because each term is log-concave. The one-sided inequality of Vysochanskii and Petunin then bounds the share of
    weights in which it is negative (Mercadier & Strobel 2021).
    """
    shape = parameters["weight_shape"]
    share = 1.0 - parameters["acceptability_threshold"] - ROUNDING
    # The bound is 4/3 t - 1/3 for t = variance / (variance + mean^2) >= 3/8, and 4/9 t below.
    most = 0.75 * (share + 1.0 / 3.0) if share >= 1.0 / 6.0 else 2.25 * share
    return squares * (1.0 - most) <= most * shape * lead * lead


def exact(np: Any, products: Array, shape: int) -> Array:
    """`acceptability.exact` of n rows of J signed differences: n indices."""
    ordered = np.sort(products, axis=1)
    x = ordered[:, ::-1][:, : int((products > 0.0).sum(axis=1).max(initial=0))]
    y = ordered[:, : int((products < 0.0).sum(axis=1).max(initial=0))]
    # Rows with fewer positive differences end in 0, which leaves the recursion as it is; so does a tiny negative one.
    x = np.repeat(np.maximum(x, 0.0).T, shape, axis=0)
    y = np.repeat(np.where(y < 0.0, y, -1e-300).T, shape, axis=0)
    if not len(y):
        return np.where((products > 0.0).any(axis=1), 1.0, 0.5)
    column = np.zeros(y.shape)
    for positive in x:
        share = 1.0 / (positive - y)
        keep, move = -y * share, positive * share
        left = np.ones(len(products))
        for above, k, m in zip(column, keep, move):
            left = np.add(k * above, m * left, out=above)
    none = ~(products != 0.0).any(axis=1)
    return np.where(none, 0.5, column[-1])
