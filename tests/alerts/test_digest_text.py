"""Digests: everything in as few messages as it fits in, by rule and story, nothing dropped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bot_api import utf16_units
from support.builders import HOUR, NOW, article, due
from support.markup_readers import read

from aggregator.alerts.digest_text import MOST_PAGES, Page, digest_title, paginate
from aggregator.model.alerts import AlertRule, DueDelivery
from aggregator.model.digests import Digest, DigestReason
from aggregator.model.ids import DeliveryId, RuleId, StoryId
from aggregator.model.messages import Capabilities, LengthUnit, Markup
from aggregator.model.rules import Priority

PLAIN = Capabilities(markup=Markup.PLAIN, text_limit=2000)
OWN = due(article("digest"))


def alert_of(key: str, rule: str = "Captives", story: str = "", **changes: object) -> DueDelivery:
    """An alert of a rule about a story, by default one of its own."""
    subject = article(key, **{"title": f"Title {key}", **changes})
    item = due(subject, rules=(AlertRule(id=RuleId(rule), title=rule),))
    return replace(item, alert=replace(item.alert, story_id=StoryId(story or key)))


def pages_of(
    items: list[DueDelivery],
    service: Capabilities = PLAIN,
    timezone: str = "UTC",
    **progress: object,
) -> list[Page]:
    """The pages of a digest of `items`, that nothing was sent of unless `progress` says so."""
    digest = replace(Digest(reason=DigestReason.SCHEDULED, total=len(items)), **progress)  # type: ignore[arg-type] # the test names fields
    return list(paginate(OWN, items, service, timezone=timezone, digest=digest))


def ids(items: Iterable[DueDelivery]) -> list[DeliveryId]:
    """Their deliveries, in their order."""
    return [item.delivery.id for item in items]


def test_a_digest_is_grouped_by_rule_then_by_story() -> None:
    """Each line has title, link, source and time; others of the same story follow the first."""
    items = [
        alert_of("a", story="s1"),
        alert_of("b", rule="Spies", published_at=NOW - 2 * HOUR),
        alert_of("c", story="s1", published_at=NOW),
        alert_of("d"),
    ]

    [page] = pages_of(items, timezone="Europe/Kyiv")

    assert page.message.text == (
        "Digest · 4 alerts\n\n"
        "Spies\n• Title b: https://news.example/b · Local News, 12:00\n\n"
        "Captives\n"
        "• Title a: https://news.example/a · Local News, 13:00\n"
        "↳ Title c: https://news.example/c · Local News, 14:00\n"
        "• Title d: https://news.example/d · Local News, 13:00"
    )
    assert page.message.subject == "Digest · 4 alerts"
    assert page.message.due is OWN
    assert [item.article.key for item in page.message.items] == ["b", "a", "c", "d"]
    assert page.told == page.message.items


def test_the_loudest_comes_first_and_every_rule_is_named() -> None:
    """Urgent before normal; an alert of several rules stands under the first and names the others."""
    quiet, loud = alert_of("a"), alert_of("b", rule="Spies", published_at=NOW + timedelta(days=1))
    rules = (*loud.alert.rules, AlertRule(id=RuleId("x"), title="War"))
    loud = replace(loud, alert=replace(loud.alert, priority=Priority.URGENT, rules=rules))

    [page] = pages_of([quiet, loud])

    assert page.message.text.startswith(
        "Digest · 2 alerts\n\nSpies\n• 🚨 Title b: https://news.example/b · Local News, 2026-03-02 12:00 · War\n\n"
    )


def test_what_no_rule_led_to_has_a_heading_too_and_an_address_may_be_its_title() -> None:
    """A notice has no rule, and some articles have no title."""
    item = alert_of("a", title="")
    item = replace(item, alert=replace(item.alert, rules=()))

    [page] = pages_of([item])

    assert page.message.text == "Digest · 1 alert\n\nNotices\n• https://news.example/a · Local News, 11:00"


@pytest.mark.parametrize(
    ("reason", "count", "title"),
    [
        (DigestReason.SCHEDULED, 12, "Digest · 12 alerts"),
        (DigestReason.OVERFLOW, 37, "… and 37 more"),
        (DigestReason.QUIET_HOURS, 1, "While it was quiet: 1 alert"),
        (DigestReason.SILENCED, 14, "While silenced: 14 alerts"),
        (DigestReason.RETURNED, 2, "While this channel could not be reached: 2 alerts"),
    ],
)
def test_the_title_says_why_they_come_together(reason: DigestReason, count: int, title: str) -> None:
    """And how many they are."""
    assert digest_title(reason, count) == title


def test_a_digest_of_nothing_is_no_message() -> None:
    """When all its alerts were told or given up otherwise, there is nothing to say."""
    assert pages_of([], total=14) == []


def test_one_article_has_one_line() -> None:
    """Its first alert and the answer about a change are told together."""
    first = alert_of("a")
    answer = replace(first, delivery=replace(first.delivery, id=DeliveryId("answer"), is_reply=True))

    [page] = pages_of([first, answer, alert_of("b", story="a")])

    assert page.message.text.count("Title a") == 1
    assert ids(page.message.items) == ids(page.told) == [first.delivery.id, "answer", alert_of("b").delivery.id]


def test_pages_are_numbered_and_full_and_repeat_the_heading() -> None:
    """The order goes on from page to page."""
    items = [alert_of(f"{number:02}") for number in range(30)]

    pages = pages_of(items, replace(PLAIN, text_limit=500))

    assert [item for page in pages for item in page.told] == items
    for number, page in enumerate(pages, start=1):
        assert page.message.text.startswith(f"Digest · 30 alerts ({number}/{len(pages)})\n\nCaptives\n• ")
        assert page.told == page.message.items
    assert all(430 < len(page.message.text) <= 500 for page in pages[:-1])
    assert pages[0].message.subject == f"Digest · 30 alerts (1/{len(pages)})"


def test_what_is_left_goes_on_where_it_was() -> None:
    """After some pages were sent, the rest has the next numbers, and the title still counts all alerts."""
    service = replace(PLAIN, text_limit=500)
    whole = pages_of([alert_of(f"{number:02}") for number in range(30)], service)
    rest = [item for page in whole[2:] for item in page.told]

    pages = pages_of(rest, service, total=30, told=30 - len(rest), pages_sent=2)

    assert [page.message.text for page in pages] == [page.message.text for page in whole[2:]]
    assert [page.told for page in pages] == [page.told for page in whole[2:]]


def test_pages_are_written_one_by_one() -> None:
    """Whoever sends one at a time need not write the others, and knows when it is the last."""
    items = [alert_of(f"{number:02}") for number in range(15)]
    service = replace(PLAIN, text_limit=500)
    digest = Digest(reason=DigestReason.SCHEDULED, total=15)

    pages = paginate(OWN, items, service, timezone="UTC", digest=digest)
    first = next(pages)
    *_, last = pages

    assert (first.is_last, last.is_last) == (False, True)


@pytest.mark.parametrize(
    ("reason", "most"),
    [
        (DigestReason.SCHEDULED, MOST_PAGES),
        (DigestReason.QUIET_HOURS, MOST_PAGES),
        (DigestReason.RETURNED, MOST_PAGES),
        (DigestReason.SILENCED, 1),
    ],
)
def test_the_last_page_counts_what_it_does_not_list(reason: DigestReason, most: int) -> None:
    """Nobody reads more pages than that; the alerts that none lists are told with the last."""
    items = [alert_of(f"{number:03}") for number in range(100)]

    pages = pages_of(items, replace(PLAIN, text_limit=500), reason=reason)

    listed = [item for page in pages for item in page.message.items]
    assert len(pages) == most
    assert len(listed) < 100
    assert pages[-1].message.text.endswith(f"\n\n… {100 - len(listed)} more, not listed")
    assert len(pages[-1].message.text) <= 500
    assert [page.told == page.message.items for page in pages] == [True] * (most - 1) + [False]
    assert [item for page in pages for item in page.told] == items
    assert [len(page.told) for page in pages][:-1] == [len(page.message.items) for page in pages][:-1]


def test_an_overflow_lists_all_of_it() -> None:
    """They were to be told at once: only the limit made one digest of them."""
    items = [alert_of(f"{number:03}") for number in range(100)]

    pages = pages_of(items, replace(PLAIN, text_limit=500), reason=DigestReason.OVERFLOW)

    assert len(pages) > MOST_PAGES
    assert [item for page in pages for item in page.message.items] == items


def test_pages_that_were_sent_count_towards_the_most() -> None:
    """And when they have grown beyond it, one page more ends the digest."""
    items = [alert_of(f"{number:03}") for number in range(100)]
    service = replace(PLAIN, text_limit=500)

    near = pages_of(items, service, pages_sent=MOST_PAGES - 2)
    beyond = pages_of(items, service, pages_sent=MOST_PAGES)

    assert [page.message.subject for page in near] == ["Digest · 100 alerts (9/10)", "Digest · 100 alerts (10/10)"]
    assert [page.message.subject for page in beyond] == ["Digest · 100 alerts (11/11)"]
    assert ids(beyond[0].told) == ids(items)


def test_a_page_with_no_room_for_the_count_still_tells_all() -> None:
    """One alert too long for any page leaves room for nothing else."""
    items = [alert_of(str(number), title="Long title " * 40) for number in range(3)]

    [page] = pages_of(items, replace(PLAIN, text_limit=80), reason=DigestReason.SILENCED)

    assert "not listed" not in page.message.text
    assert len(page.message.items) == 1
    assert sorted(ids(page.told)) == sorted(ids(items))


def test_an_entry_too_long_for_any_page_is_cut_and_keeps_its_link() -> None:
    """What is around it gives way before the link does; the link goes last."""
    item = alert_of("a", title="Long title " * 40)
    texts = {
        limit: pages_of([item], Capabilities(markup=Markup.HTML, text_limit=limit))[0].message.text
        for limit in (200, 90, 60, 20, 0)
    }

    assert texts[200].startswith("<b>Digest · 1 alert</b><br><br><b>Captives</b><br>• <a href=")
    assert texts[90].startswith("<b>Digest · 1 alert</b><br><br>• <a href=")
    assert texts[60].startswith("• <a href=")
    assert texts[20] == "• Long title Long t…"
    assert texts[0] == ""


def test_thousands_of_alerts_take_a_moment() -> None:
    """Cutting them into pages takes time with their number, not with its square."""
    items = [alert_of(str(number)) for number in range(3_000)]

    pages = pages_of(items, Capabilities(markup=Markup.MARKDOWN, text_limit=4000), reason=DigestReason.OVERFLOW)

    assert sum(len(page.message.items) for page in pages) == 3_000


def test_a_page_has_no_more_links_than_telegram_takes() -> None:
    """It leaves out every entity after the hundredth, and with it the link."""
    items = [alert_of(str(number), title=str(number), rule=f"R{number // 2}") for number in range(300)]

    pages = pages_of(items, Capabilities(markup=Markup.TELEGRAM_HTML, text_limit=100_000))

    assert [page.message.text.count("</") <= 100 for page in pages] == [True] * len(pages)
    assert len(pages) == 5


TITLES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["</b>" * 30, "👨\u200d👩" * 50, "W" * 10_000, "- # @here **", "```"]),
)


@settings(max_examples=150, deadline=None)
@given(
    titles=st.lists(st.tuples(TITLES, st.sampled_from(["A", "B", "</i>*"]), st.sampled_from("xyz")), max_size=12),
    limit=st.integers(0, 500),
    markup=st.sampled_from(Markup),
    unit=st.sampled_from([LengthUnit.CHARACTERS, LengthUnit.UTF16_UNITS]),
    reason=st.sampled_from(DigestReason),
)
def test_nothing_is_dropped_and_no_page_is_too_long(
    titles: list[tuple[str, str, str]], limit: int, markup: Markup, unit: LengthUnit, reason: DigestReason
) -> None:
    """Every alert is told by one page, every page fits and is well formed."""
    items = [alert_of(str(n), title=title, rule=rule, story=story) for n, (title, rule, story) in enumerate(titles)]
    service = Capabilities(markup=markup, text_limit=limit, length_unit=unit)

    pages = pages_of(items, service, reason=reason)

    assert sorted(ids(item for page in pages for item in page.told)) == sorted(ids(items))
    for text in (page.message.text for page in pages):
        read(text, markup)
        assert (len(text) if unit is LengthUnit.CHARACTERS else utf16_units(text)) <= limit
