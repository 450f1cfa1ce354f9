"""New articles with the text of their pages: which pages are read, how politely, and what a failure leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.builders import NOW, article, feed
from support.fetching import loopback_fetcher
from support.news import PARAGRAPHS, SUMMARY, TITLES, english_page
from support.site import Document, Site

from aggregator.feeds.politeness import Politeness
from aggregator.feeds.workers import ParserPool
from aggregator.model.articles import Article
from aggregator.model.feeds import FullText
from aggregator.model.ids import FeedId
from aggregator.operations.full_texts import PageLimits, wants_page, with_full_texts
from aggregator.operations.host_holds import HostHolds

TITLE = TITLES["en"]
FACTS = (
    '<meta name="author" content="Olena Example">'
    '<meta property="article:published_time" content="2026-02-28T09:30:00Z">'
)
PAGE = english_page(FACTS, lang="en")
ALWAYS = feed("site", full_text=FullText.ALWAYS)
IMPATIENT = PageLimits(pause=timedelta(0))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A web site."""
    async with Site() as made:
        yield made


@pytest.fixture
async def parser() -> AsyncIterator[ParserPool]:
    """One worker."""
    async with ParserPool(max_body_bytes=200_000, workers=1) as pool:
        yield pool


def article_at(site: Site, path: str, **changes: object) -> Article:
    """An article with a summary, whose page is on the site."""
    made = article(
        path, url=f"{site.url}{path}", link_key=path, title=TITLE, summary=SUMMARY, published_at=NOW, is_dated=False
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


async def read(
    articles: list[Article],
    parser: ParserPool,
    *,
    limits: PageLimits = IMPATIENT,
    holds: HostHolds | None = None,
    per_host: int = 5,
    is_loopback_public: bool = True,
) -> tuple[Article, ...]:
    """Have the pages of articles read."""
    politeness = Politeness(per_host=per_host, host_delay=timedelta(0), exceptions={})
    async with loopback_fetcher(politeness, is_loopback_public=is_loopback_public) as fetcher:
        return await with_full_texts(ALWAYS, articles, fetcher, parser, holds=holds, now=NOW, limits=limits)


@pytest.mark.parametrize(
    ("mode", "changes", "is_wanted"),
    [
        (FullText.NEVER, {}, False),
        (FullText.ALWAYS, {}, True),
        (FullText.ALWAYS, {"body": "word " * 1000}, True),
        (FullText.AUTO, {}, True),
        (FullText.AUTO, {"summary": ""}, True),
        (FullText.AUTO, {"summary": "word " * 400}, False),
        (FullText.AUTO, {"body": "A short text, but all of it."}, False),
        (FullText.AUTO, {"body": "word " * 1000}, False),
        (FullText.AUTO, {"body": "The beginning of it…"}, True),
        (FullText.AUTO, {"body": "The beginning of it [...]"}, True),
        (FullText.AUTO, {"body": "The beginning of it. Read more »"}, True),
        (FullText.AUTO, {"body": "Початок. Читати далі"}, True),
        (FullText.AUTO, {"body": "word " * 1000 + "Continue reading →"}, True),
        (FullText.AUTO, {"body": "To read more is to know more."}, False),
        (FullText.ALWAYS, {"link_key": None}, False),
        (FullText.ALWAYS, {"url": "mailto:desk@news.example"}, False),
        (FullText.ALWAYS, {"url": "ftp://news.example/a"}, False),
        (FullText.ALWAYS, {"url": "https://news.example/episode.MP3?x=1"}, False),
        (FullText.ALWAYS, {"url": "https://news.example/report.pdf"}, False),
        (FullText.ALWAYS, {"url": "https://news.example/report.html"}, True),
    ],
)
def test_which_pages_are_wanted(mode: FullText, changes: dict[str, object], is_wanted: bool) -> None:
    """Always, never, or where the feed gives a summary only; never what is no page of the article's own."""
    one = replace(article(link_key="//news.example/a1"), **changes)  # type: ignore[arg-type] # names of fields

    wanted = wants_page(feed(full_text=mode), one)

    assert wanted is is_wanted


async def test_page_gives_what_the_feed_does_not(site: Site, parser: ParserPool) -> None:
    """The text is the page's, the summary stays; byline, date, title and language are its where the feed has none."""
    site.put("/a", PAGE)
    bare = article_at(site, "/a", title=f"{site.url}/a", language=None)

    [found] = await read([bare], parser)

    assert all(paragraph in found.body for paragraph in PARAGRAPHS["en"])
    assert found.summary == SUMMARY
    assert (found.title, found.authors, found.language) == (TITLE, ("Olena Example",), "en")
    assert found.published_at == datetime(2026, 2, 28, 9, 30, tzinfo=UTC)
    assert found.has_page_text
    assert found.page_error is None


async def test_what_the_feed_says_counts(site: Site, parser: ParserPool) -> None:
    """Title, byline, date and language of the feed are kept, whatever the page says."""
    site.put("/a", PAGE)
    told = datetime(2026, 2, 27, tzinfo=UTC)
    own = article_at(site, "/a", title="Calls", authors=("Ana",), language="uk", published_at=told, is_dated=True)

    [found] = await read([own], parser)

    assert (found.title, found.authors, found.language, found.published_at) == ("Calls", ("Ana",), "uk", told)
    assert found.has_page_text


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Relatives of captured…", False),
        (SUMMARY, True),
        ("Prisoners…", True),
    ],
)
async def test_title_made_of_the_text_is_none(site: Site, parser: ParserPool, title: str, kept: bool) -> None:
    """The first words of the text, which stand for a title that the feed has not, give way to the page's title."""
    site.put("/a", PAGE)

    [found] = await read([article_at(site, "/a", title=title)], parser)

    assert found.title == (title if kept else TITLE)


@pytest.mark.parametrize(
    ("declared", "published_at"),
    [
        ("2026-03-01", NOW),
        ("2026-02-28", datetime(2026, 2, 28, tzinfo=UTC)),
        ("2026-02-27", datetime(2026, 2, 27, tzinfo=UTC)),
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("", NOW),
    ],
)
async def test_day_of_today_says_less_than_now(
    site: Site, parser: ParserPool, declared: str, published_at: datetime
) -> None:
    """A page that names only the day on which its article was first seen leaves the time of that."""
    site.put("/a", PAGE.replace("2026-02-28T09:30:00Z", declared))

    [found] = await read([article_at(site, "/a")], parser)

    assert found.published_at == published_at


async def test_page_with_less_text_than_the_feed(site: Site, parser: ParserPool) -> None:
    """The fuller text stays; what else the page says is taken all the same."""
    site.put("/a", PAGE)
    full = article_at(site, "/a", body="All of it, and much more than the page has. " * 20)

    [found] = await read([full], parser)

    assert found.body == full.body
    assert found.authors == ("Olena Example",)
    assert not found.has_page_text
    assert found.page_error == "its page holds no more text than its feed"


async def test_page_behind_a_redirect(site: Site, parser: ParserPool) -> None:
    """A page that has moved is read where it is."""
    site.answer("/a", Document.redirect("/b", 301))
    site.put("/b", PAGE)

    [found] = await read([article_at(site, "/a")], parser)

    assert found.has_page_text
    assert found.url == f"{site.url}/a"


async def test_page_on_an_address_that_is_not_public(site: Site, parser: ParserPool) -> None:
    """Whoever added the feed: at an address that is not public nothing is asked, and it says how to allow it."""
    [found] = await read([article_at(site, "/a")], parser, is_loopback_public=False)

    assert site.requests == {}
    assert found.body == ""
    assert "not public, so nothing was sent" in (found.page_error or "")
    assert "network.allow" in (found.page_error or "")


@pytest.mark.parametrize(
    ("answers", "requests", "is_read"),
    [
        ([Document(status=503), Document(body=PAGE.encode())], 2, True),
        ([Document(status=500), Document(status=502), Document(body=PAGE.encode())], 2, False),
        ([Document(status=404), Document(body=PAGE.encode())], 1, False),
        ([Document(status=429), Document(body=PAGE.encode())], 1, False),
    ],
)
async def test_page_that_is_away_for_a_moment_is_asked_once_more(
    site: Site, parser: ParserPool, answers: list[Document], requests: int, is_read: bool
) -> None:
    """A server's passing trouble gets one more try in the same poll; an answer is an answer."""
    site.answer("/a", *answers)

    [found] = await read([article_at(site, "/a")], parser)

    assert site.requests["/a"] == requests
    assert found.has_page_text is is_read


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_of_a_page_holds_its_host(site: Site, parser: ParserPool, status: int) -> None:
    """A page's host that asks to be left alone is: by the other pages of the poll, and by its feeds."""
    busy = Document(status=status, headers=(("Retry-After", "600"),))
    for number in range(4):
        site.answer(f"/{number}", busy)
    holds = HostHolds(Politeness(per_host=1, host_delay=timedelta(0), exceptions={}))

    found = await read([article_at(site, f"/{n}") for n in range(4)], parser, holds=holds, per_host=1)

    hold = holds.hold_on(f"{site.url}/feed", NOW)
    assert hold is not None
    assert hold.until == NOW + timedelta(minutes=10)
    assert site.requests.total() <= 4
    assert all(one.page_error for one in found)
    [later] = await read([article_at(site, "/5")], parser, holds=holds)
    assert site.requests["/5"] == 0
    assert later.page_error == f"127.0.0.1:{site.port} asked to be left alone until 2026-03-01 12:10 UTC"


async def test_so_many_pages_for_one_poll(site: Site, parser: ParserPool) -> None:
    """Pages beyond the limit are not asked for, and their articles say so."""
    for number in range(5):
        site.put(f"/{number}", PAGE)
    articles = [article_at(site, f"/{number}") for number in range(5)]

    found = await read(articles, parser, limits=PageLimits(pages=2))

    assert [one.has_page_text for one in found] == [True, True, False, False, False]
    assert {one.page_error for one in found[2:]} == {"2 pages were read for one poll already"}
    assert site.requests.total() == 2
    assert PageLimits() == PageLimits(pages=20, time=timedelta(minutes=1), pause=timedelta(seconds=5))


async def test_time_for_pages_is_limited(site: Site, parser: ParserPool) -> None:
    """A page that takes longer than the poll has for pages is given up, and its article goes out with its summary."""
    site.put("/slow", PAGE)
    site.gate.clear()

    [found] = await read([article_at(site, "/slow")], parser, limits=PageLimits(time=timedelta(seconds=0.05)))

    assert found.page_error == "its page was not read within 0.05 s"
    assert found.summary == SUMMARY


async def test_pages_take_turns_at_their_host(site: Site, parser: ParserPool) -> None:
    """However many articles are new, no more of their pages are asked for at once than the host is to bear."""
    for number in range(6):
        site.put(f"/{number}", PAGE)
    site.gate.clear()
    reading = asyncio.create_task(read([article_at(site, f"/{n}") for n in range(6)], parser, per_host=2))
    await site.wait_for_requests(2)
    site.gate.set()

    found = await reading

    assert all(one.has_page_text for one in found)
    assert site.most_at_once == 2
    assert site.requests.total() == 6


async def test_articles_keep_their_order(site: Site, parser: ParserPool) -> None:
    """Articles whose pages are read and those that want none come back in their order."""
    site.put("/b", PAGE)
    articles = [article_at(site, "/a", link_key=None), article_at(site, "/b"), article_at(site, "/c", link_key=None)]

    found = await read(articles, parser)

    assert [one.key for one in found] == ["/a", "/b", "/c"]
    assert [one.has_page_text for one in found] == [False, True, False]
    assert (found[0], found[2]) == (articles[0], articles[2])


async def test_a_poll_that_is_stopped_leaves_no_page_behind(site: Site, parser: ParserPool) -> None:
    """When the program stops in the middle, the requests for pages end with the poll."""
    site.put("/a", PAGE)
    site.gate.clear()
    reading = asyncio.create_task(read([article_at(site, "/a")], parser))
    await site.wait_for_requests(1)
    others = asyncio.all_tasks()

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert [task for task in others if "_PageReader" in repr(task.get_coro()) and not task.done()] == []


async def test_missing_extra_is_named(
    site: Site, parser: ParserPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra the article says which command installs it."""
    (tmp_path / "trafilatura.py").write_text("raise ImportError('not installed')")
    monkeypatch.syspath_prepend(str(tmp_path))
    site.put("/a", PAGE)

    [found] = await read([article_at(site, "/a")], parser)

    assert found.page_error == "the full text of articles needs an extra: pip install 'aggregator[fulltext]'"


async def test_without_holds_nothing_is_held(site: Site, parser: ParserPool) -> None:
    """Where nobody keeps holds, a page that is refused is only a page that was not read."""
    site.answer("/a", Document(status=503, headers=(("Retry-After", "600"),)))

    [found] = await read([article_at(site, "/a", feed_id=FeedId("site"))], parser)

    assert site.requests["/a"] == 1
    assert "answered 503" in (found.page_error or "")
