"""`OTHER_PYTHON -B path/to/probes NAME [ARGUMENT ...]`: run one probe; it prints JSON lines on standard output."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys


def main() -> int:
    """Register this folder as the package `probes` and run the probe that was named; returns the exit code."""
    here = os.path.dirname(os.path.abspath(__file__))
    # Running a folder puts it first on the path, where a file in it could stand for a module of a framework.
    sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != here]
    spec = importlib.util.spec_from_file_location(
        "probes", os.path.join(here, "__init__.py"), submodule_search_locations=[here]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["probes"] = package
    spec.loader.exec_module(package)
    names = sorted(
        f[:-3] if f.endswith(".py") else f
        for f in os.listdir(here)
        if (f.endswith(".py") or os.path.isfile(os.path.join(here, f, "__init__.py")))
        and not f.startswith("_")
    )
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print("usage: python path/to/probes NAME, one of " + ", ".join(names), file=sys.stderr)
        return 2
    module = importlib.import_module("probes." + sys.argv[1])
    if not hasattr(module, "main"):
        print(f"{sys.argv[1]} is no program", file=sys.stderr)
        return 2
    return int(module.main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
