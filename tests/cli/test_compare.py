"""`advisor compare`: profiles, dates and packs side by side."""

import pytest

from advisor import recommend

DAY = "2026-11-22"


def test_rows_are_the_recommendations_themselves(cli):
    argv = ("--profile", "research", "--profile", "production", "--as-of", "article", "--as-of", DAY)
    data = cli("compare", *argv, "--no-probe", "--json").data
    assert list(data) == ["rows", "criteria"]
    expected = [(p, d) for p in ("research", "production") for d in ("article", DAY)]
    assert [row["label"] for row in data["rows"]] == [f"{p}, {d}" for p, d in expected]
    for row, (profile, date) in zip(data["rows"], expected):
        alone = recommend(profile=profile, as_of=date).to_dict()
        for key in ("profile", "as_of", "rules", "verdict", "alternatives", "article"):
            assert row[key] == alone[key]
        assert row["shares"] == {c["id"]: c["contribution"] for c in alone["criteria"]}


def test_criteria_that_differ_most_come_first(cli):
    data = cli("compare", "--profile", "research", "--profile", "mobile", "--json").data
    spread = []
    for criterion in data["criteria"]:
        shares = [row["shares"].get(criterion["id"], 0.0) for row in data["rows"]]
        spread.append(max(shares) - min(shares))
    assert spread == sorted(spread, reverse=True)


def test_words(cli):
    done = cli("compare", "--profile", "research", "--profile", "microcontroller", "--as-of", DAY)
    lines = done.out.splitlines()
    assert lines[1].startswith("(1) research ") and "pytorch" in lines[1]
    assert lines[2].startswith("(2) microcontroller ") and "tensorflow" in lines[2]
    assert not any(line != line.rstrip() for line in lines)
    markdown = cli("compare", "--profile", "research", "--profile", "mobile", "--markdown").out
    assert markdown.startswith("| ") and "| --- |" in markdown


def test_every_profile_at_once(cli, rules):
    argv = [word for name in rules.profiles for word in ("--profile", name)]
    done = cli("compare", *argv, "--as-of", DAY)
    assert (done.code, done.err) == (0, "")
    assert f"({len(rules.profiles)}) {rules.profiles[-1]}" in done.out


def test_nothing_to_compare_is_one_row(cli):
    assert [row["label"] for row in cli("compare", "--json").data["rows"]] == ["today"]


def test_packs_side_by_side(cli, pack):
    folder = pack(remove=["E139"])
    argv = ("--profile", "production", "--rules", "builtin", "--rules", folder, "--no-probe", "--as-of", DAY)
    rows = cli("compare", *argv, "--json").data["rows"]
    assert [row["rules"]["pack"] for row in rows] == ["builtin", "mine"]
    assert rows[0]["label"] != rows[1]["label"]
    assert rows[0]["verdict"]["margin"] != rows[1]["verdict"]["margin"]


def test_answers_count_for_every_row(cli):
    argv = ("--answer", "hiring=embedded", "--profile", "research", "--profile", "mobile", "--no-probe")
    rows = cli("compare", *argv, "--as-of", DAY, "--json").data["rows"]
    for row in rows:
        alone = recommend(profile=row["profile"], answers={"hiring": "embedded"}, as_of=DAY)
        assert row["verdict"]["margin"] == alone.verdict.margin


def test_output(cli, tmp_path):
    file = tmp_path / "table.md"
    assert cli("compare", "--markdown", "--output", file) == (0, "", "")
    assert file.read_text(encoding="utf-8") == cli("compare", "--markdown").out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--profile", "research", "--profile", "mobil"], ("did you mean 'mobile'?",)),
        (["--as-of", "2022", "--as-of", "articel"], ("did you mean 'article'?",)),
        (["--rules", "biultin"], ("did you mean 'builtin'?",)),
        ([f"--as-of={2000 + i}" for i in range(25)], ("25 combinations", "at most 24")),
        (["--answers", "/no/such/file"], ("/no/such/file",)),
        (["--require", "pytorch"], ("'--require' is no option",)),
        (["--format", "html"], ("'html' is not possible",)),
    ],
)
def test_slips_are_one_line_on_stderr(cli, argv, words):
    assert cli("compare", *argv).is_usage_error(*words)
