"""An answers file: YAML or JSON, question key to option id or list of ids."""

from __future__ import annotations

import sys

from advisor.advise.situation import checked
from advisor.answers import Answers
from advisor.errors import AnswersError
from advisor.knowledge import reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from advisor.knowledge.rules import Rules


def read(path: str, rules: Rules) -> Answers:
    """The answers in a file (`-`: standard input). Raises `AnswersError` with file, line and column."""
    if path == "-":
        shown = "<stdin>"
        text = reading.decode(sys.stdin.buffer.read(reading.MAX_BYTES + 1), AnswersError, shown)
    else:
        shown = path
        text = reading.read_text(path, AnswersError)
    data, places = reading.parse(text, shown, AnswersError)
    if data is None:
        return Answers()
    if not isinstance(data, dict):
        raise AnswersError(
            "holds no answers",
            file=shown,
            line=1,
            column=1,
            expected="a mapping from question keys to option ids",
        )
    if isinstance(data.get("answers"), (dict, list)):
        # The JSON of a recommendation is an answers file too.
        data = _from_recommendation(data["answers"], shown)
    answers = Answers()
    for key, options in data.items():
        line, column = reading.nearest_place(places, (key,))
        try:
            chosen: dict[str, Any] = {key: _words(options)}
            one = Answers(chosen, origin="file")
            checked(rules, one)
        except AnswersError as problem:
            raise AnswersError(
                problem.message,
                file=shown,
                line=line,
                column=column,
                expected=problem.expected,
                nearest=problem.nearest,
            ) from None
        answers = answers | one
    return answers


def _words(options: object) -> object:
    """YAML turns unquoted true, false and numbers into values; ids are text."""
    if isinstance(options, list):
        return [_words(option) for option in options]
    if isinstance(options, bool):
        return "true" if options else "false"
    return str(options) if isinstance(options, (int, float)) else options


def _from_recommendation(rows: object, shown: str) -> dict[str, object]:
    if isinstance(rows, dict):
        return rows
    found: dict[str, object] = {}
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or not isinstance(row.get("question"), str):
            raise AnswersError("holds a list of answers that is not one of ours", file=shown)
        found[row["question"]] = row.get("options")
    return found
