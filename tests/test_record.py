"""Records: values that cannot change, compare, pickle, and turn into JSON."""

import copy
import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.record import Record, plain

prop = settings(deadline=None, derandomize=True, max_examples=50)


class Point(Record):
    """Two numbers."""

    x: float
    y: float


class Spot(Record):
    """Same fields as `Point`, another type."""

    x: float
    y: float


class Path(Record):
    """Records inside tuples, lists and dicts, and a key that is no Python name."""

    __json__ = {"source": "from"}
    name: str
    points: tuple
    marks: dict
    source: object


PATH = Path("p", (Point(1, 2), [Point(3, 4)]), {"end": Point(5, 6)}, None)


def test_fields_are_given_by_position_by_name_or_both():
    assert Point(1, 2) == Point(1, y=2) == Point(y=2, x=1)
    assert (Point(1, 2).x, Point(1, 2).y) == (1, 2)


@pytest.mark.parametrize(
    ("values", "named", "message"),
    [
        ((), {}, "Point needs 'x'"),
        ((1,), {}, "Point needs 'y'"),
        ((), {"y": 2}, "Point needs 'x'"),
        ((1, 2, 3), {}, "Point takes 2 values, 3 were given"),
        ((1, 2), {"z": 3}, "Point has no field 'z'"),
        ((1,), {"y": 2, "z": 3}, "Point has no field 'z'"),
        ((1, 2), {"x": 1}, "Point has no field 'x'"),
    ],
)
def test_wrong_arguments_are_refused(values, named, message):
    with pytest.raises(TypeError, match=message):
        Point(*values, **named)


@pytest.mark.parametrize("name", ["x", "y", "z", "__json__"])
def test_nothing_can_be_set_or_deleted(name):
    point = Point(1, 2)
    with pytest.raises(AttributeError, match="Point is immutable"):
        setattr(point, name, 5)
    with pytest.raises(AttributeError, match="Point is immutable"):
        delattr(point, name)
    assert point == Point(1, 2)


def test_there_is_no_dictionary_to_write_to():
    assert not hasattr(Point(1, 2), "__dict__")


def test_equality_is_by_type_and_value():
    assert Point(1, 2) != Point(2, 1)
    assert Point(1, 2) != Spot(1, 2)
    assert Point(1, 2) != (1, 2)
    assert Point(1, (2, 3)) == Point(1, [2, 3])


def test_equal_records_are_one_key():
    assert len({Point(1, 2), Point(1, 2), Point(2, 1), Spot(1, 2)}) == 3
    assert hash(Path("p", (Point(1, 2),), {}, 0)) == hash(Path("p", [Point(1, 2)], {}, 0))


@pytest.mark.parametrize(
    ("one", "same"), [(1, 1.0), (1, True), (0.0, -0.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1})]
)
def test_equal_records_have_equal_hashes(one, same):
    assert Point(one, 0) == Point(same, 0)
    assert hash(Point(one, 0)) == hash(Point(same, 0))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_records_survive_pickling(protocol):
    again = pickle.loads(pickle.dumps(PATH, protocol))
    assert again == PATH
    assert type(again.points[1][0]) is Point


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_records_can_be_copied(duplicate):
    assert duplicate(PATH) == PATH


def test_repr_names_the_fields():
    assert repr(Point(1, "a")) == "Point(x=1, y='a')"


def test_to_dict_is_plain_json_in_the_order_of_the_fields():
    data = PATH.to_dict()
    assert data == {
        "name": "p",
        "points": [{"x": 1, "y": 2}, [{"x": 3, "y": 4}]],
        "marks": {"end": {"x": 5, "y": 6}},
        "from": None,
    }
    assert list(data) == ["name", "points", "marks", "from"]


def test_to_dict_shares_nothing_that_can_be_changed():
    marks = {"a": [1]}
    record = Path("p", (), marks, None)
    record.to_dict()["marks"]["a"].append(2)
    assert marks == {"a": [1]}


@prop
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_plain_data_is_what_json_reads_back(value):
    assert json.loads(json.dumps(plain(value))) == plain(value) == json.loads(json.dumps(value))
