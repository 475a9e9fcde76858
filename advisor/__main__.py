"""`python -m advisor` and the `advisor` command."""

from __future__ import annotations

import sys


def main() -> int:
    from advisor.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
