"""The probe as a whole: every detector runs, one that fails or hangs does not take the others along."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import types

import pytest

from advisor import trees
from probes import machine
from probes.reader import Fixed
from probes.record import Found


def test_every_family_is_there_and_finds_nothing_on_an_empty_machine():
    for platform in ("linux", "darwin", "windows", "plan9"):
        result = machine.detect(Fixed(platform=platform))
        assert result["accelerators"] == [] and result["targets"] == []
        assert not [note for note in result["diagnostics"] if "the detector failed" in note["message"]]


def test_a_detector_that_fails_or_hangs_is_a_diagnostic(monkeypatch):
    def broken(_reader):
        raise RuntimeError("out of order")

    def endless(_reader):
        time.sleep(30)

    def fine(_reader):
        found = Found()
        found.facts["x"] = 1
        return found

    for name, detect in (("one", broken), ("two", endless), ("three", fine)):
        monkeypatch.setitem(sys.modules, f"probes.hardware.{name}", types.SimpleNamespace(detect=detect))
    start = time.monotonic()
    result = machine.detect(Fixed(), ("one", "two", "three"), limit_s=0.5)
    assert time.monotonic() - start < 10
    assert result["facts"] == {"x": 1}
    assert [note["message"] for note in result["diagnostics"]] == [
        "the detector failed: RuntimeError: out of order",
        "no answer in time",
    ]


@pytest.mark.parametrize("arguments", [["machine", "--only", "system"], ["machine"]])
def test_the_program_prints_one_json_object(arguments):
    done = subprocess.run(
        [sys.executable, "-B", trees.PROBES, *arguments], capture_output=True, timeout=60, check=True
    )
    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert set(result) == {"machine", "accelerators", "targets", "facts", "diagnostics"}
    assert result["facts"]["os"] == {"linux": "linux", "darwin": "darwin", "win32": "windows"}[sys.platform]


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["machine", "--replay"], ["machine", "--replay", "/nowhere"], ["reader"]]
)
def test_a_wrong_call_exits_2(arguments):
    done = subprocess.run([sys.executable, "-B", trees.PROBES, *arguments], capture_output=True, timeout=60)
    assert done.returncode == 2 and done.stdout == b"" and b"Traceback" not in done.stderr


def test_a_capture_of_this_machine_replays_to_the_same_facts(tmp_path):
    folder = str(tmp_path / "recording")
    run = [sys.executable, "-B", trees.PROBES, "machine"]
    live = json.loads(
        subprocess.run([*run, "--capture", folder], capture_output=True, timeout=60, check=True).stdout
    )
    again = json.loads(
        subprocess.run([*run, "--replay", folder], capture_output=True, timeout=60, check=True).stdout
    )
    assert again["accelerators"] == live["accelerators"]
    assert again["targets"] == live["targets"]
    for name in ("os", "arch", "container", "wsl"):
        assert again["facts"].get(name) == live["facts"].get(name)
