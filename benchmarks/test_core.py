"""Parts of a recommendation under pytest-benchmark; nothing here asserts a time."""

from __future__ import annotations

import random
from typing import Any

import pytest

from advisor import Answers, days, load_rules
from advisor.advise.compose import compose
from advisor.advise.evaluation import Evaluation
from advisor.advise.reading import Reading, reading_of
from advisor.advise.situation import Situation, checked, index_of, profile_answers
from advisor.decision import acceptability

DAY = days.parse("2026-11-22")


@pytest.fixture(scope="module")
def rules() -> Any:
    return load_rules()


@pytest.fixture(params=["research", "legacy-tensorflow", "tpu"])
def answers(request: Any, rules: Any) -> Answers:
    return profile_answers(rules, request.param)


@pytest.mark.parametrize("count", [10, 40, 80])
def test_acceptability(benchmark: Any, count: int) -> None:
    draw = random.Random(count)
    differences = [draw.uniform(-1.0, 1.0) for _ in range(count)]
    assert 0.0 <= benchmark(acceptability.exact, differences, 2) <= 1.0


def test_reading(benchmark: Any, rules: Any) -> None:
    assert benchmark(Reading, rules, DAY, article=False).values


def test_evaluation(benchmark: Any, rules: Any, answers: Answers) -> None:
    reading = reading_of(rules, DAY, article=False)
    index, chosen = index_of(rules), checked(rules, answers)
    assert benchmark(lambda: Evaluation(reading, Situation(index, chosen, {}))).total > 0.0


def test_recommendation(benchmark: Any, rules: Any, answers: Answers) -> None:
    assert benchmark(compose, rules, answers, {}, reading="date", day=DAY).verdict.outcome


def test_plain_data(benchmark: Any, rules: Any, answers: Answers) -> None:
    assert benchmark(compose(rules, answers, {}, reading="date", day=DAY).to_dict)


def test_many(benchmark: Any, rules: Any) -> None:
    numpy = pytest.importorskip("numpy")
    draw = numpy.random.default_rng(1)
    columns = {
        question["key"]: draw.integers(-1, len(question["options"]), 100_000, dtype=numpy.int8)
        for question in rules.core["questions"]
    }
    assert len(benchmark(rules.recommend_many, columns, as_of="2026-11-22")) == 100_000
