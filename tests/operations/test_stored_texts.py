"""What a poll stores of its articles' pages, and of those that could not be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.builders import article
from support.news import PARAGRAPHS, SUMMARY, TITLES, english_page
from support.polled import LOOPBACK, polled
from support.site import Document, Site, rss_item

from aggregator.feeds.workers import ParserPool
from aggregator.model.feeds import Feed, FirstPoll, FullText
from aggregator.model.ids import ArticleId
from aggregator.operations.poll import PollOutcome


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


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([Document(status=404)], "answered 404"),
        ([Document(status=403)], "answered 403"),
        ([Document(body=b'{"a": 1}', content_type="application/json")], "not an HTML page"),
        ([Document(body=b"<html><body><div id=app></div></body></html>")], "no article was found on the page"),
        ([Document(body=b"<p>" + b"x" * 300_000)], "larger than polling.max_body"),
        ([Document.redirect("/a")], "redirect"),
        ([Document.redirect("file:///etc/passwd")], "redirect"),
        ([Document(status=503)], "answered 503"),
    ],
)
async def test_failure_leaves_the_summary_and_says_so(
    tmp_path: Path, site: Site, parser: ParserPool, answers: list[Document], words: str
) -> None:
    """The feed is well, the article is stored with its summary and why its page was not read, and the log has it."""
    site.answer("/a", *answers)
    site.put_feed("/feed", [rss_item(f"{site.url}/a?token=hunter2", TITLES["en"], SUMMARY)])
    site.documents["/a?token=hunter2"] = site.documents["/a"]
    async with polled(tmp_path, parser, public=LOOPBACK) as desk:
        source = await desk.add(
            "site", f"{site.url}/feed", full_text=FullText.AUTO, first_poll=FirstPoll.ALERT, owner="command line"
        )
        with capture_logs() as logs:
            report = await desk.poll(source)
        state = await desk.state(source)
        [stored] = (await desk.store.stored_articles([id_of(source, site, "/a?token=hunter2")])).values()

    assert (report.outcome, report.new_articles, state.failures) == (PollOutcome.READ, 1, 0)
    assert (stored.summary, stored.body, stored.has_page_text) == (SUMMARY, "", False)
    assert words in (stored.page_error or "")
    [line] = [line for line in logs if line["event"] == "page_not_read"]
    assert (line["log_level"], line["feed"], line["reason"]) == ("warning", "site", stored.page_error)
    assert "hunter2" not in str(line)


def id_of(source: Feed, site: Site, path: str) -> ArticleId:
    """The id of an article that has only a link."""
    return article(f"//127.0.0.1:{site.port}{path}", feed_id=source.id).id


async def test_stored_text_is_the_pages(tmp_path: Path, site: Site, parser: ParserPool) -> None:
    """A poll stores the page's text, once: the next poll of the same feed asks for no page."""
    site.put("/a", english_page())
    site.put_feed("/feed", [rss_item(f"{site.url}/a", TITLES["en"], SUMMARY)])
    async with polled(tmp_path, parser, public=LOOPBACK) as desk:
        source = await desk.add("site", f"{site.url}/feed", full_text=FullText.AUTO, first_poll=FirstPoll.ALERT)
        await desk.poll(source)
        site.put_feed("/feed", [rss_item(f"{site.url}/a", TITLES["en"], SUMMARY)], title="Another title")
        await desk.poll(source)
        [stored] = (await desk.store.stored_articles([id_of(source, site, "/a")])).values()

    assert PARAGRAPHS["en"][2] in stored.body
    assert stored.has_page_text
    assert site.requests["/a"] == 1


@pytest.mark.parametrize("mode", [FullText.NEVER, FullText.AUTO])
async def test_baseline_asks_for_no_page(tmp_path: Path, site: Site, parser: ParserPool, mode: FullText) -> None:
    """The old articles of a feed's first read alert on nothing, so their pages are not asked for."""
    site.put_feed("/feed", [rss_item(f"{site.url}/{number}", TITLES["en"], SUMMARY) for number in range(3)])
    async with polled(tmp_path, parser, public=LOOPBACK) as desk:
        source = await desk.add("site", f"{site.url}/feed", full_text=mode)
        report = await desk.poll(source)

    assert report.new_articles == 3
    assert site.requests == {"/feed": 1}
