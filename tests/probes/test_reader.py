"""The reader of a live machine and the one with fixed answers: nothing raises, nothing outlives a call, all is bounded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from probes import reader as module
from probes.reader import FILE_LIMIT, NAMES_LIMIT, OUTPUT_LIMIT, PROCESS, Completed, Fixed, Live, Reader

posix = pytest.mark.skipif(os.name != "posix", reason="processes and pipes of POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc")


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """A reader of a folder of this test."""
    return Live(str(tmp_path))


def alive(number: int) -> bool:
    """Whether a process runs; a dead one that nobody waited for does not."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    state = Live().text(f"/proc/{number}/stat")
    return state is None or state.rpartition(")")[2].split()[0] != "Z"


def gone(number: int) -> bool:
    """Whether a process ends within two seconds."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        if not alive(number):
            return True
        time.sleep(0.01)
    return False


@linux
def test_files_of_the_kernel_are_read_in_small_blocks() -> None:
    # One read of 4 MiB or more below /proc/sys is answered with "cannot allocate memory".
    assert Live().line("/proc/sys/kernel/osrelease") == os.uname().release
    assert "processor" in (Live().text("/proc/cpuinfo") or "")
    assert Live().names("/proc/sys/kernel")
    assert Live().link("/proc/self/exe") == os.readlink("/proc/self/exe")


def test_text_line_and_names(live: Live, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"Raspberry Pi 3 Model B Rev 1.2\0\n")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    assert live.text("/one") == "Raspberry Pi 3 Model B Rev 1.2\0\n"
    assert live.line("/one") == "Raspberry Pi 3 Model B Rev 1.2"
    assert live.text("/empty") == "" and live.line("/empty") is None
    assert live.names("/") == ["empty", "folder", "one"]
    assert live.exists("/folder") and live.exists("/one") and not live.exists("/two")


def test_invalid_utf8_is_replaced(live: Live, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"a\xff\xfeb")
    assert live.text("/bad") == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"
    assert live.data("/bad") == b"a\xff\xfeb"


def test_a_large_file_is_cut(live: Live, tmp_path: Path) -> None:
    with open(tmp_path / "large", "wb") as file:
        file.truncate(FILE_LIMIT + 12345)
    assert len(live.data("/large") or b"") == FILE_LIMIT


def test_many_names_are_cut(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        (tmp_path / f"{number}").touch()
    monkeypatch.setattr(module, "NAMES_LIMIT", 5)
    assert len(live.names("/")) == 5 < NAMES_LIMIT


@pytest.mark.parametrize("path", ["/none", "/none/deeper", "/folder", "/a\0b", "/" + "x" * 5000])
def test_what_cannot_be_read_is_none(live: Live, tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    assert live.data(path) is None and live.text(path) is None and live.line(path) is None
    assert live.link(path) is None
    assert live.names(path) == []


@posix
def test_a_file_without_permission_is_none(live: Live, tmp_path: Path) -> None:
    (tmp_path / "closed").write_text("x")
    (tmp_path / "closed").chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    assert live.text("/closed") is None and live.exists("/closed")


def test_a_file_that_the_kernel_refuses_is_none(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").write_text("x")

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert live.text("/one") is None


@posix
def test_pipes_and_devices_are_not_opened(live: Live, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    start = time.monotonic()
    assert live.data("/pipe") is None and live.exists("/pipe")
    assert Live().data("/dev/zero") is None
    assert time.monotonic() - start < 1


@posix
def test_a_file_that_became_a_pipe_is_not_waited_for(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(os.path, "isfile", lambda _: True)
    start = time.monotonic()
    assert live.data("/pipe") is None
    assert time.monotonic() - start < 1


@posix
def test_a_loop_of_links_is_told_as_links(live: Live, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert live.data("/a") is None and live.names("/a") == []
    assert live.exists("/a") and live.link("/a") == "b"


@posix
def test_a_command_runs_without_input_and_in_the_c_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Live().run(["sh", "-c", "cat; echo $LC_ALL; echo no >&2; exit 3"])
    assert done == Completed(done.argv, 3, "C\n", "no\n", None)
    assert not done.ok
    assert Live().run(["echo", "a b"]).stdout == "a b\n"


@posix
def test_output_that_is_not_utf8_is_replaced() -> None:
    assert Live().run(["printf", r"a\377b"]).stdout == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("argv", [["no-such-program-here"], ["/no/such/program"]])
def test_a_missing_program_is_not_found(argv: list[str]) -> None:
    assert Live().run(argv) == Completed(tuple(argv), None, "", "", "not found")


@posix
def test_a_program_that_cannot_start_says_why_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "closed").write_text("x")
    done = Live().run([str(tmp_path / "closed")])
    assert done.error == "Permission denied" and done.returncode is None
    assert Live().run(["a\0b"]).error == "embedded null byte"


@posix
def test_a_command_that_hangs_is_stopped_with_its_children(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/parent; echo begun; sleep 60"
    start = time.monotonic()
    done = Live().run(["sh", "-c", script], 0.3)
    assert (done.error, done.returncode, done.stdout) == ("timed out", None, "begun\n")
    assert time.monotonic() - start < 2
    assert all(gone(int((tmp_path / name).read_text())) for name in ("child", "parent"))


@posix
def test_a_command_that_ignores_signals_is_stopped() -> None:
    start = time.monotonic()
    assert Live().run(["sh", "-c", "trap '' TERM INT HUP; sleep 60; sleep 60"], 0.2).error == "timed out"
    assert time.monotonic() - start < 2


@posix
def test_a_child_that_keeps_the_pipe_is_stopped_when_its_parent_ends(tmp_path: Path) -> None:
    start = time.monotonic()
    done = Live().run(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/child; echo done"])
    assert done.ok and done.stdout == "done\n"
    assert time.monotonic() - start < 2
    assert gone(int((tmp_path / "child").read_text()))


@posix
def test_a_daemon_that_keeps_the_pipe_is_not_waited_for(tmp_path: Path) -> None:
    code = (
        "import os, time, sys\n"
        "if os.fork() == 0:\n"
        "    os.setsid(); open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(30)\n"
        "else:\n"
        "    time.sleep(0.2); print('started', flush=True); os._exit(0)\n"
    )
    start = time.monotonic()
    done = Live().run([sys.executable, "-c", code, str(tmp_path / "daemon")], 5)
    assert done.ok and done.stdout == "started\n"
    assert time.monotonic() - start < 4
    os.kill(int((tmp_path / "daemon").read_text()), signal.SIGKILL)


@posix
@pytest.mark.parametrize("where", ["", ">&2"])
def test_a_flood_is_stopped(where: str) -> None:
    start = time.monotonic()
    done = Live().run(["sh", "-c", f"yes {where}"], 20)
    assert done.error == "too much output" and done.returncode is None
    assert max(len(done.stdout), len(done.stderr)) <= OUTPUT_LIMIT
    assert time.monotonic() - start < 5


@posix
def test_much_output_arrives_whole() -> None:
    done = Live().run(["sh", "-c", "head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2"])
    assert done.ok and (len(done.stdout), len(done.stderr)) == (3_000_000, 2_000_000)


@posix
def test_commands_side_by_side_do_not_disturb_each_other() -> None:
    answers: dict[int, Completed] = {}

    def ask(number: int) -> None:
        answers[number] = Live().run(["sh", "-c", f"sleep 0.05; echo {number}"])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: a.stdout for n, a in answers.items()} == {n: f"{n}\n" for n in range(12)}


@posix
def test_no_threads_or_descriptors_are_left() -> None:
    before = threading.active_count()
    open_before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        Live().run(["true"])
        Live().run(["sleep", "5"], 0.01)
    assert threading.active_count() == before
    assert len(os.listdir("/dev/fd")) == open_before
    assert subprocess._cleanup() is None  # type: ignore[attr-defined]


def test_what_the_process_is_told_belongs_to_the_live_machine_only(live: Live) -> None:
    assert Live().run(PROCESS).ok
    assert live.run(PROCESS).error == "not found"
    assert Fixed().run(PROCESS).error == "not found"


def test_fixed_answers() -> None:
    fixed = Fixed(
        {"/proc/meminfo": "MemTotal: 1 kB\n", "/sys/a/b/raw": b"\xff"},
        {("lscpu",): "Model name: x\n", ("bad",): Completed(("bad",), 1, "", "no", None)},
        {"A": "1"},
        "darwin",
        {"/sys/a/driver": "../../bus/nvidia"},
        {"/dev": ["nvidia0", "null"]},
    )
    assert fixed.platform == "darwin" and fixed.environ == {"A": "1"}
    assert fixed.line("/proc/meminfo") == "MemTotal: 1 kB"
    assert fixed.text("/sys/a/b/raw") == "\N{REPLACEMENT CHARACTER}"
    assert fixed.data("/none") is None and fixed.text("/none") is None
    assert fixed.names("/") == ["proc", "sys"] and fixed.names("/sys/a/") == ["b", "driver"]
    assert fixed.names("/dev") == ["null", "nvidia0"] and fixed.names("/none") == []
    assert all(fixed.exists(p) for p in ("/sys/a", "/sys/a/driver", "/dev/nvidia0", "/dev/", "/proc/meminfo"))
    assert not fixed.exists("/dev/none")
    assert fixed.link("/sys/a/driver") == "../../bus/nvidia" and fixed.link("/sys/a") is None
    assert fixed.run(["lscpu"]) == Completed(("lscpu",), 0, "Model name: x\n", "", None)
    assert fixed.run(["bad"]).stderr == "no"
    assert fixed.run(["lscpu", "-J"]).error == "not found"


def test_a_reader_without_answers_says_so() -> None:
    for ask in (Reader().data, Reader().names, Reader().exists, Reader().link, Reader().run):
        with pytest.raises(NotImplementedError):
            ask("/")  # type: ignore[operator]
