"""The knowledge as it stood on one day, or as the article alone tells it: local values, leans, constraints.

A reading depends on the rules and the date only, so it is computed once and shared by every set of answers.
"""

from __future__ import annotations

from advisor.days import DAYS_PER_YEAR
from advisor.decision.evidence import capped, lean, strength
from advisor.decision.pairwise import local_values

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

    def __init__(self, rules: Rules, day: int, *, article: bool) -> None:
        core = rules.core
        self.rules = rules
        self.day = day
        self.article = article
        self.count = len(core["alternatives"])
        self.parameters = core["parameters"]
        self._observations = [] if article else self._observe(core, day)
        self.leans = [self._lean(c, claim) for c, claim in enumerate(core["claims"])]
        self.values: list[Values] = [self._values(criterion, {}) for criterion in core["criteria"]]
        share = 1.0 / max(1, len({criterion["category"] for criterion in core["criteria"]}))
        self.neutral = [criterion["weight"] * share for criterion in core["criteria"]]
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
        self.excluding = [
            [
                position
                for position, (ident, _) in enumerate(core["alternatives"])
                for e in c["excludes"]
                if e["scope"] == "framework" and e["alternative"] == ident
            ]
            for c in core["constraints"]
        ]
        self.stale_criteria = [self.stale(criterion["counted"]) for criterion in core["criteria"]]
        self._weights: dict[frozenset[str], tuple[list[float], float, Values]] = {}
        self._effects: list[tuple[int, tuple[tuple[int, Values], ...]]] | None = None
        self.categories: Any = None

    def _observe(self, core: Any, day: int) -> list[list[Observation]]:
        """Per claim what was observed of it by `day`, aged, and capped per source family."""
        claims, criteria = core["claims"], core["criteria"]
        life = {kind: years * DAYS_PER_YEAR for kind, years in self.parameters["half_life_years"].items()}
        raw: list[list[tuple[int, float, str, float]]] = [[] for _ in claims]
        article = core["article"]
        lives = [life[criteria[claim[1]]["half_life"]] for claim in claims]
        if article is not None and article["day"] <= day:
            for c, half_life in enumerate(lives):
                raw[c].append((-1, strength(article["strength"], day - article["day"], half_life), "", 1.0))
        for f, (_, seen, base, family, targets, observed) in enumerate(core["findings"]):
            if seen <= day and base > 0.0:
                for c in targets:
                    raw[c].append((f, strength(base, day - seen, lives[c]), family, float(observed)))
        result = []
        for items in raw:
            after = capped([i[1] for i in items], [i[2] for i in items], 1.0)
            result.append([(f, a, b, y) for (f, a, _, y), b in zip(items, after)])
        return result

    def _lean(self, c: int, claim: Any, without: int | None = None) -> float:
        """Lean of a claim in [-1, 1]; `without`: leave one finding out."""
        _, _, favoured, _, steps = claim
        if favoured < 0 or steps == 0:
            return 0.0
        full = float(self.parameters["lean_step"] * steps)
        if self.article:
            return full
        items = self._observations[c]
        if without is not None:
            kept = [i for i in items if i[0] != without]
            findings = self.rules.core["findings"]
            families = ["" if i[0] < 0 else findings[i[0]][3] for i in kept]
            weights = capped([i[1] for i in kept], families, 1.0)
            return full * lean(weights, [i[3] for i in kept], self.parameters["prior_strength"])[0]
        return full * lean([i[2] for i in items], [i[3] for i in items], self.parameters["prior_strength"])[0]

    def _values(self, criterion: Any, changed: dict[int, float]) -> Values:
        claims = self.rules.core["claims"]
        pairs: list[tuple[int, int, float]] = []
        for c in criterion["counted"]:
            _, _, favoured, over, _ = claims[c]
            value = changed.get(c, self.leans[c])
            if favoured < 0:
                pairs += [(0, other, 0.0) for other in range(1, self.count)]
            elif over >= 0:
                pairs.append((favoured, over, value))
            else:
                pairs += [(favoured, other, value) for other in range(self.count) if other != favoured]
        return tuple(local_values(self.count, pairs))

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

    def effects(self) -> list[tuple[int, tuple[tuple[int, Values], ...]]]:
        """(finding, ((criterion, change of its local values when that finding is left out), ...)), in file order."""
        if self._effects is None:
            core = self.rules.core
            self._effects = []
            for f, (_, seen, base, _, targets, _) in enumerate(core["findings"]):
                if self.article or seen > self.day or base <= 0.0:
                    continue
                changed: dict[int, dict[int, float]] = {}
                for c in targets:
                    criterion = core["claims"][c][1]
                    if c in core["criteria"][criterion]["counted"]:
                        changed.setdefault(criterion, {})[c] = self._lean(c, core["claims"][c], without=f)
                moves = []
                for j, leans in changed.items():
                    new = self._values(core["criteria"][j], leans)
                    moves.append((j, tuple(a - b for a, b in zip(new, self.values[j]))))
                if any(any(move) for _, move in moves):
                    self._effects.append((f, tuple(moves)))
        return self._effects

    def shares(self, c: int) -> list[tuple[int, float]]:
        """(finding or -1 for the article, its share of the lean of claim c); the shares sum to the lean."""
        claim = self.rules.core["claims"][c]
        if claim[2] < 0 or claim[4] == 0:
            return []
        full = self.parameters["lean_step"] * claim[4]
        if self.article:
            return [(-1, full)]
        total = self.parameters["prior_strength"] + sum(i[2] for i in self._observations[c])
        return [(f, full * a * y / total) for f, _, a, y in self._observations[c]]

    def variance(self, c: int) -> float:
        """Variance of the lean of claim c, from the Beta distribution of its observations."""
        full = self.parameters["lean_step"] * self.rules.core["claims"][c][4]
        items = self._observations[c] if not self.article else []
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
                for i in self._observations[c]
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


def reading_of(rules: Rules, day: int, *, article: bool) -> Reading:
    """The reading for a day, or the article's; kept with the rules, the last sixteen of them."""
    key = ("article",) if article else (day,)
    found = rules.readings.get(key)
    if found is None:
        if len(rules.readings) >= 16:
            rules.readings.pop(next(iter(rules.readings)))
        found = rules.readings[key] = Reading(rules, day, article=article)
    assert isinstance(found, Reading)
    return found


def leader(scores: Sequence[float], feasible: Sequence[bool]) -> int | None:
    """Position of the highest score among what is feasible; the pack's order breaks ties. None when nothing is."""
    best = None
    for i, (score, possible) in enumerate(zip(scores, feasible)):
        if possible and (best is None or score > scores[best]):
            best = i
    return best
