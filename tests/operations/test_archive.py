"""What was missed between two polls is found in the feed's archive (RFC 5005), and is news; what is old is not."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs
from support.archives import latest, page, title_of
from support.builders import HOUR
from support.desk import Desk
from support.recording_server import Answer
from support.silent_server import silent_server

from aggregator.model.ids import ChannelId
from aggregator.operations import archive

pytestmark = pytest.mark.asyncio(loop_scope="module")


def titles(*numbers: int) -> list[str]:
    """The titles of reports."""
    return [title_of(number) for number in numbers]


ARCHIVES: dict[str, tuple[list[tuple[str, str]], dict[str, Answer]]] = {
    "archived": ([("prev-archive", "/a1")], {"/a1": page([9, 8, 7, 6, 5, 4, 3, 2])}),
    "paged": ([("next", "/p2")], {"/p2": page([9, 8, 7, 6, 5, 4, 3, 2])}),
    "oldest first": ([("prev-archive", "/a1")], {"/a1": page([2, 3, 4, 5, 6, 7, 8, 9])}),
    "both": ([("next", "/p2"), ("prev-archive", "/a1")], {"/a1": page(range(9, 1, -1)), "/p2": Answer(status=500)}),
    "archive gone, pages there": (
        [("next", "/p2"), ("prev-archive", "/a1")],
        {"/a1": Answer(status=404), "/p2": page(range(9, 1, -1))},
    ),
    "a chain": (
        [("prev-archive", "/a2")],
        {
            "/a2": page([9, 8, 7], links=[("prev-archive", "/a1")]),
            "/a1": page([6, 5, 4], links=[("prev-archive", "/a0")]),
            "/a0": page([3, 2, 1], links=[("prev-archive", "/never")]),
        },
    ),
    "a circle": (
        [("next", "/p2")],
        {
            "/p2": page([9, 8, 7], links=[("next", "/p3#more"), ("prev-archive", "/feed.xml")]),
            "/p3": page([6, 5, 4], links=[("next", "/p2")]),
        },
    ),
    "what the list has is in its archive too": (
        [("prev-archive", "/a2")],
        {
            "/a2": page([12, 11, 10], links=[("prev-archive", "/a1")]),
            "/a1": page([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]),
        },
    ),
    "an empty page on the way": (
        [("next", "/p2")],
        {"/p2": page([], links=[("next", "/p3")]), "/p3": page(range(9, 2, -1))},
    ),
}


@pytest.mark.parametrize(("links", "pages"), ARCHIVES.values(), ids=ARCHIVES.keys())
async def test_what_was_missed_is_fetched_from_the_archive(
    desk: Desk, links: list[tuple[str, str]], pages: dict[str, Answer]
) -> None:
    """The reports that came and went between two polls are stored and alert, each once, in the order of publication."""
    desk.serve(latest(12, links=links), pages)

    report = await desk.poll()
    again = await desk.poll()

    assert (report.lost, report.new_articles, report.alerts) == (True, 9, 9)
    assert again.new_articles == 0
    assert await desk.told() == titles(*range(4, 13))
    [notice] = await desk.polled.store.claim_deliveries(ChannelId("ops"), desk.polled.now, 9)
    assert "6 were found in its archive." in notice.article.summary


async def test_articles_without_dates_are_told_apart_by_their_place(desk: Desk) -> None:
    """Behind an article of the last list, the newest first, everything is old."""
    desk.serve(latest(12, links=[("next", "/p2")]), {"/p2": page([9, 8, 7, 6, 5, 4, 3, 99], dated=False)})

    await desk.poll()

    assert sorted(await desk.told()) == sorted(titles(*range(4, 13)))


async def test_old_articles_of_the_archive_are_not_news(desk: Desk) -> None:
    """An archive reaches back to before the feed was followed: what is older than that was never missed."""
    before = range(-1440 * 9, -1440 * 9 - 20, -1)
    desk.serve(latest(12, links=[("next", "/p2")]), {"/p2": page([9, 8, 7, 6, 5, 4, 3, 2, 1, *before])})

    await desk.poll()

    assert await desk.told() == titles(*range(4, 13))


async def test_pages_that_are_older_than_the_last_list_end_the_search(desk: Desk) -> None:
    """An archive without the articles of the last list is not read to its beginning."""
    older = {f"/p{n}": page([-1440 * n], links=[("next", f"/p{n + 1}")]) for n in range(2, 9)}
    desk.serve(latest(12, links=[("next", "/p2")]), older)

    report = await desk.poll()

    assert [asked.path for asked in desk.server.asked] == ["/feed.xml", "/p2"]
    assert report.new_articles == 3


async def test_an_archive_without_end_is_read_for_ten_pages(desk: Desk) -> None:
    """Ten pages are enough to ask of anybody."""
    pages = {f"/p{n}": page([100 - n], links=[("next", f"/p{n + 1}")]) for n in range(2, 40)}
    desk.serve(latest(103, links=[("next", "/p2")]), pages)

    report = await desk.poll(after=3 * HOUR)

    assert len(desk.server.asked) == 1 + 10
    assert report.new_articles == 3 + 10


async def test_what_nobody_can_read_any_more_is_enough(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """When very many missed articles are found, no further page is fetched."""
    monkeypatch.setattr(archive, "_ARTICLES", 20)
    pages = {"/p2": page(range(100, 60, -1), links=[("next", "/p3")]), "/p3": page([30])}
    desk.serve(latest(103, links=[("next", "/p2")]), pages)

    report = await desk.poll(after=3 * HOUR)

    assert [asked.path for asked in desk.server.asked] == ["/feed.xml", "/p2"]
    assert report.new_articles == 3 + 40


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/missing", "answered 404"),
        ("http://127.0.0.2/p2", "not public"),
        ("file:///etc/hostname", "not"),
        ("/page.html", "not a feed"),
    ],
)
async def test_a_page_that_cannot_be_read_ends_the_search(desk: Desk, address: str, said: str) -> None:
    """What was listed alerts all the same, and the log says what was in the way."""
    pages = {"/missing": Answer(status=404), "/page.html": Answer(body=b"<html><body>Archive</body></html>")}
    desk.serve(latest(12, links=[("next", "/p2")]), {"/p2": page([9, 8], links=[("next", address)])} | pages)

    with capture_logs() as logs:
        report = await desk.poll()

    [said_of_it] = [log["reason"] for log in logs if log["event"] == "archive_not_read"]
    assert said in said_of_it
    assert report.new_articles == 5
    assert (await desk.state()).failures == 0


async def test_a_slow_archive_does_not_hold_back_what_is_listed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its time is over, the search ends with what was found."""
    with silent_server() as silent:
        monkeypatch.setattr(archive, "_SECONDS", 0.5)
        pages = {"/p2": page([9], links=[("next", f"{silent}/p3")])}
        desk.serve(latest(12, links=[("next", "/p2")]), pages)

        with capture_logs() as logs:
            report = await desk.poll()

    assert report.new_articles >= 3
    assert "not read within 0.5 s" in [log["reason"] for log in logs if log["event"] == "archive_not_read"]


async def test_nothing_is_fetched_from_the_archive_without_a_gap(desk: Desk) -> None:
    """An archive is for what was missed."""
    desk.serve(latest(4, links=[("prev-archive", "/a1")]), {"/a1": page([2, 1])})

    await desk.poll()

    assert [asked.path for asked in desk.server.asked] == ["/feed.xml"]


async def test_a_first_read_has_no_gap_and_needs_no_archive(desk: Desk) -> None:
    """The baseline is where following begins."""
    desk.serve(latest(12, links=[("prev-archive", "/a1")]))
    other = await desk.polled.add("other", f"{desk.server.url}/feed.xml?other")

    report = await desk.polled.poll(other)

    assert (report.lost, report.new_articles, report.alerts) == (False, 3, 0)
    assert [asked.path for asked in desk.server.asked] == ["/feed.xml?other"]
