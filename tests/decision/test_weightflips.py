"""Smallest weight changes against published numbers, grids, linear programs, and all active sets."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from advisor.decision.value import margin, normalised
from advisor.decision.weightflips import least_mass, least_squares, single

prop = settings(deadline=None, derandomize=True, max_examples=60)
WEIGHTS = (0.3, 0.25, 0.2, 0.15, 0.1)
DIFFERENCES = (0.5, -0.3, 0.2, -0.6, 0.1)
D = 0.035

TRIANTAPHYLLOU_SANCHEZ = (
    (0.3088, 0.2897, 0.3867, 0.1922),
    (0.2163, 0.3458, 0.1755, 0.6288),
    (0.4509, 0.2473, 0.1194, 0.0575),
    (0.0240, 0.1172, 0.3184, 0.1215),
)
THEIR_WEIGHTS = (0.3277, 0.3058, 0.2876, 0.0790)


@st.composite
def problems(draw, smallest=2, largest=6):
    """Weights that sum to 1, differences in [-1, 1] with many ties and zeros among them, and their margin."""
    n = draw(st.integers(smallest, largest))
    weights = normalised(draw(st.lists(st.integers(1, 40), min_size=n, max_size=n)))
    one = st.integers(-20, 20).map(lambda k: k / 20.0) | st.sampled_from((-0.05, 0.0, 0.05))
    differences = draw(st.lists(one, min_size=n, max_size=n))
    return weights, differences, margin(differences, weights)


def reachable(differences):
    return min(differences) <= 0.0 <= max(differences)


def with_weight(weights, j, target):
    """Weight j set to `target`, the others scaled alike to leave a sum of 1."""
    return [target if k == j else w * (1.0 - target) / (1.0 - weights[j]) for k, w in enumerate(weights)]


def moved(weights, moves):
    result = list(weights)
    for donor, receiver, mass in moves:
        result[donor] -= mass
        result[receiver] += mass
    return result


def nearest_by_active_sets(weights, differences):
    """Projection onto {w >= 0, sum w = 1, sum w d = 0}: the nearest of the projections for each set of positive weights."""
    w, d = np.asarray(weights), np.asarray(differences)
    best = None
    for size in range(1, len(w) + 1):
        for kept in map(list, itertools.combinations(range(len(w)), size)):
            rows = np.array([np.ones(size), d[kept]])
            step = np.linalg.lstsq(rows, np.array([1.0, 0.0]) - rows @ w[kept], rcond=1e-12)[0]
            candidate = np.zeros(len(w))
            candidate[kept] = w[kept] + step
            feasible = (
                abs(candidate.sum() - 1.0) < 1e-9 and abs(candidate @ d) < 1e-9 and candidate.min() > -1e-10
            )
            distance = np.linalg.norm(candidate - w)
            if feasible and (best is None or distance < best):
                best = distance
    return best


def test_verified_single_flips():
    flips = dict(single(WEIGHTS, DIFFERENCES, D))
    assert flips == {k: pytest.approx(w, abs=5e-5) for k, w in enumerate((0.2473, 0.3284, 0.0303, 0.1969))}


def test_single_flips_come_smallest_change_first():
    flips = single(WEIGHTS, DIFFERENCES, D)
    changes = [abs(target - WEIGHTS[j]) for j, target in flips]
    assert [j for j, _ in flips] == [3, 0, 1, 2]
    assert changes == sorted(changes)


def test_verified_least_squares():
    distance, weights = least_squares(WEIGHTS, DIFFERENCES, D)
    assert distance == pytest.approx(0.040469, abs=5e-7)
    assert math.dist(weights, WEIGHTS) == pytest.approx(distance, abs=1e-15)
    assert margin(DIFFERENCES, weights) == pytest.approx(0.0, abs=1e-12)


def test_verified_least_mass():
    mass, moves = least_mass(WEIGHTS, DIFFERENCES, D)
    assert mass == pytest.approx(0.031818, abs=5e-7)
    assert moves == [(0, 3, pytest.approx(D / 1.1))]
    assert margin(DIFFERENCES, moved(WEIGHTS, moves)) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("first", "second", "published"),
    [
        (0, 1, (None, -229.7, 64.9, -114.3)),
        (1, 2, (-18.9, 48.2, 89.9, 32.1)),
        (2, 3, (83.9, None, -205.1, -2321.8)),
    ],
)
def test_triantaphyllou_sanchez_1997_critical_decreases(first, second, published):
    """Their decrease of one weight alone, divided by the new sum, is the weight at which the flip happens here."""
    total = sum(THEIR_WEIGHTS)
    weights = [w / total for w in THEIR_WEIGHTS]
    differences = [a - b for a, b in zip(TRIANTAPHYLLOU_SANCHEZ[first], TRIANTAPHYLLOU_SANCHEZ[second])]
    flips = dict(single(weights, differences, margin(differences, weights)))
    assert sorted(flips) == [k for k, percent in enumerate(published) if percent is not None]
    for k, target in flips.items():
        raw = target * (total - THEIR_WEIGHTS[k]) / (1.0 - target)
        assert 100.0 * (THEIR_WEIGHTS[k] - raw) / THEIR_WEIGHTS[k] == pytest.approx(published[k], rel=5e-3)


@prop
@given(problems())
def test_a_single_flip_makes_both_equal(problem):
    weights, differences, d = problem
    for j, target in single(weights, differences, d):
        assert 0.0 <= target <= 1.0
        after = with_weight(weights, j, target)
        assert sum(after) == pytest.approx(1.0, abs=1e-12)
        assert margin(differences, after) == pytest.approx(0.0, abs=1e-9)


@prop
@given(problems())
def test_less_than_a_single_flip_keeps_the_winner_and_more_changes_it(problem):
    weights, differences, d = problem
    assume(abs(d) > 1e-6)
    for j, target in single(weights, differences, d):
        before = margin(differences, with_weight(weights, j, weights[j] + 0.999 * (target - weights[j])))
        assert before * d > 0.0
        beyond = weights[j] + 1.001 * (target - weights[j])
        if 0.0 <= beyond <= 1.0:
            assert margin(differences, with_weight(weights, j, beyond)) * d < 0.0


@prop
@given(problems())
def test_single_flips_are_those_a_grid_finds(problem):
    weights, differences, d = problem
    assume(abs(d) > 1e-6)
    flips = dict(single(weights, differences, d))
    grid = [k / 100.0 for k in range(101)]
    for j in range(len(weights)):
        signs = [margin(differences, with_weight(weights, j, w)) * d for w in grid]
        crossing = [w for w, sign in zip(grid, signs) if sign < -1e-12]
        if crossing:
            near = min(crossing, key=lambda w: abs(w - weights[j]))
            assert flips[j] == pytest.approx(near, abs=0.01 + 1e-9)
        elif j in flips:
            edge = min(grid, key=lambda w: abs(w - flips[j]))
            assert abs(margin(differences, with_weight(weights, j, edge))) < 0.02


@prop
@given(problems())
def test_single_flips_equal_a_ratio_of_rationals(problem):
    weights, differences, _ = problem
    w, ds = [Fraction(x) for x in weights], [Fraction(x) for x in differences]
    flips = dict(single(weights, differences, margin(differences, weights)))
    for j, d in enumerate(ds):
        others = sum(w[k] * ds[k] for k in range(len(w)) if k != j)
        rest = others / sum(w[k] for k in range(len(w)) if k != j)
        if abs(rest) < Fraction(1, 10**9) or d == 0:
            continue
        if rest * d < 0:
            assert flips[j] == pytest.approx(float(rest / (rest - d)), abs=1e-12)
        else:
            assert j not in flips


def test_giving_all_weight_to_the_only_difference_or_to_none_ties():
    flips = single([0.5, 0.5], [0.4, 0.0], 0.2)
    assert flips == [(0, 0.0), (1, 1.0)]
    assert math.copysign(1.0, flips[0][1]) == 1.0


def test_the_only_weight_cannot_be_changed_alone():
    assert single([1.0], [0.4], 0.4) == []
    assert single([1.0, 0.0], [0.4, -0.2], 0.4) == [(1, pytest.approx(2 / 3))]


@prop
@given(problems())
@example(
    (
        [0.42, 0.09, 0.25, 0.24],
        [-0.7, -0.05, -0.05, -0.05],
        margin([-0.7, -0.05, -0.05, -0.05], [0.42, 0.09, 0.25, 0.24]),
    )
)
@example(([0.6, 0.4], [0.0, 0.0], 0.0))
@example(([0.5, 0.3, 0.2], [1.0, 0.5, 0.0], 0.65))
@example(([1.0], [0.3], 0.3))
@example(([1.0], [0.0], 0.0))
def test_least_squares_is_the_nearest_point_of_all_active_sets(problem):
    weights, differences, d = problem
    result = least_squares(weights, differences, d)
    assert (result is not None) is reachable(differences)
    if result is not None:
        distance, after = result
        assert distance == pytest.approx(nearest_by_active_sets(weights, differences), abs=1e-9)
        assert distance == pytest.approx(math.dist(weights, after), abs=1e-15)
        assert min(after) >= 0.0
        assert math.fsum(after) == pytest.approx(1.0, abs=1e-12)
        assert margin(differences, after) == pytest.approx(0.0, abs=1e-12)


@prop
@given(problems(smallest=20, largest=30))
def test_least_squares_meets_the_optimality_conditions_with_many_criteria(problem):
    weights, differences, d = problem
    assume(reachable(differences))
    _, after = least_squares(weights, differences, d)
    w, z, ds = np.asarray(weights), np.asarray(after), np.asarray(differences)
    assert z.min() >= 0.0
    assert z.sum() == pytest.approx(1.0, abs=1e-12)
    assert z @ ds == pytest.approx(0.0, abs=1e-12)
    kept = z > 1e-12
    assume(np.ptp(ds[kept]) > 0.0)
    columns = np.stack([np.ones(len(w)), ds], axis=1)
    multipliers, *_ = np.linalg.lstsq(columns[kept], (w - z)[kept], rcond=None)
    assert (w - z)[kept] == pytest.approx(columns[kept] @ multipliers, abs=1e-12)
    assert ((w - columns @ multipliers)[~kept] <= 1e-12).all()


@prop
@given(problems())
def test_least_squares_in_the_interior_is_the_projection_onto_the_hyperplane(problem):
    weights, differences, d = problem
    mean = sum(differences) / len(differences)
    square = sum((x - mean) ** 2 for x in differences)
    assume(square > 1e-12)
    interior = [w - d * (x - mean) / square for w, x in zip(weights, differences)]
    assume(min(interior) > 1e-9)
    distance, after = least_squares(weights, differences, d)
    assert after == pytest.approx(interior, abs=1e-12)
    assert distance == pytest.approx(abs(d) / math.sqrt(square), abs=1e-12)


@pytest.mark.parametrize(
    ("weights", "differences"), [((0.5, 0.3, 0.2), (0.6, -0.3, 0.1)), ((0.2, 0.2, 0.6), (-0.9, 0.8, -0.1))]
)
def test_no_point_of_a_grid_is_nearer_than_least_squares_or_least_mass(weights, differences):
    d = margin(differences, weights)
    distance, _ = least_squares(weights, differences, d)
    mass, _ = least_mass(weights, differences, d)
    steps = 200
    for a in range(steps + 1):
        for b in range(steps + 1 - a):
            point = (a / steps, b / steps, (steps - a - b) / steps)
            if margin(differences, point) * d <= 0.0:
                assert math.dist(point, weights) >= distance - 1e-12
                assert sum(abs(x - y) for x, y in zip(point, weights)) / 2.0 >= mass - 1e-12


@prop
@given(problems(largest=8))
def test_least_mass_makes_both_equal_with_weights_that_exist(problem):
    weights, differences, d = problem
    result = least_mass(weights, differences, d)
    assert (result is not None) is reachable(differences)
    if result is not None:
        mass, moves = result
        after = moved(weights, moves)
        assert mass == pytest.approx(math.fsum(m for _, _, m in moves), abs=1e-12)
        assert sum(abs(a - b) for a, b in zip(after, weights)) / 2.0 == pytest.approx(mass, abs=1e-12)
        assert min(after) >= -1e-15
        assert margin(differences, after) == pytest.approx(0.0, abs=1e-12)
        gains = [abs(differences[a] - differences[b]) for a, b, _ in moves]
        assert gains == sorted(gains, reverse=True)


@prop
@given(problems())
def test_less_than_the_least_mass_keeps_the_winner(problem):
    weights, differences, d = problem
    assume(abs(d) > 1e-6 and reachable(differences))
    _, moves = least_mass(weights, differences, d)
    shy = [(a, b, 0.999 * m) for a, b, m in moves]
    assert margin(differences, moved(weights, shy)) * d > 0.0


def test_least_mass_equals_a_linear_program():
    linprog = pytest.importorskip("scipy.optimize").linprog
    rng = np.random.default_rng(5)
    for n in (2, 3, 5, 12, 40) * 6:
        weights = rng.dirichlet(np.full(n, 0.5))
        differences = rng.choice([-0.8, -0.4, -0.1, 0.0, 0.3, 0.7], size=n)
        program = linprog(
            np.r_[np.ones(n), np.ones(n)] / 2.0,
            A_eq=np.array([np.r_[np.ones(n), -np.ones(n)], np.r_[differences, -differences]]),
            b_eq=[0.0, -(weights @ differences)],
            bounds=[(0.0, None)] * n + [(0.0, w) for w in weights],
        )
        result = least_mass(weights.tolist(), differences.tolist(), float(weights @ differences))
        assert (result is None) is (program.status == 2)
        if result is not None:
            assert result[0] == pytest.approx(program.fun, abs=1e-9)


@prop
@given(problems())
def test_the_other_winner_is_reached_by_the_same_changes(problem):
    weights, differences, d = problem
    opposite = [-x for x in differences]
    assert single(weights, opposite, -d) == single(weights, differences, d)
    assert least_squares(weights, opposite, -d) == least_squares(weights, differences, d)
    if d != 0.0:
        assert least_mass(weights, opposite, -d) == least_mass(weights, differences, d)


@pytest.mark.parametrize("differences", [(0.3, 0.2, 0.1), (-0.05, -0.05, -0.05), (-1.0, -1e-9, -0.5)])
def test_no_weights_flip_what_all_criteria_agree_on(differences):
    weights = (0.5, 0.3, 0.2)
    d = margin(differences, weights)
    assert single(weights, differences, d) == []
    assert least_squares(weights, differences, d) is None
    assert least_mass(weights, differences, d) is None


def test_nothing_has_to_move_when_both_are_equal_already():
    weights, differences = (0.25, 0.25, 0.5), (0.5, 0.5, -0.5)
    assert least_squares(weights, differences, 0.0) == (0.0, [0.25, 0.25, 0.5])
    assert least_mass(weights, differences, 0.0) == (0.0, [])
    assert least_squares((0.6, 0.4), (0.0, 0.0), 0.0) == (0.0, [0.6, 0.4])
    assert least_mass((0.6, 0.4), (0.0, 0.0), 0.0) == (0.0, [])
