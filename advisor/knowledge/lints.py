"""What is probably a slip in a rule pack that loads: wrong dates, missing sources, records that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor import days
from advisor.knowledge.compiler import counts
from advisor.knowledge.material import Item, Material
from advisor.knowledge.problems import Draft, error, warning
from advisor.knowledge.reach import Reach, questions_in

UNSOURCED = frozenset({"", "-", "?", "n/a", "none", "tbd", "todo", "unknown", "unsourced"})


def lints(m: Material, today: int, *, partial: bool = False) -> Iterator[Draft]:
    """Every slip in linked material, as seen on the day number `today`.

    `partial`: some files could not be read, so that nothing is said about what is missing.
    """
    yield from _future(m, today)
    yield from _order(m)
    yield from _sources(m)
    yield from _families(m)
    yield from _remedies(m)
    yield from _exclusive(m)
    if not partial:
        yield from _idle_criteria(m)
        yield from _idle_questions(m)
        yield from _impossible(m)


def _at(item: Item, *path: Any) -> tuple[str, tuple[Any, ...]]:
    """File and path of a value inside a record; records with a file of their own have their id as path."""
    return item.source.path, (*(item.path if len(item.path) > 1 else ()), *path)


def _dates(m: Material) -> Iterator[tuple[str, Item, tuple[Any, ...]]]:
    """Each date on which something had been seen to be so; `until` may lie ahead."""
    tables = (
        (m.findings, ("as_of", "verified_on")),
        (m.constraints, ("since", "verified")),
        (m.pathways, ("since",)),
        (m.tools, ("as_of",)),
    )
    for table, keys in tables:
        for item in table.values():
            for key in keys:
                if key in item.data:
                    yield item.data[key], item, (key,)
    for item in m.questions.values():
        for i, option in enumerate(item.data["options"]):
            for j, lean in enumerate(option["leans"]):
                if "since" in lean:
                    yield lean["since"], item, ("options", i, "leans", j, "since")


def _last_day(date: str) -> int:
    parts = [int(part) for part in date.split("-")]
    if len(parts) == 1:
        return days.number(parts[0] + 1, 1, 1) - 1
    if len(parts) == 2:
        return days.number(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1) - 1
    return days.parse(date)


def _future(m: Material, today: int) -> Iterator[Draft]:
    reviewed = m.pack.get("reviewed")
    for key, date in (("reviewed", reviewed), ("article", m.pack.get("article", {}).get("date"))):
        if date is not None and days.parse(date, middle=False) > today + 1:
            place = (key, "date") if key == "article" else (key,)
            yield error("future-date", f"{date} lies in the future", m.pack_file, place)
    for date, item, path in _dates(m):
        first = days.parse(date, middle=False)
        if first > today + 1:  # One day more for authors in other time zones.
            yield error("future-date", f"{date} lies in the future", *_at(item, *path))
        elif reviewed is not None and first > _last_day(reviewed):
            yield warning(
                "future-date", f"{date} is after the pack's review of {reviewed}", *_at(item, *path)
            )


def _order(m: Material) -> Iterator[Draft]:
    for item in m.questions.values():
        for i, option in enumerate(item.data["options"]):
            latest = None
            for j, lean in enumerate(option["leans"]):
                path = ("options", i, "leans", j)
                if "since" not in lean:
                    if j > 0:
                        yield warning(
                            "date-order",
                            "a lean without `since` hides the leans before it",
                            *_at(item, *path),
                        )
                    continue
                since = days.parse(lean["since"], middle=False)
                if latest is not None and since <= latest:
                    message = f"{lean['since']} is not after the lean before it"
                    yield warning("date-order", message, *_at(item, *path, "since"))
                latest = since if latest is None else max(latest, since)
    for item in m.constraints.values():
        since, until = item.data["since"], item.data.get("until")
        if until is not None and days.parse(until, middle=False) <= days.parse(since, middle=False):
            yield warning("date-order", f"`until` {until} is not after `since` {since}", *_at(item, "until"))


def _weighs(finding: dict[str, Any]) -> bool:
    return bool(
        finding["verified"] != "none"
        and finding["direction"] != "untested"
        and finding["source_kind"] != "none"
    )


def _sources(m: Material) -> Iterator[Draft]:
    for ident, item in m.findings.items():
        data = item.data
        if data["source_kind"] == "none" and data["verified"] != "none" and data["direction"] != "untested":
            message = f"{ident} counts as verified but names no kind of source"
            yield error("missing-source", message, *_at(item, "source_kind"))
        elif data["source_kind"] == "none" or data["source"].strip(" .").lower() in UNSOURCED:
            yield warning(
                "missing-source", f"{ident} has no source; it should have one", *_at(item, "source")
            )
        if data["verified"] == "none":
            yield warning(
                "unverified", f"{ident} could not be verified and weighs nothing", *_at(item, "verified")
            )


def _families(m: Material) -> Iterator[Draft]:
    same: dict[tuple[Any, ...], str] = {}
    sources: dict[str, str] = {}
    told: set[tuple[str, str]] = set()
    for ident, item in m.findings.items():
        data = item.data
        if not _weighs(data):
            continue
        twin = same.setdefault(
            (item.holder, data["direction"], data["as_of"], frozenset(data["claims"])), ident
        )
        if twin != ident:
            message = f"{ident} has family, date, direction and claims of {twin}; they count once together"
            yield warning("double-family", message, *_at(item, "claims"))
        family = sources.setdefault(data["source"], item.holder)
        if family != item.holder and (data["source"], item.holder) not in told:
            told.add((data["source"], item.holder))
            message = (
                f"the source of {ident} is also that of the family {family!r}; one family counts it once"
            )
            yield warning("double-family", message, *_at(item, "source"))


def _remedies(m: Material) -> Iterator[Draft]:
    for key, item in m.constraints.items():
        if "remedy" not in item.data:
            yield warning(
                "no-remedy", f"the constraint {key!r} says what is excluded but not what to do", *_at(item)
            )


def _exclusive(m: Material) -> Iterator[Draft]:
    """Answers of profiles and cases that combine an exclusive option with others: they could never be used."""
    for item in (*m.profiles.values(), *m.cases.values()):
        for key, chosen in item.data["answers"].items():
            if key in m.questions and len(chosen) > 1:
                alone = {o["id"] for o in m.questions[key].data["options"] if o["exclusive"]}.intersection(
                    chosen
                )
                if alone:
                    message = f"{key!r}: {min(alone)!r} contradicts the other options"
                    yield error("case-profile", message, *_at(item, "answers", key))


def _idle_criteria(m: Material) -> Iterator[Draft]:
    alternatives = list(m.alternatives)
    observed = {
        c
        for i in m.findings.values()
        if _weighs(i.data) and i.data["direction"] != "weakens"
        for c in i.data["claims"]
    }
    for ident, item in m.criteria.items():
        claims = [claim.data for claim in m.claims_of(ident)]
        counted = [claim for claim in claims if counts(claim, alternatives)]
        if not claims:
            yield warning("no-claims", f"the criterion {ident!r} holds no claims", *_at(item))
        elif not counted:
            yield warning(
                "never-matters", f"no claim of the criterion {ident!r} counts", *_at(item, "claims")
            )
        elif not any(claim["favours"] in m.alternatives for claim in counted):
            yield warning(
                "never-matters", f"no counted claim of {ident!r} favours an alternative", *_at(item, "claims")
            )
        elif "article" not in m.pack:
            restated = {
                c["id"]
                for c in claims
                if c.get("restates") in {k["id"] for k in counted} and c["id"] in observed
            }
            if not restated and observed.isdisjoint(claim["id"] for claim in counted):
                message = f"no finding confirms or reverses a counted claim of {ident!r}"
                yield warning("never-matters", message, *_at(item, "claims"))


def _idle_questions(m: Material) -> Iterator[Draft]:
    used = {name for _, _, condition in _conditions(m) for name in questions_in(condition)}
    for item in m.questions.values():
        used.update(name for option in item.data["options"] for name in option["scales"])
    for key, item in m.questions.items():
        options = item.data["options"]
        if key in used or any(option["audience"] or option["scales"] for option in options):
            continue
        if len({tuple(_course(option, m)) for option in options}) == 1:
            message = f"all options of {key!r} speak for the same, and nothing else depends on them"
            yield warning("never-matters", message, *_at(item, "options"))


def _course(option: dict[str, Any], m: Material) -> Iterator[tuple[int, Any, Any]]:
    """(first day, favoured alternative, strength) of each change of an option's lean."""
    before: tuple[Any, Any] = (None, None)
    for lean in option["leans"]:
        now = (lean["favours"], lean.get("strength")) if lean["favours"] in m.alternatives else (None, None)
        if now != before:
            yield days.parse(lean["since"], middle=False) if "since" in lean else 0, *now
        before = now


def _conditions(m: Material) -> Iterator[tuple[str, Item, Any]]:
    for table in (m.questions, m.constraints, m.pathways):
        for key, item in table.items():
            if "when" in item.data:
                yield key, item, item.data["when"]


def _impossible(m: Material) -> Iterator[Draft]:
    reach = Reach(m)
    for key, item, condition in _conditions(m):
        if not reach.possible(condition):
            yield warning(
                "unreachable-option", f"no answers can meet the condition of {key!r}", *_at(item, "when")
            )
