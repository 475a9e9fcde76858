"""`advisor schema NAME`: the JSON Schema of an output or of a kind of rule file."""

from __future__ import annotations

from advisor.cli.exit import Exit
from advisor.cli.options import option, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    import json

    from advisor.cli.writing import write
    from advisor.knowledge import schema

    options = parse(
        "schema",
        "The JSON Schema (draft 2020-12) of an output or a rule file.",
        [
            option("--output", "write to FILE instead of standard output, all or nothing", metavar="FILE"),
            option(
                "--update",
                "write every schema into DIR/schema, where the rule files expect them",
                metavar="DIR",
            ),
            option(
                "--drift",
                "exit 1 when the schemas in DIR/schema are not those of this version",
                metavar="DIR",
            ),
        ],
        argv,
        arguments=[option("name", ", ".join(schema.names()), kind="optional", metavar="NAME")],
    )
    if options.update is not None:
        schema.write(options.update)
        return Exit.DONE
    if options.drift is not None:
        differing = schema.drift(options.drift)
        write("".join(f"{name}\n" for name in differing), None)
        return Exit.NO if differing else Exit.DONE
    if options.name is None:
        write("".join(f"{name}\n" for name in schema.names()), options.output)
        return Exit.DONE
    write(json.dumps(schema.named(options.name), indent=1, ensure_ascii=False) + "\n", options.output)
    return Exit.DONE
