"""Ageing, family caps and the lean against exponentials, rationals and the Beta distribution."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.decision.evidence import capped, lean, strength

prop = settings(deadline=None, derandomize=True, max_examples=60)
strengths = st.floats(1e-6, 1.0)
observed = st.floats(-1.0, 1.0)
findings = st.lists(st.tuples(strengths, observed), max_size=15)


def beta_lean(weights, seen, prior):
    """Mean and variance of 2p - 1 for p ~ Beta(prior/2 + sum a(1+y)/2, prior/2 + sum a(1-y)/2), in rationals."""
    alpha = Fraction(prior) / 2 + sum(Fraction(a) * (1 + Fraction(y)) / 2 for a, y in zip(weights, seen))
    beta = Fraction(prior) / 2 + sum(Fraction(a) * (1 - Fraction(y)) / 2 for a, y in zip(weights, seen))
    n = alpha + beta
    return 2 * alpha / n - 1, 4 * alpha * beta / (n * n * (n + 1))


def test_half_is_left_after_a_half_life():
    assert strength(0.8, 0, 365.25) == 0.8
    assert strength(0.8, 365.25, 365.25) == 0.4
    assert strength(0.8, 3 * 365.25, 365.25) == 0.1


@prop
@given(strengths, st.floats(0.0, 4000.0), st.floats(50.0, 4000.0))
def test_ageing_is_exponential_decay(base, age, half_life):
    oracle = base * math.exp(-math.log(2.0) * age / half_life)
    assert strength(base, age, half_life) == pytest.approx(oracle, rel=1e-12)


@prop
@given(strengths, st.floats(0.0, 2000.0), st.floats(0.0, 2000.0), st.floats(50.0, 4000.0))
def test_ageing_twice_is_ageing_for_the_sum(base, first, second, half_life):
    twice = strength(strength(base, first, half_life), second, half_life)
    assert twice == pytest.approx(strength(base, first + second, half_life), rel=1e-12)
    assert twice <= base


def test_very_old_findings_fade_to_nothing():
    assert strength(1.0, 1e9, 100.0) == 0.0


def test_ten_copies_of_one_release_count_once():
    assert capped([1.0] * 10 + [0.7], ["press"] * 10 + ["survey"], 1.0) == pytest.approx([0.1] * 10 + [0.7])


@prop
@given(
    st.lists(st.tuples(strengths | st.just(0.0), st.sampled_from("abc")), max_size=15), st.floats(0.1, 3.0)
)
def test_a_family_keeps_its_proportions_and_at_most_its_cap(items, cap):
    before, families = [a for a, _ in items], [f for _, f in items]
    after = capped(before, families, cap)
    assert len(after) == len(before)
    for family in set(families):
        own = [Fraction(a) for a, f in items if f == family]
        total = sum(own)
        factor = min(Fraction(1), Fraction(cap) / total) if total else Fraction(0)
        kept = [a for a, f in zip(after, families) if f == family]
        assert kept == pytest.approx([float(a * factor) for a in own], rel=1e-12)
        assert math.fsum(kept) <= cap * (1.0 + 1e-12)


def test_nothing_under_the_cap_is_touched():
    assert capped([0.3, 0.2, 0.9], ["a", "a", "b"], 1.0) == [0.3, 0.2, 0.9]
    assert capped([], [], 1.0) == []


@prop
@given(findings, st.floats(0.01, 5.0))
def test_lean_is_the_beta_mean_and_variance_carried_to_minus_one_to_one(items, prior):
    weights, seen = [a for a, _ in items], [y for _, y in items]
    mean, variance = lean(weights, seen, prior)
    exact_mean, exact_variance = beta_lean(weights, seen, prior)
    assert mean == pytest.approx(float(exact_mean), abs=1e-13)
    assert variance == pytest.approx(float(exact_variance), abs=1e-13)


@prop
@given(findings, st.floats(0.0, 5.0), st.randoms(use_true_random=False))
def test_lean_does_not_depend_on_the_order(items, prior, rng):
    shuffled = list(items)
    rng.shuffle(shuffled)
    first = lean([a for a, _ in items], [y for _, y in items], prior)
    second = lean([a for a, _ in shuffled], [y for _, y in shuffled], prior)
    assert first == pytest.approx(second, abs=1e-13)


@prop
@given(findings, st.floats(0.0, 5.0))
def test_lean_is_bounded(items, prior):
    mean, variance = lean([a for a, _ in items], [y for _, y in items], prior)
    assert -1.0 <= mean <= 1.0
    assert 0.0 <= variance <= 1.0


@prop
@given(st.lists(st.tuples(strengths, observed), min_size=1, max_size=15), st.floats(0.1, 5.0))
def test_lean_returns_to_neutral_as_its_evidence_ages(items, prior):
    seen = [y for _, y in items]
    total = sum(a for a, _ in items)
    for half_lives in (0, 5, 20, 60):
        mean, _ = lean([strength(a, half_lives, 1.0) for a, _ in items], seen, prior)
        assert abs(mean) <= total * 2.0**-half_lives / prior + 1e-15


def test_no_evidence_is_neutral():
    assert lean([], [], 2.0) == (0.0, pytest.approx(1 / 3))
    assert lean([0.0], [1.0], 0.0) == (0.0, 1.0)


def test_more_agreeing_evidence_leans_further_and_surer():
    means, variances = zip(*(lean([0.5] * n, [1.0] * n, 1.0) for n in range(12)))
    assert list(means) == sorted(set(means))
    assert list(variances) == sorted(set(variances), reverse=True)


def test_contradicting_evidence_of_equal_strength_cancels_but_is_surer_than_none():
    mean, variance = lean([0.8, 0.8], [1.0, -1.0], 1.0)
    assert mean == 0.0
    assert variance < lean([], [], 1.0)[1]
