"""`advisor rules check|test|list|new`: the life of a rule."""

from __future__ import annotations

from advisor.cli.exit import Exit
from advisor.cli.options import RULES, option, output, parse
from advisor.cli.situation import format_of
from advisor.errors import UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

VERBS = {
    "check": "every finding about a pack at once, as data",
    "test": "run the cases that a pack holds",
    "list": "every record with its file and line",
    "new": "a template for a new rule",
}
LISTED = {
    "claims": "claim",
    "findings": "finding",
    "criteria": "criterion",
    "questions": "question",
    "constraints": "constraint",
    "pathways": "pathway",
    "profiles": "profile",
    "cases": "case",
    "tools": "tool",
    "support": "support",
}
_TITLES = ("title", "text", "shows", "name", "why")


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    verbs = "\n".join(f"  {verb:<6} {words}" for verb, words in VERBS.items())
    if not argv or argv[0] in ("-h", "--help"):
        help_text = f"usage: advisor rules VERB [OPTION ...]\n\n{verbs}\n\nadvisor rules VERB --help tells the options.\n"
        if argv:
            print(help_text, end="")
            return Exit.DONE
        raise UsageError("`advisor rules` needs a verb", expected=", ".join(VERBS))
    verb, rest = argv[0], argv[1:]
    if verb not in VERBS:
        raise UsageError(
            f"there is no `advisor rules {verb[:80]}`",
            expected=", ".join(VERBS),
            nearest=nearest(verb, VERBS),
        )
    return {"check": _check, "test": _test, "list": _list, "new": _new}[verb](rest)


def _folder(name: str | None) -> str:
    from advisor import trees

    if name is None:
        return trees.RULES
    from advisor.knowledge.build import resolve

    return resolve(name)


def _check(argv: Sequence[str]) -> int:
    from advisor.cli.writing import write
    from advisor.knowledge.check import check

    options = parse(
        "rules check",
        VERBS["check"],
        [
            RULES,
            option("--strict", "warnings count as errors", kind="flag", default=False),
            *output(("text", "json")),
        ],
        argv,
    )
    form = format_of(options)
    found = check(_folder(options.rules))
    errors = sum(1 for problem in found if problem.level == "error")
    if form == "json":
        words = _array([problem.to_dict() for problem in found])
    else:
        from advisor.output.escape import terminal

        words = "".join(f"{terminal(str(problem))}\n" for problem in found)
        words += f"{errors} errors, {len(found) - errors} warnings\n"
    write(words, options.output)
    return Exit.NO if errors or (options.strict and found) else Exit.DONE


def _test(argv: Sequence[str]) -> int:
    from advisor.advise.cases import run as run_cases
    from advisor.api import load_rules
    from advisor.cli.writing import write

    options = parse(
        "rules test",
        VERBS["test"],
        [
            RULES,
            option("--case", "only cases whose id contains TEXT", metavar="TEXT"),
            option("--inherited", "also the cases of the packs it extends", kind="flag", default=False),
            *output(("text", "json")),
        ],
        argv,
    )
    form = format_of(options)
    rules = load_rules(options.rules)
    results = run_cases(rules, options.case, inherited=options.inherited)
    if not results:
        raise UsageError(
            f"no case contains {options.case!r}" if options.case else "the pack holds no cases",
            nearest=nearest(options.case, rules.texts()["cases"]) if options.case else None,
        )
    failed = [result for result in results if not result.passed]
    if form == "json":
        words = _array([result.to_dict() for result in results])
    else:
        from advisor.output.escape import terminal

        words = ""
        for result in failed:
            words += (
                f"{terminal(result.file)}:{result.line}: {terminal(result.id)}: {terminal(result.title)}\n"
            )
            words += "".join(f"    {terminal(difference)}\n" for difference in result.differences)
        words += f"{len(results) - len(failed)} passed, {len(failed)} failed\n"
    write(words, options.output)
    return Exit.NO if failed else Exit.DONE


def _list(argv: Sequence[str]) -> int:
    from advisor.api import load_rules
    from advisor.cli.writing import write

    options = parse(
        "rules list",
        VERBS["list"],
        [
            RULES,
            option("--kind", "only records of one kind", choices=tuple(LISTED.values())),
            *output(("text", "json")),
        ],
        argv,
    )
    form = format_of(options)
    texts = load_rules(options.rules).texts()
    rows = [
        {
            "id": _id(ident, entry["record"]),
            "kind": kind,
            "title": _title(entry["record"]),
            "file": entry["file"],
            "line": entry["line"],
        }
        for section, kind in LISTED.items()
        if options.kind in (None, kind)
        for ident, entry in texts[section].items()
    ]
    rows.sort(key=lambda row: (list(LISTED.values()).index(row["kind"]), row["id"]))
    if form == "json":
        words = _array(rows)
    else:
        from advisor.output.text import shortened

        words = "".join(f"{row['kind']:<10} {row['id']:<30} {shortened(row['title'], 60)}\n" for row in rows)
    write(words, options.output)
    return Exit.DONE


def _id(ident: str, record: dict[str, Any]) -> str:
    return str(record.get("id", ident))


def _title(record: dict[str, Any]) -> str:
    return next((str(record[key]) for key in _TITLES if key in record), "")


def _array(rows: list[dict[str, Any]]) -> str:
    import json

    return (
        "[\n" + ",\n".join(" " + json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"
        if rows
        else "[]\n"
    )


def _new(argv: Sequence[str]) -> int:
    from advisor.knowledge import scaffold

    options = parse(
        "rules new",
        VERBS["new"],
        [
            option("--rules", "the folder of the rule pack to add to", metavar="DIR"),
            option("--category", "for a criterion: its category", metavar="ID"),
        ],
        argv,
        arguments=[
            option("kind", "what to make", choices=scaffold.KINDS),
            option("id", "the new record's id or key, which is also its file's name", metavar="ID"),
        ],
    )
    if options.rules is None:
        raise UsageError("`advisor rules new` needs --rules DIR, the rule pack to add to")
    for path in scaffold.new(options.kind, options.id, options.rules, options.category):
        print(path)
    return Exit.DONE
