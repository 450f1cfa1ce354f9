"""Edited headlines: what was taken out and what was put in, word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts.headline_diff import headline_diff
from aggregator.alerts.markup import serialize
from aggregator.alerts.styled import plain_text
from aggregator.model.messages import Markup

WORDS = st.lists(st.sampled_from(["ten", "captives", "were", "</b>", "freed"]), max_size=8)


def test_changed_words_are_struck_out_and_underlined() -> None:
    """Words that stay are plain; the old come before the new."""
    diff = headline_diff("Ten captives were freed", "Twelve captives freed  today")

    assert serialize(diff, Markup.TELEGRAM_HTML) == (
        "<s>Ten</s> <b><u>Twelve</u></b> captives <s>were</s> freed <b><u>today</u></b>"
    )


@given(before=WORDS, after=WORDS)
def test_both_headlines_can_be_read_in_it(before: list[str], after: list[str]) -> None:
    """Without what was put in it is the old headline, without what was taken out the new one."""
    diff = headline_diff(" ".join(before), " ".join(after))

    old = plain_text([run for run in diff if not run.underline])
    new = plain_text([run for run in diff if not run.strike])
    assert old.split() == before
    assert new.split() == after


def test_a_headline_of_a_thousand_words_is_not_compared() -> None:
    """It is shown whole, as it was and as it is."""
    diff = headline_diff("word " * 1000, "word " * 999)

    assert [(run.strike, run.underline, len(run.text.split())) for run in diff if run.text.strip()] == [
        (True, False, 1000),
        (False, True, 999),
    ]


def test_a_headline_may_appear_and_vanish() -> None:
    """Nothing to compare with is nothing taken out, or nothing put in."""
    assert serialize(headline_diff("", "New"), Markup.HTML) == "<b><u>New</u></b>"
    assert serialize(headline_diff("Old", ""), Markup.HTML) == "<s>Old</s>"
