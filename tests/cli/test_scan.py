"""`advisor scan DIR`: exit codes, the three formats, and nothing of a repository that a terminal or renderer obeys."""

import json
import os
import sys

import pytest

EVIL = "import torch  # \x1b[31m <script>alert(1)</script> \u202e `x` [a](b) \x9b2J\n"


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "train.py").write_text("import torch\nimport torch.nn as nn\n\nnn.Linear(1, 2)\n")
    (folder / "requirements.txt").write_text("torch==2.9.0\n")
    (folder / "m.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(2000))
    return folder


@pytest.fixture
def evil(tmp_path):
    folder = tmp_path / "evil"
    folder.mkdir()
    (folder / "a.py").write_text(EVIL, encoding="utf-8")
    if sys.platform == "linux":
        (folder / "\x1b]0;x\x07<b>*.py").write_text("import torch\n")
        with open(os.fsencode(folder) + b"/\xff.py", "w") as file:
            file.write("import torch\n")
    return folder


def test_text(cli, project):
    done = cli("scan", project)
    assert (done.code, done.err) == (0, "")
    assert "3 files looked into" in done.out
    assert "  PyTorch: 1 file, 3 lines; ==2.9.0; train.py:1\n" in done.out
    assert "  existing_code: pytorch (strong)\n      train.py:1: import torch\n" in done.out
    assert "  m.tflite: tflite; 2.0 kB\n" in done.out
    assert max(map(len, done.out.splitlines())) <= 79


def test_json(cli, project):
    done = cli("scan", project, "--json")
    assert (done.code, done.err) == (0, "")
    data = done.data
    assert (data["schema_version"], data["folder"]) == (1, str(project))
    assert data["files"] == {"scanned": 3, "skipped": 0, "unreadable": 0}
    assert [(s["question"], s["options"], s["strength"]) for s in data["suggestions"]] == [
        ("existing_code", ["pytorch"], "strong"),
        ("team_skill", ["pytorch"], "weak"),
        ("weights", ["tflite_file"], "moderate"),
    ]
    assert data["switch"]["frameworks"][0]["lines"] == 3
    assert cli("scan", project, "--format", "json").out == done.out


def test_markdown(cli, project):
    out = cli("scan", project, "--markdown").out
    assert out.startswith("# What ") and "\n## Suggested answers\n" in out
    assert "- **existing_code**: pytorch (strong)" in out


def test_verbose_shows_every_row(cli, project):
    for i in range(12):
        (project / f"{i}.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(64))
    assert "5 more: --verbose shows them" in cli("scan", project).out
    assert "11.tflite" in cli("scan", project, "--verbose").out


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_nothing_of_a_repository_is_obeyed(cli, evil, form):
    done = cli("scan", evil, "--format", form, "--verbose" if form != "json" else "--max-files=99")
    assert done.code == 0
    for bad in ("\x1b", "\x07", "\u202e", "\x9b"):
        assert bad not in done.out
    done.out.encode("utf-8")
    if form == "markdown":
        assert "<script>" not in done.out and "<b>" not in done.out and "[a](b)" not in done.out
    if form == "json":
        done.out.encode("ascii")
        texts = [p["text"] for f in done.data["frameworks"] for p in f["places"]]
        assert EVIL.strip() in texts


def test_json_keeps_every_character(cli, tmp_path):
    (tmp_path / "a.py").write_text("import torch  # \U0001f600 \u00e9 \x7f\n", encoding="utf-8")
    out = cli("scan", tmp_path, "--json").out
    assert json.loads(out)["frameworks"][0]["places"][0]["text"] == "import torch  # \U0001f600 \u00e9 \x7f"


@pytest.mark.parametrize("what", ["nowhere", "file", "\x1b[31m"])
def test_no_folder(cli, tmp_path, what):
    (tmp_path / "file").write_text("")
    assert cli("scan", tmp_path / what).is_usage_error("cannot be scanned", "expected a folder")


def test_usage(cli, project):
    assert cli("scan").code == 2
    assert cli("scan", project, project).code == 2
    assert cli("scan", project, "--format", "html").code == 2
    for number in ("0", "-1", "x", "1.5", "9" * 5000, "\u0661"):
        assert cli("scan", project, f"--max-files={number}").is_usage_error("--max-files")
    assert "limit" not in cli("scan", project, "--max-files", "3").out


def test_output(cli, project, tmp_path):
    done = cli("scan", project, "--json", "--output", tmp_path / "out.json")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert json.loads((tmp_path / "out.json").read_text())["schema_version"] == 1


def test_the_same_bytes_each_time(cli, project):
    assert cli("scan", project, "--json").out == cli("scan", project, "--json").out


def test_a_process_of_its_own(process, project):
    done = process("-m", "advisor", "scan", project, "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["frameworks"][0]["id"] == "pytorch"


@pytest.fixture
def torch_project(tmp_path):
    (tmp_path / "train.py").write_text("import torch\nfrom torch import nn\n\nmodel = nn.Linear(1, 1)\n")
    (tmp_path / "requirements.txt").write_text("torch==2.8.0\n")
    return tmp_path


def test_a_recommendation_takes_what_the_code_shows(cli, torch_project):
    data = cli("recommend", "--scan", str(torch_project), "--no-probe", "--json").data
    assert {"question": "existing_code", "options": ["pytorch"], "from": "scan"} in data["answers"]


def test_what_the_user_says_wins_over_the_code_and_is_told(cli, torch_project):
    argv = (
        "recommend",
        "--scan",
        str(torch_project),
        "--answer",
        "existing_code=jax",
        "--no-probe",
        "--json",
    )
    done = cli(*argv)
    assert {"question": "existing_code", "options": ["jax"], "from": "flag"} in done.data["answers"]
    assert "shows existing_code = pytorch; the answer given, jax, counts" in done.err


def test_a_recommendation_needs_a_folder_to_scan(cli, tmp_path):
    assert cli("recommend", "--scan", str(tmp_path / "missing")).is_usage_error("missing")
