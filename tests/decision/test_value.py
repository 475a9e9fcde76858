"""Additive value against published examples, pymcdm, and rationals."""

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from advisor.decision.value import margin, normalised, rank_order_centroid, scores

prop = settings(deadline=None, derandomize=True, max_examples=60)
unit = st.floats(0.0, 1.0, allow_subnormal=False)


def share(column, *, cost=False):
    column = [1.0 / x for x in column] if cost else column
    return [x / sum(column) for x in column]


def by_criterion(matrix, costs):
    return [share(column, cost=cost) for column, cost in zip(zip(*matrix), costs)]


def test_scikit_criteria_minimal_example():
    assert scores([(1, 0), (0, 5), (3, 6)], [1, 1, 1]) == [4, 11]


def test_kracka_brauers_zavadskas_2010_heating_losses():
    matrix = [
        (33.95, 23.78, 11.45, 39.97, 29.44, 167.10, 3.852),
        (38.9, 4.17, 6.32, 0.01, 4.29, 132.52, 25.184),
        (37.59, 9.36, 8.23, 4.35, 10.22, 136.71, 10.845),
        (30.44, 37.59, 13.91, 74.08, 45.10, 198.34, 2.186),
        (36.21, 14.79, 9.17, 17.77, 17.06, 148.3, 6.610),
        (37.8, 8.55, 7.97, 2.35, 9.25, 134.83, 11.935),
    ]
    values = by_criterion(matrix, [True, True, True, True, False, True, False])
    published = [0.12040426, 0.3458235, 0.13838192, 0.12841246, 0.12346084, 0.14351701]
    assert scores(values, normalised([20] * 7)) == pytest.approx(published, abs=5e-9)


def test_pymcdm_docstring_example():
    matrix = [(96, 83, 75, 7), (63, 5, 56, 9), (72, 30, 32, 48), (11, 4, 27, 9), (77, 21, 17, 11)]
    values = by_criterion(matrix, [False, False, True, True])
    result = scores(values, [8 / 13, 5 / 13, 6 / 13, 7 / 13])
    assert [round(v, 3) for v in result] == [0.609, 0.313, 0.334, 0.265, 0.479]


def test_triantaphyllou_sanchez_1997_scores():
    matrix = [
        (0.3088, 0.2897, 0.3867, 0.1922),
        (0.2163, 0.3458, 0.1755, 0.6288),
        (0.4509, 0.2473, 0.1194, 0.0575),
        (0.0240, 0.1172, 0.3184, 0.1215),
    ]
    result = scores(list(zip(*matrix)), [0.3277, 0.3058, 0.2876, 0.0790])
    assert result == pytest.approx([0.3162, 0.2768, 0.2623, 0.1449], abs=6e-5)


def test_equals_the_weighted_sum_model_of_pymcdm():
    np = pytest.importorskip("numpy")
    model = pytest.importorskip("pymcdm.methods").WSM(lambda column, cost=False: column)
    rng = np.random.default_rng(12)
    for alternatives, criteria in ((2, 3), (3, 8), (5, 40)):
        matrix = rng.random((alternatives, criteria))
        weights = normalised(list(rng.random(criteria)))
        oracle = model(matrix, np.asarray(weights), np.ones(criteria))
        assert scores(matrix.T.tolist(), weights) == pytest.approx(oracle, abs=1e-14)


@prop
@given(st.lists(st.tuples(unit, unit, unit, unit), min_size=1, max_size=20))
def test_margin_is_the_difference_of_two_scores(rows):
    assume(math.fsum(r[0] for r in rows) > 1e-9)
    weights = normalised([r[0] for r in rows])
    values = [r[1:] for r in rows]
    first, second, _ = scores(values, weights)
    assert margin([u - v for u, v, _ in values], weights) == pytest.approx(first - second, abs=1e-14)


@prop
@given(st.lists(st.tuples(unit, unit, unit), min_size=1, max_size=20))
def test_scores_equal_rational_arithmetic_and_stay_between_the_values(rows):
    assume(math.fsum(r[0] for r in rows) > 1e-9)
    weights = normalised([r[0] for r in rows])
    result = scores([r[1:] for r in rows], weights)
    for i, score in enumerate(result, start=1):
        oracle = sum(Fraction(w) * Fraction(r[i]) for w, r in zip(weights, rows))
        assert score == pytest.approx(float(oracle), abs=1e-14)
        assert min(r[i] for r in rows) - 1e-14 <= score <= max(r[i] for r in rows) + 1e-14


def test_nothing_is_scaled_relative_to_the_alternatives():
    assert scores([(0.90, 0.91)], [1.0]) == [0.90, 0.91]


def test_no_criteria_give_no_scores_and_no_margin():
    assert scores([], []) == []
    assert margin([], []) == 0


@prop
@given(st.lists(st.floats(0.0, 1e6, allow_subnormal=False), min_size=1, max_size=40))
def test_normalised_weights_keep_their_ratios_and_sum_to_one(weights):
    assume(sum(weights) > 1e-9)
    result = normalised(weights)
    assert math.fsum(result) == pytest.approx(1.0, abs=1e-14)
    assert result == pytest.approx(
        [float(Fraction(w) / sum(map(Fraction, weights))) for w in weights], rel=1e-13
    )


@pytest.mark.parametrize("weights", [[], [0], [0.0, 0.0], [1.0, -0.1], [-1.0], [3.0, -1.0, 0.0]])
def test_normalised_refuses_negative_and_all_zero_weights(weights):
    with pytest.raises(ValueError, match="non-negative and not all zero"):
        normalised(weights)


@pytest.mark.parametrize(
    ("count", "weights"),
    [
        (1, [1.0]),
        (2, [0.75, 0.25]),
        (3, [0.6111, 0.2778, 0.1111]),
        (4, [0.5208, 0.2708, 0.1458, 0.0625]),
        (5, [0.4567, 0.2567, 0.1567, 0.09, 0.04]),
    ],
)
def test_barron_barrett_1996_rank_order_centroid(count, weights):
    assert rank_order_centroid(count) == pytest.approx(weights, abs=5e-5)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
def test_rank_order_centroid_is_the_mean_of_the_corners_of_the_ranked_simplex(count):
    corners = [[Fraction(int(j < k), k) for j in range(count)] for k in range(1, count + 1)]
    centroid = [float(sum(column) / count) for column in zip(*corners)]
    assert rank_order_centroid(count) == pytest.approx(centroid, abs=1e-15)


def test_rank_order_centroid_of_nothing_is_empty():
    assert rank_order_centroid(0) == []
