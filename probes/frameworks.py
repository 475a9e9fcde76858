"""Which of the frameworks this interpreter has, and the devices that each build can use.

`PYTHON -B path/to/probes frameworks [torch] [tensorflow] [--timeout SECONDS]` prints one JSON object per line and
framework. Each is imported in a process of its own: what it prints, and how it ends, does not touch the answer.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
from typing import IO, Any

from probes.record import clean

ALTERNATIVES = {"torch": "pytorch", "tensorflow": "tensorflow"}
DISTRIBUTIONS = {
    "torch": ("torch",),
    "tensorflow": (
        "tensorflow",
        "tensorflow-cpu",
        "tensorflow-macos",
        "tensorflow-rocm",
        "tensorflow-intel",
        "intel-tensorflow",
        "tf-nightly",
    ),
}
"""Packages that bring the module, in the order in which their version is asked."""
TIMEOUT_S = 120.0
ERROR_LIMIT = 2000
"""Characters that are kept of the text of a failure, from its end."""
TAIL_LIMIT = 1 << 16
RESULT_LIMIT = 1 << 20
GRACE_S = 0.5
"""Time that a process which ran out of time has to say where it hangs, in seconds."""


def main(argv: list[str]) -> int:
    """Print the answers in the order of the names; 0, or 2 for wrong arguments."""
    parser = argparse.ArgumentParser(prog="frameworks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="torch|tensorflow")
    parser.add_argument(
        "--timeout", type=float, default=TIMEOUT_S, metavar="SECONDS", help="for each framework"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    names = list(dict.fromkeys(given.names or ALTERNATIVES))
    unknown = [name for name in names if name not in ALTERNATIVES]
    if unknown:
        parser.error(f"unknown framework {unknown[0]!r}: one of " + ", ".join(ALTERNATIVES))
    if not 0 < given.timeout <= 86_400:
        parser.error("--timeout: more than 0 and at most 86400 seconds")
    if given.inside:
        _inside(names[0], given.timeout)
    # A caller that ends this process politely must not leave the others behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started: list[_Question] = []
    try:
        for name in names:
            started.append(_Question(name, given.timeout))
        for question in started:
            print(json.dumps(question.answer()), flush=True)
    finally:
        for question in started:
            question.stop()
    return 0


class _Question:
    """A framework that is looked at in another process."""

    def __init__(self, name: str, timeout: float) -> None:
        self.name = name
        self.timeout = timeout
        self.deadline = time.monotonic() + timeout
        self.process: subprocess.Popen[bytes] | None = None
        self.failure: str | None = None
        self.streams: list[tuple[threading.Thread, bytearray]] = []
        if not is_installed(name):
            self.failure = "not installed"
            return
        try:
            self.process = subprocess.Popen(
                [*_interpreter(), name, "--inside", "--timeout", repr(timeout)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except (OSError, ValueError) as problem:
            self.failure = f"cannot run {sys.executable}: {problem}"
            return
        for stream, limit in ((self.process.stdout, RESULT_LIMIT), (self.process.stderr, TAIL_LIMIT)):
            tail = bytearray()
            thread = threading.Thread(target=_keep_tail, args=(stream, tail, limit), daemon=True)
            thread.start()
            self.streams.append((thread, tail))

    def answer(self) -> dict[str, Any]:
        """The line; waits until the process ends or its time is over."""
        record: dict[str, Any] = {
            "alternative": ALTERNATIVES[self.name],
            "interpreter": sys.executable,
            "python": platform.python_version(),
            "version": None if self.failure == "not installed" else installed_version(self.name),
            "build": None,
            "devices": [],
            "notes": [],
            "error": self.failure,
        }
        if self.process is None:
            return record
        late = False
        try:
            self.process.wait(max(0.0, self.deadline + GRACE_S - time.monotonic()))
        except subprocess.TimeoutExpired:
            late = True
        late = late or time.monotonic() >= self.deadline
        self.stop()
        for thread, _ in self.streams:
            # A process that the framework started may still hold the pipe.
            thread.join(0.5)
        result, chatter = (bytes(tail).decode("utf-8", "replace") for _, tail in self.streams)
        inside = _result(result)
        if inside is not None:
            record.update({key: inside[key] for key in ("build", "devices", "notes", "error")})
            record["version"] = inside["version"] or record["version"]
            if record["error"] is None:
                record["notes"].extend(explanations(chatter))
            return record
        status = self.process.returncode
        how = f"no answer within {self.timeout:g} s" if late else ended(status)
        record["error"] = tail_of(f"{how}\n{chatter}" if chatter.strip() else how, how)
        return record

    def stop(self) -> None:
        """End the process if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def _interpreter() -> list[str]:
    """The command that runs this program again, with the flags that decide which packages are seen."""
    flags = [
        option
        for option, on in (
            ("-I", sys.flags.isolated),
            ("-E", sys.flags.ignore_environment and not sys.flags.isolated),
            ("-s", sys.flags.no_user_site and not sys.flags.isolated),
        )
        if on
    ]
    folder = os.path.dirname(os.path.abspath(__file__))
    return [sys.executable, "-B", *flags, folder, "frameworks"]


def _keep_tail(stream: IO[bytes], tail: bytearray, limit: int) -> None:
    with stream:
        while True:
            try:
                block = os.read(stream.fileno(), 65536)
            except (OSError, ValueError):
                return
            if not block:
                return
            tail += block
            del tail[:-limit]


def _result(text: str) -> dict[str, Any] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and "build" in data else None


def is_installed(name: str) -> bool:
    """Whether there is a package of that name; a folder without `__init__.py` is none. Nothing is imported."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return False
    return spec is not None and spec.origin is not None


def installed_version(name: str) -> str | None:
    """The version that the installed package declares; None when no package declares one."""
    for distribution in DISTRIBUTIONS[name]:
        try:
            version = importlib.metadata.version(distribution)
        except Exception:  # damaged metadata raises what it likes
            continue
        if isinstance(version, str) and clean(version):
            return clean(version)
    return None


def ended(status: int) -> str:
    """In words, how a process ended."""
    if status >= 0:
        return f"ended with exit status {status}" + ("" if status < 256 else f" (0x{status:08X})")
    try:
        return f"ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"ended by signal {-status}"


def tail_of(text: str, head: str = "") -> str:
    """The end of a text of at most `ERROR_LIMIT` characters without control characters; `head` always stays first.

    The home folder is written as `~`.
    """
    home = os.path.expanduser("~")
    shown = re.sub(re.escape(home) + r"(?=[/\\\\])", "~", text) if len(home) > 3 else text
    # Progress bars rewrite their line.
    shown = "\n".join(line.rstrip().rsplit("\r", 1)[-1] for line in shown.replace("\r\n", "\n").split("\n"))
    shown = re.sub(r"\x1b\[[0-9;]{0,20}[A-Za-z]", "", shown)
    shown = "".join(c if c.isprintable() or c == "\n" else " " for c in shown).strip()
    if len(shown) <= ERROR_LIMIT:
        return shown
    return (head + "\n...\n" if head else "...") + shown[-(ERROR_LIMIT - len(head) - 5) :]


# Phrases with which a framework says on standard error why it leaves a device alone
_EXPLAINS = re.compile(
    r"Cannot dlopen some GPU libraries|Could not find cuda drivers|failed call to cuInit"
    r"|driver on your system is too old|is not compatible with the current PyTorch installation"
    r"|Skipping registering GPU devices"
)


def explanations(chatter: str) -> list[str]:
    """Lines that say why a device is not used, at most three."""
    lines = dict.fromkeys(line.strip() for line in chatter.splitlines() if _EXPLAINS.search(line[:4000]))
    # 2026-01-01 00:00:00.000000: W tensorflow/core/common_runtime/gpu/gpu_device.cc:2343] Cannot dlopen ...
    said = (clean(re.sub(r"^.{0,200}\.(?:cc|py):\d{1,6}[\]:]", "", line), 300) for line in lines)
    return [line for line in dict.fromkeys(said) if line][:3]


def _inside(name: str, timeout: float) -> None:
    """Look at one framework in this process and leave: the answer goes to what was standard output."""
    answer = os.dup(1)
    os.dup2(2, 1)
    # Works while the interpreter's lock is held, and ends this process also when nobody waits for it any more.
    faulthandler.dump_traceback_later(timeout, exit=True)
    record: dict[str, Any] = {"version": None, "build": None, "devices": [], "notes": [], "error": None}
    try:
        from probes.builds import LOOK

        record.update(LOOK[name](importlib.import_module(name)))
    except BaseException:
        record["error"] = tail_of(traceback.format_exc())
    left = memoryview(json.dumps(record).encode("ascii"))
    while left:
        left = left[os.write(answer, left) :]
    # The end of a framework's own threads and devices can crash or hang.
    os._exit(0)
