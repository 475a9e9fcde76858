"""What the exit codes mean; scripts rely on them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    NO = 1
    """The answer is no (`--require`, `rules check`, `rules test`), or a run failed."""
    USAGE = 2
    """Usage, a bad input file or bad rules."""
    INFEASIBLE = 3
    """Constraints exclude every alternative."""
    NOT_MEASURED = 4
    """A probe or benchmark timed out or crashed, and nothing could be measured."""
    INTERRUPTED = 130
