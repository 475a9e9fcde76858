"""Every case that the rules hold comes out, through the library and through the command line."""

from functools import cache

import pytest

from advisor import days, load_rules, recommend
from advisor.advise.cases import differences, outcome, reading_of_case, run

RULES = load_rules()
CASES = {ident: entry["record"] for ident, entry in RULES.texts()["cases"].items()}
WITHOUT_FACTS = [ident for ident, case in CASES.items() if not case["facts"]]
VERDICT = ("outcome", "alternative", "by")


@cache
def came_out(ident):
    return outcome(RULES, CASES[ident])


def arguments(case):
    argv = ["--profile", case["profile"]] if "profile" in case else []
    for key, options in case["answers"].items():
        argv += ["--answer", f"{key}={','.join(options)}"]
    return [*argv, "--as-of", case.get("as_of") or RULES.core["pack"]["reviewed"]]


def test_there_are_cases_for_every_profile():
    assert len(CASES) >= 60 and len(WITHOUT_FACTS) >= 40
    assert set(RULES.profiles) <= {case.get("profile") for case in CASES.values()}


@pytest.mark.parametrize("ident", CASES)
def test_case(ident):
    recommendation, words = came_out(ident)
    assert list(differences(CASES[ident]["expect"], recommendation, words)) == []


@pytest.mark.parametrize("ident", CASES)
def test_case_by_the_public_function(ident):
    case = CASES[ident]
    through, _ = came_out(ident)
    direct = recommend(
        profile=case.get("profile"),
        answers=case["answers"],
        facts=case["facts"],
        as_of=case.get("as_of") or RULES.core["pack"]["reviewed"],
        rules=RULES,
    )
    assert direct.verdict == through.verdict
    assert direct.alternatives == through.alternatives


@pytest.mark.parametrize("ident", WITHOUT_FACTS)
def test_case_by_the_command_line(cli, ident):
    case, expect = CASES[ident], CASES[ident]["expect"]
    done = cli("recommend", "--format", "json", "--no-probe", *arguments(case))
    assert done.err == "" and done.code in (0, 3)
    verdict = done.data["verdict"]
    through = came_out(ident)[0].verdict.to_dict()
    assert {key: verdict[key] for key in through} == through
    if "outcome" in expect:
        assert verdict["outcome"] in expect["outcome"]
    for key in ("alternative", "by"):
        if key in expect:
            assert verdict[key] == expect[key]
    assert (done.code == 3) == (verdict["outcome"] == "infeasible")


def test_the_command_runs_them_all(cli):
    done = cli("rules", "test")
    assert done == (0, f"{len(CASES)} passed, 0 failed\n", "")


def test_cases_without_a_date_are_those_of_the_review():
    _, day = reading_of_case(RULES, {})
    assert days.text(day) == RULES.core["pack"]["reviewed"]


WRONG = """\
cases:
- id: wrong
  title: Deliberately wrong in every respect
  why: For the test.
  profile: research
  expect:
    outcome: infeasible
    alternative: tensorflow
    by: constraint
    excluded: [pytorch]
    mentions: [a word that no answer has]
    pathways: [litert_micro]
    constraints: {torchserve: violated}
    categories: {ease_of_use: tensorflow}
"""


def test_a_wrong_case_fails_in_every_respect(cli, pack):
    folder = pack({"cases/wrong.yaml": WRONG})
    done = cli("rules", "test", "--rules", folder)
    assert (done.code, done.err) == (1, "")
    # Cases test the pack that they stand in, so those of the pack extended are not run.
    assert done.out.endswith("\n0 passed, 1 failed\n")
    (result,) = run(load_rules(folder), "wrong")
    assert (result.id, result.passed, result.line) == ("wrong", False, 2)
    assert len(result.differences) == 8
    for words in ("outcome is", "alternative is", "decided by", "excluded are", "does not mention",
                  "pathway litert_micro is missing", "constraint torchserve is", "category ease_of_use leans"):  # fmt: skip
        assert any(words in difference for difference in result.differences), words
        assert words in done.out


def test_an_expectation_that_changes_is_noticed(cli, pack):
    """A case of the built-in pack turned round in a pack that replaces it."""
    turned = "cases:\n- id: today_research\n  title: T\n  why: w\n  profile: research\n  expect: {alternative: tensorflow}\n"
    folder = pack({"cases/turned.yaml": turned})
    done = cli("rules", "test", "--rules", folder, "--case", "today_research")
    assert done.code == 1 and "alternative is pytorch, expected tensorflow" in done.out
