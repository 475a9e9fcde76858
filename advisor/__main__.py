"""`python -m advisor` and the `advisor` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    brief = sys.argv[1:2] in (["recommend"], ["probe"])
    if brief:
        import gc

        # One answer makes no garbage worth collecting, but loading the rules would set the collector off several times.
        gc.disable()
    from advisor.cli.main import run

    code = run(sys.argv[1:])
    if brief and sys.gettrace() is None:
        import os

        # Everything is written and flushed; taking the interpreter apart would cost a tenth of the whole run.
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())
