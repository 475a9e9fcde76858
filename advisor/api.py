"""What other programs call: `recommend` and `load_rules`."""

from __future__ import annotations

from advisor import days
from advisor.advise.compose import compose
from advisor.advise.situation import profile_answers
from advisor.answers import Answers
from advisor.errors import UsageError
from advisor.facts import as_facts
from advisor.knowledge import rules as knowledge

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from typing import Any

    from advisor.advise.many import Verdicts
    from advisor.recommendation import Recommendation


class Rules(knowledge.Rules):
    """One rule pack, ready to decide with. Make it with `load_rules`; it never changes afterwards."""

    def recommend_many(self, answers: Any, **options: Any) -> Verdicts:
        """Many sets of answers at once, as NumPy arrays; see `advisor.advise.many.recommend_many`."""
        from advisor.advise.many import recommend_many

        return recommend_many(self, answers, **options)


_builtin: Rules | None = None


def load_rules(pack: str | os.PathLike[str] | None = None) -> Rules:
    """A rule pack: a folder, the name of an installed pack, or the built-in one (read once per process).

    Raises `RulesError` with file, line and column when the pack cannot be used.
    """
    global _builtin
    if pack is None:
        if _builtin is None:
            _builtin = _ready(knowledge.load())
        return _builtin
    import os

    return _ready(knowledge.load(os.fspath(pack)))


def _ready(loaded: knowledge.Rules) -> Rules:
    return Rules(loaded.core, loaded.folder, loaded.loaded_texts)


def recommend(
    *,
    profile: str | None = None,
    answers: Answers | Mapping[str, str | Sequence[str]] | None = None,
    as_of: str = "today",
    rules: knowledge.Rules | str | os.PathLike[str] | None = None,
    facts: Mapping[str, object] | None = None,
    rank: Sequence[str] = (),
    profile_name: str | None = None,
) -> Recommendation:
    """Which alternative, how sure, because of what, and what would change it.

    `profile`: a named set of answers; `answers` win over it. `as_of`: "today", "article" or YYYY[-MM[-DD]]; the
    clock is read for "today" only. `rules`: a pack from `load_rules`, or what that function takes. `facts`: what is
    known of the machine, such as {"os": "linux"}; nothing is probed here. `rank`: categories, the most important first, weighed by rank-order centroids; without it
    each weighs the same. `profile_name` is only reported: the name
    of the profile that `answers` already hold. Raises `AnswersError`, `UsageError` or
    `RulesError`. The same arguments give the same result, byte for byte.
    """
    pack = rules if isinstance(rules, knowledge.Rules) else load_rules(rules)
    given = answers if isinstance(answers, Answers) else Answers(answers)
    if profile is not None:
        given = profile_answers(pack, profile) | given
    reading, day = when(as_of, pack)
    return compose(
        pack,
        given,
        as_facts(facts),
        reading=reading,
        day=day,
        profile=profile or profile_name,
        rank=(rank,) if isinstance(rank, str) else tuple(rank),
    )


def when(as_of: str, rules: knowledge.Rules) -> tuple[str, int]:
    """(reading, day number) of "today", "article" or a date. Raises `UsageError` for anything else."""
    if as_of == "today":
        return "today", days.today()
    if as_of == "article":
        article = rules.core["article"]
        if article is None:
            raise UsageError(f"the rule pack {rules.id!r} holds no article to read")
        return "article", article["day"]
    try:
        return "date", days.parse(as_of)
    except UsageError:
        from advisor.errors import nearest

        raise UsageError(
            f"{as_of[:80]!r} is no reading",
            expected="today, article or a date such as 2022-06-01",
            nearest=nearest(as_of, ("today", "article")),
        ) from None
