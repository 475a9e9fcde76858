"""Runs the probes in a process of their own and keeps the last result for a day."""

from __future__ import annotations

import os
import sys
import time
import zlib

from advisor import store, trees
from advisor.errors import ProbeError, UsageError
from advisor.facts import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

LIMIT_S = 60.0
"""For the whole probe process; each detector and command has a shorter limit of its own."""
OUTPUT_LIMIT = 16 * 1024 * 1024
FRESH_S = 24 * 3600.0
FORMAT = 1
PARTS = {"machine": dict, "accelerators": list, "targets": list, "facts": dict, "diagnostics": list}


def probe(*, replay: str | None = None, capture: str | None = None) -> dict[str, Any]:
    """What the machine is: `machine`, `accelerators`, `targets`, `facts` and `diagnostics` as JSON data.

    `replay`: answer from a recording instead. `capture`: also write a recording into that folder. Raises
    `ProbeError` when the probe process ends without an answer, `UsageError` for a bad recording.
    """
    arguments = ["machine"]
    if replay is not None:
        arguments += ["--replay", os.path.abspath(replay)]
    if capture is not None:
        arguments += ["--capture", os.path.abspath(capture)]
    (found,) = run(sys.executable, arguments, LIMIT_S) or [None]
    if not isinstance(found, dict) or any(not isinstance(found.get(k), kind) for k, kind in PARTS.items()):
        raise ProbeError("the probe gave no answer that can be used")
    return found


def run(interpreter: str, arguments: Sequence[str], limit_s: float) -> list[Any]:
    """The JSON lines that a program of `probes/` prints under another interpreter; other lines are left out.

    Raises `ProbeError` when it cannot be started, takes longer than `limit_s` seconds or crashes.
    """
    import json
    import signal
    import subprocess

    # Another interpreter must not leave its byte code beside our files; our own may, and starts in a third of the time.
    flags = [] if interpreter == sys.executable else ["-B"]
    argv = [interpreter, *flags, trees.PROBES, *arguments]
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
        )
    except OSError as problem:
        raise ProbeError(f"{interpreter} cannot be run: {problem.strerror}") from None
    code: int | None = None
    out = err = b""
    try:
        out, err = process.communicate(timeout=limit_s)
        code = process.returncode
    except subprocess.TimeoutExpired:
        pass
    finally:
        # Whatever the probes started ends with them, also when this process is interrupted.
        try:
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        except OSError:
            pass
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    text = out[:OUTPUT_LIMIT].decode("utf-8", "replace")
    complaint = err[-2000:].decode("utf-8", "replace").strip().splitlines()
    if code is None:
        raise ProbeError(f"the probe took longer than {limit_s:.0f} s and was stopped")
    if code == 2:
        raise UsageError(complaint[-1] if complaint else "the probe was called wrongly")
    if code != 0:
        raise ProbeError(f"the probe ended with {code}: {complaint[-1] if complaint else 'no message'}")
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            continue
    return found


def facts_of(found: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of a probe, each with origin "probe"; values that rules cannot name are left out."""
    return {
        name: Fact(value, "probe")
        for name, value in found["facts"].items()
        if isinstance(name, str) and isinstance(value, (str, bool, int, float))
    }


def overrides(environment: Mapping[str, str], given: Sequence[str] = ()) -> dict[str, Fact]:
    """Facts that the user sets, as `NAME=VALUE`: from `ADVISOR_FACTS` (comma-separated) and from flags, which win.

    `true` and `false` are truth values; an empty value makes the fact unknown. Raises `UsageError`.
    """
    rows = [(row, "ADVISOR_FACTS") for row in environment.get("ADVISOR_FACTS", "").split(",") if row.strip()]
    rows += [(row, "--fact") for row in given]
    found: dict[str, Fact] = {}
    for row, source in rows:
        name, equals, value = row.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name:
            raise UsageError(
                f"{row[:80]!r} is no fact", file=source, expected="NAME=VALUE, such as gpu.vendor=nvidia"
            )
        truth = {"true": True, "false": False}.get(value.lower())
        found[name] = Fact(value if truth is None else truth, "override")
    return found


def with_overrides(facts: Mapping[str, Fact], overriding: Mapping[str, Fact]) -> dict[str, Fact]:
    """Facts with the user's own in their place; an empty override takes a fact away."""
    return {k: v for k, v in {**facts, **overriding}.items() if v.value != ""}


def keep(found: Mapping[str, Any]) -> bool:
    """Remember a probe of this machine; False when the folder cannot be written."""
    row = {"machine": _machine_key(), "at": time.time(), "facts": found["facts"]}
    return store.write(store.path("probe.json"), FORMAT, row)


def last_facts() -> dict[str, Fact]:
    """Facts of the last probe of this machine if it is younger than a day; otherwise none."""
    row = store.read(store.path("probe.json"), FORMAT)
    if (
        not isinstance(row, dict)
        or row.get("machine") != _machine_key()
        or not isinstance(row.get("facts"), dict)
    ):
        return {}
    at = row.get("at")
    if not isinstance(at, (int, float)) or not 0.0 <= time.time() - at < FRESH_S:
        return {}
    return facts_of(row)


def _machine_key() -> str:
    """A checksum that tells machines apart which share a home folder; it names nobody."""
    try:
        with open("/etc/machine-id", "rb") as file:
            ident = file.read(64)
    except OSError:
        ident = b""
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return f"{zlib.crc32(ident + name.encode('utf-8', 'replace')):08x}"
