"""The text of new rule files. Each loads as it is and favours nothing much before it is filled in."""

from __future__ import annotations

import re

_SCHEMA = "# yaml-language-server: $schema="

CLAIM = """\
- id: {claim_id}
  text: Say in one sentence what is claimed.
  favours: {alternative}             # an alternative, both, neither or split
  strength: weak                # weak, moderate, strong, or fact for a plain statement without preference
  kind: opinion                 # fact, opinion, statistic, prediction, advice
  users: [all]                  # all, or audiences to whom the claim matters
"""

CRITERION = (
    _SCHEMA
    + """../../schema/criterion.json
id: {ident}
category: {category}
title: {title}
about: Say what is compared, in words that favour nobody.
scale:                          # the worst and best that is plausible, whatever the alternatives at hand
  worst: say what the worst plausible state is
  best: say what the best plausible state is
half_life: ecosystem            # speed (ages fastest), ecosystem or design (ages slowest)
audiences: [all]                # all, or the audiences to whom it matters
"""
)

FINDING = (
    _SCHEMA
    + """../schema/findings.json
# All findings that rest on one source or announcement belong in one family: they count once together.
family: {ident}
title: {title}
findings:
- id: {finding_id}
  claims: [{claim}]                # the claims that it observes
  direction: untested           # confirms, weakens or reverses; untested weighs nothing
  shows: Say what the source shows, with figures.
  as_of: {date}             # when it was so, only as exact as known: YYYY, YYYY-MM or YYYY-MM-DD
  date_basis: inferred          # published, observed or inferred
  source: unsourced             # address or document
  source_kind: none             # official doc, release note, registry statistic, survey, benchmark, paper, blog ...
  confidence: low               # high, medium or low
  verified: none                # opened (you read it there), retold or none; none weighs nothing
"""
)

QUESTION = (
    _SCHEMA
    + """../schema/question.json
id: {question_id}
key: {ident}
order: {order}
text: What do you want to know?
why: Say why the answer matters.
multiple: false                 # true when several options may hold together
options:
- id: first
  text: one answer
  leans:                        # oldest first; the first may lack `since`
  - favours: either             # an alternative (then with strength: weak, moderate or strong), either or neither
    why: Say why this answer speaks for it.
    source: own reasoning
    confidence: low
- id: second
  text: another answer
  leans:
  - favours: either
    why: Say why this answer speaks for it.
    source: own reasoning
    confidence: low
"""
)

CONSTRAINT = (
    _SCHEMA
    + """../schema/constraint.json
id: {constraint_id}
key: {ident}
title: {title}
when: {when}
excludes:
- alternative: {alternative}
  scope: tool                   # framework excludes the alternative itself; release, runtime, tool only a part
  what: say what cannot be used
remedy: Say what to do instead.
since: {date}             # `until` ends it again
date_basis: inferred            # published, observed or inferred
source: own reasoning
confidence: low                 # high, medium or low
"""
)

PATHWAY = (
    _SCHEMA
    + """../schema/pathway.json
id: {ident}
title: {title}
third_way: false                # true: better first than any alternative
when: {when}
why: Say why this is good advice.
steps:
- Say what to do first.
since: {date}
source: own reasoning
confidence: low                 # high, medium or low
"""
)

PROFILE = (
    _SCHEMA
    + """../schema/profile.json
id: {ident}
title: {title}
description: Say who this is.
answers:                        # question key: an option, or a list of options
  {question}: {option}
"""
)

CASE = (
    _SCHEMA
    + """../schema/case.json
cases:
- id: {ident}
  title: {title}
  why: Say which rules must have this outcome.
  {situation}
  expect:                       # also alternative, by, excluded, mentions, pathways, constraints, categories
    outcome: [recommend, either, neither, infeasible]{expects}
"""
)

PACK = {
    "pack.yaml": _SCHEMA
    + """schema/pack.json
schema_version: 1
id: {ident}
version: 0.1.0
title: {title}
reviewed: {date}          # the day on which everything here was last looked over
# extends: builtin              # lay this pack over another; then only what differs is needed
""",
    "parameters.yaml": _SCHEMA
    + """schema/parameters.json
# The structural parameters, the same for all claims.
lean_step: 0.25                 # weak .25, moderate .5, strong .75
secondary_source: 0.25          # an issue thread, blog or forum against a primary source
confidence_step: 0.7            # high 1, medium .7, low .49
half_life_years:
  speed: 2
  ecosystem: 3
  design: 8
prior_strength: 0.25            # of the neutral prior behind each claim
even_band: 0.07                 # leans and margins closer to 0 are even
acceptability_threshold: 0.6    # first in fewer of the admissible weights: "either"
weight_shape: 2                 # each weight is known to about 70 % (1/sqrt of this)
other_audience: 0.25            # a criterion that matters to other users than this one
question_weight: 1              # one question against one whole category
""",
    "alternatives.yaml": _SCHEMA
    + """schema/alternatives.json
alternatives:                   # two or more
- id: first
  name: First
- id: second
  name: Second
""",
    "audiences.yaml": _SCHEMA
    + """schema/audiences.json
audiences:                      # who a user can be
- id: beginner
  title: Beginners
""",
    "categories.yaml": _SCHEMA
    + """schema/categories.json
categories:                     # the headings of criteria; `situation` holds the questions
- id: general
  title: General
- id: situation
  title: Your situation
""",
    "criteria/general/example.yaml": CRITERION.replace("{category}", "general")
    .replace("{ident}", "example")
    .replace("{title}", "An example")
    + "claims:\n"
    + CLAIM.replace("{claim_id}", "C001").replace("{alternative}", "first"),
    "questions/example.yaml": QUESTION.replace("{ident}", "example")
    .replace("{question_id}", "Q01")
    .replace("{order}", "1"),
}


def filled(template: str, **values: object) -> str:
    """A template with its names filled in and its comments in one column."""
    return re.sub(r"(?m)^(.*\S) {2,}# ", lambda found: f"{found[1]:<31} # ", template.format(**values))
