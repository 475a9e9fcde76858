"""The probe process from outside: answers, time limits, crashes, overrides, and what is remembered."""

from __future__ import annotations

import os
import time

import pytest

from advisor import store
from advisor.errors import ProbeError, UsageError
from advisor.facts import Fact
from advisor.machine import probe


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ADVISOR_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a Python program in the place of the probes."""

    def put(text):
        path = tmp_path / "program.py"
        path.write_text(text, "utf-8")
        monkeypatch.setattr(probe.trees, "PROBES", str(path))

    return put


def test_this_machine_answers():
    found = probe.probe()
    assert set(found) == {"machine", "accelerators", "targets", "facts", "diagnostics"}
    assert found["facts"]["os"] in ("linux", "darwin", "windows")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os; os.abort()", "ended with"),
        ("raise SystemExit(3)", "ended with 3"),
        ("print('not json')", "no answer that can be used"),
        ("print('[]')", "no answer that can be used"),
        ("print('{\"machine\": []}')", "no answer that can be used"),
        ("print('[' * 100000)", "no answer that can be used"),
        ("pass", "no answer that can be used"),
    ],
)
def test_a_probe_that_does_not_answer_is_an_error(program, text, message):
    program(text)
    with pytest.raises(ProbeError, match=message):
        probe.probe()


def test_a_probe_that_hangs_is_stopped_with_its_children(program, tmp_path, monkeypatch):
    child = tmp_path / "child"
    program(
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(child)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(60)\n"
    )
    monkeypatch.setattr(probe, "LIMIT_S", 2.0)
    with pytest.raises(ProbeError, match="longer than 2 s"):
        probe.probe()
    pid = int(child.read_text())
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        # Killed, but nobody has reaped it yet.
        with open(f"/proc/{pid}/stat") as file:
            if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                return
        time.sleep(0.05)
    raise AssertionError("the child lives on")


def test_an_interpreter_that_is_none():
    with pytest.raises(ProbeError, match="cannot be run"):
        probe.run("/no/such/python", ["machine"], 5)


def test_a_bad_recording_is_bad_usage(tmp_path):
    with pytest.raises(UsageError, match=r"manifest\.json"):
        probe.probe(replay=str(tmp_path))


def test_overrides_win_and_an_empty_one_takes_away():
    facts = {"gpu.vendor": Fact("amd", "probe"), "os": Fact("linux", "machine")}
    given = probe.overrides({"ADVISOR_FACTS": "gpu.vendor=nvidia, wsl=true"}, ["os="])
    assert probe.with_overrides(facts, given) == {
        "gpu.vendor": Fact("nvidia", "override"),
        "wsl": Fact(True, "override"),
    }


@pytest.mark.parametrize("row", ["nvidia", "=x"])
def test_an_override_needs_a_name_and_a_value(row):
    with pytest.raises(UsageError, match="NAME=VALUE"):
        probe.overrides({}, [row])


def test_the_last_probe_counts_for_a_day(monkeypatch):
    assert probe.last_facts() == {}
    assert probe.keep({"facts": {"gpu.vendor": "nvidia", "nested": [1]}})
    assert probe.last_facts() == {"gpu.vendor": Fact("nvidia", "probe")}
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 25 * 3600)
    assert probe.last_facts() == {}
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    assert probe.last_facts() == {}


def test_the_probe_of_another_machine_does_not_count(monkeypatch):
    probe.keep({"facts": {"gpu.vendor": "nvidia"}})
    monkeypatch.setattr(probe, "_machine_key", lambda: "another")
    assert probe.last_facts() == {}


def test_a_damaged_memory_is_no_memory():
    probe.keep({"facts": {"gpu.vendor": "nvidia"}})
    with open(store.path("probe.json"), "ab") as file:
        file.write(b"x")
    assert probe.last_facts() == {}
