"""`advisor rules check|test|list|new`."""

import json
from pathlib import Path

import pytest

KINDS = [
    "claim",
    "finding",
    "criterion",
    "question",
    "constraint",
    "pathway",
    "profile",
    "case",
    "tool",
    "support",
]
CASE = """\
cases:
- id: mine
  title: A researcher gets {alternative}
  why: For the test.
  profile: research
  expect: {{outcome: recommend, alternative: {alternative}}}
"""
BROKEN = {
    "profiles/mine.yaml": "id: mine\ntitle: Mine\ndescription: x\nanswers:\n  targt: mobile\n",
    "profiles/other.yaml": "id: other\ntitle: Other\ndescripton: x\nanswers: {target: mobile}\n",
    "tools/tool.yaml": "id: [\n",
}


# list


def test_list_has_every_record_with_its_place(cli, rules):
    rows = cli("rules", "list", "--format", "json").data
    assert all(list(row) == ["id", "kind", "title", "file", "line"] for row in rows)
    assert list(dict.fromkeys(row["kind"] for row in rows)) == KINDS
    texts = rules.texts()
    assert len(rows) == sum(len(texts[kind]) for kind in texts if kind != "categories")
    for row in rows:
        assert row["title"] and row["line"] >= 1
    lines = {row["file"]: Path(row["file"]).read_text(encoding="utf-8").splitlines() for row in rows}
    for row in rows:
        assert row["id"] in lines[row["file"]][row["line"] - 1]


@pytest.mark.parametrize("kind", KINDS)
def test_list_of_one_kind(cli, kind):
    rows = cli("rules", "list", "--kind", kind, "--json").data
    assert rows and {row["kind"] for row in rows} == {kind}
    ids = [row["id"] for row in rows]
    assert ids == sorted(ids) and len(set(ids)) == len(ids)
    shown = cli("rules", "list", "--kind", kind).out.splitlines()
    assert [line.split()[1] for line in shown] == ids


def test_every_listed_id_is_explained(cli):
    for row in cli("rules", "list", "--json").data[::7]:
        assert cli("explain", row["id"], "--json").code == 0


# check


def test_the_built_in_rules_have_no_errors(cli):
    done = cli("rules", "check", "--json")
    assert (done.code, done.err) == (0, "")
    assert {row["level"] for row in done.data} <= {"warning"}
    text = cli("rules", "check")
    assert text.code == 0 and text.out.splitlines()[-1].startswith("0 errors, ")


def test_check_tells_every_problem_of_a_broken_pack_at_once(cli, pack):
    folder = pack(BROKEN)
    done = cli("rules", "check", "--rules", folder, "--format", "json")
    assert (done.code, done.err) == (1, "")
    for row in done.data:
        assert list(row)[:7] == ["code", "level", "message", "file", "line", "column", "nearest"]
    found = {Path(row["file"]).name: row for row in done.data if row["level"] == "error"}
    assert set(found) >= {"mine.yaml", "other.yaml", "tool.yaml"}
    assert (found["mine.yaml"]["code"], found["mine.yaml"]["line"]) == ("unknown-id", 5)
    assert found["mine.yaml"]["nearest"] == "target"
    assert found["other.yaml"]["code"] == "shape"
    assert found["tool.yaml"]["code"] == "syntax"
    text = cli("rules", "check", "--rules", folder)
    assert (text.code, text.err) == (1, "")
    lines = text.out.splitlines()
    assert any(line.startswith(f"{folder}/profiles/mine.yaml:5:") for line in lines)
    assert "did you mean 'target'?" in text.out
    assert lines[-1].split()[0] == str(sum(row["level"] == "error" for row in done.data))
    assert "errors" in lines[-1]


def test_a_broken_pack_is_one_line_everywhere_else(cli, pack):
    folder = pack({"profiles/mine.yaml": BROKEN["profiles/mine.yaml"]})
    for argv in (
        ["recommend"],
        ["timeline"],
        ["compare"],
        ["explain", "C001"],
        ["rules", "list"],
        ["rules", "test"],
    ):
        done = cli(*argv, "--rules", folder)
        assert done.is_usage_error(f"{folder}/profiles/mine.yaml:5:", "did you mean 'target'?")


def test_strict_counts_warnings(cli, pack):
    folder = pack(
        {
            "constraints/mine.yaml": """\
id: V90
key: mine
title: Mine
when: {answer: {target: mobile}}
excludes: [{alternative: pytorch, scope: tool, what: a tool}]
since: 2020-01-01
date_basis: published
source: https://example.org
confidence: high
"""
        }
    )
    done = cli("rules", "check", "--rules", folder, "--json")
    assert done.code == 0 and "no-remedy" in {row["code"] for row in done.data}
    assert cli("rules", "check", "--rules", folder, "--strict").code == 1


def test_a_pack_without_problems(cli, pack):
    folder = pack()
    assert cli("rules", "check", "--rules", folder, "--strict", "--json") == (0, "[]\n", "")
    assert cli("rules", "check", "--rules", folder).out == "0 errors, 0 warnings\n"


def test_a_folder_without_a_pack(cli, tmp_path):
    done = cli("rules", "check", "--rules", tmp_path, "--json")
    assert done.code == 1 and [row["code"] for row in done.data] == ["no-pack"]
    assert cli("recommend", "--rules", tmp_path).is_usage_error("pack.yaml")


def test_markup_in_a_pack_is_never_obeyed(cli, pack):
    folder = pack({"profiles/mine.yaml": 'id: mine\ntitle: "\\e[31mred"\n'})
    done = cli("rules", "check", "--rules", folder)
    assert done.code == 1 and "\x1b" not in done.out and "U+001B" in done.out


# test


def test_cases_of_a_pack(cli, pack):
    folder = pack({"cases/mine.yaml": CASE.format(alternative="pytorch")})
    done = cli("rules", "test", "--rules", folder, "--case", "mine")
    assert done == (0, "1 passed, 0 failed\n", "")
    rows = cli("rules", "test", "--rules", folder, "--case", "mine", "--json").data
    assert list(rows[0]) == ["id", "title", "passed", "differences", "file", "line"]
    assert rows[0]["passed"] is True and rows[0]["line"] == 2


def test_a_failing_case_is_exit_1_with_what_differs(cli, pack):
    folder = pack({"cases/mine.yaml": CASE.format(alternative="tensorflow")})
    done = cli("rules", "test", "--rules", folder, "--case", "mine")
    assert (done.code, done.err) == (1, "")
    assert f"{folder}/cases/mine.yaml:2: mine: A researcher gets tensorflow\n" in done.out
    assert "alternative is pytorch, expected tensorflow" in done.out
    assert done.out.endswith("0 passed, 1 failed\n")
    data = cli("rules", "test", "--rules", folder, "--case", "mine", "--json")
    assert data.code == 1 and data.data[0]["passed"] is False and data.data[0]["differences"]


def test_no_case_of_that_name(cli):
    assert cli("rules", "test", "--case", "today_begginer").is_usage_error("did you mean 'today_beginner'?")


# new


@pytest.mark.parametrize(
    "argv",
    [
        ("criterion", "robustness", "--category", "performance"),
        ("finding", "somebody-2026"),
        ("question", "budget"),
        ("profile", "student"),
    ],
)
def test_new_makes_something_that_loads(cli, pack, argv):
    folder = pack()
    done = cli("rules", "new", *argv, "--rules", folder)
    assert (done.code, done.err) == (0, "")
    paths = [Path(line) for line in done.out.splitlines()]
    assert paths and all(path.is_file() and folder in path.parents for path in paths)
    assert cli("rules", "check", "--rules", folder).code == 0
    assert cli("recommend", "--rules", folder, "--json").data["rules"]["pack"] == "mine"
    before = {path: path.read_bytes() for path in paths}
    assert cli("rules", "new", *argv, "--rules", folder).is_usage_error()
    assert {path: path.read_bytes() for path in paths} == before


def test_new_pack(cli, tmp_path):
    folder = tmp_path / "mine"
    done = cli("rules", "new", "pack", "mine", "--rules", folder)
    assert (done.code, done.err) == (0, "")
    assert cli("rules", "check", "--rules", folder).code == 0


# Slips


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], ("needs a verb", "check, test, list, new")),
        (["chek"], ("no `advisor rules chek`", "did you mean 'check'?")),
        (["\x1b[31m"], ("there is no",)),
        (["check", "--rules", "/no/such"], ("/no/such",)),
        (["check", "--rules", "biultin"], ("did you mean 'builtin'?",)),
        (["list", "--kind", "clam"], ("'clam' is not possible", "did you mean 'claim'?")),
        (["list", "--format", "markdown"], ("'markdown' is not possible",)),
        (["test", "--rules", "/no/such"], ("/no/such",)),
        (["new", "questin", "x", "--rules", "."], ("did you mean 'question'?",)),
        (["new", "question", "x"], ("--rules",)),
        (["new", "question", "../x", "--rules", "."], ("cannot be an id",)),
        (["new", "question", "x", "--rules", "/no/such"], ("/no/such",)),
    ],
)
def test_slips_are_one_line_on_stderr(cli, argv, words):
    assert cli("rules", *argv).is_usage_error(*words)


def test_help(cli):
    assert cli("rules", "--help").out.startswith("usage: advisor rules VERB")
    for verb in ("check", "test", "list", "new"):
        done = cli("rules", verb, "--help")
        assert (done.code, done.err) == (0, "") and done.out.startswith(f"usage: advisor rules {verb}")


def test_json_of_every_verb_is_json(cli, tmp_path):
    for verb, *more in (("list",), ("check",), ("test", "--case", "today")):
        file = tmp_path / f"{verb}.json"
        assert cli("rules", verb, *more, "--json", "--output", file).out == ""
        assert isinstance(json.loads(file.read_text(encoding="utf-8")), list)
