"""Acceptability against exact rationals, Beta tails, Monte Carlo and the identities that define it."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from advisor.decision.acceptability import central_weights, exact, sampled

prop = settings(deadline=None, derandomize=True, max_examples=100)
unit = st.floats(-1.0, 1.0, allow_subnormal=False)
ALPHA = (3, 2, 1, 4, 2, 1)
DIFFERENCES = (0.3, -0.2, 0.1, -0.4, 0.25, -0.05)


def partial_fractions(differences, shapes):
    """P(sum d_j G_j > 0) from the expansion of prod (1 - d_j s)^-shape_j into simple poles, in rationals."""
    poles = {}
    for d, shape in zip(differences, shapes):
        if d:
            poles[Fraction(d)] = poles.get(Fraction(d), 0) + shape
    total = Fraction(0)
    for d, order in poles.items():
        if d < 0:
            continue
        series = [Fraction(1)] + [Fraction(0)] * (order - 1)
        for other, power in poles.items():
            if other == d:
                continue
            r = other / d
            for _ in range(power):
                previous = Fraction(0)
                for i, c in enumerate(series):
                    previous = series[i] = (c - r * previous) / (1 - r)
        total += sum(series)
    return total


def simulated(differences, shapes, samples=200_000, seed=20261122):
    """Share of gamma weights under which the first is first, and their mean divided by their sum."""
    weights = np.random.default_rng(seed).gamma(shapes, size=(samples, len(shapes)))
    first = weights @ np.asarray(differences) > 0.0
    share = weights[first] / weights[first].sum(axis=1, keepdims=True)
    return first.mean(), share.mean(axis=0)


def half_width(share, samples=200_000):
    return 4.0 * math.sqrt(max(share * (1.0 - share), 1e-6) / samples)


def test_reproduces_the_published_share_and_central_weights():
    assert exact(DIFFERENCES, ALPHA) == pytest.approx(0.30103, abs=5e-6)
    weights = central_weights(DIFFERENCES, ALPHA)
    assert weights == pytest.approx([0.3191, 0.1215, 0.0866, 0.1973, 0.2031, 0.0724], abs=5e-5)
    assert sum(weights) == pytest.approx(1.0, abs=1e-14)


@prop
@given(st.lists(unit, min_size=1, max_size=12, unique=True))
def test_equals_simple_partial_fractions(differences):
    ds = [Fraction(d) for d in differences if d]
    assume(ds)
    n = len(ds)
    oracle = sum(
        d ** (n - 1) / math.prod((d - other for k, other in enumerate(ds) if k != j), start=Fraction(1))
        for j, d in enumerate(ds)
        if d > 0
    )
    assert exact(differences) == pytest.approx(float(oracle), abs=1e-14)


@prop
@given(st.lists(st.tuples(st.integers(-8, 8), st.integers(1, 4)), min_size=1, max_size=7))
def test_equals_partial_fractions_with_repeated_poles(terms):
    differences, shapes = [d / 8.0 for d, _ in terms], [shape for _, shape in terms]
    assume(any(differences))
    oracle = float(partial_fractions(differences, shapes))
    assert exact(differences, shapes) == pytest.approx(oracle, abs=1e-13)


@prop
@given(st.integers(1, 30), st.integers(1, 30), st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_one_against_one_is_the_beta_tail(a, b, x, y):
    p = Fraction(y) / (Fraction(x) + Fraction(y))
    tail = sum(math.comb(a + b - 1, k) * p**k * (1 - p) ** (a + b - 1 - k) for k in range(a))
    assert exact([x, -y], [a, b]) == pytest.approx(float(tail), abs=1e-13)


@prop
@given(st.floats(0.01, 1.0), st.lists(st.floats(0.01, 1.0), max_size=20))
def test_one_against_many_is_a_product(x, ys):
    oracle = math.prod(x / (x + y) for y in ys)
    assert exact([x, *(-y for y in ys)]) == pytest.approx(oracle, rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 7, 40, 300])
def test_balanced_differences_are_a_coin_toss(n):
    assert exact([0.25] * n + [-0.25] * n) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("n", [2, 3, 5, 8, 12])
def test_equals_monte_carlo_of_dirichlet_weights(n):
    rng = random.Random(n)
    differences = [(-1) ** k * rng.uniform(0.3, 0.9) for k in range(n)]
    shapes = [rng.randint(1, 5) for _ in range(n)]
    share, centre = simulated(differences, shapes, seed=n)
    assert exact(differences, shapes) == pytest.approx(share, abs=half_width(share))
    assert central_weights(differences, shapes) == pytest.approx(centre, abs=0.005)


@pytest.mark.parametrize("shape", [1, 2, 4, 9])
def test_elicited_weights_are_the_scales_of_gamma_weights(shape):
    rng = random.Random(shape)
    elicited = [0.35, 0.25, 0.2, 0.1, 0.07, 0.03]
    differences = [rng.uniform(-0.6, 0.6) for _ in elicited]
    draws = np.random.default_rng(shape).gamma(
        shape, np.asarray(elicited) / shape, size=(200_000, len(elicited))
    )
    assert draws.std(axis=0) / elicited == pytest.approx([shape**-0.5] * len(elicited), rel=0.02)
    share = (draws / draws.sum(axis=1, keepdims=True) @ np.asarray(differences) > 0.0).mean()
    scaled = [w * d for w, d in zip(elicited, differences)]
    assert exact(scaled, shape) == pytest.approx(share, abs=half_width(share))


def test_one_shape_for_all_is_that_shape_for_each():
    assert exact(DIFFERENCES, 4) == pytest.approx(exact(DIFFERENCES, [4] * 6), abs=1e-14)
    assert exact(DIFFERENCES) == exact(DIFFERENCES, [1] * 6)


@prop
@given(st.lists(unit, min_size=1, max_size=20), st.integers(1, 4))
def test_both_alternatives_share_one(differences, shape):
    opposite = [-d for d in differences]
    assert exact(differences, shape) + exact(opposite, shape) == pytest.approx(1.0, abs=1e-13)


@prop
@given(st.lists(unit, min_size=1, max_size=15), st.data())
def test_never_falls_when_a_difference_grows(differences, data):
    j = data.draw(st.integers(0, len(differences) - 1))
    better = list(differences)
    better[j] = data.draw(st.floats(differences[j], 1.0, allow_subnormal=False))
    assume(any(differences) and any(better))
    assert exact(better) >= exact(differences) - 1e-14


@prop
@given(st.lists(unit, min_size=1, max_size=15), st.integers(-20, 20), st.randoms(use_true_random=False))
def test_depends_on_neither_scale_nor_order_nor_zeros(differences, power, rng):
    changed = [math.ldexp(d, power) for d in differences] + [0.0, -0.0]
    rng.shuffle(changed)
    assert exact(changed) == pytest.approx(exact(differences), abs=1e-13)


@pytest.mark.parametrize(
    ("differences", "share"),
    [
        ([], 0.5),
        ([0.0], 0.5),
        ([0.0, -0.0, 0.0], 0.5),
        ([0.2], 1.0),
        ([0.2, 0.0, 0.1], 1.0),
        ([-0.2], 0.0),
        ([0.0, -0.1, -0.3], 0.0),
    ],
)
def test_without_two_sides_it_is_sure_or_even(differences, share):
    assert exact(differences) == share
    assert exact(differences, [3] * len(differences)) == share


@prop
@given(
    st.lists(st.floats(-1e300, 1e300) | st.floats(-1e-300, 1e-300) | unit, max_size=30),
    st.integers(1, 6),
)
def test_never_leaves_the_unit_interval(differences, shape):
    assert 0.0 <= exact(differences, shape) <= 1.0


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-200, 1e-17])
def test_extreme_ratios_stay_in_the_unit_interval(tiny):
    for differences in ([tiny, -1.0], [1.0, -tiny], [tiny] * 50 + [-1.0] * 50, [tiny, -tiny, tiny, -tiny]):
        assert 0.0 <= exact(differences, 3) <= 1.0


def test_many_repeats_stay_exact():
    shapes = [60, 90, 78]
    differences = [0.5, -0.25, -0.125]
    assert exact(differences, shapes) == pytest.approx(
        float(partial_fractions(differences, shapes)), abs=1e-13
    )


@prop
@given(st.lists(st.tuples(unit, st.integers(1, 4)), min_size=1, max_size=8))
def test_central_weights_lie_on_the_simplex_and_favour_the_first(terms):
    differences, shapes = [d for d, _ in terms], [shape for _, shape in terms]
    assume(exact(differences, shapes) > 1e-6)
    weights = central_weights(differences, shapes)
    assert min(weights) >= 0.0
    assert sum(weights) == pytest.approx(1.0, abs=1e-9)
    assert sum(w * d for w, d in zip(weights, differences)) >= -1e-9


def test_no_central_weights_when_the_first_is_never_first():
    assert central_weights([-0.2, 0.0, -0.1], [1, 2, 3]) is None


def test_equal_alternatives_have_the_expected_weights_as_centre():
    assert central_weights([0.0, 0.0, 0.0], [1, 1, 1]) == pytest.approx([1 / 3] * 3)
    assert central_weights([0.0, 0.0], [3, 1]) == pytest.approx([0.75, 0.25])


def random_case(seed, alternatives, criteria=5):
    rng = random.Random(seed)
    values = [[rng.random() for _ in range(alternatives)] for _ in range(criteria)]
    weights = [rng.random() for _ in range(criteria)]
    return values, [w / sum(weights) for w in weights]


def scaled(values, weights, i, k):
    return [w * (row[i] - row[k]) for w, row in zip(weights, values)]


@pytest.mark.parametrize("alternatives", [1, 2, 3, 5])
def test_sampled_ranks_and_alternatives_are_shared_out(alternatives):
    table, width = sampled(*random_case(3, alternatives), 2, 500, 1)
    assert [sum(row) for row in table] == pytest.approx([1.0] * alternatives)
    assert [sum(column) for column in zip(*table)] == pytest.approx([1.0] * alternatives)
    assert width == pytest.approx(max(1.96 * math.sqrt(b * (1.0 - b) / 500) for row in table for b in row))


def test_sampled_half_width_covers_the_exact_share_about_19_times_in_20():
    covered = tried = 0
    for seed in range(100):
        values, weights = random_case(seed, 2)
        share = exact(scaled(values, weights, 0, 1), 3)
        if 0.1 < share < 0.9:
            table, width = sampled(values, weights, 3, 1000, seed + 1000)
            assert table[0][0] == pytest.approx(share, abs=2.0 * width)
            tried += 1
            covered += abs(table[0][0] - share) <= width
    assert tried > 30
    assert covered / tried >= 0.9


@pytest.mark.parametrize("seed", range(4))
def test_sampled_mean_rank_is_one_plus_the_pairwise_losses(seed):
    values, weights = random_case(seed, 3)
    samples = 8000
    table, _ = sampled(values, weights, 2, samples, seed)
    for i in range(3):
        mean_rank = sum((r + 1) * share for r, share in enumerate(table[i]))
        losses = [exact(scaled(values, weights, k, i), 2) for k in range(3) if k != i]
        assert mean_rank == pytest.approx(1.0 + sum(losses), abs=4.0 / math.sqrt(samples))
        assert table[i][0] <= 1.0 - max(losses) + 4.0 * half_width(0.5, samples)


def test_sampled_ranks_equal_an_independent_simulation():
    values, weights = random_case(11, 4)
    table, width = sampled(values, weights, 2, 8000, 5)
    draws = np.random.default_rng(5).gamma(2.0, size=(200_000, 5)) * weights
    order = np.argsort(-(draws @ np.asarray(values)), axis=1)
    oracle = [[(order[:, rank] == i).mean() for rank in range(4)] for i in range(4)]
    assert np.abs(np.asarray(table) - oracle).max() < 2.0 * width


def test_sampled_is_a_function_of_its_seed_alone():
    case = random_case(2, 3)
    random.seed(99)
    before = random.getstate()
    first = sampled(*case, 1, 300, 7)
    assert random.getstate() == before
    assert sampled(*case, 1, 300, 7) == first
    assert sampled(*case, 1, 300, 8) != first


def test_sampled_equal_alternatives_rank_in_their_order():
    table, width = sampled([[0.4] * 3, [0.9] * 3], [0.5, 0.5], 1, 50, 0)
    assert table == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert width == 0.0


def test_sampled_twins_stay_in_their_order_under_any_weights():
    values = [[0.7, 0.2, 0.7], [0.1, 0.9, 0.1], [0.5, 0.4, 0.5]]
    table, _ = sampled(values, [0.3, 0.3, 0.4], 1, 2000, 4)
    assert table[0][2] == table[2][0] == table[1][1] == 0.0


def test_sampled_rows_follow_their_alternatives():
    values, weights = random_case(6, 3)
    table, width = sampled(values, weights, 2, 400, 3)
    turned, same = sampled([row[::-1] for row in values], weights, 2, 400, 3)
    assert turned == table[::-1]
    assert same == width


def test_sampled_ignores_criteria_that_cannot_rank():
    values, weights = random_case(8, 3)
    table, _ = sampled(values, weights, 2, 400, 3)
    more = sampled([[1.0, 0.0, 0.0], *values, [0.3] * 3], [0.0, *weights, 0.9], 2, 400, 3)
    assert more[0] == table


def test_sampled_never_ranks_a_dominated_alternative_above_its_better():
    values = [[0.6, 0.5, 0.9], [0.8, 0.3, 0.1], [0.4, 0.2, 0.5]]
    table, _ = sampled(values, [0.4, 0.3, 0.3], 1, 1000, 2)
    assert table[1][0] == table[0][2] == 0.0
