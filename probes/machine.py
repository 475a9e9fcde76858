"""A program that looks at this machine, or at a recording of one, and prints one JSON object.

`PYTHON -B path/to/probes machine [--replay DIR] [--capture DIR] [--only NAME]...`
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from typing import Any

from probes.capture import Capture, CaptureError, Replay
from probes.merge import merged
from probes.reader import Live, Reader
from probes.record import Found

FAMILIES = (
    "system",
    "cpu",
    "memory",
    "jetson",
    "nvidia",
    "amd",
    "intel",
    "apple",
    "windows",
    "tpu",
    "coral",
    "npu",
    "others",
    "boards",
    "microcontrollers",
    "android",
    "ios",
)
"""Detectors in the order of trust: what an earlier one knows of a device, a later one only completes."""
ONLY_ON = {"apple": "darwin", "windows": "windows"}
"""Detectors that one platform alone needs; elsewhere they are not even imported."""
LIMIT_S = 20.0
"""After which the detectors that have not answered are left behind; each command has a shorter limit of its own."""


def detect(reader: Reader, families: tuple[str, ...] = FAMILIES, limit_s: float = LIMIT_S) -> dict[str, Any]:
    """Run the detectors side by side and merge what they find. A detector that fails becomes a diagnostic."""
    found: dict[str, dict[str, Any]] = {}
    families = tuple(name for name in families if ONLY_ON.get(name, reader.platform) == reader.platform)
    for name in families:
        _module(name, found)
    threads = [threading.Thread(target=_run, args=(name, reader, found), daemon=True) for name in families]
    for thread in threads:
        thread.start()
    left = limit_s
    import time

    for thread in threads:
        start = time.monotonic()
        thread.join(max(0.0, left))
        left -= time.monotonic() - start
    return merged(found.get(name) or _late(name) for name in families)


def _module(name: str, found: dict[str, dict[str, Any]]) -> None:
    """Import a detector before the threads start: imports that compete for the interpreter take twice as long."""
    try:
        importlib.import_module("probes.hardware." + name)
    except Exception as problem:
        found[name] = _failed(name, problem)


def _run(name: str, reader: Reader, found: dict[str, dict[str, Any]]) -> None:
    if name in found:
        return
    try:
        found[name] = sys.modules["probes.hardware." + name].detect(reader).to_dict()
    except Exception as problem:
        # One broken detector must not take the others along; what went wrong is told, not hidden.
        found[name] = _failed(name, problem)


def _failed(name: str, problem: Exception) -> dict[str, Any]:
    failed = Found()
    failed.note(name, "error", f"the detector failed: {type(problem).__name__}: {problem}"[:300], None)
    return failed.to_dict()


def _late(name: str) -> dict[str, Any]:
    late = Found()
    late.note(name, "warning", "no answer in time", None)
    return late.to_dict()


def main(argv: list[str]) -> int:
    """Print the probe of this machine, or of a recording, as JSON; returns the exit code."""
    options: dict[str, list[str]] = {"--replay": [], "--capture": [], "--only": []}
    words = list(argv)
    while words:
        word = words.pop(0)
        if word not in options or not words:
            print(f"machine: {word!r} is no option with a value", file=sys.stderr)
            return 2
        options[word].append(words.pop(0))
    families = tuple(name for name in FAMILIES if not options["--only"] or name in options["--only"])
    try:
        reader: Reader = Replay(options["--replay"][0]) if options["--replay"] else Live()
        capture = Capture(reader) if options["--capture"] else None
        result = detect(capture or reader, families)
        if capture is not None:
            capture.write(options["--capture"][0], result["machine"])
    except CaptureError as problem:
        print(f"machine: {problem}", file=sys.stderr)
        return 2
    json.dump(result, sys.stdout, ensure_ascii=True)
    sys.stdout.write("\n")
    sys.stdout.flush()
    # A detector that hangs in the kernel would keep the interpreter from ending.
    os._exit(0)
