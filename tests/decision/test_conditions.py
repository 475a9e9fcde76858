"""Three-valued conditions against Kleene's tables, min and max, and the version order of packaging."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from advisor.decision.conditions import holds, leaves, version_key

prop = settings(deadline=None, derandomize=True, max_examples=100)
T, F, U = ["fact", "yes", [True]], ["fact", "no", [True]], ["fact", "open", [True]]
FACTS = {"yes": True, "no": False}
LEAF = {True: T, False: F, None: U}
NAMES = ("a", "b", "c", "d")

conditions = st.recursive(
    st.sampled_from(NAMES).map(lambda name: ["fact", name, [True]]),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda parts: ["all", *parts])
        | st.lists(inner, max_size=4).map(lambda parts: ["any", *parts])
        | inner.map(lambda part: ["not", part])
    ),
    max_leaves=15,
)
valuations = st.fixed_dictionaries({name: st.sampled_from((True, False, None)) for name in NAMES})
numbers = st.lists(st.integers(0, 30), min_size=1, max_size=4)


def graded(condition, facts):
    """Kleene's logic as arithmetic: false 0, unknown 1/2, true 1; and is min, or is max, not is 1 - x."""
    kind, *parts = condition
    if kind == "fact":
        return {True: 1.0, False: 0.0, None: 0.5}[facts[parts[0]]]
    if kind == "not":
        return 1.0 - graded(parts[0], facts)
    states = [graded(part, facts) for part in parts]
    return min([1.0, *states]) if kind == "all" else max([0.0, *states])


def dotted(parts):
    return ".".join(map(str, parts))


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (True, True, True, True),
        (True, None, None, True),
        (True, False, False, True),
        (None, True, None, True),
        (None, None, None, None),
        (None, False, False, None),
        (False, True, False, True),
        (False, None, False, None),
        (False, False, False, False),
    ],
)
def test_kleene_and_or(left, right, both, either):
    assert holds(["all", LEAF[left], LEAF[right]], {}, FACTS) is both
    assert holds(["any", LEAF[left], LEAF[right]], {}, FACTS) is either


@pytest.mark.parametrize(("state", "negated"), [(True, False), (False, True), (None, None)])
def test_kleene_not(state, negated):
    assert holds(["not", LEAF[state]], {}, FACTS) is negated


def test_no_parts_are_the_neutral_elements():
    assert holds(["all"], {}, {}) is True
    assert holds(["any"], {}, {}) is False


@prop
@given(conditions, valuations)
def test_equals_min_max_arithmetic(condition, facts):
    assert holds(condition, {}, facts) is {1.0: True, 0.0: False, 0.5: None}[graded(condition, facts)]


@prop
@given(conditions, valuations)
def test_what_is_decided_stays_decided_when_unknowns_are_learned(condition, facts):
    before = holds(condition, {}, facts)
    unknown = [name for name in NAMES if facts[name] is None]
    for learned in itertools.product((True, False), repeat=len(unknown)):
        after = holds(condition, {}, {**facts, **dict(zip(unknown, learned))})
        assert after is not None
        assert before is None or after is before


@prop
@given(st.lists(conditions, max_size=4), valuations)
def test_de_morgan(parts, facts):
    negated = [["not", part] for part in parts]
    assert holds(["not", ["all", *parts]], {}, facts) is holds(["any", *negated], {}, facts)
    assert holds(["not", ["any", *parts]], {}, facts) is holds(["all", *negated], {}, facts)


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({}, None),
        ({"target": []}, False),
        ({"target": ["mobile"]}, True),
        ({"target": ["server"]}, False),
        ({"target": ["server", "web"]}, True),
        ({"other": ["mobile"]}, None),
    ],
)
def test_an_answer_holds_when_one_of_its_options_was_chosen(answers, state):
    assert holds(["answer", "target", ["mobile", "web"]], answers, {}) is state


@pytest.mark.parametrize(
    ("facts", "state"),
    [({}, None), ({"os": None}, None), ({"os": "linux"}, True), ({"os": "windows"}, False)],
)
def test_a_fact_that_nobody_probed_is_unknown(facts, state):
    assert holds(["fact", "os", ["linux", "macos"]], {}, facts) is state


@pytest.mark.parametrize(("leader", "state"), [("pytorch", True), ("tensorflow", False), (None, False)])
def test_leader(leader, state):
    assert holds(["leader", ["pytorch"]], {}, {}, leader) is state


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="unknown kind of condition: 'eval'"):
        holds(["eval", "1"], {}, {})


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("3.9", (3, 9)),
        ("3.10", (3, 10)),
        ("3.14.1rc2", (3, 14, 1)),
        ("2.8.0+cu128", (2, 8, 0)),
        ("3.14rc1.5", (3, 14)),
        ("3.10.", (3, 10)),
        ("12", (12,)),
        (12, (12,)),
        (3.5, (3, 5)),
        ("007.01", (7, 1)),
        ("garbage", None),
        ("v3.9", None),
        ("", None),
        (".5", None),
        ("-1", None),
        (" 3", None),
        ("٣.٩", None),
        ("²", None),
        (True, None),
        (None, None),
    ],
)
def test_version_key_is_the_leading_numbers(value, key):
    assert version_key(value) == key


def test_versions_are_ordered_as_numbers():
    keys = [version_key(v) for v in ("3.9", "3.10", "3.14.1rc2", "3.14.2", "4")]
    assert keys == sorted(keys)


def test_an_absurdly_long_number_is_cut():
    assert version_key("9" * 5000) == (999_999_999,)


def in_range(value, low, high):
    return holds(["version", "python", low, high], {}, {"python": value})


@pytest.mark.parametrize(
    ("value", "low", "high", "state"),
    [
        ("3.10.4", "3.10", None, True),
        ("3.10", "3.10.0", None, True),
        ("3.9.18", "3.10", None, False),
        ("3", "3.10", None, False),
        ("4", "3.10", None, True),
        ("3.14.1rc2", "3.10", "3.14", True),
        ("3.15", None, "3.14", False),
        ("3.14.9", None, "3.14", True),
        ("3.14.9", None, "3.14.8", False),
        ("3", None, "3.14", True),
        ("3.9", None, None, True),
        ("garbage", "3.10", None, None),
        ("garbage", None, None, None),
        (None, "3.10", None, None),
    ],
)
def test_version_ranges_include_their_ends(value, low, high, state):
    assert in_range(value, low, high) is state


def test_a_version_that_nobody_probed_is_unknown():
    assert holds(["version", "python", "3.10", None], {}, {}) is None


@prop
@given(numbers, numbers)
def test_lower_ends_order_versions_as_packaging_does(value, low):
    assert in_range(dotted(value), dotted(low), None) is (Version(dotted(value)) >= Version(dotted(low)))


@prop
@given(numbers, numbers)
def test_an_upper_end_includes_all_that_starts_with_it(value, high):
    value = value + [0] * (len(high) - len(value))
    start = dotted(value[: len(high)])
    assert in_range(dotted(value), None, dotted(high)) is (Version(start) <= Version(dotted(high)))


@prop
@given(conditions)
def test_leaves_are_the_facts_from_left_to_right(condition):
    def flat(part):
        return [part[1]] if part[0] == "fact" else [name for inner in part[1:] for name in flat(inner)]

    assert [leaf[1] for leaf in leaves(condition)] == flat(condition)


def test_leaves_yields_every_kind_of_leaf():
    parts = [["answer", "q", ["o"]], ["fact", "f", ["v"]], ["version", "v", "1", None], ["leader", ["x"]]]
    assert list(leaves(["any", parts[0], ["not", ["all", *parts[1:]]]])) == parts


@pytest.mark.parametrize("depth", [40, 200])
def test_deep_nesting_is_followed(depth):
    condition = U
    for k in range(depth):
        condition = ["not", ["all", ["any", condition]]] if k % 2 else ["not", condition]
    assert holds(condition, {}, {}) is None
    assert holds(condition, {}, {"open": True}) is True
    assert list(leaves(condition)) == [U]


def test_shared_parts_are_not_changed():
    condition = ["all", ["any", T, U], ["not", F]]
    copy = [list(part) for part in condition[1:]]
    assert holds(condition, {}, FACTS) is True
    assert condition == ["all", *copy]
