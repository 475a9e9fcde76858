"""Local values from pairs against numpy's least squares, by hand, and by their symmetries."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.decision.pairwise import local_values, solve

prop = settings(deadline=None, derandomize=True, max_examples=60)
eighths = st.integers(-8, 8).map(lambda k: k / 8.0)


@st.composite
def comparisons(draw, smallest=2, largest=6):
    count = draw(st.integers(smallest, largest))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda p: p[0] != p[1])
    return count, [(*draw(pair), draw(eighths)) for _ in range(draw(st.integers(0, 9)))]


def connected(count, pairs):
    groups = [{i} for i in range(count)]
    for a, b, _ in pairs:
        one, other = (next(g for g in groups if i in g) for i in (a, b))
        if one is not other:
            groups.remove(other)
            one |= other
    return groups


def least_squares(count, pairs):
    """Numpy's fit, each connected group centred on .5, and divided by the widest range above 1."""
    design = np.zeros((len(pairs), count))
    for row, (a, b, _) in zip(design, pairs):
        row[a], row[b] = 1.0, -1.0
    fit = (
        np.linalg.lstsq(design, np.array([lean for _, _, lean in pairs]), rcond=None)[0]
        if pairs
        else np.zeros(count)
    )
    groups = [sorted(g) for g in connected(count, pairs)]
    widest = max(1.0, *(np.ptp(fit[g]) for g in groups)) if count > 1 else 1.0
    result = np.empty(count)
    for g in groups:
        result[g] = 0.5 + (fit[g] - (fit[g].min() + fit[g].max()) / 2.0) / widest
    return result


@pytest.mark.parametrize(
    ("pairs", "values"),
    [
        ([(0, 1, 0.6)], [0.8, 0.2]),
        ([(1, 0, 0.6)], [0.2, 0.8]),
        ([(0, 1, 0.6), (1, 0, 0.2)], [0.6, 0.4]),
        ([(0, 1, -1.0)], [0.0, 1.0]),
        ([(0, 1, 0.6), (0, 1, 0.0)], [0.65, 0.35]),
    ],
)
def test_two_alternatives_share_the_mean_lean(pairs, values):
    assert local_values(2, pairs) == pytest.approx(values)


def test_three_consistent_pairs_are_met_exactly():
    assert local_values(3, [(0, 1, 0.2), (1, 2, 0.5), (0, 2, 0.7)]) == pytest.approx([0.85, 0.65, 0.15])


def test_three_inconsistent_pairs_share_the_contradiction():
    assert local_values(3, [(0, 1, 0.3), (1, 2, 0.3), (0, 2, 0.0)]) == pytest.approx([0.6, 0.5, 0.4])


def test_a_cycle_of_equal_leans_prefers_nobody():
    assert local_values(3, [(0, 1, 0.4), (1, 2, 0.4), (2, 0, 0.4)]) == pytest.approx([0.5] * 3)


def test_a_range_above_one_is_shrunk_to_the_whole_scale():
    assert local_values(3, [(0, 1, 0.9), (1, 2, 0.6)]) == pytest.approx([1.0, 0.4, 0.0])


def test_one_favoured_over_all_others_leads_by_its_lean():
    assert local_values(4, [(2, k, 0.6) for k in (0, 1, 3)]) == pytest.approx([0.2, 0.2, 0.8, 0.2])


@prop
@given(comparisons())
def test_equals_the_least_squares_of_numpy(case):
    assert local_values(*case) == pytest.approx(least_squares(*case), abs=1e-12)


@prop
@given(comparisons(smallest=3))
def test_no_other_values_fit_the_pairs_better(case):
    count, pairs = case
    values = np.array(local_values(count, pairs))
    if any(np.ptp(values[sorted(g)]) > 1.0 - 1e-9 for g in connected(count, pairs)):
        return
    pull = np.zeros(count)
    for a, b, lean in pairs:
        residual = values[a] - values[b] - lean
        pull[a] += residual
        pull[b] -= residual
    assert pull == pytest.approx(np.zeros(count), abs=1e-12)


@prop
@given(comparisons())
@example(
    (
        5,
        [
            (4, 1, 0.5),
            (2, 0, 0.125),
            (4, 3, -1.0),
            (2, 4, 1.0),
            (0, 1, 0.25),
            (4, 1, 0.375),
            (0, 1, -0.375),
            (4, 2, 0.875),
            (3, 4, 1.0),
        ],
    )
)
def test_values_stay_on_the_scale(case):
    assert all(0.0 <= u <= 1.0 for u in local_values(*case))


@prop
@given(comparisons(), st.randoms(use_true_random=False))
def test_renaming_alternatives_and_reordering_pairs_only_renames_values(case, rng):
    count, pairs = case
    names = list(range(count))
    rng.shuffle(names)
    renamed = [(names[a], names[b], lean) for a, b, lean in pairs]
    rng.shuffle(renamed)
    values, after = local_values(count, pairs), local_values(count, renamed)
    assert [after[names[i]] for i in range(count)] == pytest.approx(values, abs=1e-12)


@prop
@given(comparisons())
def test_turning_a_pair_around_negates_its_lean(case):
    count, pairs = case
    turned = [(b, a, -lean) for a, b, lean in pairs]
    assert local_values(count, turned) == pytest.approx(local_values(count, pairs), abs=1e-12)


@prop
@given(comparisons())
def test_whoever_no_pair_connects_stays_in_the_middle(case):
    count, pairs = case
    values = local_values(count + 1, pairs)
    assert values[count] == 0.5
    for group in connected(count, pairs):
        if len(group) == 1:
            assert values[group.pop()] == 0.5


def test_groups_without_a_pair_between_them_do_not_move_each_other():
    together = local_values(5, [(0, 1, 0.6), (0, 2, 0.6), (3, 4, 0.2)])
    assert together == pytest.approx([0.8, 0.2, 0.2, 0.6, 0.4])


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_no_pairs_leave_everyone_in_the_middle(count):
    assert local_values(count, []) == [0.5] * count


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_solve_equals_numpy(n):
    rng = np.random.default_rng(n)
    matrix, right = rng.normal(size=(n, n)), rng.normal(size=n)
    assert solve(matrix.tolist(), right.tolist()) == pytest.approx(np.linalg.solve(matrix, right), rel=1e-9)


def test_solve_pivots_past_a_zero_on_the_diagonal_and_keeps_its_input():
    matrix, right = [[0.0, 2.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 4.0]], [6.0, 5.0, 2.0]
    assert solve(matrix, right) == [5.0, 3.0, 0.5]
    assert matrix == [[0.0, 2.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 4.0]]
    assert right == [6.0, 5.0, 2.0]
