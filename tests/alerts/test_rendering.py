"""Messages: the right words marked, within any limit, with no title that breaks them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bot_api import EntityReader, utf16_units
from support.builders import article, due, match

from aggregator.alerts.markup import measure, serialize
from aggregator.alerts.rendering import render
from aggregator.alerts.styled import Run, truncate, web_link
from aggregator.model.messages import Capabilities, LengthUnit, Markup
from aggregator.model.rules import Field, Priority

TELEGRAM = Capabilities(markup=Markup.TELEGRAM_HTML, text_limit=4096, length_unit=LengthUnit.VISIBLE_UTF16_UNITS)
PLAIN = Capabilities(markup=Markup.PLAIN, text_limit=2000)
MARKDOWN = Capabilities(markup=Markup.MARKDOWN, text_limit=2000)
HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from('<>&"*_[]()`\\\u202e\u200d👨👩\u0301🇺🇦\n\x00'), st.characters()), max_size=300
)


def test_a_message_tells_what_where_and_why() -> None:
    """Title, source, time in the channel's zone, excerpt, rules and link stand in their order."""
    subject = article(title="Captives return", summary="Many captives came home.")
    item = due(subject, match(subject, "r1", (Field.TITLE, "Captives"), (Field.SUMMARY, "captives")))

    text = render(item, TELEGRAM, "Europe/Kyiv")

    assert text == (
        "<b><u>Captives</u></b><b> return</b>\n<i>Local News · 2026-03-01 13:00 EET</i>\n\n"
        "Many <b><u>captives</u></b> came home.\n\nRule: Rule r1\n\n"
        '<a href="https://news.example/a1">Read the article</a>'
    )


def test_each_markup_marks_the_words() -> None:
    """Markdown and plain text mark what HTML underlines."""
    subject = article(title="A_b captives", url="https://n.example/a_(b)")
    item = due(subject, match(subject, "r1", (Field.TITLE, "captives")), priority=Priority.HIGH)

    markdown, plain = render(item, MARKDOWN, "UTC"), render(item, PLAIN, "UTC")

    assert markdown.startswith("❗ **A\\_b captives**")
    assert markdown.endswith("[Read the article](https://n.example/a_%28b%29)")
    assert plain.startswith("❗ A_b *captives*")
    assert plain.endswith("Read the article: https://n.example/a_(b)")


def test_an_excerpt_shows_the_words_and_leaves_the_rest() -> None:
    """Far-apart words are shown in windows of their own; overlapping spans are one mark."""
    text = "start " + "x " * 300 + "captives here " + "y " * 300 + "families there " + "z " * 300
    subject = article(body=text, summary="Short")
    whole = match(subject, "r1", (Field.BODY, "captives here"), (Field.BODY, "captives"), (Field.BODY, "families"))

    shown = render(due(subject, whole), PLAIN, "UTC")

    assert "*captives here*" in shown
    assert "*families* there" in shown
    assert " … " in shown
    assert "start" not in shown


def test_at_most_three_windows_are_shown() -> None:
    """A text full of matches gives three places, not all."""
    words = [f"word{number}" for number in range(6)]
    subject = article(body=(" " + "pad " * 100).join(words), summary="")
    found = match(subject, "r1", *((Field.BODY, word) for word in words))

    shown = render(due(subject, found), PLAIN, "UTC")

    assert [word in shown for word in words] == [True, True, True, False, False, False]


def test_near_windows_are_one() -> None:
    """Matches near each other share a window, and nothing is left out between them."""
    text = "captives " + "pad " * 50 + "families"
    subject = article(body=text)
    found = match(subject, "r1", (Field.BODY, "captives"), (Field.BODY, "families"))

    shown = render(due(subject, found), PLAIN, "UTC")

    assert "… " not in shown.split("Rule:")[0].replace("…  ", "")
    assert shown.count("pad") == 50


def test_a_limit_of_nothing_gives_nothing() -> None:
    """A service that takes no text gets none, rather than too much."""
    assert render(due(article()), Capabilities(markup=Markup.PLAIN, text_limit=0), "UTC") == ""


def test_words_of_the_summary_are_shown_when_the_body_has_none() -> None:
    """A match in the summary alone shows the summary."""
    subject = article(summary="Only captives here", body="Nothing of the kind")

    shown = render(due(subject, match(subject, "r1", (Field.SUMMARY, "captives"))), PLAIN, "UTC")

    assert "Only *captives* here" in shown


def test_an_article_without_text_or_link_is_still_a_message() -> None:
    """What is missing is left out, and a link that leads nowhere safe is none."""
    subject = article(summary="", url="javascript:alert(1)")

    text = render(due(subject), TELEGRAM, "UTC")

    assert "<a" not in text
    assert "Rule: Rule r1" in text


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://[bad", "https://", "mailto:x@y"])
def test_only_web_addresses_are_links(url: str) -> None:
    """Nothing but http and https is made a link."""
    assert web_link(url) is None


@settings(max_examples=300)
@given(title=HOSTILE, summary=HOSTILE, feed_title=HOSTILE, limit=st.integers(64, 500))
def test_no_text_breaks_telegram_html_or_its_limit(title: str, summary: str, feed_title: str, limit: int) -> None:
    """Whatever a feed says, the HTML is what Telegram takes and what is seen is within the limit."""
    subject = article(title=title + " captives", summary=summary)
    item = due(subject, match(subject, "r1", (Field.TITLE, "captives")), feed_title=feed_title)
    capabilities = Capabilities(
        markup=Markup.TELEGRAM_HTML, text_limit=limit, length_unit=LengthUnit.VISIBLE_UTF16_UNITS
    )

    text = render(item, capabilities, "UTC")

    reader = EntityReader.read(text, "HTML")
    assert utf16_units(reader.text) <= limit
    assert reader.text.strip()
    assert "\x00" not in text
    assert "\u202e" not in text


@settings(max_examples=200)
@given(title=HOSTILE, limit=st.integers(64, 400), markup=st.sampled_from(Markup), unit=st.sampled_from(LengthUnit))
def test_every_markup_keeps_every_limit(title: str, limit: int, markup: Markup, unit: LengthUnit) -> None:
    """In any markup and any unit the message fits."""
    subject = article(title=title or "x", url="https://news.example/" + "long-" * 30)
    capabilities = Capabilities(markup=markup, text_limit=limit, length_unit=unit)

    text = render(due(subject), capabilities, "UTC")

    visible = EntityReader.read(text, "HTML").text if markup is Markup.TELEGRAM_HTML else text
    size = {LengthUnit.CHARACTERS: len(text), LengthUnit.UTF16_UNITS: utf16_units(text)}.get(unit, utf16_units(visible))
    assert unit is LengthUnit.VISIBLE_UTF16_UNITS or size <= limit


def test_the_title_gives_way_last() -> None:
    """In a small limit the excerpt goes first, then rules and source, and the title is cut in the end."""
    subject = article(title="Long headline " * 20, summary="Text " * 100)
    sizes = {}
    for limit in (64, 150, 400, 1000):
        capabilities = Capabilities(markup=Markup.PLAIN, text_limit=limit)
        sizes[limit] = render(due(subject), capabilities, "UTC")

    assert sizes[64].startswith("Long headline")
    assert sizes[64].endswith("Read the article: https://news.example/a1")
    assert "…" in sizes[150]
    assert "Rule: Rule r1" in sizes[1000]
    assert all(len(text) <= limit for limit, text in sizes.items())


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("ae\u0301x yz", 3, "a…"),
        ("👨\u200d👩 family", 3, "…"),
        ("🇺🇦🇺🇦 flags", 2, "…"),
        ("👍🏽 skin", 2, "…"),
        ("\u1112\u1161\u11ab jamo", 3, "…"),
    ],
)
def test_text_is_cut_between_what_readers_see_as_one(text: str, length: int, cut: str) -> None:
    """No combining mark, joined emoji, flag or skin tone is cut in half."""
    assert serialize(truncate([Run(text=text)], length), Markup.PLAIN) == cut


def test_a_cut_keeps_the_runs_before_it() -> None:
    """Cutting inside the second run leaves the first whole."""
    runs = (Run(text="one ", bold=True), Run(text="two three"))

    cut = truncate(runs, 9)

    assert serialize(cut, Markup.TELEGRAM_HTML) == "<b>one </b>two…"
    assert measure(cut, Markup.PLAIN, LengthUnit.UTF16_UNITS) == 8


def test_spaces_stay_outside_emphasis() -> None:
    """CommonMark emphasis hugs its words; italics and blanks are written too, but for those at the start of a line."""
    runs = (Run(text=" a ", bold=True), Run(text="b", italic=True), Run(text=" ", bold=True))

    assert serialize(runs, Markup.MARKDOWN) == "**a** *b* "
    assert serialize((Run(text="x", link="x"),), Markup.PLAIN) == "x"


def test_a_cut_leaves_no_half_of_what_two_runs_write() -> None:
    """A letter and the mark on it may be in two styles; they are kept or cut together."""
    runs = (Run(text="ab", bold=True), Run(text="\u0301cd"))

    assert serialize(truncate(runs, 3), Markup.TELEGRAM_HTML) == "<b>a…</b>"
    assert serialize(truncate(runs, 4), Markup.TELEGRAM_HTML) == "<b>ab</b>\u0301…"


def test_a_link_may_hold_what_no_encoding_has() -> None:
    """Half a surrogate pair in an address breaks nothing."""
    assert web_link("https://news.example/\ud800") == "https://news.example/?"
