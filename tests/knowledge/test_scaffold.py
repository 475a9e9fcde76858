"""Every template loads at once, takes the next free id and never replaces a file."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from advisor import trees
from advisor.advise.cases import run
from advisor.api import load_rules, recommend
from advisor.errors import OutputError, RulesError, UsageError
from advisor.knowledge import scaffold
from advisor.knowledge.check import check, errors

KINDS = [kind for kind in scaffold.KINDS if kind != "pack"]


def inside(folder: Path, paths: list[str]) -> list[str]:
    return [Path(path).relative_to(folder).as_posix() for path in paths]


def sound(folder: Path) -> None:
    problems = check(str(folder))
    assert errors(problems) == 0, [str(problem) for problem in problems]


def cases_pass(folder: Path) -> None:
    failed = [(case.id, case.differences) for case in run(load_rules(folder)) if not case.passed]
    assert failed == []


@pytest.mark.parametrize(
    ("kind", "ident", "files"),
    [
        ("criterion", "fresh", ["criteria/queries/fresh.yaml"]),
        ("claim", "analysis", ["criteria/queries/analysis.yaml"]),
        ("finding", "fresh", ["findings/fresh.yaml"]),
        ("question", "fresh", ["questions/fresh.yaml", "cases/fresh.yaml"]),
        ("constraint", "fresh", ["constraints/fresh.yaml", "cases/fresh.yaml"]),
        ("pathway", "fresh", ["pathways/fresh.yaml", "cases/fresh.yaml"]),
        ("profile", "fresh", ["profiles/fresh.yaml"]),
        ("case", "fresh", ["cases/fresh.yaml"]),
    ],
)
def test_each_kind(three, kind, ident, files):
    folder = three()
    assert inside(folder, scaffold.new(kind, ident, str(folder), "queries")) == files
    for file in files:
        text = (folder / file).read_text("utf-8")
        assert text.startswith("# yaml-language-server: $schema=../") and text.endswith("\n")
        assert len([line for line in text.splitlines() if len(line) > 120]) == 0
    sound(folder)
    if kind in ("question", "constraint", "pathway", "case"):
        cases_pass(folder)


@pytest.mark.parametrize("ident", ["true", "null", "007", "1.5", "x" * 64])
def test_ids_that_look_like_something_else(three, ident):
    folder = three()
    for kind in KINDS:
        if kind == "case":
            scaffold.new(kind, "k" + ident[:40], str(folder))
        else:
            scaffold.new(kind, "upkeep" if kind == "claim" else ident, str(folder), "operation")
    sound(folder)
    core = load_rules(folder).core
    assert ident in [question["key"] for question in core["questions"]]
    assert ident in core["profiles"]


def test_the_next_free_ids_in_the_builtin_pack(tmp_path):
    folder = tmp_path / "rules"
    shutil.copytree(trees.RULES, folder)
    core = load_rules().core
    highest = max(int(finding[0][1:]) for finding in core["findings"])
    (path,) = scaffold.new("finding", "fresh", str(folder))
    assert f"id: E{highest + 1}\n" in Path(path).read_text("utf-8")
    for letter, width, ids in (
        ("C", 3, [claim[0] for claim in core["claims"]]),
        ("Q", 2, [question["id"] for question in core["questions"]]),
        ("V", 2, [constraint["id"] for constraint in core["constraints"]]),
    ):
        assert scaffold.next_id(letter, width, ids) == f"{letter}{max(int(i[1:]) for i in ids) + 1:0{width}d}"


@pytest.mark.parametrize(
    ("taken", "free"), [([], "C001"), (["C9", "D77"], "C010"), (["C999"], "C1000"), (["Cx"], "C001")]
)
def test_next_id(taken, free):
    assert scaffold.next_id("C", 3, taken) == free


def test_a_new_pack_and_everything_in_it(tmp_path):
    folder = tmp_path / "mine"
    files = inside(folder, scaffold.new("pack", "mine", str(folder)))
    assert files[0] == "pack.yaml" and "schema/question.json" in files
    sound(folder)
    assert recommend(rules=load_rules(folder)).verdict.outcome == "either"
    for kind in KINDS:
        scaffold.new(kind, "example" if kind == "claim" else f"my-{kind}", str(folder))
    sound(folder)
    cases_pass(folder)
    for path in folder.rglob("*.yaml"):
        schema = path.read_text("utf-8").splitlines()[0].partition("$schema=")[2]
        assert (path.parent / schema).is_file()
    with pytest.raises(UsageError):
        scaffold.new("pack", "mine", str(folder))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "claim"])
def test_nothing_is_overwritten(three, kind):
    folder = three()
    path, *_ = scaffold.new(kind, "fresh", str(folder), "queries")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(UsageError) as caught:
        scaffold.new(kind, "fresh", str(folder), "queries")
    assert caught.value.file == path
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_an_unread_file_of_that_name_is_not_overwritten(three):
    folder = three({"profiles/fresh.yml": "id: fresh\ntitle: T\ndescription: D\nanswers: {workload: app}\n"})
    (folder / "cases" / "only.yaml").symlink_to(folder / "nowhere.yaml")
    for kind, ident in (("profile", "fresh"), ("case", "only")):
        with pytest.raises(UsageError):
            scaffold.new(kind, ident, str(folder))
    assert not (folder / "nowhere.yaml").exists()


def test_cases_of_different_records_do_not_meet(three):
    folder = three()
    written = [
        inside(folder, scaffold.new(kind, "fresh", str(folder)))[1]
        for kind in ("question", "constraint", "pathway")
    ]
    assert written == ["cases/fresh.yaml", "cases/fresh_2.yaml", "cases/fresh_3.yaml"]
    sound(folder)


def test_a_claim_changes_nothing_else_in_the_file(three):
    folder = three()
    path = folder / "criteria/operation/upkeep.yaml"
    before = path.read_text("utf-8")
    scaffold.new("claim", "upkeep", str(folder))
    after = path.read_text("utf-8")
    assert after.startswith(before)
    assert after[len(before) :].startswith("- id: C007\n")


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("{head}claims:\n  - {claim}\nweight: 2\n", True),
        ("{head}claims:\n- {claim}\n# the end", True),
        ("claims:\n- {claim}\n{head}", True),
        ("{head}", True),
        ("{head}claims: [{claim}]\n", False),
        ("{head}claims: []\n", False),
    ],
)
def test_a_claim_in_files_of_other_layouts(three, text, works):
    head = "id: odd\ncategory: queries\ntitle: T\nabout: A\nscale: {worst: w, best: b}\nhalf_life: design\naudiences: [all]\n"
    claim = "{id: C050, text: t, favours: sqlite, strength: weak, kind: fact, users: [all]}"
    content = text.format(head=head, claim=claim)
    folder = three({"criteria/queries/odd.yaml": content})
    if works:
        scaffold.new("claim", "odd", str(folder))
        sound(folder)
        number = "C051" if "{claim}" in text else "C007"
        assert number in (folder / "criteria/queries/odd.yaml").read_text("utf-8")
    else:
        with pytest.raises(UsageError):
            scaffold.new("claim", "odd", str(folder))
        assert (folder / "criteria/queries/odd.yaml").read_text("utf-8") == content


@pytest.mark.parametrize("ident", ["", "Fresh", "../x", "a/b", "-x", ".x", "x" * 65, "x y", "x\n", "é"])
def test_ids_that_are_none(three, ident):
    folder = three()
    for kind in scaffold.KINDS:
        with pytest.raises(UsageError):
            scaffold.new(kind, ident, str(folder), "queries")


def test_words_that_are_unknown(three):
    folder = str(three())
    for arguments, close in (
        (("criterian", "x", folder), "criterion"),
        (("criterion", "x", folder, "querys"), "queries"),
        (("claim", "analysys", folder), "analysis"),
        (("criterion", "x", folder), None),
    ):
        with pytest.raises(UsageError) as caught:
            scaffold.new(*arguments)
        assert caught.value.nearest == close and caught.value.expected


def test_a_pack_with_errors_gets_nothing_new(three):
    folder = three({"questions/workload.yaml": "id: [\n"})
    with pytest.raises(RulesError):
        scaffold.new("profile", "fresh", str(folder))
    assert not (folder / "profiles" / "fresh.yaml").exists()
    with pytest.raises(RulesError):
        scaffold.new("profile", "fresh", str(folder / "nowhere"))


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="the superuser may write anywhere",
)
def test_a_folder_that_cannot_be_written(three):
    folder = three()
    (folder / "profiles").chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(OutputError) as caught:
            scaffold.new("profile", "fresh", str(folder))
        assert caught.value.file == str(folder / "profiles" / "fresh.yaml")
    finally:
        (folder / "profiles").chmod(stat.S_IRWXU)


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(OutputError):
        scaffold.new("pack", "mine", str(tmp_path / "file"))


def test_nothing_is_left_behind(three):
    folder = three()
    for kind in KINDS:
        scaffold.new(kind, "upkeep" if kind == "claim" else f"my-{kind}", str(folder), "queries")
    assert [p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".yaml"] == []


def test_an_overlay_counts_on_from_the_pack_below(three):
    base = three(name="base")
    over = base.parent / "over"
    over.mkdir()
    (over / "pack.yaml").write_text(
        "schema_version: 1\nid: over\nversion: 1.0.0\ntitle: Over\nreviewed: 2026-06-01\nextends: ../base\n",
        "utf-8",
    )
    (path,) = scaffold.new("criterion", "fresh", str(over), "queries")
    assert "id: C007\n" in Path(path).read_text("utf-8")
    with pytest.raises(UsageError, match="extends"):
        scaffold.new("claim", "upkeep", str(over))
    sound(over)
