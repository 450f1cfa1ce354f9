"""Give new articles the text of their pages, where their feed has only a summary."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from aggregator.feeds.failures import without_credentials
from aggregator.model.articles import Article
from aggregator.model.feeds import Feed, FullText
from aggregator.model.fetches import Page, PollFailed, PollFailure
from aggregator.model.polls import HostHold
from aggregator.operations.host_holds import HostHolds
from aggregator.ports import Fetcher, Parser

_SUMMARY_CHARACTERS = 1_500
_END_CHARACTERS = 80
_CUT_OFF = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\[&hellip;\]|(?:read|continue|learn) (?:more|reading)\W*|weiterlesen\W*|"
    r"lire la suite\W*|leer más\W*|czytaj (?:dalej|więcej)\W*|続きを読む\W*|"
    r"читати далі\W*|читать далее\W*|подробнее\W*|докладніше\W*)\s*$",
    re.IGNORECASE,
)
_NO_PAGE = re.compile(r"\.(?:mp[34]|m4[av]|ogg|opus|web[mp]|pdf|zip|jpe?g|png|gif|docx?|xlsx?)$", re.IGNORECASE)
_MOMENTARY = frozenset({408, 500, 502, 503, 504})
_A_DAY_OR_SO = timedelta(hours=36)  # the day may be that of a time zone far away
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLimits:
    """What the pages of one poll may take: so many, in so much time; what waits longer goes out with its summary.

    A page that is away for a moment is asked for once more, after `pause`.
    """

    pages: int = 20
    time: timedelta = timedelta(minutes=1)
    pause: timedelta = timedelta(seconds=5)


async def with_full_texts(  # noqa: PLR0913 - two tools, and what is named
    feed: Feed,
    articles: Sequence[Article],
    fetcher: Fetcher,
    parser: Parser,
    *,
    holds: HostHolds | None = None,
    now: datetime | None = None,
    limits: PageLimits = PageLimits(),
) -> tuple[Article, ...]:
    """Return the articles, those that want it with the text of their page; a failure leaves one as it is, and says so.

    What else the page says (title, byline, date, language) counts where the feed says nothing. Pages take turns at
    their hosts, have the limits of every fetch, and honour and make the `holds` that are in force `now`.
    """
    wanted = [article for article in articles if wants_page(feed, article)]
    if not wanted:
        return tuple(articles)
    reader = _PageReader(feed=feed, fetcher=fetcher, parser=parser, now=now, holds=holds, pause=limits.pause)
    tasks = {article.key: asyncio.create_task(reader.read(article)) for article in wanted[: limits.pages]}
    try:
        await asyncio.wait(tasks.values(), timeout=limits.time.total_seconds())
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    read = {key: _result(task, limits) for key, task in tasks.items()}
    read |= {article.key: f"{limits.pages} pages were read for one poll already" for article in wanted[limits.pages :]}
    return tuple(_after(feed, article, read[article.key]) if article.key in read else article for article in articles)


def wants_page(feed: Feed, article: Article) -> bool:
    """Whether the article's page is to be fetched: always, never, or where the feed gives a summary only.

    An article that has no link of its own has no page, and what is called a film or a picture is none.
    """
    if feed.full_text is FullText.NEVER or article.link_key is None:
        return False
    parts = urlsplit(article.url)
    if parts.scheme not in ("http", "https") or _NO_PAGE.search(parts.path):
        return False
    if feed.full_text is FullText.ALWAYS or _CUT_OFF.search(article.text[-_END_CHARACTERS:]):
        return True
    return not article.body and len(article.text) < _SUMMARY_CHARACTERS


@dataclass(slots=True, kw_only=True)
class _PageReader:
    """Reads the pages of one poll."""

    feed: Feed
    fetcher: Fetcher
    parser: Parser
    now: datetime | None
    holds: HostHolds | None
    pause: timedelta

    async def read(self, article: Article) -> Page | PollFailed | str:
        """Return what is on an article's page, or why nothing is."""
        result = await self._try(article)
        if isinstance(result, PollFailed) and _may_pass(result):
            await asyncio.sleep(self.pause.total_seconds())
            result = await self._try(article)
        return result

    async def _try(self, article: Article) -> Page | PollFailed | str:
        hold = self.holds.hold_on(article.url, self.now) if self.holds and self.now else None
        if hold is not None:
            return f"{hold.host} asked to be left alone until {hold.until:%Y-%m-%d %H:%M} UTC"
        fetched = await self.fetcher.fetch_page(article.url, self.feed)
        if isinstance(fetched, PollFailed):
            self._note_hold(fetched)
            return fetched
        return await self.parser.extract(fetched)

    def _note_hold(self, failure: PollFailed) -> None:
        """Keep what a page's host asked for with 429 or 503 (RFC 6585 §4, RFC 9110 §10.2.3), as a feed's host does."""
        if self.holds and self.now and failure.host and failure.retry_after and failure.status in (429, 503):
            until = self.now + min(failure.retry_after, timedelta(days=1))
            self.holds.note(HostHold(host=self.holds.hold_key(failure.host), until=until), self.now)


def _may_pass(failure: PollFailed) -> bool:
    if failure.retry_after is not None:
        return False
    return failure.status in _MOMENTARY or failure.reason in (PollFailure.UNREACHABLE, PollFailure.TIMEOUT)


def _result(task: asyncio.Task[Page | PollFailed | str], limits: PageLimits) -> Page | str:
    if task.cancelled():
        return f"its page was not read within {limits.time.total_seconds():g} s"
    result = task.result()
    return result.detail if isinstance(result, PollFailed) else result


def _after(feed: Feed, article: Article, read: Page | str) -> Article:
    error = read
    if isinstance(read, Page):
        article = _with_facts(article, read)
        if len(read.text) > len(article.text):
            return replace(article, body=read.text, summary=article.text, has_page_text=True)
        error = "its page holds no more text than its feed"
    _log.warning("page_not_read", feed=feed.id, article=without_credentials(article.url), reason=error)
    return replace(article, page_error=str(error))


def _with_facts(article: Article, page: Page) -> Article:
    return replace(
        article,
        title=page.title if page.title and _is_title_ours(article) else article.title,
        published_at=article.published_at if article.is_dated else _date(page, article.published_at),
        authors=article.authors or page.authors,
        language=article.language or page.language,
    )


def _date(page: Page, seen_at: datetime) -> datetime:
    """Return the page's date; when the article was first seen tells more than the same day without an hour."""
    moment = page.published_at
    if moment is None:
        return seen_at
    is_day_only = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return seen_at if is_day_only and seen_at - moment < _A_DAY_OR_SO else moment


def _is_title_ours(article: Article) -> bool:
    """Whether the feed gave no title, so that the first words of the text stand there, or the link."""
    beginning = article.title.removesuffix("…")
    is_cut = beginning != article.title and " ".join(article.text.split()).startswith(beginning)
    return is_cut or article.title == article.url
