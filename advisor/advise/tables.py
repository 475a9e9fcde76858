"""Questions as tables over their possible answers, which decide many sets of answers in columns.

NumPy comes in as the argument `np`: only `advisor.advise.many` imports it.
"""

from __future__ import annotations

from advisor.advise.columns import FALSE, TRUE, UNKNOWN, Question, expression, states
from advisor.advise.situation import prefilled
from advisor.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from advisor.advise.columns import Array, Columns, Expression, Meaning
    from advisor.advise.reading import Reading

JOINED = 8192
"""Entries of a joined table at most, unless one question alone has more."""
MASK_BITS = 14
"""Kinds of users up to which every combination is tabled beforehand."""


class Group:
    """Questions whose slots are joined into one table.

    `rows`: per joint slot the raw scores (m), the weight, the weight of what is answered and, where asked for, the
    sum of squared weighted differences. `masks`: what it says of who the user is. `factors`: (question, factor on
    the weight per slot of that question).
    """

    __slots__ = ("factors", "masks", "members", "rows")

    def __init__(
        self, members: list[int], rows: Array, masks: Array, factors: list[tuple[str, Array]]
    ) -> None:
        self.members = members
        self.rows = rows
        self.masks = masks
        self.factors = factors


class Plan:
    """Everything about a reading and the sets that can be tabled before looking at a single set."""

    def __init__(
        self,
        np: Any,
        reading: Reading,
        columns: Columns,
        facts: Mapping[str, object],
        day: int,
        *,
        acceptability: bool,
    ) -> None:
        self.np = np
        self.reading = reading
        self.facts = facts
        self.day = day
        self.acceptability = acceptability
        self.squares = acceptability and reading.count == 2
        core = reading.rules.core
        added, _ = prefilled(reading.rules, {}, facts)
        self.questions = [
            Question(q["key"], columns.get(q["key"]), added.get(q["key"])) for q in core["questions"]
        ]
        self.position = {question.key: k for k, question in enumerate(self.questions)}
        for k, question in enumerate(self.questions):
            when = core["questions"][k]["when"]
            question.lay_out(np, TRUE if when is None else expression(np, when, self._before(k), facts))
        self.excluded = [
            self._any(
                [
                    c
                    for c, force in zip(core["constraints"], reading.in_force)
                    if force and _excludes(c, ident)
                ]
            )
            for ident, _ in core["alternatives"]
        ]
        self.third = self._any(
            []
            if reading.article
            else [p for p in core["pathways"] if p["third_way"] and (p["since"] is None or p["since"] <= day)]
        )
        self._kinds(core)
        self._tables(core)

    def _before(self, k: int) -> Meaning:
        """What a condition sees on whose outcome it depends whether question k applies."""

        def meaning(name: str | None) -> tuple[bool, list[Any]]:
            if name is None:
                return False, [None]
            other = self.questions[self.position[name]]
            # As in `Situation`: questions before this one are known not to apply, later ones count as answered.
            return (False, other.known) if self.position[name] < k else (True, other.answered)

        return meaning

    def _any(self, records: list[Any]) -> Expression:
        leaders: list[Any] = [None, *self.reading.rules.alternatives]

        def meaning(name: str | None) -> tuple[bool, list[Any]]:
            return False, leaders if name is None else self.questions[self.position[name]].known

        return expression(self.np, ["any", *[record["when"] for record in records]], meaning, self.facts)

    def _kinds(self, core: Any) -> None:
        np = self.np
        named = sorted({audience for criterion in core["criteria"] for audience in criterion["audiences"]})
        if len(named) > 62:
            raise UsageError(
                f"{len(named)} audiences are too many for many answers at once", expected="at most 62"
            )
        # Bit 0: some audience that no criterion names; it still makes the user a known one.
        self.bit = {audience: 2 << i for i, audience in enumerate(named)}
        self.criteria_masks = np.array(
            [sum(self.bit[a] for a in set(criterion["audiences"])) for criterion in core["criteria"]],
            np.int64,
        )
        self.values = np.array(self.reading.values, float).reshape(len(core["criteria"]), self.reading.count)
        bits = len(named) + 1
        self.kinds = self.claims(np.arange(1 << bits)) if bits <= MASK_BITS else None

    def weights(self, masks: Array) -> Array:
        """M x criteria raw weights of the claim criteria for M masks of audiences."""
        np = self.np
        own = self.criteria_masks[None, :]
        whole = (own == 0) | (masks[:, None] == 0) | ((masks[:, None] & own) != 0)
        neutral = np.array(self.reading.neutral)
        return np.where(whole, neutral, neutral * self.reading.parameters["other_audience"])

    def claims(self, masks: Array) -> Array:
        """What the claim criteria add for M masks, in the columns of `Group.rows`."""
        np = self.np
        weights = self.weights(masks)
        total = weights.sum(axis=1)
        parts = [weights @ self.values, total[:, None], total[:, None]]
        if self.squares:
            parts.append(((weights * (self.values[:, 0] - self.values[:, 1])) ** 2).sum(axis=1)[:, None])
        return np.concatenate(parts, axis=1)

    def _tables(self, core: Any) -> None:
        np = self.np
        self.groups: list[Group] = []
        self.differences: list[tuple[Array, list[tuple[str, Array]]]] = []
        width = self.reading.count + 2 + self.squares
        self.base, self.base_mask = np.zeros(width), 0
        joined: list[tuple[list[int], Array, Array]] = []
        for k, question in enumerate(self.questions):
            factors = self._factors(question.key)
            rows = np.array([self._row(core, k, slot) for slot in range(len(question.known))]).reshape(
                -1, width
            )
            masks = np.array([self._mask(question, slot) for slot in range(len(question.known))], np.int64)
            self.differences.append((rows[:, 0] - rows[:, 1], factors.copy()))
            members = [k]
            for name, factor in factors.copy():
                # The question that scales this one becomes part of its table, as far as that stays small.
                if len(rows) * len(factor) <= JOINED:
                    powers = factor[:, None] ** ([1] * (width - self.squares) + [2] * self.squares)
                    rows = (rows[:, None, :] * powers[None, :, :]).reshape(-1, width)
                    masks = masks.repeat(len(factor))
                    members.append(self.position[name])
                    factors.remove((name, factor))
            if factors:
                self.groups.append(Group(members, rows, masks, factors))
            elif len(rows) == 1:
                self.base, self.base_mask = self.base + rows[0], self.base_mask | int(masks[0])
            elif joined and len(joined[-1][1]) * len(rows) <= JOINED:
                others, before, marked = joined[-1]
                both = (before[:, None, :] + rows[None, :, :]).reshape(-1, width)
                joined[-1] = [*others, *members], both, (marked[:, None] | masks[None, :]).reshape(-1)
            else:
                joined.append((members, rows, masks))
        self.groups += [Group(members, rows, masks, []) for members, rows, masks in joined]

    def _row(self, core: Any, k: int, slot: int) -> list[float]:
        question, reading = self.questions[k], self.reading
        count = reading.count
        if question.applies[slot] != TRUE:
            return [0.0] * (count + 2 + self.squares)
        weight = reading.question_share * core["questions"][k]["weight"]
        options = question.known[slot]
        if not options:
            return [weight * 0.5] * count + [weight, 0.0] + [0.0] * self.squares
        table = [reading.options[question.key][option] for option in options]
        u = [sum(column) / len(table) for column in zip(*table)]
        return [weight * x for x in u] + [weight, weight] + [(weight * (u[0] - u[1])) ** 2] * self.squares

    def _mask(self, question: Question, slot: int) -> int:
        options = self.reading.rules.core["questions"][self.position[question.key]]["options"]
        known = question.known[slot] or ()
        found = {audience for option in options if option["id"] in known for audience in option["audience"]}
        mask = 0
        for audience in found:
            mask |= self.bit.get(audience, 1)
        return mask

    def _factors(self, key: str) -> list[tuple[str, Array]]:
        """(question, factor per slot of it on the weight of `key`) for each question that scales that weight."""
        found = []
        for source, data in zip(self.questions, self.reading.rules.core["questions"]):
            scale = {option["id"]: option["scales"].get(key, 1.0) for option in data["options"]}
            if any(factor != 1.0 for factor in scale.values()):
                table = self.np.ones(len(source.known))
                for slot, known in enumerate(source.known):
                    for option in known or () if source.applies[slot] == TRUE else ():
                        table[slot] *= scale[option]
                found.append((source.key, table))
        return found


def _excludes(constraint: Any, alternative: str) -> bool:
    return any(e["alternative"] == alternative and e["scope"] == "framework" for e in constraint["excludes"])


class Rows:
    """Some sets of answers under a plan: `part` is a slice or an array of their positions, n of them."""

    def __init__(self, plan: Plan, part: Any, n: int) -> None:
        np = plan.np
        self.plan, self.n = plan, n
        self.answered: list[Array] = []
        self.slots: list[Array] = []
        self._indices: dict[tuple[str | None, bool], Array] = {}
        for question in plan.questions:
            self.answered.append(question.select(np, part, n))
        for question, codes in zip(plan.questions, self.answered):
            if question.may == {FALSE}:
                codes = np.zeros(n, question.dtype)
            elif question.may != {TRUE}:
                count = len(question.answered)
                state = states(np, question.gate, self.index)
                if UNKNOWN in question.may:
                    codes = codes + np.equal(state, UNKNOWN) * question.dtype(count + 1)
                # The slot of a question that does not apply comes after all codes, where it may not apply.
                unused = np.equal(state, FALSE) * question.dtype(count)
                codes = np.maximum(codes, unused)
            self.slots.append(codes)

    def index(self, name: str | None, answered: bool) -> Array:
        """Codes or slots of a question as positions in a table."""
        key = name, answered
        if key not in self._indices:
            assert name is not None
            k = self.plan.position[name]
            self._indices[key] = (self.answered if answered else self.slots)[k].astype(self.plan.np.intp)
        return self._indices[key]

    def leaders(self, leader: Array) -> None:
        """Let conditions see who leads."""
        self._indices[None, False] = leader.astype(self.plan.np.intp) + 1

    def factor(self, factors: list[tuple[str, Array]]) -> Array:
        """n factors on a weight."""
        result = 1.0
        for name, table in factors:
            result = result * table.take(self.index(name, False))
        return result

    def sums(self) -> tuple[Array, Array]:
        """(n rows in the columns of `Group.rows`, n masks of audiences)."""
        plan, np = self.plan, self.plan.np
        masks: Any = np.full(self.n, plan.base_mask, np.int64)
        total: Any = None
        for group in plan.groups:
            first, *others = group.members
            joint = self.slots[first]
            if others:
                joint = joint.astype(np.uint16)
                for k in others:
                    joint *= np.uint16(len(plan.questions[k].known))
                    joint += self.slots[k].astype(np.uint16)
            at = joint.astype(np.intp)
            if group.masks.any():
                masks |= group.masks.take(at)
            if group.rows.any():
                rows = group.rows.take(at, axis=0)
                if group.factors:
                    factor = self.factor(group.factors)
                    rows[:, : plan.reading.count + 2] *= factor[:, None]
                    if plan.squares:
                        rows[:, -1] *= factor * factor
                total = rows if total is None else np.add(total, rows, out=total)
        if plan.kinds is not None:
            claims = plan.kinds.take(masks, axis=0)
        else:
            kinds, where = np.unique(masks, return_inverse=True)
            claims = plan.claims(kinds).take(where, axis=0)
        claims += plan.base
        return (claims if total is None else np.add(claims, total, out=claims)), masks

    def products(self, masks: Array) -> Array:
        """n x J raw weights times differences, the claim criteria first: two alternatives."""
        plan, np = self.plan, self.plan.np
        kinds, where = np.unique(masks, return_inverse=True)
        claims = (plan.weights(kinds) * (plan.values[:, 0] - plan.values[:, 1]))[where]
        columns = [
            table.take(slots.astype(np.intp)) * self.factor(factors)
            for (table, factors), slots in zip(plan.differences, self.slots)
        ]
        return np.concatenate([claims, np.stack(columns, axis=1)], axis=1) if columns else claims
