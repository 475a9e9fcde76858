"""The knowledge as it stood on one day, or as the article alone tells it: local values, leans, constraints.

A reading depends on the rules and the date only, so it is computed once and shared by every set of answers.
"""

from __future__ import annotations

from advisor.days import DAYS_PER_YEAR
from advisor.decision.evidence import capped, lean, strength
from advisor.decision.pairwise import local_values
from advisor.decision.value import rank_order_centroid
from advisor.record import ReadOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from advisor.knowledge.rules import Rules

    Values = tuple[float, ...]
    Observation = tuple[int, float, float, float]
    """(finding or -1 for the article, strength before the family cap, strength after it, observed -1..1)"""

STALE_HALF_LIVES = 2.0


class Reading:
    """Knowledge on day `day`; with `article` only the article's own claims count.

    `values[j]` are the local values u_ij of criterion j, claim criteria first, one per alternative, in [0, 1].
    `leans[c]` is the lean of claim c towards what the article favours, in [-1, 1].
    """

    def __init__(self, rules: Rules, day: int, *, article: bool, rank: tuple[str, ...] = ()) -> None:
        core = rules.core
        self.rules = rules
        self.rank = rank
        self.day = day
        self.article = article
        self.count = len(core["alternatives"])
        self.parameters = core["parameters"]
        self._lives = {
            kind: years * DAYS_PER_YEAR for kind, years in self.parameters["half_life_years"].items()
        }
        self._observed: dict[int, list[Observation]] = {}
        self._leans: dict[int, float] = {}
        self.values: list[Values] = [self._values(criterion, {}) for criterion in core["criteria"]]
        share = 1.0 / max(1, len({criterion["category"] for criterion in core["criteria"]}))
        factors = _category_factors(core, rank) if rank else None
        self.neutral = [
            criterion["weight"] * (share if factors is None else factors[criterion["category"]])
            for criterion in core["criteria"]
        ]
        self.question_share = 0.0 if article else self.parameters["question_weight"] * share
        self.options: dict[str, dict[str, Values]] = {
            question["key"]: {option["id"]: self._option(option) for option in question["options"]}
            for question in core["questions"]
        }
        self.in_force = [
            not article and c["since"] <= day and (c["until"] is None or day < c["until"])
            for c in core["constraints"]
        ]
        # For two alternatives: the signed difference of local values, u_A - u_B, of each option.
        self.option_differences = {
            key: {option: values[0] - values[1] for option, values in table.items()}
            for key, table in self.options.items()
        }
        self.unverified = [
            finding[0] for finding in core["findings"] if finding[2] == 0.0 and finding[1] <= day
        ]
        self.term_names = [c["id"] for c in core["criteria"]] + [q["key"] for q in core["questions"]]
        self.for_anyone = [not criterion["audiences"] for criterion in core["criteria"]]
        self.excluding = [
            [
                position
                for position, (ident, _) in enumerate(core["alternatives"])
                for e in c["excludes"]
                if e["scope"] == "framework" and e["alternative"] == ident
            ]
            for c in core["constraints"]
        ]
        names = [ident for ident, _ in core["alternatives"]]
        self.shown_values = [ReadOnly(dict(zip(names, values))) for values in self.values]
        self.claim_ids = [
            tuple(core["claims"][c][0] for c in criterion["claims"]) for criterion in core["criteria"]
        ]
        self.exclusions = [tuple(ReadOnly(e) for e in c["excludes"]) for c in core["constraints"]]
        self.stale_criteria = [self.stale(criterion["counted"]) for criterion in core["criteria"]]
        self._weights: dict[frozenset[str], tuple[list[float], float, Values]] = {}
        self._effects: dict[int, tuple[tuple[int, Values], ...]] = {}
        self._reach: list[tuple[int, tuple[tuple[int, float], ...]]] | None = None
        self._farthest: float | None = None
        self._ranges: dict[int, dict[str, tuple[float, float]]] = {}
        self.categories: Any = None

    def option_ranges(self, other: int) -> dict[str, tuple[float, float]]:
        """Per question the least and most lead of the first alternative over `other`; no answer is no preference."""
        if other not in self._ranges:
            leads = {key: [u[0] - u[other] for u in table.values()] for key, table in self.options.items()}
            self._ranges[other] = {key: (min(0.0, *ds), max(0.0, *ds)) for key, ds in leads.items()}
        return self._ranges[other]

    @property
    def leans(self) -> list[float]:
        """The lean of every claim, counted or not."""
        return [self.lean(c) for c in range(len(self.rules.core["claims"]))]

    def observations(self, c: int) -> list[Observation]:
        """What was observed of claim c by this day, aged, and capped per source family."""
        known = self._observed.get(c)
        if known is None:
            known = self._observed[c] = [] if self.article else self._observe(c)
        return known

    def _observe(self, c: int, without: int | None = None) -> list[Observation]:
        core = self.rules.core
        claim = core["claims"][c]
        half_life = self._lives[core["criteria"][claim[1]]["half_life"]]
        numbers, strengths, families, observed = [], [], [], []
        article = core["article"]
        if article is not None and article["day"] <= self.day:
            numbers.append(-1)
            strengths.append(strength(article["strength"], self.day - article["day"], half_life))
            families.append("")
            observed.append(1.0)
        findings = core["findings"]
        for f in claim[5]:
            _, seen, base, family, _, y = findings[f]
            if seen <= self.day and f != without:
                numbers.append(f)
                strengths.append(strength(base, self.day - seen, half_life))
                families.append(family)
                observed.append(float(y))
        return list(zip(numbers, strengths, capped(strengths, families, 1.0), observed))

    def lean(self, c: int) -> float:
        """Lean of claim c towards what the article favours, in [-1, 1]."""
        known = self._leans.get(c)
        if known is None:
            full = self._full(c)
            known = full if self.article or full == 0.0 else full * self._mean(self.observations(c))
            self._leans[c] = known
        return known

    def _full(self, c: int) -> float:
        """The lean of claim c if nothing but the article spoke: weak, moderate or strong, 0 without a favourite."""
        claim = self.rules.core["claims"][c]
        return float(self.parameters["lean_step"] * claim[4]) if claim[2] >= 0 else 0.0

    def _mean(self, items: Sequence[Observation]) -> float:
        return lean([i[2] for i in items], [i[3] for i in items], self.parameters["prior_strength"])[0]

    def _without(self, c: int, f: int) -> float:
        """Change of the lean of claim c when finding f is left out."""
        items = self.observations(c)
        mine = next(i for i in items if i[0] == f)
        if mine[1] != mine[2]:
            # The family reached its cap: without this finding the others of the family weigh more.
            return self._full(c) * self._mean(self._observe(c, without=f)) - self.lean(c)
        total = self.parameters["prior_strength"]
        moved = 0.0
        for _, _, a, y in items:
            total += a
            moved += a * y
        return float(self._full(c) * (moved - mine[2] * mine[3]) / (total - mine[2]) - self.lean(c))

    def _values(self, criterion: Any, changed: dict[int, float]) -> Values:
        claims = self.rules.core["claims"]
        pairs: list[tuple[int, int, float]] = []
        for c in criterion["counted"]:
            _, _, favoured, over, _, _ = claims[c]
            value = changed[c] if c in changed else self.lean(c)
            if favoured < 0:
                pairs += [(0, other, 0.0) for other in range(1, self.count)]
            elif over >= 0:
                pairs.append((favoured, over, value))
            else:
                pairs += [(favoured, other, value) for other in range(self.count) if other != favoured]
        return tuple(local_values(self.count, pairs))

    def sensitivity(self, j: int, c: int, a: int, b: int) -> float:
        """Change of u_a - u_b of criterion j per unit of the lean of its claim c, others as they are."""
        step = 0.5
        criterion = self.rules.core["criteria"][j]
        more, now = self._values(criterion, {c: self.lean(c) + step}), self.values[j]
        return (more[a] - more[b] - now[a] + now[b]) / step

    def _option(self, option: Any) -> Values:
        """Local values of an option on this day; no preference in the article's reading."""
        current = None
        if not self.article:
            for since, favoured, steps in option["leans"]:
                if since is None or since <= self.day:
                    current = (favoured, steps)
        if current is None or current[0] < 0:
            return (0.5,) * self.count
        half = self.parameters["lean_step"] * current[1] / 2.0
        return tuple(0.5 + half if i == current[0] else 0.5 - half for i in range(self.count))

    def weights(self, audiences: frozenset[str]) -> tuple[list[float], float, Values]:
        """(raw weights of the claim criteria, their sum, sum of weight times local values) for these users.

        A criterion that matters to other users than these counts by the factor `other_audience`. With no
        known audience every criterion keeps its neutral weight.
        """
        known = self._weights.get(audiences)
        if known is None:
            other = self.parameters["other_audience"]
            weights = [
                w
                if not audiences or not c["audiences"] or not audiences.isdisjoint(c["audiences"])
                else w * other
                for w, c in zip(self.neutral, self.rules.core["criteria"])
            ]
            sums = tuple(sum(w * u[i] for w, u in zip(weights, self.values)) for i in range(self.count))
            known = weights, sum(weights), sums
            if len(self._weights) < 4096:
                self._weights[audiences] = known
        return known

    def reach(self) -> list[tuple[int, tuple[tuple[int, float], ...]]]:
        """(finding, ((criterion, most that leaving the finding out can change u_A - u_B there), ...)), in file order.

        A lean can move from one end to the other at most, twice its strength; `effect` tells the real change.
        """
        if self._reach is None:
            criteria = self.rules.core["criteria"]
            found: dict[int, dict[int, float]] = {}
            for j, criterion in enumerate(criteria):
                for c in criterion["counted"]:
                    most = 2.0 * self._full(c) / len(criterion["counted"])
                    if most:
                        for f, _, _, _ in self.observations(c):
                            if f >= 0:
                                bounds = found.setdefault(f, {})
                                bounds[j] = bounds.get(j, 0.0) + most
            self._reach = [(f, tuple(found[f].items())) for f in sorted(found)]
        return self._reach

    def farthest(self) -> float:
        """The largest sum of the bounds of one finding in `reach`."""
        if self._farthest is None:
            self._farthest = max((sum(most for _, most in bounds) for _, bounds in self.reach()), default=0.0)
        return self._farthest

    def effect(self, f: int) -> tuple[tuple[int, Values], ...]:
        """((criterion, change of its local values when finding f is left out), ...); empty when it counts nowhere."""
        known = self._effects.get(f)
        if known is None:
            claims, criteria = self.rules.core["claims"], self.rules.core["criteria"]
            changes: dict[int, dict[int, float]] = {}
            for c in self.rules.core["findings"][f][4]:
                j = claims[c][1]
                if (
                    self._full(c)
                    and c in criteria[j]["counted"]
                    and any(i[0] == f for i in self.observations(c))
                ):
                    changes.setdefault(j, {})[c] = self._without(c, f)
            known = self._effects[f] = tuple((j, self._moved(j, by_claim)) for j, by_claim in changes.items())
        return known

    def effects(self) -> list[tuple[int, tuple[tuple[int, Values], ...]]]:
        """(finding, its effect) of every finding that counts somewhere, in file order."""
        return [(f, self.effect(f)) for f, _ in self.reach()]

    def _moved(self, j: int, changes: dict[int, float]) -> Values:
        """Change of the local values of criterion j when the leans of some of its claims change."""
        criterion = self.rules.core["criteria"][j]
        if self.count == 2:
            claims = self.rules.core["claims"]
            half = sum(x if claims[c][2] == 0 else -x for c, x in changes.items()) / (
                2 * len(criterion["counted"])
            )
            return half, -half
        new = self._values(criterion, {c: self.lean(c) + x for c, x in changes.items()})
        return tuple(a - b for a, b in zip(new, self.values[j]))

    def shares(self, c: int) -> list[tuple[int, float]]:
        """(finding or -1 for the article, its share of the lean of claim c); the shares sum to the lean."""
        claim = self.rules.core["claims"][c]
        if claim[2] < 0 or claim[4] == 0:
            return []
        full = self.parameters["lean_step"] * claim[4]
        if self.article:
            return [(-1, full)]
        items = self.observations(c)
        total = self.parameters["prior_strength"] + sum(i[2] for i in items)
        return [(f, full * a * y / total) for f, _, a, y in items]

    def variance(self, c: int) -> float:
        """Variance of the lean of claim c, from the Beta distribution of its observations."""
        full = self.parameters["lean_step"] * self.rules.core["claims"][c][4]
        items = self.observations(c)
        return float(
            full**2 * lean([i[2] for i in items], [i[3] for i in items], self.parameters["prior_strength"])[1]
        )

    def stale(self, claims: Iterable[int]) -> bool:
        """Whether the newest finding of any of these claims is older than two half-lives of its kind."""
        core = self.rules.core
        if self.article:
            return False
        for c in claims:
            seen = [
                core["findings"][i[0]][1] if i[0] >= 0 else core["article"]["day"]
                for i in self.observations(c)
            ]
            years = self.parameters["half_life_years"][core["criteria"][core["claims"][c][1]]["half_life"]]
            if seen and self.day - max(seen) > STALE_HALF_LIVES * years * DAYS_PER_YEAR:
                return True
        return False

    def category_values(self) -> dict[int, Values]:
        """Category position -> mean local values of its criteria with neutral weights."""
        sums: dict[int, list[float]] = {}
        totals: dict[int, float] = {}
        for criterion, values in zip(self.rules.core["criteria"], self.values):
            row = sums.setdefault(criterion["category"], [0.0] * self.count)
            for i, u in enumerate(values):
                row[i] += criterion["weight"] * u
            totals[criterion["category"]] = totals.get(criterion["category"], 0.0) + criterion["weight"]
        return {k: tuple(u / totals[k] for u in row) for k, row in sums.items()}


def _category_factors(core: Any, rank: tuple[str, ...]) -> dict[int, float]:
    """Weight of each category that holds criteria when the user only ranks them: rank-order centroids.

    Categories that are not named share what is left for the places after the named ones.
    """
    used = sorted({criterion["category"] for criterion in core["criteria"]})
    position = {core["categories"][k]["id"]: k for k in used}
    centroids = rank_order_centroid(len(used))
    named = [position[ident] for ident in rank]
    rest = [k for k in used if k not in named]
    factors = {k: centroids[place] for place, k in enumerate(named)}
    factors.update(dict.fromkeys(rest, sum(centroids[len(named) :]) / len(rest) if rest else 0.0))
    return factors


def reading_of(rules: Rules, day: int, *, article: bool, rank: tuple[str, ...] = ()) -> Reading:
    """The reading for a day, or the article's; kept with the rules, the last sixteen of them.

    `rank`: categories, the most important first, whose weights are then rank-order centroids.
    """
    key = ("article", rank) if article else (day, rank)
    found = rules.readings.get(key)
    if found is None:
        if len(rules.readings) >= 16:
            rules.readings.pop(next(iter(rules.readings)))
        found = rules.readings[key] = Reading(rules, day, article=article, rank=rank)
    assert isinstance(found, Reading)
    return found


def leader(scores: Sequence[float], feasible: Sequence[bool]) -> int | None:
    """Position of the highest score among what is feasible; the pack's order breaks ties. None when nothing is."""
    best = None
    for i, (score, possible) in enumerate(zip(scores, feasible)):
        if possible and (best is None or score > scores[best]):
            best = i
    return best
