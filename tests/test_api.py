"""`recommend` and `load_rules` as another program uses them."""

import copy
import json
import pickle
from collections.abc import Mapping

import pytest

import advisor
from advisor import Answers, load_rules, recommend
from advisor.errors import AnswersError, RulesError, UsageError
from advisor.record import Record

DAY = "2026-11-22"


def test_a_profile_is_enough():
    result = recommend(profile="research", as_of=DAY)
    assert result.verdict.alternative == "pytorch"
    assert result.profile == "research"
    assert {answer.origin for answer in result.answers} == {"profile"}


def test_nothing_at_all_is_enough():
    result = recommend()
    assert result.as_of.reading == "today"
    assert result.answers == () and result.profile is None


@pytest.mark.parametrize(
    "answers",
    [
        {"target": "mobile"},
        {"target": ["mobile"]},
        {"target": ("mobile",)},
        Answers({"target": "mobile"}),
    ],
)
def test_answers_as_a_mapping_or_as_answers(answers):
    result = recommend(answers=answers, as_of=DAY)
    assert [(a.question, a.options, a.origin) for a in result.answers] == [("target", ("mobile",), "asked")]


def test_answers_win_over_the_profile():
    result = recommend(profile="research", answers=Answers({"target": "server"}, origin="scan"), as_of=DAY)
    found = {a.question: (a.options, a.origin) for a in result.answers}
    assert found["target"] == (("server",), "scan")
    assert found["experience"] == (("researcher",), "profile")


@pytest.mark.parametrize(
    ("as_of", "reading", "date"),
    [
        ("article", "article", None),
        ("2022-06-01", "date", "2022-06-01"),
        ("2022-06", "date", "2022-06-15"),
        ("2022", "date", "2022-07-01"),
    ],
)
def test_readings(as_of, reading, date):
    result = recommend(profile="production", as_of=as_of)
    assert result.as_of.reading == reading
    assert date is None or result.as_of.date == date


def test_today_is_the_reading_of_that_date():
    today = recommend(profile="production").to_dict()
    dated = recommend(profile="production", as_of=today["as_of"]["date"]).to_dict()
    assert today.pop("as_of")["reading"] == "today"
    assert dated.pop("as_of")["reading"] == "date"
    assert today == dated


def test_rules_as_a_path_as_an_object_and_by_name(rules, pack):
    folder = pack()
    by_path = recommend(profile="mobile", rules=folder, as_of=DAY)
    assert by_path == recommend(profile="mobile", rules=str(folder), as_of=DAY)
    assert by_path == recommend(profile="mobile", rules=load_rules(folder), as_of=DAY)
    assert by_path.rules.pack == "mine"
    builtin = recommend(profile="mobile", as_of=DAY)
    assert builtin == recommend(profile="mobile", rules="builtin", as_of=DAY)
    assert builtin == recommend(profile="mobile", rules=rules, as_of=DAY)
    assert builtin.rules.digest == rules.digest != by_path.rules.digest


def test_facts_are_reported_and_fill_in_answers():
    result = recommend(profile="research", facts={"os": "darwin", "arch": "arm64", "wsl": None}, as_of=DAY)
    assert {name: (f.value, f.origin) for name, f in result.facts.items()} == {
        "arch": ("arm64", "given"),
        "os": ("darwin", "given"),
    }
    assert [(a.question, a.origin) for a in result.answers if a.origin == "probe"] == [("os_gpu", "probe")]


def test_facts_never_change_a_given_answer():
    result = recommend(answers={"os_gpu": "cpu_only"}, facts={"os": "darwin", "arch": "arm64"}, as_of=DAY)
    assert [(a.question, a.options) for a in result.answers] == [("os_gpu", ("cpu_only",))]
    assert "contradicts-machine" in [w.code for w in result.warnings]


def test_arguments_are_left_alone():
    answers, facts = {"target": ["mobile"]}, {"os": "linux"}
    kept = copy.deepcopy((answers, facts))
    recommend(answers=answers, facts=facts, as_of=DAY)
    assert (answers, facts) == kept


def fields(record):
    return type(record).__annotations__


def records(value, seen):
    if isinstance(value, Record):
        seen.append(value)
        for name in value._fields:
            records(getattr(value, name), seen)
    elif isinstance(value, (tuple, list)):
        for item in value:
            records(item, seen)
    elif isinstance(value, Mapping):
        seen.append(value)
        for item in value.values():
            records(item, seen)
    return seen


def test_results_are_immutable():
    result = recommend(profile="windows-gpu", facts={"os": "windows"}, as_of=DAY)
    found = [item for item in records(result, []) if isinstance(item, Record)]
    assert len({type(item) for item in found}) >= 14
    for item in found:
        for name in item._fields:
            with pytest.raises(AttributeError, match="immutable"):
                setattr(item, name, None)
            with pytest.raises(AttributeError, match="immutable"):
                delattr(item, name)
            assert not isinstance(getattr(item, name), (list, set))


def test_what_a_result_holds_cannot_be_changed_either():
    # Rules of its own: where something can be changed after all, other tests must not meet it.
    own = load_rules("builtin")
    result = recommend(profile="windows-gpu", facts={"os": "windows"}, as_of=DAY, rules=own)
    mappings = [item for item in records(result, []) if not isinstance(item, Record)]
    assert mappings
    for item in mappings:
        with pytest.raises(TypeError):
            item["x"] = 1
        for change in ("clear", "popitem", "update", "setdefault"):
            with pytest.raises((TypeError, AttributeError)):
                getattr(item, change)("x")


def test_changing_the_dictionary_changes_no_later_result():
    first = recommend(profile="windows-gpu", as_of=DAY)
    kept = json.dumps(first.to_dict())

    def spoil(value):
        if isinstance(value, dict):
            for item in value.values():
                spoil(item)
            value.clear()
        elif isinstance(value, list):
            for item in value:
                spoil(item)
            value.clear()

    spoil(first.to_dict())
    assert json.dumps(first.to_dict()) == kept
    assert json.dumps(recommend(profile="windows-gpu", as_of=DAY).to_dict()) == kept


def test_results_compare_hash_copy_and_pickle():
    first, second = (recommend(profile="browser", as_of=DAY) for _ in range(2))
    assert first == second and hash(first) == hash(second)
    assert pickle.loads(pickle.dumps(first)) == first
    assert copy.deepcopy(first) == first
    assert first != recommend(profile="browser", as_of="article")


def test_a_criterion_by_name():
    result = recommend(profile="research", as_of=DAY)
    assert result.criterion("research_adoption").category == "adoption"
    with pytest.raises(KeyError):
        result.criterion("nothing")


@pytest.mark.parametrize("profile", load_rules().profiles)
def test_the_dictionary_is_the_json_of_the_command_line(cli, profile):
    done = cli("recommend", "--profile", profile, "--as-of", DAY, "--no-probe", "--json")
    result = recommend(profile=profile, as_of=DAY)
    assert json.dumps(done.data) == json.dumps(result.to_dict())


def test_facts_of_the_machine_give_the_json_of_the_command_line(cli):
    from advisor.machine.free import free_facts

    done = cli("recommend", "--profile", "production", "--json")
    result = recommend(profile="production", facts=free_facts())
    assert json.dumps(done.data) == json.dumps(result.to_dict())


def test_the_same_call_gives_the_same_bytes():
    first, second = (
        json.dumps(recommend(profile="large-scale", as_of=DAY, rules="builtin").to_dict()) for _ in range(2)
    )
    assert first == second


def test_the_same_bytes_whatever_the_hash_seed(process, rules, cli):
    rules.texts()
    argv = ("recommend", "--profile", "legacy-tensorflow", "--as-of", DAY, "--no-probe")
    for extra in (("--json",), ("--verbose",), ("--markdown",)):
        here = cli(*argv, *extra).out.encode()
        for seed in ("1", "2"):
            done = process("-m", "advisor", *argv, *extra, env={"PYTHONHASHSEED": seed})
            assert done.stdout == here


def test_nothing_is_read_or_asked_while_deciding(monkeypatch):
    rules = load_rules()

    def refuse(*_args, **_more):
        raise AssertionError("not pure")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("time.localtime", refuse)
    monkeypatch.setattr("time.time", refuse)
    assert recommend(profile="mobile", as_of="2025-05-05", rules=rules).verdict.outcome


@pytest.mark.parametrize(
    ("error", "nearest", "arguments"),
    [
        (AnswersError, "research", {"profile": "reserch"}),
        (AnswersError, "target", {"answers": {"targt": "mobile"}}),
        (AnswersError, "mobile", {"answers": {"target": "moble"}}),
        (AnswersError, None, {"answers": {"target": None}}),
        (AnswersError, None, {"answers": {"target": {"mobile": True}}}),
        (AnswersError, None, {"answers": {7: "mobile"}}),
        (AnswersError, None, {"answers": ["target"]}),
        (AnswersError, None, {"answers": {"experience": ["researcher", "practitioner"]}}),
        (UsageError, "today", {"as_of": "todai"}),
        (UsageError, "article", {"as_of": "articel"}),
        (UsageError, None, {"as_of": "2023-02-29"}),
        (UsageError, None, {"as_of": ""}),
        (RulesError, "builtin", {"rules": "biultin"}),
        (RulesError, None, {"rules": "no/such/folder"}),
    ],
)
def test_errors_name_what_was_meant(error, nearest, arguments):
    with pytest.raises(error) as caught:
        recommend(**arguments)
    assert isinstance(caught.value, advisor.AdvisorError)
    assert caught.value.nearest == nearest
    assert nearest is None or f"did you mean {nearest!r}?" in str(caught.value)


def test_a_broken_pack_is_one_error_with_its_place(pack):
    folder = pack(
        {"profiles/mine.yaml": "id: mine\ntitle: Mine\ndescription: x\nanswers:\n  targt: mobile\n"}
    )
    with pytest.raises(RulesError) as caught:
        recommend(rules=folder)
    problem = caught.value
    assert problem.file == str(folder / "profiles" / "mine.yaml")
    assert (problem.line, problem.nearest) == (5, "target")
    assert problem.column
    assert len(problem.problems) == 1


def test_a_fact_of_another_type_is_a_type_error():
    with pytest.raises(TypeError, match="the fact 'os'"):
        recommend(facts={"os": ["linux"]})
