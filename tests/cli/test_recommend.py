"""`advisor recommend`: what it prints, and what becomes of every slip."""

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys

import jsonschema
import pytest

from advisor import load_rules
from advisor.knowledge.reading import MAX_BYTES

DAY = "2026-11-22"
PROFILES = load_rules().profiles
READINGS = ("article", "today", "2019-06-01")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")

TOP = [
    "schema_version",
    "advisor_version",
    "as_of",
    "rules",
    "profile",
    "answers",
    "verdict",
    "alternatives",
    "criteria",
    "categories",
    "constraints",
    "flips",
    "next_question",
    "pathways",
    "measurements",
    "article",
    "warnings",
]
KEYS = {
    "as_of": "reading date",
    "rules": "pack version digest",
    "answers": "question options from",
    "verdict": "outcome alternative acceptability margin by summary",
    "alternatives": "id name score acceptability excluded_by",
    "criteria": "id category weight values contribution claims stale",
    "categories": "id leans_to lean article_winner",
    "constraints": "id state excludes remedy source",
    "flips": "weights answers findings",
    "next_question": "key value_of_information can_change_verdict",
    "pathways": "id title why steps source",
    "article": "alternative acceptability differs moved_by",
    "warnings": "code message ref",
}


@pytest.fixture(scope="module")
def schema():
    from advisor.knowledge.schema import named

    return named("recommendation")


def recommend(cli, *argv, **more):
    return cli("recommend", "--as-of", DAY, "--no-probe", "--json", *argv, **more)


# JSON


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("profile", PROFILES)
def test_json_has_the_published_keys_in_order_and_fits_the_schema(cli, schema, profile, reading):
    done = cli("recommend", "--profile", profile, "--as-of", reading, "--json")
    assert done.err == ""
    data = done.data
    jsonschema.Draft202012Validator(schema).validate(data)
    assert list(data)[: len(TOP)] == TOP
    for key, names in KEYS.items():
        expected = names.split()
        rows = data[key] if isinstance(data[key], list) else [data[key]]
        for row in rows:
            assert row is None or list(row)[: len(expected)] == expected, key
    assert data["next_question"] is not None or data["as_of"]["reading"] == "article"
    assert data["measurements"] is None


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("profile", [*PROFILES, None])
def test_numbers_in_json_add_up(cli, profile, reading):
    argv = ("--profile", profile) if profile else ()
    data = cli("recommend", *argv, "--as-of", reading, "--json").data
    assert sum(c["contribution"] for c in data["criteria"]) == pytest.approx(
        data["verdict"]["margin"], abs=1e-12
    )
    assert sum(a["acceptability"] for a in data["alternatives"]) == pytest.approx(1.0, abs=1e-12)
    assert sum(a["score"] for a in data["alternatives"]) == pytest.approx(1.0, abs=1e-12)
    assert sum(c["weight"] for c in data["criteria"]) == pytest.approx(1.0, abs=1e-12)
    scores = {a["id"]: a["score"] for a in data["alternatives"]}
    assert scores["pytorch"] - scores["tensorflow"] == pytest.approx(data["verdict"]["margin"], abs=1e-12)
    for c in data["criteria"]:
        difference = c["values"]["pytorch"] - c["values"]["tensorflow"]
        assert c["contribution"] == pytest.approx(c["weight"] * difference, abs=1e-15)
    sizes = [abs(c["contribution"]) for c in data["criteria"]]
    assert sizes == sorted(sizes, reverse=True)
    low, high = data["verdict"]["margin_interval"]
    assert low <= data["verdict"]["margin"] + 1e-12 and data["verdict"]["margin"] <= high + 1e-12


def test_feasible_alternatives_come_first_and_best_first(cli):
    for profile in PROFILES:
        rows = recommend(cli, "--profile", profile).data["alternatives"]
        assert rows == sorted(rows, key=lambda row: (bool(row["excluded_by"]), -row["score"]))


def test_categories_do_not_depend_on_the_answers(cli):
    found = [recommend(cli, "--profile", p).data["categories"] for p in PROFILES]
    assert all(categories == found[0] for categories in found)
    assert [c["id"] for c in found[0]] == [
        "ease_of_use",
        "execution",
        "capabilities",
        "community",
        "tooling",
        "performance",
        "adoption",
    ]


def test_flips_are_cheapest_first(cli):
    for profile in PROFILES:
        for rows in recommend(cli, "--profile", profile).data["flips"].values():
            assert [row["change"] for row in rows] == sorted(row["change"] for row in rows)


# Text and Markdown


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("profile", [*PROFILES, None])
def test_text_fits_a_screen_of_80_by_24(cli, profile, reading):
    argv = ("--profile", profile) if profile else ()
    for probing in ("--probe", "--no-probe"):
        done = cli("recommend", *argv, "--as-of", reading, probing)
        lines = done.out.splitlines()
        assert 5 <= len(lines) <= 23
        assert max(map(len, lines)) <= 79
        assert not any(line != line.rstrip() for line in lines)
        assert "For PyTorch" in done.out and "For TensorFlow" in done.out


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("profile", PROFILES)
def test_verbose_text_tells_every_claim_and_wraps(cli, rules, profile, reading):
    done = cli("recommend", "--profile", profile, "--as-of", reading, "--verbose")
    assert max(map(len, done.out.splitlines())) <= 79
    told = set(re.findall(r"^ +(C\d{3}) ", done.out, re.MULTILINE))
    criteria = cli("recommend", "--profile", profile, "--as-of", reading, "--json").data["criteria"]
    weighty = {claim for c in criteria if abs(c["contribution"]) > 1e-4 for claim in c["claims"]}
    assert len(weighty) > 30
    assert weighty <= told <= set(rules.texts()["claims"])
    assert "What would change who leads" in done.out
    assert f"digest {rules.digest}" in done.out


@pytest.mark.parametrize("verbose", [(), ("--verbose",)])
@pytest.mark.parametrize("profile", PROFILES)
def test_markdown(cli, profile, verbose):
    done = cli(
        "recommend", "--profile", profile, "--as-of", DAY, "--no-probe", "--format", "markdown", *verbose
    )
    lines = done.out.splitlines()
    assert lines[0].startswith("# ")
    for heading in ("## For PyTorch", "## For TensorFlow", "## What would change it", "## The article alone"):
        assert heading in lines
    tables = [line for line in lines if line.startswith("|")]
    assert len(tables) >= 4
    assert (
        done.out
        == cli("recommend", "--profile", profile, "--as-of", DAY, "--no-probe", "--markdown", *verbose).out
    )


def test_markdown_escapes_what_would_be_markup(cli):
    done = cli("recommend", "--answer", "task=speech_or_sensor_on_device", "--markdown", "--no-probe")
    assert "| speech\\_or\\_sensor\\_on\\_device |" in done.out


def test_the_article_reading_names_itself(cli):
    assert "knowledge: the article alone" in cli("recommend", "--as-of", "article").out
    assert "the article alone" in cli("recommend", "--as-of", "article", "--markdown").out


# Formats


def test_the_same_format_twice_is_no_contradiction(cli):
    once = recommend(cli, "--profile", "tpu")
    assert recommend(cli, "--profile", "tpu", "--json", "--format", "json") == once


@pytest.mark.parametrize(
    "argv",
    [
        ("--format", "text", "--json"),
        ("--json", "--markdown"),
        ("--markdown", "--json"),
        ("--format", "json", "--format", "markdown"),
        ("--format", "json", "--format", "text", "--json"),
    ],
)
def test_two_formats_contradict_each_other(cli, argv):
    assert cli("recommend", *argv).is_usage_error("contradict")


def test_html_is_not_possible_yet(cli):
    assert cli("recommend", "--format", "html").is_usage_error("'html' is not possible")


# Output


def test_output_writes_the_same_bytes_to_a_file(cli, tmp_path):
    file = tmp_path / "answer.json"
    done = recommend(cli, "--profile", "mobile", "--output", file)
    assert done == (0, "", "")
    assert file.read_bytes().decode() == recommend(cli, "--profile", "mobile").out
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_output_has_the_permissions_of_any_new_file(cli, tmp_path):
    file, other = tmp_path / "answer", tmp_path / "other"
    other.touch()
    recommend(cli, "--output", file)
    assert file.stat().st_mode == other.stat().st_mode


def test_output_replaces_a_file(cli, tmp_path):
    file = tmp_path / "answer.json"
    file.write_text("old")
    assert recommend(cli, "--output", file).code == 0
    assert json.loads(file.read_text(encoding="utf-8"))["schema_version"] == 1


def test_output_to_a_folder_or_into_none_is_one_line(cli, tmp_path):
    (tmp_path / "kept").touch()
    assert recommend(cli, "--output", tmp_path).is_usage_error(str(tmp_path), "cannot be written")
    assert recommend(cli, "--output", tmp_path / "none" / "x").is_usage_error("No such file or directory")
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_the_old_file_stays_when_the_disk_is_full(cli, tmp_path, monkeypatch):
    file = tmp_path / "answer.json"
    file.write_text("old")

    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    done = recommend(cli, "--output", file)
    assert done.code != 0 and done.out == ""
    assert done.err == f"advisor: {file}: cannot be written: {os.strerror(errno.ENOSPC)}\n"
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_the_old_file_stays_when_interrupted(cli, tmp_path, monkeypatch):
    file = tmp_path / "answer.json"
    file.write_text("old")

    def interrupted(_handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    assert recommend(cli, "--output", file) == (130, "", "advisor: interrupted\n")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_the_old_file_stays_in_a_folder_without_write_permission(cli, tmp_path):
    file = tmp_path / "answer.json"
    file.write_text("old")
    tmp_path.chmod(0o500)
    try:
        assert recommend(cli, "--output", file).is_usage_error("Permission denied")
        assert file.read_text() == "old"
    finally:
        tmp_path.chmod(0o700)


def test_nothing_is_written_when_the_input_is_wrong(cli, tmp_path):
    file = tmp_path / "answer.json"
    assert recommend(cli, "--profile", "reserch", "--output", file).code == 2
    assert not file.exists()


# Answers files


def answers_of(done):
    assert done.err == "" and done.code in (0, 3), done
    return {a["question"]: (a["options"], a["from"]) for a in done.data["answers"]}


@pytest.mark.parametrize(
    "text",
    [
        "target: mobile\nexperience: [researcher]\n",
        'target: [mobile]\nexperience: "researcher"\n# a comment\n',
        '{"target": "mobile", "experience": ["researcher"]}',
        "\ufefftarget: mobile\r\nexperience: researcher\r\n",
    ],
)
def test_answers_from_yaml_or_json_in_a_file_or_on_stdin(cli, tmp_path, text):
    file = tmp_path / "answers"
    file.write_bytes(text.encode())
    expected = {"target": (["mobile"], "file"), "experience": (["researcher"], "file")}
    assert answers_of(recommend(cli, "--answers", file)) == expected
    assert answers_of(recommend(cli, "--answers", "-", stdin=text.encode())) == expected


def test_the_json_of_a_recommendation_is_an_answers_file(cli, tmp_path):
    file = tmp_path / "before.json"
    before = recommend(cli, "--profile", "legacy-tensorflow", "--output", file)
    assert before.code == 0
    again = answers_of(recommend(cli, "--answers", file))
    old = json.loads(file.read_text(encoding="utf-8"))
    assert {q: options for q, (options, _) in again.items()} == {
        a["question"]: a["options"] for a in old["answers"]
    }


def test_flags_win_over_the_file_which_wins_over_the_profile(cli):
    argv = ("--profile", "research", "--answers", "-", "--answer", "target=server")
    done = recommend(cli, *argv, stdin=b"target: mobile\nhiring: general_ml\n")
    assert answers_of(done) == {
        "target": (["server"], "flag"),
        "hiring": (["general_ml"], "file"),
        "experience": (["researcher"], "profile"),
    }


def test_answers_are_listed_in_the_order_of_the_questions(cli, rules):
    done = recommend(cli, "--answer", "experience=researcher", "--answer", "target=server")
    order = [q["key"] for q in rules.core["questions"]]
    given = [a["question"] for a in done.data["answers"]]
    assert given == sorted(given, key=order.index)


def test_several_options_by_comma_and_by_repetition(cli):
    comma = recommend(cli, "--answer", "target=mobile, server")
    repeated = recommend(cli, "--answer", "target=mobile", "--answer", "target=server,mobile")
    assert comma == repeated
    assert answers_of(comma) == {"target": (["mobile", "server"], "flag")}


@pytest.mark.parametrize("text", [b"", b"\n# nothing\n", b"{}", b"null"])
def test_an_empty_answers_file_answers_nothing(cli, text):
    assert recommend(cli, "--answers", "-", stdin=text) == recommend(cli)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"targt: mobile\n", ("<stdin>:1:1: ", "'targt'", "did you mean 'target'?")),
        (b"experience: researcher\ntarget: [server, moble]\n", ("<stdin>:2:1: ", "did you mean 'mobile'?")),
        (b"experience: [researcher, practitioner]\n", ("<stdin>:1:1: ", "takes one option, 2 were given")),
        (b"existing_code: [none, pytorch]\n", ("'none' contradicts the other options",)),
        (b"target: {mobile: true}\n", ("<stdin>:1:1: ", "expected an option id")),
        (b"target:\n", ("<stdin>:1:1: ", "expected an option id")),
        (b"- target\n", ("<stdin>:1:1: holds no answers",)),
        (b"mobile", ("<stdin>:1:1: holds no answers",)),
        (b"target: mobile\ntarget: server\n", ("<stdin>:2:1: repeats the key 'target'",)),
        (b"target: [mobile\n", ("is not valid YAML",)),
        (b"target: &a mobile\n", ("anchor",)),
        (b"target: !!python/object:os.system mobile\n", ("uses a tag",)),
        (b"a: 1\n---\nb: 2\n", ("several documents",)),
        (b"target: \xff\n", ("<stdin>:1:9: is not UTF-8 text",)),
        (b"\x00", ("<stdin>",)),
        (b"target: [" * 500, ("<stdin>",)),
        (b'{"answers": [{"question": 1}]}', ("<stdin>",)),
        (b'{"answers": [1]}', ("<stdin>",)),
    ],
)
def test_a_wrong_answers_file_is_one_line_with_its_place(cli, text, words):
    assert recommend(cli, "--answers", "-", stdin=text).is_usage_error(*words)


def test_a_file_that_cannot_be_read_is_one_line(cli, tmp_path):
    missing = tmp_path / "none.yaml"
    assert recommend(cli, "--answers", missing).is_usage_error(f"{missing}: cannot be read: No such file")
    assert recommend(cli, "--answers", tmp_path).is_usage_error(f"{tmp_path}: is a folder, not a file")


def test_an_answers_file_of_50_mb_is_refused_before_it_is_read(cli, tmp_path):
    file = tmp_path / "answers.yaml"
    with file.open("wb") as stream:
        stream.write(b"target: mobile\n")
        stream.truncate(50 * 1024 * 1024)
    assert recommend(cli, "--answers", file).is_usage_error(str(file), "is too large")
    with file.open("rb") as stream:
        read = []

        class Watched(io.RawIOBase):
            def readable(self):
                return True

            def readinto(self, buffer):
                part = stream.read(len(buffer))
                buffer[: len(part)] = part
                read.append(len(part))
                return len(part)

        done = recommend(cli, "--answers", "-", stdin=io.BufferedReader(Watched()))
    assert done.is_usage_error("<stdin>: is too large")
    assert sum(read) < 2 * MAX_BYTES


# Exit codes


def test_require(cli):
    assert recommend(cli, "--profile", "research", "--require", "pytorch").code == 0
    done = recommend(cli, "--profile", "research", "--require", "tensorflow")
    assert done.code == 1 and done.data["verdict"]["alternative"] == "pytorch" and done.err == ""
    assert recommend(cli, "--profile", "microcontroller", "--require", "pytorch").code == 1


def test_require_is_not_met_when_either_will_do(cli):
    done = cli("recommend", "--as-of", "2017-01-01", "--require", "pytorch", "--json")
    assert (done.code, done.data["verdict"]["outcome"]) == (1, "either")


def infeasible_answers(rules):
    """A set of answers that excludes everything, taken from the cases that the rules hold."""
    for entry in rules.texts()["cases"].values():
        case = entry["record"]
        if case["expect"].get("outcome") == ["infeasible"] and not case["facts"] and "as_of" not in case:
            pairs = [f"{key}={','.join(options)}" for key, options in case["answers"].items()]
            profile = ("--profile", case["profile"]) if "profile" in case else ()
            return [*profile, *(word for pair in pairs for word in ("--answer", pair))]
    raise AssertionError("no case is infeasible by answers alone")


def test_infeasible(cli, rules):
    argv = infeasible_answers(rules)
    done = recommend(cli, *argv)
    assert done.code == 3 and done.err == ""
    verdict = done.data["verdict"]
    assert (verdict["outcome"], verdict["alternative"], verdict["by"]) == ("infeasible", None, "constraint")
    assert all(a["excluded_by"] for a in done.data["alternatives"])
    assert recommend(cli, *argv, "--require", "pytorch").code == 3
    text = cli("recommend", *argv, "--as-of", DAY, "--no-probe")
    assert text.code == 3 and "Nothing fits all answers" in text.out
    assert len(text.out.splitlines()) <= 23


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--profile", "reserch"], ("there is no profile 'reserch'", "did you mean 'research'?")),
        (["--profile", ""], ("there is no profile ''",)),
        (["--answer", "targt=mobile"], ("--answer: there is no question", "did you mean 'target'?")),
        (["--answer", "target=moble"], ("has no option 'moble'", "did you mean 'mobile'?")),
        (["--answer", "target"], ("--answer: 'target' is no answer", "KEY=OPTION")),
        (["--answer", "=mobile"], ("is no answer",)),
        (["--answer", "target="], ("is no answer",)),
        (["--answer", "target=,"], ("is no answer",)),
        (["--answer", ""], ("is no answer",)),
        (["--answer", "existing_code=none,pytorch"], ("'none' contradicts the other options",)),
        (["--answer", "experience=researcher,practitioner"], ("takes one option, 2 were given",)),
        (
            ["--answer", "experience=researcher", "--answer", "experience=practitioner"],
            ("takes one option, 2 were given",),
        ),
        (["--profle", "research"], ("'--profle' is no option", "did you mean '--profile'?")),
        (["--prof", "research"], ("'--prof' is no option",)),
        (["--format", "jsn"], ("'jsn' is not possible", "did you mean 'json'?")),
        (["--as-of", "todai"], ("'todai' is no reading", "did you mean 'today'?")),
        (["--as-of", "articel"], ("did you mean 'article'?",)),
        (["--as-of", "2022-13-01"], ("'2022-13-01' is no reading", "2022-06-01")),
        (["--as-of", "2023-02-29"], ("is no reading",)),
        (["--as-of", "1"], ("is no reading",)),
        (["--as-of", "\u0662\u0660\u0662\u0662"], ("is no reading",)),
        (["--require", "pytoch"], ("there is no alternative 'pytoch'", "did you mean 'pytorch'?")),
        (["--measurements", "newest"], ("--measurements", "latest or none")),
        (["--rules", "biultin"], ("there is no rule pack", "did you mean 'builtin'?")),
        (["--rules", "/no/such/folder"], ("/no/such/folder: there is no such folder",)),
        (["--probe", "--no-probe"], ("--probe", "--no-probe")),
        (["--profile"], ("expected one argument",)),
        (["research"], ("'research' is no option",)),
        (["--answer", "x" * 100_000], ("is no answer",)),
        (["--profile", "x" * 100_000], ("there is no profile",)),
        (["--as-of", "x" * 100_000], ("is no reading",)),
    ],
)
def test_slips_are_one_line_on_stderr(cli, argv, words):
    done = cli("recommend", *argv)
    assert done.is_usage_error(*words)
    assert len(done.err) < 1000


def test_every_misspelt_option_finds_the_right_one(cli):
    flags = set(re.findall(r"--[a-z-]+", cli("recommend", "--help").out))
    assert len(flags) >= 12
    for flag in flags:
        slip = flag[:4] + flag[5] + flag[4] + flag[6:] if len(flag) > 7 else flag + "x"
        assert cli("recommend", slip).is_usage_error(f"did you mean {flag!r}?")


# What is shown is never obeyed


@pytest.mark.parametrize(
    "argv",
    [
        ("--profile", "\x1b[31mred\x1b[0m"),
        ("--answer", "\x1b]0;title\x07=mobile"),
        ("--answer", "target=\x1b[2Jmobile"),
        ("--answers", "\x1b[31m.yaml"),
        ("--answers", "two\nlines\r.yaml"),
        ("--rules", "./\x9b31m"),
        ("--rules", "\u202egnp.exe"),
        ("--as-of", "\x1b[1m2022"),
        ("--require", "\x1b[1mpytorch"),
        ("--output", "/no/\x1b[31m/x"),
        ("--\x1b[31mflag",),
    ],
)
def test_escapes_in_arguments_are_shown_not_sent(cli, argv):
    done = cli("recommend", *argv)
    assert done.is_usage_error()
    assert done.err[:-1].isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('target: "\\e[31mred"', "U+001B"),
        ('"\\e]0;x\\a": mobile', "U+001B"),
        ('target: "\\u202Ered"', "U+202E"),
        ("target: '[bold red]x[/]'", "[bold red]"),
        ("'[link=https://example.org]x': y", "[link=https://example.org]"),
    ],
)
def test_escapes_and_markup_in_an_answers_file_are_refused(cli, tmp_path, text, shown):
    file = tmp_path / "[bold]answers[red].yaml"
    file.write_text(text + "\n", encoding="utf-8")
    done = recommend(cli, "--answers", file)
    assert done.is_usage_error(shown, "[bold]answers[red].yaml:1:")
    assert done.err[:-1].isprintable()


@pytest.mark.skipif(os.name != "posix", reason="other file names")
def test_a_file_name_that_is_no_text(process, rules, tmp_path):
    folder = os.fsencode(tmp_path)
    done = process("-m", "advisor", "recommend", "--answers", folder + b"/\xff\x1b.yaml")
    assert done.returncode == 2 and b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1 and b"\x1b" not in done.stderr
    (tmp_path / "out").mkdir()
    done = process("-m", "advisor", "recommend", "--json", "--output", folder + b"/out/\xff.json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert os.listdir(folder + b"/out") == [b"\xff.json"]


# Terminals, pipes, signals


@linux
def test_a_terminal_a_pipe_and_no_color_get_the_same_bytes(process, rules):
    argv = ("-m", "advisor", "recommend", "--profile", "llm", "--as-of", DAY)
    rules.texts()
    plain = process(*argv)
    assert (plain.returncode, plain.stderr) == (0, b"") and b"\x1b" not in plain.stdout
    for env in ({"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "40"}):
        assert process(*argv, env=env).stdout == plain.stdout
    ours, theirs = os.openpty()
    done = process(*argv, capture_output=False, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 65536):
            seen += part
    except OSError as problem:  # What Linux says when the other end is closed.
        assert problem.errno == errno.EIO
    os.close(ours)
    assert (done.returncode, done.stderr) == (0, b"")
    assert seen.replace(b"\r\n", b"\n") == plain.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_output_that_is_not_utf_8(process, rules, encoding):
    rules.texts()
    for form in ("text", "json", "markdown"):
        argv = ("recommend", "--profile", "mobile", "--verbose", "--format", form)
        done = process("-m", "advisor", *argv, env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode(encoding)


@linux
@pytest.mark.parametrize(
    "argv",
    [
        ("recommend", "--profile", "research"),
        ("recommend", "--profile", "research", "--verbose"),
        ("rules", "list", "--json"),
        ("--help",),
        ("recommend", "--help"),
        ("--version",),
    ],
)
def test_a_reader_who_has_left_is_no_error(process, rules, argv):
    rules.texts()
    ours, theirs = os.pipe()
    os.close(ours)
    done = process("-m", "advisor", *argv, capture_output=False, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


@linux
def test_a_pipe_into_head(rules):
    rules.texts()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    line = '"$0" -W error -m advisor rules list --format json | head -1'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable], capture_output=True, env=environment, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"[\n", b"")


@linux
def test_ctrl_c_while_reading_answers(rules, tmp_path):
    pipe = tmp_path / "answers"
    os.mkfifo(pipe)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    # A job started in the background ignores SIGINT, and so do its children unless told otherwise.
    start = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); runpy.run_module('advisor', run_name='__main__')"
    command = [sys.executable, "-c", start, "recommend", "--answers", str(pipe)]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with pipe.open("wb"):  # Opens only once the other side is about to read.
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (130, b"", b"advisor: interrupted\n")


def test_ctrl_c_while_reading_stdin(cli):
    class Interrupted(io.BytesIO):
        def read(self, *_):
            raise KeyboardInterrupt

    assert recommend(cli, "--answers", "-", stdin=Interrupted()) == (130, "", "advisor: interrupted\n")


# Facts of the machine


def test_no_probe_leaves_every_fact_out(cli):
    data = recommend(cli, "--profile", "research").data
    assert data["facts"] == {}
    assert "probe" not in {a["from"] for a in data["answers"]}


def python_option():
    minor = sys.version_info[1]
    return "py311_to_313" if 11 <= minor <= 13 else f"py3{minor}"


@pytest.mark.skipif(sys.version_info > (3, 15, 99), reason="the rules know no such Python")
@pytest.mark.parametrize("probing", [(), ("--probe",)])
def test_the_python_in_use_is_an_answer_of_origin_probe(cli, probing):
    data = cli("recommend", "--profile", "research", *probing, "--json").data
    found = {a["question"]: (a["options"], a["from"]) for a in data["answers"]}
    assert found["python"] == ([python_option()], "probe")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert data["facts"]["python"] == {"value": version, "from": "machine"}
    assert list(data["facts"]) == sorted(data["facts"])


def test_an_answer_wins_over_the_machine_with_a_warning(cli):
    given = "py310" if python_option() != "py310" else "py314"
    data = cli("recommend", "--answer", f"python={given}", "--json").data
    assert [(a["options"], a["from"]) for a in data["answers"] if a["question"] == "python"] == [
        ([given], "flag")
    ]
    assert [w["ref"] for w in data["warnings"] if w["code"] == "contradicts-machine"] == ["python"]


def test_facts_name_nobody(cli):
    import getpass
    import socket

    words = cli("recommend", "--json").data["facts"]
    shown = json.dumps(words)
    assert set(words) <= {"os", "arch", "python", "container", "wsl"}
    assert socket.gethostname() not in shown
    assert getpass.getuser() not in shown
