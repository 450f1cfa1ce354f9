"""Messages: new alerts, more sources, edits, images and templates, always within what the service takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bot_api import utf16_units
from support.builders import NOW, article, due, match
from support.markup_readers import read

from aggregator.alerts.messages import render_message
from aggregator.alerts.templates import Template
from aggregator.model.alerts import ArticleChange, DeliveryKind, DueDelivery, Source
from aggregator.model.ids import FeedId
from aggregator.model.messages import Capabilities, LengthUnit, Markup, Message
from aggregator.model.rules import Field, Priority

TELEGRAM = Capabilities(
    markup=Markup.TELEGRAM_HTML, text_limit=4096, length_unit=LengthUnit.VISIBLE_UTF16_UNITS, caption_limit=1024
)
PLAIN = Capabilities(markup=Markup.PLAIN, text_limit=2000)
REUTERS = Source(
    feed_id=FeedId("reuters"),
    feed_title="Reuters",
    title="Captives freed",
    url="https://reuters.example/1",
    published_at=NOW + timedelta(hours=1),
)
BBC = Source(
    feed_id=FeedId("bbc"),
    feed_title="BBC",
    title="Freed",
    url="mailto:x@bbc.example",
    published_at=NOW + timedelta(days=1),
)
HOSTILE_TEXTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "👨\u200d👩\u200d👧\u200d👦" * 40,
            "\u202etxt.exe\u202c " * 10,
            "e\u0301\u0302\u0303" * 80,
            "]]></b>{{ article.title }}{% raw %}```**__~~||",
            "`" * 200,
            "W" * 10_000,
            "🇺🇦" * 90,
            "<a href='javascript:x'>&lt;b&gt;</a> @everyone <@1> > # 1. ",
            "a\n\nb\n- c\n    d\n===",
        ]
    ),
)
TEMPLATE = Template(
    "<b>{{ headline }}</b>\n{% if change %}{{ change.diff }}\n{% endif %}<p>{{ excerpt }}</p>"
    '{% for source in story.sources %}<a href="{{ source.url }}">{{ source.feed }}</a> {% endfor %}'
    '<pre>{{ article.title }}</pre><a href="{{ article.url }}"><i>{{ article.title }}</i></a>'
)


def size_of(text: str, capabilities: Capabilities) -> int:
    """How long the service takes a text to be."""
    if capabilities.length_unit is LengthUnit.CHARACTERS:
        return len(text)
    is_visible = capabilities.length_unit is LengthUnit.VISIBLE_UTF16_UNITS
    return utf16_units(read(text, capabilities.markup).text if is_visible else text)


def test_a_new_alert_has_subject_text_and_plain_text() -> None:
    """The subject is the headline on one line with its mark; the plain text has no markup."""
    subject = article(title="Captives\nreturn <home>", summary="")
    item = due(subject, match(subject, "r1", (Field.TITLE, "Captives")), priority=Priority.HIGH)

    message = render_message(item, TELEGRAM, timezone="UTC")

    assert message.subject == "❗ Captives return <home>"
    assert message.text.startswith("❗ <b><u>Captives</u></b><b> return &lt;home&gt;</b>\n")
    assert message.plain.startswith("❗ *Captives* return <home>\nLocal News")
    assert message.due is item
    assert message.image_url is None


def test_an_update_names_the_other_sources_with_time_and_link() -> None:
    """Another day's time has its date, and what is not on the web has no link."""
    message = render_message(due(article()), TELEGRAM, timezone="Europe/Kyiv", sources=[REUTERS, BBC])

    assert (
        'Also: <a href="https://reuters.example/1">Reuters 15:00</a>, BBC 2026-03-02 14:00 · 3 sources' in message.text
    )


def test_many_sources_are_counted() -> None:
    """Ten are named."""
    sources = [replace(REUTERS, feed_title=f"Feed {number}") for number in range(40)]

    text = render_message(due(article()), PLAIN, timezone="UTC", sources=sources).text

    assert "Feed 9 " in text
    assert "Feed 10 " not in text
    assert " and 30 more · 41 sources" in text


def test_an_edited_headline_is_shown_word_by_word() -> None:
    """The new headline is the title; below it are the words that changed, and the rules that hold now or no longer."""
    change = ArticleChange(before="Ten freed", after="Twelve freed", gained=("Releases",), lost=("Losses", "Deaths"))

    text = render_message(due(article(title="Twelve freed")), TELEGRAM, timezone="UTC", change=change).text

    assert text.startswith("<b>Twelve freed</b>\n")
    assert "Headline changed: <s>Ten</s> <b><u>Twelve</u></b> freed\nNow matches: Releases\n" in text
    assert "No longer matches: Losses, Deaths\n\n" in text


def test_a_change_of_the_text_alone_shows_no_headline() -> None:
    """The same headline has no difference to show."""
    change = ArticleChange(before="Same", after="Same", lost=("Losses",))

    text = render_message(due(article(title="Same")), PLAIN, timezone="UTC", change=change).text

    assert "Headline changed" not in text
    assert "No longer matches: Losses" in text


def test_an_image_goes_where_it_can_and_its_caption_is_shorter() -> None:
    """The text is cut to the caption's limit; without the image it is whole."""
    item = due(article(title="Long title " * 200, image_url="https://news.example/a b.jpg"))

    with_image = render_message(item, TELEGRAM, timezone="UTC")
    without = render_message(item, TELEGRAM, timezone="UTC", with_image=False)

    assert with_image.image_url == "https://news.example/a%20b.jpg"
    assert size_of(with_image.text, TELEGRAM) <= 1024
    assert without.image_url is None
    assert size_of(without.text, TELEGRAM) > 2000


@pytest.mark.parametrize("image_url", [None, "", "data:image/png;base64,x", "file:///x.png"])
def test_what_is_no_address_on_the_web_is_no_image(image_url: str | None) -> None:
    """Nor is there one where the service takes none."""
    item = due(article(image_url=image_url))

    assert render_message(item, TELEGRAM, timezone="UTC").image_url is None
    assert render_message(due(article(image_url="https://n.example/x.png")), PLAIN, timezone="UTC").image_url is None


def test_a_template_writes_the_message() -> None:
    """In the markup of the service, with the words marked."""
    subject = article(title="A <b> captives")
    item = due(subject, match(subject, "r1", (Field.TITLE, "captives")), feed_title="L & N")
    template = Template("{{ headline }}<br>\n{{ feed.title }}")

    assert render_message(item, PLAIN, timezone="UTC", template=template).text == "A <b> *captives*\nL & N"
    assert render_message(item, TELEGRAM, timezone="UTC", template=template).text == (
        "A &lt;b&gt; <b><u>captives</u></b>\nL &amp; N"
    )


def test_what_a_template_writes_is_cut_to_the_limit() -> None:
    """Tags are closed after the cut."""
    item = due(article(title="Long title " * 20))
    template = Template("<b><i>{{ article.title }}</i></b>")
    capabilities = Capabilities(markup=Markup.HTML, text_limit=40)

    text = render_message(item, capabilities, timezone="UTC", template=template).text

    assert text == "<b><i>Long title Long title Lon…</i></b>"
    assert render_message(item, replace(capabilities, text_limit=3), timezone="UTC", template=template).text == ""


def test_a_template_that_fails_gives_way() -> None:
    """The alert is sent in the layout without a template, and says why."""
    template = Template("{% if article.tags|length > 3 %}{{ article.tags[9] }}{% else %}x{% endif %}")
    item = due(article(title="Captives", tags=("a", "b", "c", "d")))

    alone = render_message(item, PLAIN, timezone="UTC", template=template).text
    with_sources = render_message(item, PLAIN, timezone="UTC", template=template, sources=[BBC]).text

    failure = "The template of this message failed (line 1: there is no '9'), so it is written without it.\n\nRead the"
    assert alone.startswith("Captives\nLocal News")
    assert f"Rule: Rule r1\n\n{failure}" in alone
    assert f"2 sources\n{failure}" in with_sources


def test_a_notice_needs_no_template() -> None:
    """It is no alert about an article, and says what to do in its own way."""
    item = due(article(title="ep: broken"))
    notice = replace(item, delivery=replace(item.delivery, kind=DeliveryKind.NOTICE))

    text = render_message(notice, PLAIN, timezone="UTC", template=Template("{{ kind }}")).text

    assert text.startswith("ep: broken\n")


def test_a_message_says_whether_a_template_wrote_it() -> None:
    """A notifier with a layout of its own keeps to it only without one; a template that failed wrote nothing."""
    item = due(article(tags=("a", "b", "c", "d")))
    failing = Template("{% if article.tags|length > 3 %}{{ article.tags[9] }}{% else %}x{% endif %}")

    written = [
        render_message(item, PLAIN, timezone="UTC", template=template).is_templated
        for template in (TEMPLATE, failing, None)
    ]

    assert written == [True, False, False]


@settings(max_examples=300, deadline=None)
@given(
    title=HOSTILE_TEXTS,
    summary=HOSTILE_TEXTS,
    other=HOSTILE_TEXTS,
    limit=st.integers(0, 600),
    markup=st.sampled_from(Markup),
    unit=st.sampled_from([LengthUnit.CHARACTERS, LengthUnit.UTF16_UNITS]),
    template=st.sampled_from([None, TEMPLATE]),
)
def test_no_message_is_too_long_or_broken(
    title: str, summary: str, other: str, limit: int, markup: Markup, unit: LengthUnit, template: Template | None
) -> None:
    """Whatever feeds say, in every markup and unit, with a template or none, what is sent is well formed and fits."""
    subject = article(title=f"captives {title}", summary=summary, image_url="https://news.example/i.png")
    item = due(subject, match(subject, "r1", (Field.TITLE, "captives")), feed_title=other)
    source = replace(REUTERS, feed_title=other, title=title)
    change = ArticleChange(before=other, after=subject.title, gained=(other,))
    service = Capabilities(markup=markup, text_limit=limit, length_unit=unit, caption_limit=limit // 2)

    message = render_message(item, service, timezone="UTC", template=template, sources=[source], change=change)

    read(message.text, markup)
    assert size_of(message.text, service) <= (limit // 2 if message.image_url else limit)
    assert not {"\u202e", "\x00"} & set(message.text + message.plain + message.subject)
    assert "\n" not in message.subject


@settings(max_examples=100, deadline=None)
@given(title=HOSTILE_TEXTS, limit=st.integers(64, 300), template=st.sampled_from([None, TEMPLATE]))
def test_telegram_counts_what_is_seen(title: str, limit: int, template: Template | None) -> None:
    """Its limit is on UTF-16 code units without the markup."""
    message = telegram_message(due(article(title=title, summary=title)), limit, template)

    assert size_of(message.text, TELEGRAM) <= limit
    assert message.text.strip()


def telegram_message(item: DueDelivery, limit: int, template: Template | None) -> Message:
    """The message where Telegram would take `limit` units."""
    return render_message(item, replace(TELEGRAM, text_limit=limit), timezone="UTC", template=template)
