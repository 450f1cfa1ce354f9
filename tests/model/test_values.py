"""The small decisions of the nouns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.builders import NOW, article, state

from aggregator.model.feeds import FeedStatus
from aggregator.model.ids import derive_id
from aggregator.model.retry_after import parse_retry_after
from aggregator.model.rules import Priority


def test_ids_follow_from_their_parts() -> None:
    """The same parts give the same id, other parts another; where they are split matters."""
    assert derive_id("ab", "c") == derive_id("ab", "c")
    assert derive_id("ab", "c") != derive_id("a", "bc")
    assert len(derive_id("x")) == 16


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, FeedStatus.NEW),
        ({"last_polled_at": NOW}, FeedStatus.OK),
        ({"last_polled_at": NOW, "failures": 1}, FeedStatus.FAILING),
        ({"failures": 1, "gone_at": NOW}, FeedStatus.GONE),
    ],
)
def test_a_state_sums_up_in_a_word(changes: dict[str, Any], status: FeedStatus) -> None:
    """Each combination of what was learned has its one word."""
    assert state(**changes).status is status


def test_an_article_has_its_fullest_text() -> None:
    """The body stands for the text where there is one, the summary elsewhere."""
    assert article(body="Body").text == "Body"
    assert article(summary="Summary").text == "Summary"
    assert Priority.URGENT.word == "urgent"


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("120", timedelta(minutes=2)),
        (" 5 ", timedelta(seconds=5)),
        ("999999999999", timedelta(days=7)),
        ("Sun, 01 Mar 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Sun, 01 Mar 2026 12:10:00", timedelta(minutes=10)),
        ("Sun, 01 Mar 2020 12:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, wait: timedelta | None) -> None:
    """RFC 9110 §10.2.3: both forms are read, nonsense is nothing, no server asks for more than a week."""
    assert parse_retry_after(value, NOW) == wait
