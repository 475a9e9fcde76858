"""`advisor timeline`: acceptability over time, and when the verdict turned."""

import pytest

from advisor import recommend

END = ("--to", "2026-11-22", "--no-probe")


def test_production_turns_from_tensorflow_to_pytorch_between_2022_and_2025(cli):
    data = cli("timeline", "--profile", "production", *END, "--json").data
    assert list(data) == ["profile", "points", "turns"]
    verdicts = [point["alternative"] for point in data["points"]]
    assert verdicts[0] == "tensorflow" and verdicts[-1] == "pytorch"
    for turn in data["turns"]:
        assert "2022" <= turn["date"][:4] <= "2025"
        assert turn["moved_by"]
    assert data["turns"][0]["before"] == "tensorflow"
    assert data["turns"][-1]["after"] == "pytorch"
    for before, after in zip(data["turns"], data["turns"][1:]):
        assert before["date"] < after["date"] and before["after"] == after["before"]


def test_points_are_what_recommend_gives_on_that_day(cli):
    data = cli("timeline", "--profile", "mobile", *END, "--json").data
    assert data["points"][0]["date"] == "2017-01-01" and data["points"][-1]["date"] == "2026-11-22"
    for point in data["points"]:
        alone = recommend(profile="mobile", as_of=point["date"])
        assert (point["outcome"], point["alternative"]) == (alone.verdict.outcome, alone.verdict.alternative)
        assert point["margin"] == alone.verdict.margin
        assert point["acceptability"] == {a.id: a.acceptability for a in alone.alternatives}
        assert sum(point["acceptability"].values()) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("profile", ["production", "research", "browser", "tpu"])
def test_a_turn_is_the_first_day_of_the_new_verdict(cli, profile):
    def verdict(day):
        found = recommend(profile=profile, as_of=day).verdict
        return found.alternative or found.outcome

    from advisor import days

    for turn in cli("timeline", "--profile", profile, *END, "--json").data["turns"]:
        assert verdict(turn["date"]) == turn["after"]
        assert verdict(days.text(days.parse(turn["date"]) - 1)) != turn["after"]


@pytest.mark.parametrize(
    ("step", "second", "count"),
    [("month", "2020-02-01", 25), ("quarter", "2020-04-01", 9), ("year", "2021-01-01", 3)],
)
def test_steps(cli, step, second, count):
    argv = ("--from", "2020", "--to", "2022", "--step", step)
    dates = [p["date"] for p in cli("timeline", *argv, "--json").data["points"]]
    assert (dates[0], dates[1], dates[-1], len(dates)) == ("2020-01-01", second, "2022-01-01", count)


def test_a_smaller_step_finds_the_same_last_verdict(cli):
    argv = ("timeline", "--profile", "large-scale", "--from", "2020", *END, "--json")
    coarse, fine = (cli(*argv, "--step", step).data for step in ("year", "month"))
    assert fine["points"][-1]["alternative"] == coarse["points"][-1]["alternative"]
    assert len(fine["turns"]) >= len(coarse["turns"])


def test_the_end_of_a_month_does_not_run_away(cli):
    argv = ("--from", "2020-01-31", "--to", "2020-04-30", "--step", "month", "--json")
    dates = [p["date"] for p in cli("timeline", *argv).data["points"]]
    assert dates == sorted(set(dates))
    assert [date[:7] for date in dates[:3]] == ["2020-01", "2020-02", "2020-03"]


def test_a_single_day(cli):
    data = cli("timeline", "--from", "2022-06-01", "--to", "2022-06-01", "--json").data
    assert [p["date"] for p in data["points"]] == ["2022-06-01"] and data["turns"] == []


def test_what_moved_lies_between_the_points(cli):
    data = cli("timeline", "--profile", "legacy-tensorflow", "--step", "quarter", *END, "--json").data
    seen = [moved for point in data["points"] for moved in point["moved_by"]]
    assert {moved["kind"] for moved in seen} == {"finding", "answer", "constraint"} or len(seen) > 20
    for point in data["points"]:
        changes = [abs(m["change"]) for m in point["moved_by"] if m["change"] is not None]
        assert changes == sorted(changes, reverse=True)


def test_words_and_markdown(cli):
    done = cli("timeline", "--profile", "production", *END)
    lines = done.out.splitlines()
    assert lines[0].split() == ["date", "verdict", "pytorch", "first", "in"]
    assert lines[1].startswith("2017-01-01  tensorflow")
    assert max(map(len, lines)) <= 79
    assert "When the verdict turned" in done.out
    markdown = cli("timeline", "--profile", "production", *END, "--markdown").out
    assert markdown.startswith("| date | verdict |") and "| 2017-01-01 | tensorflow |" in markdown


def test_output(cli, tmp_path):
    file = tmp_path / "line.json"
    assert cli("timeline", *END, "--json", "--output", file) == (0, "", "")
    assert file.read_text(encoding="utf-8") == cli("timeline", *END, "--json").out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--from", "2025", "--to", "2024"], ("would start on 2025-01-01, after its end on 2024-01-01",)),
        (["--from", "9999"], ("after its end",)),
        (["--from", "yesterday"], ("'yesterday' is not a date",)),
        (["--from", "article"], ("'article' is not a date",)),
        (["--to", "2022-02-30"], ("'2022-02-30' is not a date",)),
        (["--step", "mnth"], ("'mnth' is not possible", "did you mean 'month'?")),
        (["--step", "month", "--from", "1950"], ("more than 400 points", "a larger --step")),
        (["--as-of", "2022"], ("'--as-of' is no option",)),
        (["--profile", "mobil"], ("did you mean 'mobile'?",)),
    ],
)
def test_slips_are_one_line_on_stderr(cli, argv, words):
    assert cli("timeline", *argv).is_usage_error(*words)
