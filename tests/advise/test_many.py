"""Many sets of answers at once say row by row what `recommend` says."""

import copy
import random
import sys
from pathlib import Path

import pytest

from advisor import Answers, load_rules, recommend
from advisor.advise import many
from advisor.advise.accepted import exact, surely_accepted
from advisor.advise.cases import reading_of_case
from advisor.advise.situation import profile_answers
from advisor.api import Rules
from advisor.days import text
from advisor.decision import acceptability
from advisor.errors import AdvisorError, AnswersError, UsageError

np = pytest.importorskip("numpy")

DAY = "2026-11-22"
READINGS = (DAY, "2020-06-01", "article")
THREE = Path(__file__).resolve().parents[1] / "data" / "three"


def drawn_set(rules, draw, several=True):
    """A set of answers from nearly empty to complete, some questions with several options."""
    share = draw.random()
    found = {}
    for question in rules.core["questions"]:
        if draw.random() < share:
            options = [option["id"] for option in question["options"]]
            joint = [option["id"] for option in question["options"] if not option.get("exclusive")]
            several_here = several and question["multiple"] and len(joint) > 1 and draw.random() < 0.4
            found[question["key"]] = draw.sample(joint, 2) if several_here else draw.choice(options)
    return found


def agrees(rules, sets, result, *, as_of, facts=None):
    """Whether every row of `result` is the verdict of `recommend`; how often each outcome came out."""
    outcomes = dict.fromkeys(result.outcomes, 0)
    assert len(result) == len(sets)
    for row, given in enumerate(sets):
        one = recommend(answers=given, as_of=as_of, rules=rules, facts=facts)
        chosen = result.alternative[row]
        found = (
            result.outcomes[result.outcome[row]],
            None if chosen < 0 else result.alternatives[chosen],
        )
        assert found == (one.verdict.outcome, one.verdict.alternative), given
        assert result.margin[row] == pytest.approx(one.verdict.margin, rel=0, abs=1e-12), given
        by_name = {a.id: a for a in one.alternatives}
        for i, name in enumerate(rules.alternatives):
            assert result.scores[row, i] == pytest.approx(by_name[name].score, rel=0, abs=1e-12)
            assert result.excluded[row, i] == bool(by_name[name].excluded_by)
        first = one.alternatives[0]
        assert result.leader[row] == (-1 if first.excluded_by else rules.alternatives.index(first.id))
        outcomes[one.verdict.outcome] += 1
    return outcomes


def codes_of(rules, sets):
    """The same sets, of one option per question, as arrays of codes."""
    return {
        question["key"]: np.array(
            [
                [option["id"] for option in question["options"]].index(given[question["key"]])
                if question["key"] in given
                else -1
                for given in sets
            ],
            np.int8,
        )
        for question in rules.core["questions"]
    }


@pytest.mark.parametrize("as_of", READINGS)
def test_random_sets(rules, as_of):
    draw = random.Random(as_of)
    sets = [drawn_set(rules, draw) for _ in range(150)]
    outcomes = agrees(rules, sets, rules.recommend_many(sets, as_of=as_of), as_of=as_of)
    assert outcomes["recommend"] and outcomes["either"]


@pytest.mark.parametrize(
    "facts",
    [
        {"os": "darwin", "arch": "arm64", "tpu.generation": "v7x"},
        {"os": "linux", "wsl": False, "gpu.vendor": "nvidia", "gpu.compute_capability": "12.0"},
        {"os": "windows", "arch": "arm64"},
    ],
)
def test_facts_count_as_they_do_for_one(rules, facts):
    draw = random.Random(7)
    sets = [drawn_set(rules, draw) for _ in range(60)]
    agrees(rules, sets, rules.recommend_many(sets, as_of=DAY, facts=facts), as_of=DAY, facts=facts)


@pytest.mark.parametrize("as_of", READINGS)
def test_profiles(rules, as_of):
    sets = [profile_answers(rules, name) for name in rules.profiles]
    agrees(rules, sets, rules.recommend_many(sets, as_of=as_of), as_of=as_of)


def test_cases(rules):
    for entry in rules.texts()["cases"].values():
        case = entry["record"]
        given = Answers(case["answers"])
        if "profile" in case:
            given = profile_answers(rules, case["profile"]) | given
        reading, day = reading_of_case(rules, case)
        as_of = "article" if reading == "article" else text(day)
        result = rules.recommend_many([given], as_of=as_of, facts=case["facts"])
        agrees(rules, [given], result, as_of=as_of, facts=case["facts"])


def test_codes_and_sets_give_the_same(rules, monkeypatch):
    monkeypatch.setattr(many, "CHUNK", 64)
    draw = random.Random(3)
    sets = [drawn_set(rules, draw, several=False) for _ in range(150)]
    columns = codes_of(rules, sets)
    by_code = rules.recommend_many(columns, as_of=DAY)
    agrees(rules, sets, by_code, as_of=DAY)
    by_name = rules.recommend_many(sets, as_of=DAY)
    wide = rules.recommend_many({key: column.astype(np.int64) for key, column in columns.items()}, as_of=DAY)
    for other in (by_name, wide):
        assert (other.outcome == by_code.outcome).all() and (other.leader == by_code.leader).all()
        assert np.abs(other.margin - by_code.margin).max() < 1e-12
    assert wide == by_code and wide.to_dict() == by_code.to_dict()


def test_unsigned_and_strided_codes(rules):
    draw = np.random.default_rng(5)
    questions = rules.core["questions"]
    table = np.stack([draw.integers(0, len(q["options"]), 50) for q in questions], axis=1).astype(np.uint8)
    rows = rules.recommend_many({q["key"]: table[:, k] for k, q in enumerate(questions)}, as_of=DAY)
    sets = [
        {q["key"]: q["options"][code]["id"] for q, code in zip(questions, codes)} for codes in table.tolist()
    ]
    agrees(rules, sets, rows, as_of=DAY)


def test_questions_left_out_are_open(rules):
    result = rules.recommend_many({"target": np.array([-1, 0, 1])}, as_of=DAY)
    options = [option["id"] for option in rules.core["questions"][0]["options"]]
    agrees(rules, [{}, {"target": options[0]}, {"target": options[1]}], result, as_of=DAY)


def test_no_sets_at_all(rules):
    assert len(rules.recommend_many([])) == 0
    assert len(rules.recommend_many({"target": np.zeros(0, np.int8)})) == 0


def test_without_the_index_only_narrow_wins_differ(rules):
    draw = random.Random(9)
    sets = [drawn_set(rules, draw) for _ in range(300)]
    full = rules.recommend_many(sets, as_of="article")
    quick = rules.recommend_many(sets, as_of="article", acceptability=False)
    same = full.outcome == quick.outcome
    assert (full.outcome[~same] == full.outcomes.index("either")).all()
    assert (quick.outcome[~same] == full.outcomes.index("recommend")).all()
    assert (full.margin == quick.margin).all() and (full.leader == quick.leader).all()


@pytest.mark.parametrize("as_of", [DAY, "2015"])
def test_three_alternatives(as_of):
    if not THREE.exists():
        pytest.skip("the pack of three alternatives is not here")
    three = load_rules(THREE)
    draw = random.Random(2)
    sets = [drawn_set(three, draw) for _ in range(15)]
    agrees(three, sets, three.recommend_many(sets, as_of=as_of), as_of=as_of)


def random_condition(rules, draw, depth, leader=False):
    """A condition of any kind over any question and two facts."""
    kinds = ["answer", "answer", "answer", "fact", *(["leader"] if leader else [])]
    kind = draw.choice(kinds if depth == 0 else ["all", "any", "not", *kinds])
    if kind in ("all", "any"):
        parts = [random_condition(rules, draw, depth - 1, leader) for _ in range(draw.choice([2, 3]))]
        return [kind, *parts]
    if kind == "not":
        return ["not", random_condition(rules, draw, depth - 1, leader)]
    if kind == "fact":
        return ["fact", draw.choice(["os", "arch"]), draw.choice([["linux"], ["arm64"]])]
    if kind == "leader":
        return ["leader", [draw.choice(rules.alternatives)]]
    question = draw.choice(rules.core["questions"])
    options = [option["id"] for option in question["options"]]
    return ["answer", question["key"], draw.sample(options, draw.randint(1, len(options) - 1))]


def scrambled(rules, seed):
    """The built-in rules with conditions and scales that no author would write."""
    draw = random.Random(seed)
    core = copy.deepcopy(rules.core)
    for question in core["questions"]:
        question["when"] = random_condition(rules, draw, 2) if draw.random() < 0.6 else None
        for option in question["options"]:
            if draw.random() < 0.15:
                other = draw.choice(core["questions"])["key"]
                option["scales"] = {other: draw.choice([0.0, 0.5, 3.0])}
    for constraint in core["constraints"]:
        constraint["when"] = ["all", random_condition(rules, draw, 1), random_condition(rules, draw, 1)]
        constraint["since"] = 0
    for pathway in core["pathways"]:
        pathway["third_way"] = draw.random() < 0.2
        pathway["when"] = ["all", *(random_condition(rules, draw, 1, leader=True) for _ in range(3))]
    return Rules(core, rules.folder)


@pytest.mark.parametrize("seed", range(6))
def test_scrambled_rules(rules, seed, monkeypatch):
    if seed % 2:
        monkeypatch.setattr("advisor.advise.tables.JOINED", 40)
        monkeypatch.setattr("advisor.advise.tables.MASK_BITS", 2)
    odd = scrambled(rules, seed)
    draw = random.Random(seed)
    sets = [drawn_set(odd, draw) for _ in range(40)]
    facts = {"os": "linux"} if seed > 2 else None
    agrees(odd, sets, odd.recommend_many(sets, as_of=DAY, facts=facts), as_of=DAY, facts=facts)


def test_ties_go_to_the_first_as_they_do_for_one(rules):
    core = copy.deepcopy(rules.core)
    for claim in core["claims"]:
        claim[2] = -1
    core["parameters"]["even_band"] = 0.0
    even = Rules(core, rules.folder)
    draw = random.Random(4)
    sets = [{}, {"target": "browser"}, *(drawn_set(even, draw) for _ in range(40))]
    for as_of in READINGS:
        agrees(even, sets, even.recommend_many(sets, as_of=as_of), as_of=as_of)


def test_a_chosen_threshold_decides_as_it_does_for_one(rules):
    core = copy.deepcopy(rules.core)
    core["parameters"].update(even_band=0.0, acceptability_threshold=0.95)
    strict = Rules(core, rules.folder)
    draw = random.Random(6)
    sets = [drawn_set(strict, draw) for _ in range(120)]
    outcomes = agrees(strict, sets, strict.recommend_many(sets, as_of=DAY), as_of=DAY)
    assert outcomes["either"] > 10 and outcomes["recommend"] > 10


def products():
    """Rows of signed differences: of one sign, with zeros, all zero, and mixed."""
    draw = np.random.default_rng(8)
    rows = draw.normal(size=(60, 12)) + draw.normal(size=(60, 1))
    rows[draw.random(rows.shape) < 0.3] = 0.0
    rows[:3] = [np.abs(rows[0]), -np.abs(rows[1]), np.zeros(12)]
    return rows


@pytest.mark.parametrize("shape", [1, 2, 3])
def test_the_index_is_the_exact_one(shape):
    rows = products()
    for some in (rows, rows[:1], rows[1:2], rows[2:3]):
        expected = [acceptability.exact(row, shape) for row in some.tolist()]
        assert exact(np, some, shape) == pytest.approx(expected, rel=0, abs=1e-13)


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.9, 0.95])
def test_who_is_surely_accepted_is_accepted(threshold):
    rows = products() + np.linspace(0.0, 5.0, 60)[:, None]
    parameters = {"acceptability_threshold": threshold, "weight_shape": 2}
    lead = rows.sum(axis=1)
    sure = surely_accepted(lead, (rows**2).sum(axis=1), parameters) & (lead > 0.0)
    assert sure.any()
    assert exact(np, rows, 2)[sure].min() >= threshold


def test_arrays_cannot_be_changed(rules):
    result = rules.recommend_many([{}], as_of=DAY)
    with pytest.raises(ValueError, match="read-only"):
        result.margin[0] = 1.0
    with pytest.raises(AttributeError):
        result.margin = None


@pytest.mark.parametrize(
    ("answers", "mentions"),
    [
        ({"targt": np.zeros(2, int)}, ["'targt'", "'target'"]),
        ({"target": np.array([0, 99])}, ["'target'", "99", "0 to"]),
        ({"target": np.array([0, -2])}, ["'target'", "-2"]),
        ({"target": np.array([255], np.uint8)}, ["'target'", "255"]),
        ({"target": np.zeros(2, int), "task": np.zeros(3, int)}, ["'task'", "3", "'target'", "2"]),
        ({"target": np.zeros(2)}, ["'target'", "float64", "integers"]),
        ({"target": np.zeros(2, bool)}, ["'target'", "bool"]),
        ({"target": np.zeros((2, 2), int)}, ["'target'", "2 dimensions"]),
        ({"target": "server"}, ["'target'", "integers"]),
        ({}, ["number of sets"]),
        (Answers({"target": "server"}), ["sequence"]),
        ("research", ["sequence"]),
        ([{}, {"targt": "server"}], ["set 1", "'targt'", "'target'"]),
        ([{"target": "servr"}], ["set 0", "'servr'", "'server'"]),
        ([{"experience": ["beginner", "researcher"]}], ["set 0", "one option"]),
        ([{"target": 3}], ["set 0", "int"]),
        ([None, 3], ["set 1", "int"]),
    ],
)
def test_wrong_answers(rules, answers, mentions):
    with pytest.raises(AnswersError) as caught:
        rules.recommend_many(answers, as_of=DAY)
    for words in mentions:
        assert words in str(caught.value)


def test_wrong_reading(rules):
    with pytest.raises(UsageError):
        rules.recommend_many([{}], as_of="yesterday")


def test_without_numpy(rules, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(AdvisorError, match=r"pip install framework-advisor\[batch\]"):
        rules.recommend_many([{}])
