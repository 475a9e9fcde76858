"""`check` finds everything at once, and says of each thing where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor import days, load_rules, trees
from advisor.knowledge.check import check, errors
from advisor.knowledge.problems import CODES, Problem

TODAY = days.parse("2026-07-01")


def found(folder: Path, *codes: str) -> list[tuple[str, str, int, int, str]]:
    """(code, level, line, column, file inside the pack) of the problems with these codes."""
    problems = check(str(folder), today=TODAY)
    assert all(problem.code in CODES for problem in problems)
    return [
        (p.code, p.level, p.line, p.column, Path(p.file).relative_to(folder).as_posix())
        for p in problems
        if not codes or p.code in codes
    ]


def one(folder: Path) -> Problem:
    (problem,) = check(str(folder), today=TODAY)
    return problem


def test_the_small_pack_is_clean(three):
    assert check(str(three()), today=TODAY) == []


def test_the_builtin_pack_has_no_errors():
    reviewed = load_rules().core["pack"]["reviewed"]
    problems = check(trees.RULES, today=days.parse(reviewed))
    assert errors(problems) == 0, [str(p) for p in problems if p.level == "error"]


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "level", "line", "column"),
    [
        ("findings/manuals.yaml", "as_of: 2026-03", "as_of: 2026-06-15", "future-date", "warning", 9, 3),
        ("findings/manuals.yaml", "as_of: 2026-03", "as_of: 2027", "future-date", "error", 9, 3),
        ("findings/manuals.yaml", "verified_on: 2026-06-01", "verified_on: 2026-07-02", "future-date", "warning", 15, 3),
        ("findings/manuals.yaml", "verified_on: 2026-06-01", "verified_on: 2026-07-03", "future-date", "error", 15, 3),
        ("questions/workload.yaml", "since: 2019-06", "since: 2027-01", "future-date", "error", 26, 5),
        ("constraints/shared.yaml", "since: 2019-06", "since: 2026-06-02", "future-date", "warning", 14, 1),
        ("constraints/shared.yaml", "verified: 2026-06-01", "verified: 2026-06-02", "future-date", "warning", 18, 1),
        ("pathways/both.yaml", "since: 2021", "since: 2028", "future-date", "error", 12, 1),
        ("pack.yaml", "reviewed: 2026-06-01", "reviewed: 2026-08-01", "future-date", "error", 7, 1),
        ("constraints/shared.yaml", "since: 2019-06", "since: 2019-06\nuntil: 2019-05", "date-order", "warning", 15, 1),
        ("questions/workload.yaml", "  - since: 2019-06\n    date_basis: published\n", "  -\n", "date-order", "warning", 27, 5),
        ("findings/timings.yaml", "source_kind: benchmark", "source_kind: none", "missing-source", "error", 12, 3),
        ("constraints/shared.yaml", "remedy: Take", "note: Take", "no-remedy", "warning", 2, 1),
        ("questions/clients.yaml", "workload: [app]", "tools: [none, web], workload: [pandas]", "unknown-id", "error", 7, 37),
        ("profiles/analyst.yaml", "[pandas]", "[pandas, none]", "case-profile", "error", 7, 3),
        ("cases/main.yaml", "{workload: app, clients", "{tools: [none, web], clients", "case-profile", "error", 14, 13),
    ],
)  # fmt: skip
def test_one_slip(three, file, old, new, code, level, line, column):
    folder = three(edits={file: (old, new)})
    assert found(folder, code) == [(code, level, line, column, file)]
    assert found(folder)[0][0] == code


def test_dates_known_only_to_the_month_or_year_are_not_after_a_review_inside_it(three):
    folder = three(
        edits={
            "findings/manuals.yaml": ("as_of: 2026-03", "as_of: 2026-06"),
            "findings/timings.yaml": ("as_of: 2025\n", "as_of: 2026\n"),
            "pack.yaml": ("reviewed: 2026-06-01", "reviewed: 2026-06"),
        }
    )
    assert check(str(folder), today=TODAY) == []


def test_leans_out_of_order(three):
    later = "  - since: 2018\n    favours: either\n    why: w\n    source: s\n    confidence: low\n"
    text = (three(name="original") / "questions/workload.yaml").read_text("utf-8")
    folder = three({"questions/workload.yaml": text + later})
    assert found(folder) == [("date-order", "warning", 33, 5, "questions/workload.yaml")]


def test_unverified_and_unsourced(three):
    folder = three(
        edits={
            "findings/timings.yaml": (
                "source: own timing of ten joins\n  source_kind: benchmark\n  confidence: low\n  verified: retold",
                "source: unknown\n  source_kind: none\n  confidence: low\n  verified: none",
            )
        }
    )
    file = "findings/timings.yaml"
    assert found(folder) == [
        ("missing-source", "warning", 22, 3, file),
        ("unverified", "warning", 25, 3, file),
    ]


def test_a_finding_that_stands_twice_and_a_source_in_two_families(three):
    timings = (three(name="original") / "findings/timings.yaml").read_text("utf-8")
    twin = timings.split("findings:\n")[1].split("- id: E005")[0].replace("E004", "E006")
    folder = three(
        {"findings/timings.yaml": timings + twin},
        {"findings/manuals.yaml": ("https://duckdb.org/why_duckdb", "own timing of ten joins")},
    )
    assert found(folder) == [
        ("double-family", "warning", 22, 3, "findings/timings.yaml"),
        ("double-family", "warning", 27, 3, "findings/timings.yaml"),
    ]


def test_criteria_that_never_matter(three):
    head = "id: {}\ncategory: operation\ntitle: T\nabout: A\nscale: {{worst: w, best: b}}\nhalf_life: design\naudiences: [all]\n"
    claim = "claims:\n- {{id: {}, text: t, favours: {}, strength: {}, kind: opinion, users: [all]}}\n"
    folder = three(
        {
            "criteria/operation/bare.yaml": head.format("bare"),
            "criteria/operation/even.yaml": head.format("even") + claim.format("C010", "both", "weak"),
            "criteria/operation/fact.yaml": head.format("fact") + claim.format("C011", "sqlite", "fact"),
            "criteria/operation/unseen.yaml": head.format("unseen") + claim.format("C012", "sqlite", "weak"),
        }
    )
    assert found(folder) == [
        ("no-claims", "warning", 1, 1, "criteria/operation/bare.yaml"),
        ("never-matters", "warning", 8, 1, "criteria/operation/even.yaml"),
        ("never-matters", "warning", 8, 1, "criteria/operation/fact.yaml"),
        ("never-matters", "warning", 8, 1, "criteria/operation/unseen.yaml"),
    ]


def test_an_article_is_evidence_for_every_claim(three):
    folder = three(
        {"findings/timings.yaml": None},
        {
            "pack.yaml": (
                "title:",
                "article: {title: A, date: 2024, source_kind: blog, confidence: low}\ntitle:",
            )
        },
    )
    assert found(folder) == []


def option(ident: str, more: str = "") -> str:
    return f"- id: {ident}\n  text: t\n{more}  leans:\n  - {{favours: neither, why: w, source: s, confidence: low}}\n"


def test_questions_that_never_matter(three):
    head = "id: {}\nkey: {}\norder: 9\ntext: T?\nwhy: W\noptions:\n"
    idle = option("a") + option("b").replace("neither", "either")
    folder = three(
        {
            "questions/idle.yaml": head.format("Q09", "idle") + idle,
            "questions/used.yaml": head.format("Q10", "used") + idle,
            "questions/people.yaml": head.format("Q11", "people")
            + option("a", "  audience: [apps]\n")
            + option("b"),
            "questions/dated.yaml": head.format("Q12", "dated")
            + option("a")
            + "  - {since: 2020, favours: sqlite, strength: weak, why: w, source: s, confidence: low}\n"
            + option("b"),
        },
        {"pathways/both.yaml": ("tools: [pandas]", "used: [a]")},
    )
    assert found(folder) == [("never-matters", "warning", 6, 1, "questions/idle.yaml")]


@pytest.mark.parametrize(
    ("when", "possible"),
    [
        ("{answer: {workload: [app]}}", True),
        ("{all: [{answer: {workload: [app]}}, {answer: {workload: [analysis]}}]}", False),
        ("{all: [{answer: {tools: [web]}}, {answer: {tools: [pandas]}}]}", True),
        ("{all: [{answer: {tools: [web]}}, {answer: {tools: [none]}}]}", False),
        ("{all: [{answer: {workload: [app]}}, {not: {answer: {workload: [app, analysis]}}}]}", False),
        ("{all: [{answer: {workload: [analysis]}}, {answer: {clients: [many]}}]}", False),
        ("{answer: {workload: [analysis], clients: [many]}}", False),
        ("{all: [{answer: {workload: [analysis]}}, {not: {answer: {clients: [many]}}}]}", True),
        ("{not: {any: [{answer: {workload: [app]}}, {answer: {workload: [analysis]}}]}}", True),
        ("{all: [{fact: {os: linux}}, {fact: {os: [windows, macos]}}]}", False),
        ("{all: [{fact: {python: {min: 3.12.0}}}, {fact: {python: {max: 3.11.0}}}]}", True),
        ("{all: [{leader: sqlite}, {leader: duckdb}]}", False),
        ("{any: [{leader: sqlite}, {leader: duckdb}]}", True),
    ],
)
def test_conditions_that_no_answers_can_meet(three, when, possible):
    text = (three(name="original") / "pathways/both.yaml").read_text("utf-8")
    start, end = text.index("when:"), text.index("why:")
    folder = three({"pathways/both.yaml": f"{text[:start]}when: {when}\n{text[end:]}"})
    expected = [] if possible else [("unreachable-option", "warning", 4, 1, "pathways/both.yaml")]
    assert found(folder) == expected


def test_a_condition_with_very_many_ways_is_taken_as_possible(three):
    pairs = ", ".join(f"{{any: [{{fact: {{f{i}: 1}}}}, {{fact: {{g{i}: 1}}}}]}}" for i in range(30))
    folder = three(edits={"pathways/both.yaml": ("- answer: {tools: [pandas]}", f"- all: [{pairs}]")})
    assert found(folder) == []


def test_everything_at_once_and_in_order(three):
    folder = three(
        {"tools/wrong.yaml": "id: wrong\n"},
        {
            "findings/manuals.yaml": ("claims: [C001, C003]", "claims: [C001, C0003]"),
            "cases/main.yaml": ("profile: analyst", "profile: analist"),
            "constraints/shared.yaml": ("alternative: sqlite", "alternative: sqllite"),
        },
    )
    problems = check(str(folder), today=TODAY)
    assert [(p.code, p.nearest) for p in problems if p.code == "unknown-id"] == [
        ("unknown-id", "analyst"),
        ("unknown-id", "sqlite"),
        ("unknown-id", "C003"),
    ]
    missing = [p.message for p in problems if p.code == "shape"]
    assert "the key 'name' is missing" in missing and len(missing) == 6
    assert problems == sorted(problems, key=lambda p: (p.file, p.line, p.column, p.code))


def test_an_unreadable_file_does_not_drag_others_along(three):
    broken = three({"criteria/operation/upkeep.yaml": "id: [upkeep\n", "questions/workload.yaml": "- 1\n"})
    assert {(p.code, Path(p.file).name) for p in check(str(broken), today=TODAY)} == {
        ("syntax", "upkeep.yaml"),
        ("shape", "workload.yaml"),
    }


def test_warnings_are_about_the_packs_own_files(three):
    base = three(edits={"constraints/shared.yaml": ("remedy: Take", "note: Take")}, name="base")
    assert [p.code for p in check(str(base), today=TODAY)] == ["no-remedy"]
    over = base.parent / "over"
    over.mkdir()
    (over / "pack.yaml").write_text(
        "schema_version: 1\nid: over\nversion: 1.0.0\ntitle: Over\nreviewed: 2026-06-01\nextends: ../base\n",
        "utf-8",
    )
    assert check(str(over), today=TODAY) == []
    with (over / "pack.yaml").open("a", encoding="utf-8") as stream:
        stream.write("remove: [C001, clients]\n")
    found = check(str(over), today=TODAY)
    assert {(p.code, p.level) for p in found} == {("unknown-id", "error")}
    assert any(p.file.endswith("shared.yaml") for p in found)


def test_a_folder_without_a_pack_is_one_problem(tmp_path):
    missing = one(tmp_path / "missing")
    assert (missing.code, missing.level, missing.file) == ("no-pack", "error", str(tmp_path / "missing"))
    (tmp_path / "empty").mkdir()
    empty = one(tmp_path / "empty")
    assert (empty.code, empty.line, empty.column) == ("no-pack", 1, 1)
    assert "no pack.yaml" in empty.message
