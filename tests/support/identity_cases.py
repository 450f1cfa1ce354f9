"""Polls of feeds as other readers' users reported them, and how many articles of each poll are new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from support.listings import SITE, Listed, atom_of, rdf_of, rss_of

STORY = Listed("Cabinet agrees on a budget", f"{SITE}/budget", f"{SITE}/budget", text="Ministers agreed late at night.")
OTHER = Listed("Storm closes the harbour", f"{SITE}/storm", f"{SITE}/storm", "Sun, 01 Mar 2026 09:40:10 GMT")
NEXT_DAY = "Mon, 02 Mar 2026 08:15:20 GMT"
MIDNIGHT = "Sun, 01 Mar 2026 00:00:00 GMT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Polls of a feed, and how many of the articles listed by each are new. `of` is where it was reported."""

    of: str
    polls: Sequence[tuple[Sequence[Listed], int]]
    document: Callable[..., bytes] = rss_of
    step: timedelta = timedelta(minutes=30)


def changed(item: Listed, **changes: str | None) -> Listed:
    """The item with other elements."""
    return replace(item, **changes)


SAME = [
    Case(
        of="miniflux/v2#1378 entries come again when the feed writes them anew",
        polls=[([STORY, OTHER], 2), ([changed(STORY, text="Rewritten."), OTHER], 0), ([OTHER, STORY], 0)],
    ),
    Case(
        of="miniflux/v2#3120 titles change, links do not, and there are no ids",
        polls=[
            ([changed(STORY, guid=None)], 1),
            ([changed(STORY, guid=None, title="Budget deal reached")], 0),
            ([changed(STORY, guid=None, title="Budget: what you need to know", date=NEXT_DAY)], 0),
            ([changed(STORY, guid=None)], 0),
        ],
    ),
    Case(
        of="miniflux/v2#797 the id is a link that changes with each edit, the article's link stays",
        polls=[
            ([changed(STORY, guid=f"{SITE}/x/budget-deal-81")], 1),
            ([changed(STORY, guid=f"{SITE}/x/ministers-agree-81", title="Ministers agree")], 0),
            ([changed(STORY, guid=f"{SITE}/x/budget-at-last-81", title="A budget at last")], 0),
            ([changed(STORY, guid=f"{SITE}/x/budget-deal-81")], 0),
        ],
    ),
    Case(
        of="miniflux/v2#797 the same with tracking parameters that differ every time",
        polls=[
            ([changed(STORY, guid=None, link=f"{SITE}/budget?utm_source=rss&utm_term=a1")], 1),
            ([changed(STORY, guid=None, link=f"{SITE}/budget/?fbclid=b2&utm_term=c3#xtor=RSS-1")], 0),
            ([changed(STORY, guid=f"{SITE}/budget?at_campaign=9")], 0),
        ],
    ),
    Case(
        of="miniflux/v2#1366 links are http and https by turns",
        polls=[
            ([STORY], 1),
            ([changed(STORY, link="http://news.example/budget", guid="http://news.example/budget")], 0),
            ([STORY], 0),
            ([changed(STORY, guid="http://www.news.example/budget", title="New title")], 0),
        ],
    ),
    Case(
        of="miniflux/v2#458 all links and ids move to another subdomain, and back",
        document=rdf_of,
        polls=[
            ([changed(STORY, link="https://journal.library.news.example/doi/10.1/7?af=R"), OTHER], 2),
            ([changed(STORY, link="https://library.news.example/doi/10.1/7?af=R"), OTHER], 0),
            ([changed(STORY, link="https://journal.library.news.example/doi/10.1/7?af=R"), OTHER], 0),
        ],
    ),
    Case(
        of="miniflux/v2#2358 the id holds a part of the headline, and the article is dated anew",
        polls=[
            ([changed(STORY, guid=f"{SITE}/cabinet-agrees-article42")], 1),
            (
                [
                    changed(
                        STORY,
                        guid=f"{SITE}/cabinet-finally-agrees-article42",
                        title="Cabinet finally agrees on a budget",
                        date="Sun, 01 Mar 2026 10:02:07 GMT",
                    )
                ],
                0,
            ),
        ],
    ),
    Case(
        of="miniflux/v2#396 every item gets a new id whenever one is added, and the date of that moment",
        polls=[
            (
                [
                    changed(
                        STORY, guid=f"id-{n}", date=f"Sun, 01 Mar 2026 {8 + 3 * n:02}:00:{n:02} GMT", text="Word " * 20
                    )
                ],
                int(n == 0),
            )
            for n in range(5)
        ],
    ),
    Case(
        of="FreshRSS/FreshRSS#5151 the ids of a WordPress blog change from https to http",
        polls=[
            ([changed(STORY, guid=f"{SITE}/?p=312"), OTHER], 2),
            ([changed(STORY, guid="http://news.example/?p=312"), OTHER], 0),
            ([changed(STORY, guid=f"{SITE}/?p=312", title="New title", link=f"{SITE}/new-title"), OTHER], 0),
        ],
    ),
    Case(
        of="feedbin/support#431 the same, with the link as well, in both directions",
        polls=[
            ([changed(STORY, guid="http://flip.example/?p=9817", link="http://flip.example/2016/a/")], 1),
            ([changed(STORY, guid="https://flip.example/?p=9817", link="https://flip.example/2016/a/")], 0),
            ([changed(STORY, guid="http://flip.example/?p=9817", link="https://flip.example/2016/a")], 0),
        ],
    ),
    Case(
        of="Rongronggg9/RSS-to-Telegram-Bot#200 the hottest, without ids: they leave and come back",
        polls=[
            ([changed(STORY, guid=None), changed(OTHER, guid=None)], 2),
            ([changed(OTHER, guid=None)], 0),
            ([changed(STORY, guid=None, text="81 points"), changed(OTHER, guid=None)], 0),
        ],
    ),
    Case(
        of="FreshRSS/FreshRSS#6521 ids count the versions of an article: #0, #1, also days later",
        polls=[
            ([changed(STORY, guid=f"{SITE}/budget#0")], 1),
            ([changed(STORY, guid=f"{SITE}/budget#1", title="Cabinet agrees on budget after all")], 0),
            ([changed(STORY, guid=f"{SITE}/budget#4", title="Cabinet agrees on a budget", date=NEXT_DAY)], 0),
        ],
    ),
    Case(
        of="FreshRSS/FreshRSS#1552 ids are missing, then empty, then the link",
        polls=[
            ([changed(STORY, guid=None), changed(OTHER, guid="")], 2),
            ([changed(STORY, guid=""), changed(OTHER, guid=None)], 0),
            ([STORY, OTHER], 0),
        ],
    ),
    Case(
        of="brief-rss/brief#435 no ids, one link for several items: each once, not at every poll",
        polls=[
            ([changed(one, guid=None, link=f"{SITE}/poll") for one in (STORY, OTHER)], 2),
            ([changed(one, guid=None, link=f"{SITE}/poll") for one in (OTHER, STORY)], 0),
            ([changed(STORY, guid=None, link=f"{SITE}/poll")], 0),
        ],
    ),
    Case(
        of="feedbin/support#287 every item is dated anew each day",
        polls=[([STORY, OTHER], 2), ([changed(STORY, date=NEXT_DAY), changed(OTHER, date=NEXT_DAY)], 0)],
    ),
    Case(
        of="a post whose link follows its title keeps its id and its date",
        polls=[
            ([changed(STORY, guid="tag:1", link=f"{SITE}/cabinet-agrees")], 1),
            ([changed(STORY, guid="tag:1", link=f"{SITE}/ministers-settle", title="Ministers settle at dawn")], 0),
        ],
    ),
    Case(
        of="undated, with an id that is made up at every poll",
        polls=[([changed(STORY, guid=f"uuid-{n}", date=None), OTHER], 2 if n == 0 else 0) for n in range(6)],
        step=timedelta(days=1),
    ),
    Case(
        of="Atom entries that are updated keep their id, whatever else changes",
        document=atom_of,
        polls=[
            ([Listed("One", f"{SITE}/1", "urn:1", "2026-03-01T08:00:01Z", "a")], 1),
            ([Listed("One more", f"{SITE}/1", "urn:1", "2026-03-02T08:00:01Z", "b")], 0),
        ],
    ),
]

OTHERS = [
    Case(
        of="the same id for another article, once",
        polls=[
            ([changed(STORY, guid="top")], 1),
            ([changed(OTHER, guid="top")], 1),
            ([changed(OTHER, guid="top")], 0),
            ([changed(OTHER, guid="top", title="Harbour closed by storm")], 0),
            ([changed(STORY, guid="top")], 0),
            ([changed(OTHER, guid="top"), changed(STORY, guid="top")], 0),
        ],
    ),
    Case(
        of="miniflux/v2#4197 one id for every item, and a new one on top of them",
        polls=[
            ([changed(STORY, guid="same"), changed(OTHER, guid="same")], 2),
            (
                [
                    Listed("Third", f"{SITE}/3", "same", NEXT_DAY),
                    changed(STORY, guid="same"),
                    changed(OTHER, guid="same"),
                ],
                1,
            ),
            ([Listed("Third", f"{SITE}/3", "same", NEXT_DAY)], 0),
        ],
    ),
    Case(
        of="feedbin/support#573 the site's address as the id of every item, equal titles among them",
        polls=[
            ([Listed("Release", f"{SITE}/{n}", SITE, f"Sun, 01 Mar 2026 0{n}:11:00 GMT") for n in (1, 2, 3)], 3),
            ([Listed("Release", f"{SITE}/{n}", SITE, f"Sun, 01 Mar 2026 0{n}:11:00 GMT") for n in (4, 1, 2, 3)], 1),
        ],
    ),
    Case(
        of="FreshRSS/FreshRSS#5329 ids that differ in their fragments alone, one link for all",
        polls=[
            ([Listed(f"Build {n}", SITE, f"{SITE}/#2d53{n}") for n in (1, 2)], 2),
            ([Listed(f"Build {n}", SITE, f"{SITE}/#2d53{n}") for n in (3, 1, 2)], 1),
        ],
    ),
    Case(
        of="cocopuff2u/MOFA#24 `N/A` as the id and the link of every item",
        polls=[
            ([Listed(f"Suite 16.{n}", "N/A", "N/A", f"Sun, 01 Mar 2026 0{n}:00:00 GMT") for n in (3, 2, 1)], 3),
            ([Listed(f"Suite 16.{n}", "N/A", "N/A", f"Sun, 01 Mar 2026 0{n}:00:00 GMT") for n in (4, 3, 2, 1)], 1),
        ],
    ),
    Case(
        of="Ranchero-Software/NetNewsWire#4540 no ids, the shop as every link, one date for a day's items",
        polls=[
            ([Listed(f"Shirt {n}", SITE, None, MIDNIGHT, f"Design {n}") for n in (1, 2, 3)], 3),
            ([Listed(f"Shirt {n}", SITE, None, MIDNIGHT, f"Design {n}") for n in (2, 3, 4)], 1),
            ([Listed("Shirt 5", SITE, None, MIDNIGHT, "Design 5")], 1),
        ],
    ),
    Case(
        of="owncloud-archive/news#217 no ids, items with one link: all of them, each once",
        polls=[
            ([Listed(title, f"{SITE}/hot", None) for title in ("A", "B", "C")], 3),
            ([Listed(title, f"{SITE}/hot", None) for title in ("D", "A", "B", "C")], 1),
            ([Listed(title, f"{SITE}/hot", None) for title in ("D", "A")], 0),
        ],
    ),
    Case(
        of="FreshRSS/FreshRSS#4487 a status page: no ids, one link, only time and text tell incidents apart",
        polls=[
            ([Listed("Investigating", f"{SITE}/status", None, MIDNIGHT, "Login fails")], 1),
            (
                [
                    Listed("Investigating", f"{SITE}/status", None, NEXT_DAY, "Mail is late"),
                    Listed("Investigating", f"{SITE}/status", None, MIDNIGHT, "Login fails"),
                ],
                1,
            ),
        ],
    ),
    Case(
        of="a live page: one link, an id for each post, like titles, the last post replaced by the next",
        polls=[
            ([Listed("Live: the storm", f"{SITE}/live", "post-1", MIDNIGHT)], 1),
            ([Listed("Live: the storm", f"{SITE}/live", "post-2", NEXT_DAY), changed(OTHER, link=f"{SITE}/live")], 2),
            ([Listed("Live: the storm", f"{SITE}/live", "post-3", NEXT_DAY), changed(OTHER, link=f"{SITE}/live")], 1),
        ],
    ),
    Case(
        of="bare dates: two articles of one day at one address, one after the other",
        polls=[
            ([Listed("Cabinet agrees on a budget", f"{SITE}/today", "1", MIDNIGHT)], 1),
            ([Listed("Storm closes the harbour", f"{SITE}/today", "2", MIDNIGHT)], 1),
        ],
    ),
    Case(
        of="fragments that are the article",
        polls=[
            ([Listed("Update", f"{SITE}/log#entry-{n}", None) for n in (1, 2)], 2),
            ([Listed("Update", f"{SITE}/log#entry-{n}", None) for n in (3, 1, 2)], 1),
        ],
    ),
    Case(
        of="parameters that are the article",
        polls=[
            (
                [
                    Listed("Untitled", f"{SITE}/{query}", None)
                    for query in ("?p=1", "?p=2", "?id=1", "?source=bbc", "?source=cnn", "?ref=7", "?ref=8")
                ],
                7,
            ),
            ([Listed("Untitled", f"{SITE}/?partner=afp", None), Listed("Untitled", f"{SITE}/?feed_id=4", None)], 2),
        ],
    ),
    Case(
        of="the morning briefing: one address, one title, an id for each day",
        polls=[
            ([Listed("Morning briefing", f"{SITE}/briefing", "brief-1")], 1),
            ([Listed("Morning briefing", f"{SITE}/briefing", "brief-2", NEXT_DAY)], 1),
            ([Listed("Morning briefing", f"{SITE}/briefing", "brief-2", NEXT_DAY)], 0),
        ],
    ),
    Case(
        of="the latest release alone, undated, at one address",
        polls=[
            ([Listed("Version 1.90 is out", f"{SITE}/download", "v1.90", None)], 1),
            ([Listed("Version 1.91 is out", f"{SITE}/download", "v1.91", None)], 1),
        ],
    ),
    Case(
        of="episodes with one link, that of the site or another",
        polls=[
            ([Listed(f"Episode {n}", f"{SITE}/show", f"ep-{n}") for n in (1, 2)], 2),
            ([Listed(f"Episode {n}", f"{SITE}/show", f"ep-{n}") for n in (3, 2)], 1),
            ([Listed(f"Episode {n}", SITE, f"ep-{n}") for n in (4,)], 1),
        ],
    ),
    Case(
        of="Chinese and Japanese titles are compared letter by letter",
        polls=[
            ([Listed("台风关闭港口", f"{SITE}/live", "1")], 1),
            ([Listed("台风关闭两个港口", f"{SITE}/live", "2", "Sun, 01 Mar 2026 09:00:20 GMT")], 0),
            ([Listed("内阁同意预算", f"{SITE}/live", "3", "Sun, 01 Mar 2026 10:00:20 GMT")], 1),
        ],
    ),
    Case(
        of="another link and another id are another article, whatever its title and date",
        polls=[([STORY], 1), ([changed(STORY, link=f"{SITE}/second", guid=f"{SITE}/second")], 1)],
    ),
]
