"""Categories that a user only ranks weigh as rank-order centroids."""

from __future__ import annotations

import pytest

from advisor import load_rules, recommend
from advisor.decision.value import rank_order_centroid
from advisor.errors import AnswersError

DAY = "2026-11-22"


def shares(result):
    """Category -> share of the weight of all claim criteria."""
    core = load_rules().core
    found = {core["categories"][c["category"]]["id"]: 0.0 for c in core["criteria"]}
    for row in result.criteria:
        if row.category in found:
            found[row.category] += row.weight
    total = sum(found.values())
    return {ident: weight / total for ident, weight in found.items()}


def test_without_a_ranking_categories_weigh_the_same():
    assert shares(recommend(as_of=DAY)) == pytest.approx(dict.fromkeys(shares(recommend(as_of=DAY)), 1 / 7))


def test_a_whole_ranking_gives_the_centroids():
    order = ["performance", "tooling", "adoption", "community", "execution", "capabilities", "ease_of_use"]
    found = shares(recommend(as_of=DAY, rank=order))
    assert [found[ident] for ident in order] == pytest.approx(rank_order_centroid(7))


def test_what_is_not_ranked_shares_the_rest():
    found = shares(recommend(as_of=DAY, rank=["performance"]))
    first, *rest = rank_order_centroid(7)
    assert found.pop("performance") == pytest.approx(first)
    assert list(found.values()) == pytest.approx([sum(rest) / 6] * 6)


def test_the_weight_of_all_categories_together_stays():
    plain, ranked = (recommend(profile="mobile", as_of=DAY, rank=rank) for rank in ((), ["tooling"]))
    questions = [
        sum(r.weight for r in result.criteria if r.category == "situation") for result in (plain, ranked)
    ]
    assert len(plain.criteria) == len(ranked.criteria) and min(questions) > 0.0


def test_a_ranking_can_change_the_article_s_verdict():
    community = recommend(as_of="article", rank=["community", "capabilities"])
    ease = recommend(as_of="article", rank=["ease_of_use"])
    assert (community.verdict.margin < 0 < ease.verdict.margin) and ease.verdict.alternative == "pytorch"


def test_shares_still_sum_to_the_margin_and_the_ranking_is_told(cli):
    data = cli(
        "recommend", "--profile", "research", "--rank", "tooling,community", "--as-of", DAY, "--json"
    ).data
    assert data["rank"] == ["tooling", "community"]
    assert sum(c["contribution"] for c in data["criteria"]) == pytest.approx(
        data["verdict"]["margin"], abs=1e-12
    )
    words = cli("recommend", "--profile", "research", "--rank", "tooling", "--as-of", DAY, "--verbose").out
    assert "ranked: tooling" in " ".join(words.split())


@pytest.mark.parametrize(
    ("rank", "message"),
    [(["tolling"], "tooling"), (["situation"], "no category"), (["tooling", "tooling"], "twice")],
)
def test_a_wrong_ranking_is_an_error(rank, message):
    with pytest.raises(AnswersError, match=message):
        recommend(as_of=DAY, rank=rank)
