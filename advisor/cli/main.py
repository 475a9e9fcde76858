"""Which command was meant, and what becomes of an error. Nothing of a command is imported before it is chosen."""

from __future__ import annotations

import sys

from advisor.errors import AdvisorError, OutputError, ProbeError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "recommend": "a recommendation: which, how sure, why, and what would change it",
    "explain": "one criterion, claim, finding, question, constraint or tool",
    "compare": "several profiles, dates or rule packs side by side",
    "timeline": "acceptability over time for a set of answers",
    "probe": "what this machine is and what can be used on it",
    "scan": "what a code base shows",
    "rules": "check, test, list or extend the rules",
    "doctor": "what works here, what does not, and what mends it",
    "schema": "the JSON Schema of an output or a rule file",
}
LATER = {
    "ask": "the questionnaire as plain prompts",
    "bench": "micro-benchmarks of both frameworks",
    "record": "a decision record",
    "check": "whether a decision record still holds",
    "report": "one HTML file",
    "batch": "many sets of answers",
    "fleet": "every worker of a Dask cluster",
    "mcp": "a Model Context Protocol server",
}
"""Names that are taken for commands to come."""


def usage() -> str:
    """The help of the program itself."""
    rows = "\n".join(f"  {name:<10} {text}" for name, text in COMMANDS.items())
    return (
        "usage: advisor COMMAND [OPTION ...]\n\n"
        "PyTorch or TensorFlow for your project on your machine.\n\n"
        f"{rows}\n\n"
        "  advisor recommend --profile research\n"
        "  advisor recommend --answer target=mobile --json\n"
        "  advisor explain C105\n\n"
        "advisor COMMAND --help tells the options; advisor --version the version.\n"
    )


def run(argv: Sequence[str]) -> int:
    """Run a command line; returns the exit code. Errors that a user can mend are one line on stderr."""
    try:
        code = _dispatch(argv)
        sys.stdout.flush()
        return code
    except OutputError as problem:
        _complain(str(problem))
        return 1
    except ProbeError as problem:
        _complain(str(problem))
        return 4
    except AdvisorError as problem:
        _complain(str(problem))
        return 2
    except SystemExit as left:
        # argparse leaves the program after printing help.
        return left.code if isinstance(left.code, int) else 0
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    except BrokenPipeError:
        # The reader has gone; Python would complain once more when it flushes at exit.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        _complain(f"{problem.filename or 'output'}: {problem.strerror or problem}")
        return 1


def _complain(message: str) -> None:
    from advisor.output.escape import terminal

    print(f"advisor: {terminal(message)}", file=sys.stderr)


def _dispatch(argv: Sequence[str]) -> int:
    if not argv:
        sys.stderr.write(usage())
        return 2
    name = argv[0]
    if name in ("-h", "--help", "help"):
        sys.stdout.write(usage())
        return 0
    if name in ("-V", "--version"):
        from advisor.version import __version__

        print(f"advisor {__version__}")
        return 0
    if name in COMMANDS:
        # `importlib` would be imported for this one call.
        module = __import__(f"advisor.cli.{name}", fromlist=["run"])
        return int(module.run(argv[1:]))
    if name in LATER:
        raise UsageError(f"`advisor {name}` ({LATER[name]}) is not part of this version yet")
    from advisor.errors import nearest

    raise UsageError(
        f"there is no command {name[:80]!r}", expected=", ".join(COMMANDS), nearest=nearest(name, COMMANDS)
    )
