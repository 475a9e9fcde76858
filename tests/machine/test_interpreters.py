"""Which Python environments are found, without starting any of them."""

from __future__ import annotations

import json
import os
import sys

import pytest

from advisor.machine.interpreters import interpreters, python_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="makes executable files")


def environment(folder):
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return str(python)


def test_this_interpreter_is_first_and_each_environment_stands_once(tmp_path):
    one, two = environment(tmp_path / "one"), environment(tmp_path / "project" / ".venv")
    found = interpreters(
        str(tmp_path / "project"),
        {"VIRTUAL_ENV": str(tmp_path / "one"), "CONDA_PREFIX": str(tmp_path / "one"), "PATH": ""},
    )
    assert found == [sys.executable, one, two]


def test_what_conda_lists(tmp_path):
    python = environment(tmp_path / "envs" / "ml")
    conda = tmp_path / "conda"
    listed = json.dumps({"envs": [str(tmp_path / "envs" / "ml"), str(tmp_path / "gone"), 7]})
    conda.write_text(f"#!/bin/sh\necho '{listed}'\n")
    conda.chmod(0o755)
    assert interpreters(str(tmp_path), {"CONDA_EXE": str(conda)}) == [sys.executable, python]


@pytest.mark.parametrize("text", ["exit 1", "echo nonsense", "echo []", "echo {}", "echo '{\"envs\": 1}'"])
def test_a_conda_that_does_not_answer(tmp_path, text):
    conda = tmp_path / "conda"
    conda.write_text(f"#!/bin/sh\n{text}\n")
    conda.chmod(0o755)
    assert interpreters(str(tmp_path), {"CONDA_EXE": str(conda)}) == [sys.executable]


def test_a_folder_without_an_interpreter(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("not executable")
    assert python_of(str(tmp_path)) is None
