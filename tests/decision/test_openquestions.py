"""Value of information against direct enumeration in rationals, and intervals against all corners."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.decision.openquestions import interval, value_of_information

prop = settings(deadline=None, derandomize=True, max_examples=60)
score = st.none() | st.floats(0.0, 1.0, allow_subnormal=False)


@st.composite
def questions(draw, cell=score, fewest=1, most=3):
    m = draw(st.integers(fewest, most))
    rows = draw(st.lists(st.lists(cell, min_size=m, max_size=m), min_size=1, max_size=5))
    raw = draw(st.lists(st.integers(1, 9), min_size=len(rows), max_size=len(rows)))
    return rows, [w / sum(raw) for w in raw]


def enumerated(rows, priors):
    """Best expected worth when the choice may follow the answer, less the best when one choice serves all answers."""
    worth = [[Fraction(0) if v is None else Fraction(v) for v in row] for row in rows]
    p = [Fraction(x) for x in priors]
    policies = itertools.product(range(len(rows[0])), repeat=len(rows))
    values = {policy: sum(q * row[i] for q, row, i in zip(p, worth, policy)) for policy in policies}
    return float(max(values.values()) - max(v for policy, v in values.items() if len(set(policy)) == 1))


@prop
@given(questions())
def test_equals_the_enumeration_of_all_policies(question):
    rows, priors = question
    assert value_of_information(rows, priors) == pytest.approx(enumerated(rows, priors), abs=1e-14)


@prop
@given(questions())
def test_priors_are_uniform_unless_given(question):
    rows, _ = question
    assert value_of_information(rows) == value_of_information(rows, [1.0 / len(rows)] * len(rows))


@prop
@given(questions(cell=st.floats(0.0, 1.0, allow_subnormal=False), fewest=2, most=2))
def test_two_alternatives_have_half_the_mean_size_less_half_the_size_of_the_mean(question):
    rows, priors = question
    differences = [a - b for a, b in rows]
    size = sum(p * abs(d) for p, d in zip(priors, differences)) / 2.0
    mean = abs(sum(p * d for p, d in zip(priors, differences))) / 2.0
    assert value_of_information(rows, priors) == pytest.approx(size - mean, abs=1e-14)


@prop
@given(questions())
def test_lies_between_nothing_and_one(question):
    assert 0.0 <= value_of_information(*question) <= 1.0


@prop
@given(questions(cell=st.floats(0.0, 1.0, allow_subnormal=False)), st.data())
def test_is_zero_when_no_answer_changes_who_is_best(question, data):
    rows, priors = question
    best = data.draw(st.integers(0, len(rows[0]) - 1))
    for row in rows:
        row[best] = max(row)
    assert value_of_information(rows, priors) == pytest.approx(0.0, abs=1e-15)


def test_an_answer_that_turns_the_choice_is_worth_asking_for():
    assert value_of_information([[0.8, 0.4], [0.2, 0.6]]) == pytest.approx(0.2)
    assert value_of_information([[0.8, 0.4], [0.2, 0.6]], [0.9, 0.1]) == pytest.approx(0.04)


def test_an_excluded_alternative_is_worth_nothing():
    excluded = [[0.8, 0.5], [None, 0.5]]
    assert value_of_information(excluded) == pytest.approx(0.15)
    assert value_of_information(excluded) == value_of_information([[0.8, 0.5], [0.0, 0.5]])
    assert value_of_information([[None, None], [None, None]]) == 0.0


def test_no_outcomes_and_one_outcome_are_worth_nothing():
    assert value_of_information([]) == 0.0
    assert value_of_information([[0.3, 0.9]]) == 0.0


@prop
@given(
    st.floats(-1.0, 1.0),
    st.lists(
        st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0)).map(lambda r: (min(r), max(r))), max_size=6
    ),
)
def test_interval_is_spanned_by_all_corners(margin, ranges):
    corners = [margin + sum(corner) for corner in itertools.product(*ranges)]
    assert interval(margin, ranges) == pytest.approx((min(corners), max(corners)), abs=1e-14)


def test_without_open_questions_the_interval_is_the_margin():
    assert interval(0.25, []) == (0.25, 0.25)
