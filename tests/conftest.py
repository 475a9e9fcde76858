"""What every test relies on: a cache folder of its own, no wish for colours, the command line, and other processes."""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure(config):
    # Before collection, which already loads rules to name the tests after them.
    folder = tempfile.mkdtemp(prefix="advisor-tests-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["ADVISOR_CACHE_DIR"] = folder
    for name in ("NO_COLOR", "FORCE_COLOR", "ADVISOR_FACTS"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def _no_probe_is_remembered():
    """A probe that one test keeps would be a fact in the next."""
    yield
    Path(os.environ["ADVISOR_CACHE_DIR"], "probe.json").unlink(missing_ok=True)


class Outcome(NamedTuple):
    """What a command line gave."""

    code: int
    out: str
    err: str

    @property
    def data(self):
        return json.loads(self.out)

    def is_usage_error(self, *mentions):
        """One line on stderr that names the program and what is wrong, and nothing else."""
        assert (self.code, self.out) == (2, ""), self
        assert self.err.startswith("advisor: ") and self.err.endswith("\n") and self.err.count("\n") == 1
        for words in mentions:
            assert words in self.err
        return True


@pytest.fixture
def cli(capsys, monkeypatch):
    """Runs a command line in this process; `stdin` is what it reads."""
    from advisor.cli.main import run

    def command(*argv, stdin=b""):
        stream = stdin if hasattr(stdin, "read") else io.BytesIO(stdin)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        capsys.readouterr()
        try:
            code = run([str(word) for word in argv])
        except SystemExit as left:
            code = left.code
        return Outcome(int(code), *capsys.readouterr())

    return command


@pytest.fixture(scope="session")
def process():
    """Runs Python in a process of its own with this checkout first on the path, warnings as errors."""

    def command(*argv, env=None, **options):
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        merged = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **(env or {})}
        options = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 120, **options}
        if "input" in options:
            del options["stdin"]
        return subprocess.run(
            [sys.executable, "-W", "error", *map(os.fspath, argv)],
            env={key: value for key, value in merged.items() if value is not None},
            **options,
        )

    return command


@pytest.fixture(scope="session")
def rules():
    """The built-in rules."""
    from advisor import load_rules

    return load_rules()


@pytest.fixture
def pack(tmp_path):
    """Makes a pack that extends the built-in one; `files`: path inside the pack -> YAML text."""

    def make(files=None, *, name="mine", extends="builtin", **more):
        folder = tmp_path / name
        head = {
            "schema_version": 1,
            "id": name,
            "version": "1",
            "title": name,
            "reviewed": "2026-11-22",
            "extends": extends,
            **more,
        }
        for path, text in {"pack.yaml": json.dumps(head), **(files or {})}.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return folder

    return make
