"""Notices as they reach the admins: in the shape of an alert, many at a time as one."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from support.bot_api import EntityReader, utf16_units
from support.builders import NOW, article, due

from aggregator.alerts.notices import bundled, due_notice, notice_attempt_at, shown_url
from aggregator.alerts.rendering import render
from aggregator.model.alerts import Delivery, DeliveryKind, DueDelivery
from aggregator.model.ids import ChannelId, DeliveryId, FeedId, NoticeId
from aggregator.model.messages import Capabilities, LengthUnit, Markup, Message
from aggregator.model.notices import Notice, NoticeKind
from aggregator.notifiers.console import ConsoleNotifier
from aggregator.notifiers.webhook import payload

MINUTE = timedelta(minutes=1)
TELEGRAM = Capabilities(markup=Markup.TELEGRAM_HTML, text_limit=4096, length_unit=LengthUnit.VISIBLE_UTF16_UNITS)
REASON = "It failed 5 times in a row. https://news.example/feed: answered 500. It is still tried."


def notice(
    number: int = 0,
    kind: NoticeKind = NoticeKind.FEED_BROKEN,
    *,
    name: str = "Local News",
    text: str = REASON,
    url: str = "https://news.example/feed",
) -> DueDelivery:
    """A notice that is due."""
    made = Notice(
        id=NoticeId(f"n{number}"),
        kind=kind,
        feed_id=FeedId("ep"),
        title=f"{kind.value.capitalize()}: {name}",
        text=text,
        created_at=NOW,
    )
    delivery = Delivery(
        id=DeliveryId(f"d{number}"),
        notice_id=made.id,
        channel_id=ChannelId("ops"),
        kind=DeliveryKind.NOTICE,
        created_at=NOW,
        next_attempt_at=NOW,
    )
    return due_notice(delivery, made, url)


def test_a_notice_reads_like_one_in_a_chat() -> None:
    """What happened, when, why, and the way to the feed; no rule led to it."""
    shown = EntityReader.read(render(notice(), TELEGRAM, "UTC"), "HTML")

    assert shown.text == f"Feed broken: Local News\naggregator · 2026-03-01 12:00 UTC\n\n{REASON}\n\nOpen the feed"
    assert shown.pieces["b"] == ["Feed broken: Local News"]
    assert shown.links == ["https://news.example/feed"]


async def test_a_notice_on_the_terminal_says_the_same() -> None:
    """The box has what happened, why and the address."""
    stream = io.StringIO()

    await ConsoleNotifier(stream=stream, timezone="UTC").send(Message(text="", due=notice()))

    shown = stream.getvalue()
    assert "Feed broken: Local News" in shown
    assert "answered 500" in shown
    assert "https://news.example/feed" in shown
    assert "Rule" not in shown


def test_a_script_is_told_what_kind_of_notice_it_is() -> None:
    """A webhook gets the document of an alert, with a kind of its own and the kind of event in place of a rule."""
    posted = payload(Message(text="", due=notice(kind=NoticeKind.ARTICLES_LOST)))

    assert (posted["id"], posted["kind"], posted["channel"]) == ("d0", "notice", "ops")
    assert posted["rules"] == ["notice-articles-probably-lost"]
    assert (posted["title"], posted["text"]) == ("Articles probably lost: Local News", REASON)
    assert posted["url"] == "https://news.example/feed"
    assert posted["feed"] == {"id": "ep", "title": "aggregator"}
    assert posted["matches"] == []


HOSTILE = '</b><a href="https://evil.example">free</a>&lt;script&gt; \u202egnirts\u0000 <i>'


@pytest.mark.parametrize("markup", [Markup.TELEGRAM_HTML, Markup.MARKDOWN, Markup.PLAIN])
def test_a_hostile_title_stays_text(markup: Markup) -> None:
    """What a feed calls itself, and what its server says, breaks out of no markup and turns no text around."""
    capabilities = Capabilities(markup=markup, text_limit=4096)

    written = render(notice(name=HOSTILE, text=HOSTILE * 50), capabilities, "UTC")

    assert "\u202e" not in written
    assert "\u0000" not in written
    if markup is Markup.TELEGRAM_HTML:
        shown = EntityReader.read(written, "HTML")
        assert shown.links == ["https://news.example/feed"]
        assert '</b><a href="https://evil.example">free</a>&lt;script&gt;' in shown.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hunter2@news.example:8443/feed?token=abc#x", "https://news.example:8443/feed"),
        ("https://news.example/feed", "https://news.example/feed"),
        ("file:///srv/feeds/a.xml", "file:///srv/feeds/a.xml"),
        ("https://[half", ""),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    """No user, no password, no parameters; an address that is none keeps nothing from being sent."""
    assert shown_url(url) == shown
    assert notice(url=url).article.url == shown


def test_a_long_reason_is_shown_to_its_end() -> None:
    """What to do stands at the end of it; only what is longer than anybody reads is cut."""
    long = f"{'why ' * 200}; do this."
    longer = f"{'why ' * 2000}; do this."

    assert "do this." in render(notice(text=long), TELEGRAM, "UTC")
    assert "do this." not in render(notice(text=longer), TELEGRAM, "UTC")


@pytest.mark.parametrize(
    ("recent", "gathering_for", "expected"),
    [(0, None, 0), (4, None, 0), (4, 3, 0), (5, None, 10), (900, None, 10), (900, 3, 3)],
)
def test_the_first_few_notices_are_sent_as_they_come(recent: int, gathering_for: int | None, expected: int) -> None:
    """Those after them wait for ten minutes, or for as long as the one does that waits already."""
    until = None if gathering_for is None else NOW + gathering_for * MINUTE

    assert notice_attempt_at(NOW, recent=recent, gathering_until=until) == NOW + expected * MINUTE


def test_a_few_notices_are_messages_of_their_own() -> None:
    """Up to five, each is read for itself."""
    items = [notice(number) for number in range(5)]

    assert [(bundle.shown, bundle.delivery_ids) for bundle in bundled(items)] == [
        (item, (item.delivery.id,)) for item in items
    ]


def test_many_notices_are_one_message() -> None:
    """It says how many of which kind, and of which feeds; alerts between them are messages of their own, first."""
    alert = due(article())
    broken = [notice(number, name=f"Feed {number}") for number in range(9)]
    back = [notice(10, NoticeKind.FEED_RECOVERED, name="A: B")]

    first, last = bundled([*broken, alert, *back])

    assert first.shown is alert
    assert last.delivery_ids == tuple(item.delivery.id for item in (*broken, *back))
    assert last.shown.article.title == "10 notices: 9 × feed broken, 1 × feed recovered"
    assert last.shown.article.summary == (
        "Is this machine online? `aggregator feeds list` shows how each feed is. "
        "Feed broken: Feed 0, Feed 1, Feed 2, Feed 3, Feed 4, Feed 5, Feed 6, Feed 7, Feed 8. Feed recovered: A: B."
    )
    assert [rule.id for rule in last.shown.alert.rules] == ["notice-feed-broken", "notice-feed-recovered"]
    assert last.shown.article.url == ""


def test_many_notices_fit_into_a_message_whatever_the_feeds_are_called() -> None:
    """A thousand hostile names are cut where the service's limit is, and break nothing."""
    [bundle] = bundled([notice(number, NoticeKind.FEED_HEARD, name=HOSTILE) for number in range(1000)])

    shown = EntityReader.read(render(bundle.shown, TELEGRAM, "UTC"), "HTML")

    assert utf16_units(shown.text) <= 4096
    assert shown.text.startswith("1000 notices: 1000 × feed heard again\n")
    assert "online?" not in shown.text
    assert shown.links == []


def test_every_kind_of_notice_has_a_name_for_scripts() -> None:
    """No two kinds are called alike."""
    names = {notice(kind=kind).alert.rules[0].id for kind in NoticeKind}

    assert len(names) == len(NoticeKind)
    assert all(name.startswith("notice-") and " " not in name for name in names)
