"""Recordings of a machine: everything that detectors read, masked, in a folder with a manifest; and answers from it."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from probes.reader import FILE_LIMIT, TIMEOUT_S, Completed, Fixed, Reader

MANIFEST = "manifest.json"
MANIFEST_LIMIT = 16 * 1024 * 1024
ENVIRONMENT = re.compile(
    r"^(CUDA|NVIDIA|HIP|ROCR|HSA|ROCM|ONEAPI|ZE|SYCL|TPU|PJRT|XLA|WSL|KUBERNETES_SERVICE_HOST|VIRTUAL_ENV|CONDA_PREFIX|"
    r"PROCESSOR_|ADVISOR_)[A-Z0-9_]*$"
)
"""Environment variables that say something about devices; others are never recorded."""

# Serial numbers, identifiers and addresses of networks, as tools print them.
_MASKS = (
    (
        re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"),
        "00000000-0000-0000-0000-000000000000",
    ),
    (re.compile(r"\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b"), "00:00:00:00:00:00"),
    (
        re.compile(
            r"((?:serial|imei|udid|ecid|uuid)[a-z _()-]{0,32}[\"']?\s{0,8}[:=>\]]+\s{0,8}[\"'\[]?)([^\s\"',<\]]{3,128})",
            re.I,
        ),
        r"\1masked",
    ),
)


class CaptureError(Exception):
    """A recording that cannot be read or written."""


def mask(text: str, names: Sequence[str] = ()) -> str:
    """`text` without serial numbers, UUIDs, network addresses and the given user and host names."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    for name in names:
        if len(name) >= 3:
            text = text.replace(name, "masked")
    return text


def personal_names(environ: Mapping[str, str]) -> list[str]:
    """User and host names of this process, as far as the environment tells them."""
    found = [environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME", "HOSTNAME", "COMPUTERNAME")]
    home = environ.get("HOME") or environ.get("USERPROFILE") or ""
    found.append(home.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1])
    return sorted({name for name in found if name and name != "root"}, key=len, reverse=True)


# Names that people give to their phones, and the addresses these have in a network.
_NAMED = re.compile(
    r'("(?:name|hostname|hostnames|localHostnames|potentialHostnames|userName)"\s{0,8}:\s{0,8})("[^"]{0,400}"|\[[^\]]{0,4000}\])'
)
_ASK_FOR = {"-s", "-u", "--udid", "--device"}


def identifiers(commands: Sequence[Completed]) -> list[str]:
    """What tells one attached phone from another: in the words after -s and -u, and in what adb and idevice_id list."""
    found: dict[str, None] = {}
    for done in commands:
        for flag, word in zip(done.argv, done.argv[1:]):
            if flag in _ASK_FOR:
                found[word] = None
        program = done.argv[0].rsplit("/", 1)[-1]
        if program in ("adb", "idevice_id"):
            for line in done.stdout.splitlines()[:200]:
                first = line.split("\t")[0].split(" ")[0].strip()
                if len(first) >= 6 and any(c.isdigit() for c in first):
                    found[first] = None
    return sorted((word for word in found if len(word) >= 4), key=len, reverse=True)


class Capture(Reader):
    """Passes every question on and keeps question and answer."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.platform = reader.platform
        self.environ = reader.environ
        self._files: dict[str, bytes] = {}
        self._folders: dict[str, list[str]] = {}
        self._links: dict[str, str] = {}
        self._present: dict[str, bool] = {}
        self._commands: dict[tuple[str, ...], Completed] = {}
        self._lock = threading.Lock()

    def data(self, path: str) -> bytes | None:
        content = self._reader.data(path)
        if content is not None:
            with self._lock:
                self._files[path] = content
        return content

    def names(self, path: str) -> list[str]:
        found = self._reader.names(path)
        if found:
            with self._lock:
                self._folders[path.rstrip("/") or "/"] = found
        return found

    def exists(self, path: str) -> bool:
        there = self._reader.exists(path)
        with self._lock:
            self._present[path.rstrip("/") or "/"] = there
        return there

    def link(self, path: str) -> str | None:
        target = self._reader.link(path)
        if target is not None:
            with self._lock:
                self._links[path] = target
        return target

    def run(self, argv: Sequence[str], timeout: float = TIMEOUT_S) -> Completed:
        done = self._reader.run(argv, timeout)
        with self._lock:
            self._commands[tuple(argv)] = done
        return done

    def write(self, folder: str, machine: Mapping[str, Any]) -> None:
        """Write the recording into `folder`, which must be new or empty. Raises `CaptureError`."""
        names = personal_names(self.environ)
        try:
            os.makedirs(folder, exist_ok=True)
            if os.listdir(folder):
                raise CaptureError(f"{folder} is not empty")
            manifest = self._manifest(folder, machine, names)
            temporary = os.path.join(folder, MANIFEST + ".part")
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(manifest, file, indent=1, sort_keys=True)
            os.replace(temporary, os.path.join(folder, MANIFEST))
        except OSError as problem:
            raise CaptureError(f"{problem.filename or folder}: {problem.strerror}") from None

    def _manifest(self, folder: str, machine: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        numbers = iter(range(10**6))
        serials = identifiers(list(self._commands.values()))

        def hidden(text: str) -> str:
            # The same word for the same device, so that a replay can still ask for it.
            for number, serial in enumerate(serials):
                text = text.replace(serial, f"device{number}")
            return mask(text, names)

        def keep(content: str) -> str:
            name = f"{next(numbers):04d}.txt"
            with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
                file.write(hidden(content))
            return name

        return {
            "machine": {"platform": self.platform, "os": machine.get("os"), "arch": machine.get("arch")},
            "files": {p: keep(c.decode("utf-8", "replace")) for p, c in sorted(self._files.items())},
            "folders": {
                path: [mask(n, names) for n in found] for path, found in sorted(self._folders.items())
            },
            "links": {path: mask(target, names) for path, target in sorted(self._links.items())},
            "present": sorted(path for path, there in self._present.items() if there),
            "commands": [
                {
                    "argv": [hidden(word) for word in done.argv],
                    "returncode": done.returncode,
                    "stdout": keep(
                        _NAMED.sub(r'\1"masked"', done.stdout) if "devicectl" in done.argv else done.stdout
                    ),
                    "stderr": keep(done.stderr),
                    "error": done.error,
                }
                for done in self._commands.values()
            ],
            "env": {k: mask(v, names) for k, v in sorted(self.environ.items()) if ENVIRONMENT.match(k)},
        }


class Replay(Fixed):
    """Answers from a recording; what is not in it does not exist. Raises `CaptureError` when it cannot be read."""

    def __init__(self, folder: str) -> None:
        manifest = _load(folder)
        files = {path: _content(folder, name) for path, name in manifest.get("files", {}).items()}
        commands: dict[tuple[str, ...], object] = {}
        for row in manifest.get("commands", []):
            argv = tuple(str(word) for word in row["argv"])
            out, err = (_content(folder, row[key]).decode("utf-8", "replace") for key in ("stdout", "stderr"))
            commands[argv] = Completed(argv, row.get("returncode"), out, err, row.get("error"))
        machine = manifest.get("machine", {})
        super().__init__(
            files,
            commands,
            manifest.get("env", {}),
            str(machine.get("platform") or machine.get("os") or "linux"),
            manifest.get("links", {}),
            manifest.get("folders", {}),
        )
        self._present = frozenset(manifest.get("present", []))

    def exists(self, path: str) -> bool:
        return (path.rstrip("/") or "/") in self._present or super().exists(path)


def _load(folder: str) -> dict[str, Any]:
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            manifest = json.loads(file.read(MANIFEST_LIMIT))
    except OSError as problem:
        raise CaptureError(f"{path}: {problem.strerror}") from None
    except (ValueError, RecursionError):
        raise CaptureError(f"{path} is not valid JSON") from None
    shapes = {
        "files": dict,
        "folders": dict,
        "links": dict,
        "env": dict,
        "machine": dict,
        "commands": list,
        "present": list,
    }
    if not isinstance(manifest, dict) or any(
        key in manifest and not isinstance(manifest[key], kind) for key, kind in shapes.items()
    ):
        raise CaptureError(f"{path} is not a recording")
    for row in manifest.get("commands", []):
        if not isinstance(row, dict) or not isinstance(row.get("argv"), list):
            raise CaptureError(f"{path}: a command without argv")
        row.setdefault("stdout", None)
        row.setdefault("stderr", None)
    return manifest


def _content(folder: str, name: object) -> bytes:
    """A file of the recording, which must lie directly in its folder; nothing for None."""
    if name is None:
        return b""
    if not isinstance(name, str) or name != os.path.basename(name) or name in ("", ".", ".."):
        raise CaptureError(f"{name!r} is no file of the recording")
    try:
        with open(os.path.join(folder, name), "rb") as file:
            return file.read(FILE_LIMIT)
    except OSError as problem:
        raise CaptureError(f"{os.path.join(folder, name)}: {problem.strerror}") from None
