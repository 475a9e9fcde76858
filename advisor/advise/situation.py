"""One user's situation: checked answers, what the machine's facts add, who the user is, which questions apply."""

from __future__ import annotations

from advisor.answers import Answers
from advisor.decision.conditions import holds, leaves
from advisor.errors import AnswersError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from advisor.knowledge.rules import Rules

    Chosen = dict[str, tuple[str, ...]]


def index_of(rules: Rules) -> Index:
    """Look-ups into the questions of a pack; kept with the rules."""
    found = rules.readings.get("index")
    if found is None:
        found = rules.readings["index"] = Index(rules)
    assert isinstance(found, Index)
    return found


class Index:
    """Questions and options by key, and what depends on each question."""

    def __init__(self, rules: Rules) -> None:
        core = rules.core
        self.questions: list[Any] = core["questions"]
        self.position = {q["key"]: i for i, q in enumerate(self.questions)}
        self.options: dict[str, dict[str, Any]] = {
            q["key"]: {option["id"]: option for option in q["options"]} for q in self.questions
        }
        # Which questions' applicability hangs on the answer to each question.
        self.dependents: dict[str, list[int]] = {key: [] for key in self.position}
        for i, question in enumerate(self.questions):
            if question["when"]:
                for key in {leaf[1] for leaf in leaves(question["when"]) if leaf[0] == "answer"}:
                    self.dependents[key].append(i)
        self.scaling = {
            key for key, options in self.options.items() if any(o["scales"] for o in options.values())
        }
        # Constraints that can remove an alternative, by the question whose answer they look at.
        self.constraints_on: dict[str, list[int]] = {key: [] for key in self.position}
        for i, constraint in enumerate(core["constraints"]):
            if any(e["scope"] == "framework" for e in constraint["excludes"]):
                for key in {leaf[1] for leaf in leaves(constraint["when"]) if leaf[0] == "answer"}:
                    self.constraints_on[key].append(i)


def checked(rules: Rules, answers: Answers, *, file: str | None = None) -> Chosen:
    """The answers as options that the pack knows. Raises `AnswersError` with the nearest valid name."""
    index = index_of(rules)
    chosen: Chosen = {}
    for key in answers:
        if key not in index.position:
            raise AnswersError(
                f"there is no question {key[:80]!r}", file=file, nearest=nearest(key, index.position)
            )
        options = answers[key]
        for option in options:
            if option not in index.options[key]:
                raise AnswersError(
                    f"the question {key!r} has no option {option[:80]!r}",
                    file=file,
                    expected="one of " + ", ".join(index.options[key]),
                    nearest=nearest(option, index.options[key]),
                )
        if len(options) > 1:
            if not index.questions[index.position[key]]["multiple"]:
                raise AnswersError(
                    f"the question {key!r} takes one option, {len(options)} were given", file=file
                )
            alone = [o for o in options if index.options[key][o].get("exclusive")]
            if alone:
                raise AnswersError(f"{key!r}: {alone[0]!r} contradicts the other options given", file=file)
        chosen[key] = options
    return chosen


def ranked(rules: Rules, rank: Sequence[str]) -> tuple[str, ...]:
    """Categories in the order of importance, each once. Raises `AnswersError` with the nearest valid name."""
    core = rules.core
    valid = [core["categories"][k]["id"] for k in sorted({c["category"] for c in core["criteria"]})]
    for ident in rank:
        if ident not in valid:
            raise AnswersError(
                f"there is no category {ident[:80]!r} to rank",
                expected="some of " + ", ".join(valid),
                nearest=nearest(ident, valid),
            )
    if len(set(rank)) < len(rank):
        raise AnswersError(
            "a category is ranked twice", expected="each category once, the most important first"
        )
    return tuple(rank)


def profile_answers(rules: Rules, name: str) -> Answers:
    """The answers of a profile. Raises `AnswersError` when the pack has none of that name."""
    profiles = rules.core["profiles"]
    if name not in profiles:
        raise AnswersError(
            f"there is no profile {name[:80]!r}",
            expected="one of " + ", ".join(profiles) if profiles else None,
            nearest=nearest(name, profiles),
        )
    return Answers(profiles[name], origin="profile")


def prefilled(
    rules: Rules, chosen: Chosen, facts: Mapping[str, object]
) -> tuple[Chosen, list[tuple[str, str]]]:
    """Answers that facts of the machine give to open questions, and the (question, option) they contradict.

    A question is prefilled only when exactly one of its options fits; a given answer is never changed.
    """
    added: Chosen = {}
    against: list[tuple[str, str]] = []
    if facts:
        for question in index_of(rules).questions:
            fitting = [
                option["id"]
                for option in question["options"]
                if option["prefill"] is not None and holds(option["prefill"], {}, facts)
            ]
            if len(fitting) == 1:
                given = chosen.get(question["key"])
                if given is None:
                    added[question["key"]] = (fitting[0],)
                elif fitting[0] not in given:
                    against.append((question["key"], fitting[0]))
    return added, against


class Situation:
    """Answers with everything that follows from them alone.

    `applies[k]`: whether question k matters here (None: an open question decides that). `known`: chosen options
    as conditions see them, where a question that does not apply has none. `audiences`: who the user is, by every answer
    that may apply. `scales[k]`: factor on the weight of question k, by answers that do apply.
    """

    __slots__ = ("applies", "audiences", "chosen", "facts", "index", "known", "others", "scales")

    def __init__(self, index: Index, chosen: Chosen, facts: Mapping[str, object]) -> None:
        self.index = index
        self.chosen = chosen
        self.facts = facts
        self.known: dict[str, Sequence[str]] = dict(chosen)
        self.applies: list[bool | None] = []
        for question in index.questions:
            when = question["when"]
            state = True if when is None else holds(when, self.known, facts)
            self.applies.append(state)
            if state is False:
                self.known[question["key"]] = ()
        audiences: set[str] = set()
        self.scales = [1.0] * len(index.questions)
        for key, options in chosen.items():
            if not self.known[key]:
                continue
            for option in options:
                data = index.options[key][option]
                audiences.update(data["audience"])
                if self.applies[index.position[key]]:
                    for other, factor in data["scales"].items():
                        self.scales[index.position[other]] *= factor
        self.audiences = frozenset(audiences)
        self.others: dict[str, frozenset[str]] = {}
