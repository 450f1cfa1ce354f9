"""Digests: everything in as few messages as it fits in, by rule and story, nothing dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bot_api import utf16_units
from support.builders import HOUR, NOW, article, due
from support.markup_readers import read

from aggregator.alerts.digest_text import digest_title, paginate
from aggregator.model.alerts import AlertRule, DueDelivery
from aggregator.model.ids import RuleId, StoryId
from aggregator.model.messages import Capabilities, DigestReason, LengthUnit, Markup
from aggregator.model.rules import Priority

PLAIN = Capabilities(markup=Markup.PLAIN, text_limit=2000)
OWN = due(article("digest"))


def alert_of(key: str, rule: str = "Captives", story: str = "", **changes: object) -> DueDelivery:
    """An alert of a rule about a story, by default one of its own."""
    subject = article(key, **{"title": f"Title {key}", **changes})
    item = due(subject, rules=(AlertRule(id=RuleId(rule), title=rule),))
    return replace(item, alert=replace(item.alert, story_id=StoryId(story or key)))


def test_a_digest_is_grouped_by_rule_then_by_story() -> None:
    """Each line has title, link, source and time; others of the same story follow the first."""
    items = [
        alert_of("a", story="s1"),
        alert_of("b", rule="Spies", published_at=NOW - 2 * HOUR),
        alert_of("c", story="s1", published_at=NOW),
        alert_of("d"),
    ]

    [page] = paginate(OWN, items, PLAIN, timezone="Europe/Kyiv")

    assert page.text == (
        "Digest · 4 alerts\n\n"
        "Spies\n• Title b: https://news.example/b · Local News, 12:00\n\n"
        "Captives\n"
        "• Title a: https://news.example/a · Local News, 13:00\n"
        "↳ Title c: https://news.example/c · Local News, 14:00\n"
        "• Title d: https://news.example/d · Local News, 13:00"
    )
    assert page.subject == "Digest · 4 alerts"
    assert page.due is OWN
    assert [item.article.key for item in page.items] == ["b", "a", "c", "d"]


def test_the_loudest_comes_first_and_every_rule_is_named() -> None:
    """Urgent before normal; an alert of several rules stands under the first and names the others."""
    quiet, loud = alert_of("a"), alert_of("b", rule="Spies", published_at=NOW + timedelta(days=1))
    rules = (*loud.alert.rules, AlertRule(id=RuleId("x"), title="War"))
    loud = replace(loud, alert=replace(loud.alert, priority=Priority.URGENT, rules=rules))

    [page] = paginate(OWN, [quiet, loud], PLAIN, timezone="UTC")

    assert page.text.startswith(
        "Digest · 2 alerts\n\nSpies\n• 🚨 Title b: https://news.example/b · Local News, 2026-03-02 12:00 · War\n\n"
    )


def test_what_no_rule_led_to_has_a_heading_too_and_an_address_may_be_its_title() -> None:
    """A notice has no rule, and some articles have no title."""
    item = alert_of("a", title="")
    item = replace(item, alert=replace(item.alert, rules=()))

    [page] = paginate(OWN, [item], PLAIN, timezone="UTC")

    assert page.text == "Digest · 1 alert\n\nNotices\n• https://news.example/a · Local News, 11:00"


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


def test_a_summary_may_list_nothing() -> None:
    """After a silence the number may be all there is to say; without any there is no message."""
    service = Capabilities(markup=Markup.TELEGRAM_HTML, text_limit=100)

    [page] = paginate(OWN, [], service, timezone="UTC", reason=DigestReason.SILENCED, total=14)

    assert page.text == "<b>While silenced: 14 alerts</b>"
    assert paginate(OWN, [], service, timezone="UTC") == []


def test_what_is_not_listed_is_counted() -> None:
    """Where more was held than was kept, the last line says how many."""
    pages = paginate(OWN, [alert_of("a")], PLAIN, timezone="UTC", total=8)

    assert pages[0].text.startswith("Digest · 8 alerts\n\n")
    assert pages[0].text.endswith("11:00\n\n… 7 more, not listed")


def test_pages_are_numbered_and_full_and_repeat_the_heading() -> None:
    """The order goes on from page to page."""
    items = [alert_of(f"{number:02}") for number in range(30)]

    pages = paginate(OWN, items, replace(PLAIN, text_limit=500), timezone="UTC")

    assert [item for page in pages for item in page.items] == items
    for number, page in enumerate(pages, start=1):
        assert page.text.startswith(f"Digest · 30 alerts ({number}/{len(pages)})\n\nCaptives\n• ")
    assert all(430 < len(page.text) <= 500 for page in pages[:-1])
    assert pages[0].subject == f"Digest · 30 alerts (1/{len(pages)})"


def test_an_entry_too_long_for_any_page_is_cut_and_keeps_its_link() -> None:
    """What is around it gives way before the link does; the link goes last."""
    item = alert_of("a", title="Long title " * 40)
    texts = {
        limit: paginate(OWN, [item], Capabilities(markup=Markup.HTML, text_limit=limit), timezone="UTC")[0].text
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

    pages = paginate(OWN, items, Capabilities(markup=Markup.MARKDOWN, text_limit=4000), timezone="UTC")

    assert sum(len(page.items) for page in pages) == 3_000


def test_a_page_has_no_more_links_than_telegram_takes() -> None:
    """It leaves out every entity after the hundredth, and with it the link."""
    items = [alert_of(str(number), title=str(number), rule=f"R{number // 2}") for number in range(300)]

    pages = paginate(OWN, items, Capabilities(markup=Markup.TELEGRAM_HTML, text_limit=100_000), timezone="UTC")

    assert [page.text.count("</") <= 100 for page in pages] == [True] * len(pages)
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
)
def test_nothing_is_dropped_and_no_page_is_too_long(
    titles: list[tuple[str, str, str]], limit: int, markup: Markup, unit: LengthUnit
) -> None:
    """Every alert is on one page, every page fits and is well formed."""
    items = [alert_of(str(n), title=title, rule=rule, story=story) for n, (title, rule, story) in enumerate(titles)]
    service = Capabilities(markup=markup, text_limit=limit, length_unit=unit)

    pages = paginate(OWN, items, service, timezone="UTC")

    told = [item.delivery.id for page in pages for item in page.items]
    assert sorted(told) == sorted(item.delivery.id for item in items)
    for page in pages:
        read(page.text, markup)
        assert (len(page.text) if unit is LengthUnit.CHARACTERS else utf16_units(page.text)) <= limit
