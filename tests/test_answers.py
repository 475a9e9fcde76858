"""Sets of answers: merging, origins, immutability, and what is refused."""

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.answers import ORIGINS, Answers
from advisor.errors import AdvisorError, AnswersError

prop = settings(deadline=None, derandomize=True, max_examples=40)
keys = st.sampled_from(["target", "users", "size", "team"])
options = st.lists(st.sampled_from("abc"), min_size=1, max_size=4)
sets = st.builds(Answers, st.dictionaries(keys, options), st.sampled_from(ORIGINS))


def test_one_or_several_options_become_a_tuple():
    answers = Answers({"target": "mobile", "users": ["research", "students"], "size": ("s",)})
    assert answers["target"] == ("mobile",)
    assert answers["users"] == ("research", "students")
    assert answers["size"] == ("s",)


def test_is_a_collection_of_its_keys():
    answers = Answers({"b": "1", "a": "2"})
    assert list(answers) == ["b", "a"]
    assert len(answers) == 2
    assert "a" in answers
    assert "c" not in answers
    assert 1 not in answers
    with pytest.raises(KeyError):
        answers["c"]
    with pytest.raises(KeyError):
        answers.origin("c")


def test_repeated_options_count_once_in_their_order():
    assert Answers({"users": ["b", "a", "b"]})["users"] == ("b", "a")


@pytest.mark.parametrize("chosen", [None, {}, {"users": []}, {"users": ()}])
def test_nothing_chosen_is_nothing_answered(chosen):
    assert len(Answers(chosen)) == 0
    assert Answers(chosen) == Answers()


@pytest.mark.parametrize("origin", ORIGINS)
def test_each_answer_knows_where_it_came_from(origin):
    assert Answers({"target": "web"}, origin).origin("target") == origin


def test_an_answer_was_asked_unless_told_otherwise():
    assert Answers({"target": "web"}).origin("target") == "asked"


def test_an_unknown_origin_is_refused():
    with pytest.raises(ValueError, match=r"origin must be one of asked, flag, .*, not 'guess'"):
        Answers({"target": "web"}, "guess")


def test_where_both_answer_the_right_one_wins_with_its_origin():
    profile = Answers({"target": "web", "size": "s"}, "profile")
    flags = Answers({"target": "mobile", "team": "small"}, "flag")
    merged = profile | flags
    assert {key: (merged[key], merged.origin(key)) for key in merged} == {
        "target": (("mobile",), "flag"),
        "size": (("s",), "profile"),
        "team": (("small",), "flag"),
    }


@prop
@given(sets, sets, sets)
def test_merging_is_associative_and_empty_sets_change_nothing(a, b, c):
    assert (a | b) | c == a | (b | c)
    assert a | Answers() == a == Answers() | a
    assert a | a == a


@prop
@given(sets, sets)
def test_merging_leaves_its_parts_as_they_were(a, b):
    before = repr(a), repr(b)
    merged = a | b
    assert (repr(a), repr(b)) == before
    assert set(merged) == set(a) | set(b)


@prop
@given(sets, keys)
def test_without_opens_one_question_and_keeps_the_rest(answers, key):
    rest = answers.without(key)
    assert set(rest) == set(answers) - {key}
    assert all((rest[k], rest.origin(k)) == (answers[k], answers.origin(k)) for k in rest)


@prop
@given(st.dictionaries(keys, options), st.randoms(use_true_random=False))
def test_the_order_of_questions_does_not_count(chosen, rng):
    shuffled = list(chosen.items())
    rng.shuffle(shuffled)
    assert Answers(chosen) == Answers(dict(shuffled))
    assert hash(Answers(chosen)) == hash(Answers(dict(shuffled)))


def test_equality_is_by_options_and_origin():
    assert Answers({"a": "1"}) == Answers({"a": ["1"]})
    assert Answers({"a": "1"}) != Answers({"a": "2"})
    assert Answers({"a": "1"}, "flag") != Answers({"a": "1"}, "file")
    assert Answers({"a": "1"}) != {"a": ("1",)}


@pytest.mark.parametrize("name", ["_chosen", "target", "origin"])
def test_nothing_can_be_set(name):
    answers = Answers({"target": "web"})
    with pytest.raises(AttributeError):
        setattr(answers, name, {})
    with pytest.raises(TypeError):
        answers["target"] = ("mobile",)
    assert answers["target"] == ("web",)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))])
def test_answers_can_be_copied_and_pickled(duplicate):
    answers = Answers({"users": ["a", "b"]}, "file") | Answers({"target": "web"}, "flag")
    assert duplicate(answers) == answers


def test_changing_what_was_given_changes_nothing():
    chosen = {"users": ["a"]}
    answers = Answers(chosen)
    chosen["users"].append("b")
    chosen["target"] = ["web"]
    assert repr(answers) == "Answers({'users': ['a']})"


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (["target"], "answers must map questions to options, not list"),
        ("target", "answers must map questions to options, not str"),
        (0, "answers must map questions to options, not int"),
        ({1: "web"}, "a question key must be text, not 1"),
        ({None: "web"}, "a question key must be text, not None"),
        ({"target": None}, "the answer to 'target' is NoneType"),
        ({"target": True}, "the answer to 'target' is bool"),
        ({"target": 3}, "the answer to 'target' is int"),
        ({"target": {"web": 1}}, "the answer to 'target' is dict"),
        ({"target": ["web", 3]}, "the answer to 'target' is list"),
        ({"target": [["web"]]}, "the answer to 'target' is list"),
        ({"target": b"web"}, "the answer to 'target' is bytes"),
    ],
)
def test_what_is_no_answer_is_refused(chosen, message):
    with pytest.raises(AnswersError) as caught:
        Answers(chosen)
    assert caught.value.message == message
    assert isinstance(caught.value, AdvisorError)
