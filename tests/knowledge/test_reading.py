"""Bad input: every file is read in bounded time and memory, and what is wrong with it has a place and a code."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import AdvisorError, AnswersError, RulesError
from advisor.knowledge import build, cache, reading
from advisor.knowledge.check import check, errors

QUESTION = "questions/workload.yaml"


def problems(folder: Path) -> list[tuple[str, int, int, str, str | None]]:
    """(file inside the pack, line, column, code, nearest) of every error."""
    return [
        (Path(p.file).relative_to(folder).as_posix(), p.line, p.column, p.code, p.nearest)
        for p in check(str(folder))
        if p.level == "error"
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("id: [Q01\nkey: x\n", 2, 4, "not valid YAML"),
        ("id: Q01\n\tkey: x\n", 2, 1, "not valid YAML"),
        ("id: a: b\n", 1, 6, "not valid YAML"),
        ("id: Q01\nid: Q02\n", 2, 1, "repeats the key 'id'"),
        ("a: {b: 1, b: 2}\n", 1, 11, "repeats the key 'b'"),
        ("id: Q01\n---\nid: Q02\n", 2, 1, "several documents"),
        ("id: &x Q01\n", 1, 5, "anchor"),
        ("a: 1\nid: *x\n", 2, 5, "anchor"),
        ("id: !!python/object/apply:os.system [id]\n", 1, 5, "tag"),
        ("id: !x Q01\n", 1, 5, "tag"),
        ("{[1, 2]: 3}\n", 1, 2, "key that is not a word"),
        ("? {a: 1}\n: 2\n", 1, 3, "key that is not a word"),
        ('id: "\\e[31mred"\n', 1, 5, "control character U+001B"),
        ('id: "a\\u202Eb"\n', 1, 5, "control character U+202E"),
        ('id: "a\\u0007b"\n', 1, 5, "control character U+0007"),
        ('id: "a\\x9bb"\n', 1, 5, "control character U+009B"),
        ("why: 'see [bold red]this[/]'\n", 1, 6, "markup '[bold red]'"),
        ("why: '[link=https://x.example]y[/link]'\n", 1, 6, "markup"),
        ("'[b]key': 1\n", 1, 1, "markup '[b]'"),
        ("[" * 100_000, 1, 41, "nested too deeply"),
        ("{a: " * 100_000, 1, 161, "nested too deeply"),
        ("- " * 100_000, 1, 81, "nested too deeply"),
        ("%YAML 9.9\n---\nid: 1\n", 1, 1, "not valid YAML"),
    ],
)
def test_text_that_is_not_plain_data(three, text, line, column, says):
    folder = three({QUESTION: text})
    assert (QUESTION, line, column, "syntax", None) in problems(folder)
    with pytest.raises(RulesError, match=re.escape(says)) as caught:
        reading.parse(text, "file.yaml")
    assert (caught.value.file, caught.value.line, caught.value.column) == ("file.yaml", line, column)


def test_a_raw_control_character(three):
    folder = three({QUESTION: "id: Q01\nkey: \x1b[31mred\n"})
    (found,) = problems(folder)
    assert (found[0], found[3]) == (QUESTION, "syntax")


def test_bytes_that_are_not_utf8(three):
    folder = three({QUESTION: b"id: Q01\nkey: caf\xe9\n"})
    assert problems(folder) == [(QUESTION, 2, 9, "syntax", None)]
    folder = three({QUESTION: "id: Q01\n".encode("utf-16")}, name="other")
    assert problems(folder) == [(QUESTION, 1, 1, "syntax", None)]


def test_an_alias_bomb(three):
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    started = time.perf_counter()
    assert problems(three({QUESTION: "\n".join(levels)})) == [(QUESTION, 1, 5, "syntax", None)]
    assert time.perf_counter() - started < 2


def test_a_file_of_50_megabytes(three):
    folder = three()
    with (folder / QUESTION).open("wb") as stream:
        stream.seek(50 * 1024 * 1024)
        stream.write(b"x")
    tracemalloc.start()
    started = time.perf_counter()
    try:
        found = [p for p in check(str(folder)) if p.level == "error"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(p.code, p.line, p.column) for p in found] == [("syntax", 1, 1)]
    assert "too large" in found[0].message
    assert time.perf_counter() - started < 5
    assert peak < 20 * 1024 * 1024


def test_very_many_values():
    text = "a: [" + "1," * (reading.MAX_VALUES + 10) + "]"
    with pytest.raises(RulesError, match="too many values") as caught:
        reading.parse(text, "f")
    assert (caught.value.line, caught.value.column) == (1, 2 * reading.MAX_VALUES - 1)


def test_very_many_files(three, monkeypatch):

    monkeypatch.setattr(cache, "MAX_FILES", 10)
    (problem,) = check(str(three()))
    assert (problem.code, problem.line, problem.column) == ("no-pack", 1, 1)
    assert "more than 10 files" in problem.message


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column", "code", "close"),
    [
        (QUESTION, "order: 1", "order: first", 4, 1, "shape", None),
        (QUESTION, "order: 1", "oder: 1", 4, 1, "shape", "order"),
        (
            QUESTION,
            "    strength: weak\n    why: One",
            "    strenght: weak\n    why: One",
            13,
            5,
            "shape",
            "strength",
        ),
        (QUESTION, "strength: weak", "strength: week", 13, 5, "shape", "weak"),
        (QUESTION, "options:", "options: none", 8, 1, "syntax", None),
        (QUESTION, "key: workload", "key: worklaod", 2, 1, "file-name", None),
        (QUESTION, "audience: [apps]", "audience: [aps]", 10, 14, "unknown-id", "apps"),
        (QUESTION, "favours: sqlite", "favours: sqlight", 12, 5, "unknown-id", "sqlite"),
        (QUESTION, "- id: analysis", "- id: app", 17, 3, "duplicate-id", None),
        (QUESTION, "id: Q01", "id: Q02", 2, 1, "duplicate-id", None),
        ("questions/clients.yaml", "workload: [app]", "worklod: [app]", 7, 17, "unknown-id", "workload"),
        (
            "questions/clients.yaml",
            "workload: [app]",
            "workload: [analisis]",
            7,
            17,
            "unknown-id",
            "analysis",
        ),
        ("findings/timings.yaml", "- id: E004", "- id: E001", 5, 3, "duplicate-id", None),
        ("findings/timings.yaml", "claims: [C004]", "claims: [C04]", 6, 12, "unknown-id", "C004"),
        ("findings/timings.yaml", "as_of: 2025-11-20", "as_of: 2025-13-20", 9, 3, "shape", None),
        ("findings/timings.yaml", "confidence: medium", "confidence: meduim", 13, 3, "shape", "medium"),
        (
            "criteria/operation/upkeep.yaml",
            "category: operation",
            "category: queries",
            3,
            1,
            "file-name",
            None,
        ),
        ("criteria/operation/upkeep.yaml", "over: duckdb", "over: duckbd", 29, 3, "unknown-id", "duckdb"),
        ("profiles/analyst.yaml", "workload: analysis", "workload: anlysis", 6, 3, "unknown-id", "analysis"),
        (
            "profiles/analyst.yaml",
            "workload: analysis",
            "workload: [analysis, app]",
            6,
            3,
            "case-profile",
            None,
        ),
        ("profiles/analyst.yaml", "workload: analysis", "workload: 1", 6, 3, "shape", None),
        ("alternatives.yaml", "id: duckdb", "id: both", 9, 3, "reserved-id", None),
        ("pack.yaml", "schema_version: 1", "schema_version: 2", 3, 1, "shape", None),
        ("pack.yaml", "version: 1.0.0", "version: 1.0", 5, 1, "shape", None),
        ("parameters.yaml", "lean_step: 0.25\n", "", 2, 1, "shape", None),
        ("parameters.yaml", "even_band: 0.07", "even_band: .inf", 10, 1, "shape", None),
    ],
)
def test_values_that_do_not_fit(three, file, old, new, line, column, code, close):
    folder = three(edits={file: (old, new)})
    assert (file, line, column, code, close) in problems(folder)
    with pytest.raises(RulesError) as caught:
        build.compiled(str(folder), keep=False)
    assert caught.value.file and caught.value.line and caught.value.column
    assert caught.value.problems


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]\n", "1\n", "text\n", "~\n"])
def test_files_that_hold_no_mapping(three, text):
    (found,) = problems(three({QUESTION: text}))
    assert (found[0], found[3]) == (QUESTION, "shape")


@pytest.mark.parametrize(
    "when",
    [
        "{all: ~}",
        "{answer: }",
        "{}",
        "{leader: , any: }",
    ],
)
def test_a_condition_without_content(three, when):
    folder = three(edits={"constraints/shared.yaml": ("{answer: {clients: [many]}}", when)})
    assert ("constraints/shared.yaml", "shape") in [(p[0], p[3]) for p in problems(folder)]


def test_files_in_unexpected_places(three):
    folder = three(
        {
            "questons/x.yaml": "id: 1\n",
            "notes.txt": "hello",
            "criteria/x.yaml": "id: 1\n",
            ".hidden.yaml": "[",
        }
    )
    assert problems(folder) == [
        ("criteria/x.yaml", 1, 1, "unknown-file", None),
        ("questons/x.yaml", 1, 1, "unknown-file", None),
    ]


def test_a_record_in_two_files(three):
    twin = "id: analyst\ntitle: T\ndescription: D\nanswers: {workload: app}\n"
    found = problems(three({"profiles/analyst.yml": twin}))
    assert [(p[0], p[1], p[3]) for p in found] == [("profiles/analyst.yml", 1, "duplicate-id")]


def test_an_empty_pack(tmp_path):
    (problem,) = check(str(tmp_path))
    assert (problem.file, problem.line, problem.column, problem.code) == (str(tmp_path), 1, 1, "no-pack")


def test_a_pack_of_one_alternative(three):
    folder = three({"alternatives.yaml": "alternatives:\n- {id: sqlite, name: SQLite}\n"})
    assert ("pack.yaml", 3, 1, "too-few-alternatives", None) in problems(folder)


def test_a_pack_with_nothing_to_decide(tmp_path, three):
    base = three()
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("pack.yaml", "parameters.yaml", "alternatives.yaml", "categories.yaml"):
        shutil.copy(base / name, bare / name)
    assert [p[3] for p in problems(bare)] == ["no-criteria"]


HEAD = "schema_version: 1\nid: {0}\nversion: 1.0.0\ntitle: T\nreviewed: 2026-06-01\nextends: {1}\n"


def packs(folder: Path, **extends: str) -> Path:
    for name, parent in extends.items():
        (folder / name).mkdir()
        (folder / name / "pack.yaml").write_text(HEAD.format(name, parent), "utf-8")
    return folder / next(iter(extends))


@pytest.mark.parametrize(
    ("extends", "file"),
    [({"a": "../a"}, "a"), ({"a": "../b", "b": "../a"}, "a"), ({"a": "../b", "b": "../c", "c": "../b"}, "b")],
)
def test_packs_that_extend_each_other(tmp_path, extends, file):
    first = packs(tmp_path, **extends)
    (problem,) = check(str(first))
    assert (problem.code, problem.line, problem.column) == ("no-pack", 6, 1)
    assert Path(problem.file).resolve() == tmp_path / file / "pack.yaml"
    assert "circle" in problem.message


def test_too_long_a_chain_of_packs(tmp_path):
    first = packs(tmp_path, **{f"p{i}": f"../p{i + 1}" for i in range(20)})
    (problem,) = check(str(first))
    assert problem.code == "no-pack" and "more than 16" in problem.message


@pytest.mark.parametrize(
    ("parent", "close"),
    [("buildin", "builtin"), ("nowhere-at-all", None), ("../nowhere", None), ("pack.yaml", None)],
)
def test_a_pack_that_extends_nothing(tmp_path, parent, close):
    folder = packs(tmp_path, a=parent)
    (problem,) = check(str(folder))
    assert (problem.file, problem.line, problem.column) == (str(folder / "pack.yaml"), 6, 1)
    assert (problem.code, problem.nearest) == ("no-pack", close)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_links(three, tmp_path):
    folder = three()
    outside = tmp_path / "outside.yaml"
    outside.write_text("id: linked\ntitle: T\ndescription: D\nanswers: {workload: ap}\n", "utf-8")
    (folder / "profiles" / "linked.yaml").symlink_to(outside)
    (folder / "profiles" / "broken.yaml").symlink_to(tmp_path / "nowhere.yaml")
    (folder / "findings" / "round").symlink_to(folder)
    (folder / "tools").symlink_to(folder / "profiles")
    assert problems(folder) == [("profiles/linked.yaml", 4, 11, "unknown-id", "app")]
    outside.write_text("id: linked\ntitle: T\ndescription: D\nanswers: {workload: app}\n", "utf-8")
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("answers", "close"),
    [({"worklaod": "app"}, "workload"), ({"workload": "ap"}, "app"), ({"zzz": "app"}, None)],
)
def test_answers_that_the_pack_does_not_know(three, answers, close):
    from advisor.api import recommend

    with pytest.raises(AnswersError) as caught:
        recommend(answers=answers, rules=three(), as_of="2026-06-01")
    assert caught.value.nearest == close
    if close:
        assert f"did you mean {close!r}" in str(caught.value)


def test_scalars_are_those_of_yaml_1_2():
    text = (
        "[no, yes, on, 2026-11-22, 1, -1, 1.5, .5, true, null, ~, '', '1', 007, 1_000, 0x1f, 1e5, 12:30, <<]"
    )
    expected = ["no", "yes", "on", "2026-11-22", 1, -1, 1.5, 0.5, True, None, None, "", "1"]
    assert reading.parse(text, "f")[0] == [*expected, "007", "1_000", "0x1f", "1e5", "12:30", "<<"]


@pytest.mark.parametrize(
    "text",
    [
        "+-.5",
        "--1.5",
        "-+2.25",
        "+-5",
        "-",
        "+",
        ".",
        "-.",
        "1.2.3",
        "٣.٥",
        "²",
    ],
)
def test_words_that_look_like_numbers(text):
    assert reading.parse(f"a: {text}" if text != "-" else "a: '-'", "f")[0] == {"a": text}


def test_places_count_from_one():
    data, places = reading.parse("a: 1\nb:\n- c: x\n  d: [1, 2]\n", "f")
    assert data == {"a": 1, "b": [{"c": "x", "d": [1, 2]}]}
    assert places[("b",)] == (2, 1)
    assert places[("b", 0)] == (3, 3)
    assert places[("b", 0, "d", 1)] == (4, 10)
    assert reading.nearest_place(places, ("b", 0, "e", 7)) == (3, 3)
    assert reading.nearest_place({}, ("a",)) == (1, 1)


json_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text("abc é[]{}#:,'\"-", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcdef", min_size=1, max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(json_data)
def test_json_is_read_as_it_is(data):
    text = json.dumps(data)
    try:
        assert reading.parse(text, "f")[0] == data
    except RulesError as problem:
        assert "markup" in problem.message


@settings(max_examples=150, deadline=None)
@given(st.text("ab: -[]{},#&*!|>'\"%@`\n\t?~.+\x1b\x00\x85é\u2028", max_size=40) | st.text(max_size=20))
def test_any_text_is_data_or_an_error_with_a_name(text):
    raw = text.encode("utf-8", "surrogatepass")
    try:
        reading.parse(reading.decode(raw, RulesError, "f"), "f")
    except AdvisorError as problem:
        assert problem.file == "f"


BAD = [None, True, -1, "", [], {}, [None], {"a": None}, "9999-01-01", 10**17]


@pytest.mark.parametrize(
    "file",
    [
        "pack.yaml",
        QUESTION,
        "constraints/shared.yaml",
        "cases/main.yaml",
        "findings/timings.yaml",
    ],
)
def test_check_outlives_any_value_anywhere(three, file):
    folder = three()
    data, places = reading.parse((folder / file).read_text("utf-8"), file)
    for path in list(places)[:: max(1, len(places) // 12)]:
        for bad in BAD:
            changed = json.loads(json.dumps(data))
            if not path:
                changed = bad
            else:
                node = changed
                for part in path[:-1]:
                    node = node[part]
                node[path[-1]] = bad
            (folder / file).write_text(json.dumps(changed), "utf-8")
            if errors(check(str(folder))) == 0:
                build.compiled(str(folder), keep=False)
