"""What is left of a text below its headline."""

from __future__ import annotations

import pytest
from support.builders import article, due, match
from support.notifying import about

from aggregator.alerts.messages import render_message
from aggregator.model.messages import Capabilities, Markup, Message
from aggregator.model.rules import Field, Priority
from aggregator.notifiers.headline import below_headline


def test_the_headline_of_an_alert_is_taken_off() -> None:
    """The words that matched are marked in the text and not in the headline: they are the same all the same."""
    subject = article(title="Families of captives")
    item = due(subject, match(subject, "r1", (Field.TITLE, "captives")), priority=Priority.URGENT)
    message = render_message(item, Capabilities(markup=Markup.PLAIN, text_limit=1000), timezone="UTC")

    rest = below_headline(message)

    assert "Families of *captives*" in message.text
    assert rest.startswith("Local News · 2026-03-01 11:00 UTC\n")


@pytest.mark.parametrize(
    ("text", "headline", "rest"),
    [
        ("One\n\nTwo", "One", "Two"),
        ("One\n\nTwo", "Other", "One\n\nTwo"),
        ("One\n\nTwo", "", "One\n\nTwo"),
        ("One", "One", "One"),
        ("One\n \n", "One", "One\n \n"),
        ("", "One", "One"),
        ("", "", "Families of captives were called"),
    ],
)
def test_something_is_always_left(text: str, headline: str, rest: str) -> None:
    """A text that is the headline alone stays, and one that begins otherwise is whole."""
    message = Message(text=text, subject=headline, due=about())

    assert below_headline(message) == rest
