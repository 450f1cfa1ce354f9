"""What readers think of alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.articles import Article
from aggregator.model.ids import AlertId, RuleId


class Verdict(StrEnum):
    """A thumb up or down."""

    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What one reader thinks of an alert. It counts for each of the alert's rules."""

    alert_id: AlertId
    verdict: Verdict
    by: str
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How many alerts of a rule were good and how many bad: of each alert, what most of its readers think."""

    rule_id: RuleId
    good: int
    bad: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedArticle:
    """An article of which a rule alerted, and what most readers think of that alert."""

    article: Article
    verdict: Verdict
