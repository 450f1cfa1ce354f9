"""Articles as plain text."""

from __future__ import annotations

from datetime import date

import pytest

from aggregator.model.plain_text import PlainText, read_plain_text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            "\ufeff date 2024-08-08 Eng \n\nHeadline \nBody\n\nmore\n",
            PlainText(title="Headline", body="Body\n\nmore", published_on=date(2024, 8, 8), language="Eng"),
        ),
        ("date 2024-02-30\nHeadline", PlainText(title="Headline", body="", language="")),
        ("date of birth\nBody", PlainText(title="date of birth", body="Body")),
        ("date 2024-08-08", PlainText(title="", body="", published_on=date(2024, 8, 8), language="")),
        (" \n", PlainText(title="", body="")),
    ],
)
def test_metadata_title_and_body_are_told_apart(text: str, read: PlainText) -> None:
    """A first line with a date is metadata; the first line with words is the title, what follows the body."""
    assert read_plain_text(text) == read
