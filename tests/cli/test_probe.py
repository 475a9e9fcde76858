"""`advisor probe`, what it changes in a recommendation, and `advisor doctor`."""

from __future__ import annotations

import pytest

KEYS = [
    "schema_version",
    "advisor_version",
    "machine",
    "accelerators",
    "targets",
    "frameworks",
    "facts",
    "diagnostics",
]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ADVISOR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("ADVISOR_FACTS", raising=False)


def test_the_json_has_the_published_keys(cli):
    data = cli("probe", "--json").data
    assert list(data)[: len(KEYS)] == KEYS
    assert data["facts"]["os"] == data["machine"]["os"]


def test_words_fit_the_terminal(cli):
    done = cli("probe")
    assert done.code == 0 and done.err == ""
    assert max(map(len, done.out.splitlines())) <= 79
    assert "System:" in done.out and "cores usable" in done.out


def test_facts_can_be_overridden_and_are_shown_so(cli):
    data = cli("probe", "--json", "--fact", "gpu.vendor=nvidia").data
    assert data["facts"]["gpu.vendor"] == "nvidia"
    assert "gpu.vendor is overridden by the user" in [note["message"] for note in data["diagnostics"]]


def test_a_recording_is_replayed(cli, tmp_path):
    folder = tmp_path / "recording"
    assert cli("probe", "--capture", str(folder)).code == 0
    data = cli("probe", "--replay", str(folder), "--json").data
    assert data["machine"]["os"] == cli("probe", "--json").data["machine"]["os"]


def test_a_bad_recording_exits_2(cli, tmp_path):
    assert cli("probe", "--replay", str(tmp_path)).is_usage_error("manifest.json")


def test_overridden_facts_decide_a_recommendation(cli, monkeypatch):
    monkeypatch.setenv("ADVISOR_FACTS", "os=windows,arch=arm64")
    done = cli("recommend", "--json")
    assert done.code == 3
    states = {c["key"]: c["state"] for c in done.data["constraints"]}
    assert states["win_arm"] == "violated"
    assert done.data["facts"]["os"] == {"value": "windows", "from": "override"}


def test_the_last_probe_counts_in_a_recommendation(cli, monkeypatch):
    from advisor.machine import probe

    probe.keep({"facts": {"gpu.vendor": "nvidia", "gpu.compute_capability": "12.0"}})
    monkeypatch.setenv("ADVISOR_FACTS", "os=linux,wsl=false")
    data = cli("recommend", "--json").data
    assert {"question": "os_gpu", "options": ["linux_nvidia_blackwell"], "from": "probe"} in data["answers"]
    assert data["verdict"]["by"] == "constraint" and data["verdict"]["alternative"] == "pytorch"
    assert data["facts"]["gpu.vendor"]["from"] == "probe"
    assert "gpu.vendor" not in cli("recommend", "--json", "--no-probe").data["facts"]


def test_recommend_can_probe_now(cli):
    data = cli("recommend", "--probe", "--json").data
    assert data["facts"]["os"]["value"] in ("linux", "darwin", "windows")


def test_an_answer_that_contradicts_the_machine_wins_and_is_told(cli, monkeypatch):
    monkeypatch.setenv("ADVISOR_FACTS", "os=windows,gpu.vendor=nvidia,wsl=false")
    data = cli("recommend", "--json", "--answer", "os_gpu=cpu_only").data
    assert [w["ref"] for w in data["warnings"] if w["code"] == "contradicts-machine"] == ["os_gpu"]
    assert {c["key"]: c["state"] for c in data["constraints"]}["win_gpu"] == "holds"


def test_doctor(cli):
    done = cli("doctor", "--json")
    assert done.code == 0
    states = {row["name"]: row["state"] for row in done.data["checks"]}
    assert states["cache"] == states["rules"] == states["yaml"] == "ok"
    assert all(row["state"] in ("ok", "missing", "broken") for row in done.data["checks"])
    assert done.data["probe"] is None
    assert "raw" not in cli("doctor").out and cli("doctor", "--raw", "--json").data["probe"]["machine"]


def test_doctor_names_what_is_broken(cli, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("ADVISOR_CACHE_DIR", str(blocked))
    done = cli("doctor")
    assert done.code == 1 and "broken cache" in done.out and "ADVISOR_CACHE_DIR" in done.out
