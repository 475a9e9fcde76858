"""What of this program's surroundings works, what does not, and the command that mends it."""

from __future__ import annotations

import os
import sys

from advisor import store
from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = (
    ("nvidia-smi", "tells of NVIDIA devices", None),
    ("adb", "finds attached Android devices", "install the Android platform tools"),
    ("cc", "torch.compile needs a C compiler on the CPU", "install gcc or clang"),
    ("g++", "torch.compile needs a C++ compiler on the CPU", "install g++ or clang"),
)
"""Programs that are used when they are there: name, what for, how to get them."""

MODULES = (
    ("torch", "PyTorch", "pip install torch"),
    ("tensorflow", "TensorFlow", "pip install tensorflow"),
    ("numpy", "NumPy, for recommend_many", "pip install 'framework-advisor[batch]'"),
)


class Check(Record):
    """One thing looked at. `state`: ok, missing or broken; `mend`: the command or step that helps, if there is one."""

    name: str
    state: str
    detail: str
    mend: str | None


def checks() -> tuple[Check, ...]:
    """Everything that can be said without importing a framework or starting a process."""
    return (*_python(), *_storage(), *_terminal(), *_programs(), *_modules())


def _python() -> Iterator[Check]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    good = sys.version_info >= (3, 10)
    yield Check(
        "python",
        "ok" if good else "broken",
        f"{sys.implementation.name} {version}",
        None if good else "use 3.10+",
    )


def _storage() -> Iterator[Check]:
    folder = store.folder()
    path = store.path(f"doctor-{os.getpid()}.json")
    if store.write(path, 1, {}):
        os.unlink(path)
        yield Check("cache", "ok", f"{folder} can be written", None)
    else:
        yield Check(
            "cache",
            "broken",
            f"{folder} cannot be written; each start reads all rules",
            "set ADVISOR_CACHE_DIR to a folder",
        )


def _terminal() -> Iterator[Check]:
    encoding = (sys.stdout.encoding or "unknown").lower()
    unicode = encoding.replace("-", "").startswith("utf")
    kind = "a terminal" if sys.stdout.isatty() else "no terminal"
    yield Check(
        "output",
        "ok" if unicode else "broken",
        f"{kind}, encoding {encoding}",
        None if unicode else "set PYTHONUTF8=1",
    )


def _programs() -> Iterator[Check]:
    import shutil

    for name, purpose, mend in PROGRAMS:
        where = shutil.which(name)
        yield Check(
            name,
            "ok" if where else "missing",
            f"{where}; {purpose}" if where else purpose,
            None if where else mend,
        )


def _modules() -> Iterator[Check]:
    import importlib.metadata
    import importlib.util

    for name, title, mend in MODULES:
        try:
            there = importlib.util.find_spec(name) is not None
        except (ImportError, ValueError):
            there = False
        if not there:
            yield Check(name, "missing", title, mend)
            continue
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            version = "version unknown"
        yield Check(name, "ok", f"{title} {version}; `advisor probe --frameworks` tells its devices", None)
