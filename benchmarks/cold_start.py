"""One recommendation in a fresh process against a Python process that does nothing.

Three commands, interleaved: `python -c pass`; a recommendation from rules compiled before; the same from a copy of
the rules in which one file was touched just before, so that the whole pack is read, checked and compiled again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def cpu(command: list[str], environment: dict[str, str]) -> float:
    """CPU seconds, user and system, of one process and what it started and waited for."""
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the median CPU times and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--profile", default="research")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="advisor-cold-") as folder:
        environment = dict(os.environ, ADVISOR_CACHE_DIR=str(Path(folder, "cache")))
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        rules = Path(folder, "rules")
        shutil.copytree(ROOT / "rules", rules)
        touched = rules / "pack.yaml"
        empty = [sys.executable, "-c", "pass"]
        warm = [
            sys.executable,
            "-m",
            "advisor",
            "recommend",
            "--profile",
            options.profile,
            "--format",
            "json",
        ]
        edited = [*warm, "--rules", str(rules)]
        times: dict[str, list[float]] = {"empty": [], "cached": [], "edited": []}
        for repeat in range(options.repeats + 1):
            touched.touch()
            round_ = {
                "empty": cpu(empty, environment),
                "cached": cpu(warm, environment),
                "edited": cpu(edited, environment),
            }
            if repeat:  # the first round writes byte code and caches
                for name, seconds in round_.items():
                    times[name].append(seconds)
    medians = {name: statistics.median(found) for name, found in times.items()}
    print(f"CPU, medians of {options.repeats}:")
    print(f"  python -c pass                       {medians['empty'] * 1e3:6.1f} ms")
    for name, label in (
        ("cached", "recommend, rules compiled before"),
        ("edited", "recommend, one rule file touched"),
    ):
        ratio = medians[name] / medians["empty"]
        print(f"  {label}     {medians[name] * 1e3:6.1f} ms, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
