"""A Retry-After holds its host, and nothing else: by the rules alone, and in real polls of several hosts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.abc import AbstractResolver, ResolveResult
from support.bad_answers import http
from support.bad_web import BadWeb
from support.builders import HOUR, NOW
from support.polled import LOOPBACK, Polled, polled

from aggregator.feeds.addresses import Network
from aggregator.feeds.politeness import Politeness
from aggregator.feeds.workers import ParserPool
from aggregator.model.feeds import Feed, FeedStatus
from aggregator.model.fetches import Fetched, PollFailed, PollFailure
from aggregator.model.polls import HostHold
from aggregator.operations.host_holds import HostHolds
from aggregator.operations.poll import PollOutcome
from aggregator.settings.model import HostException

BUSY = http(b"", "429 Too Many Requests", Retry_After="3600")
WHOLE_DOMAIN = {"news.example": HostException(holds_domain=True)}


def holds(*held: str, until_hours: float = 1, whole_domain: bool = False) -> HostHolds:
    """Holds that were in the store."""
    exceptions = WHOLE_DOMAIN if whole_domain else {}
    politeness = Politeness(per_host=1, host_delay=timedelta(0), exceptions=exceptions)
    return HostHolds(politeness, [HostHold(host=host, until=NOW + until_hours * HOUR) for host in held])


@pytest.mark.parametrize(
    ("held", "url", "is_held"),
    [
        ("a.news.example", "https://a.news.example/feed", True),
        ("a.news.example", "http://A.News.Example:8443/other", True),
        ("a.news.example", "https://b.news.example/feed", False),
        ("a.news.example", "https://x.a.news.example/feed", False),
        ("a.news.example", "https://news.example/feed", False),
        ("news.example", "https://a.news.example/feed", False),
        ("*.news.example", "https://a.news.example/feed", True),
        ("*.news.example", "https://news.example/feed", True),
        ("*.news.example", "https://othernews.example/feed", False),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/feed", True),
        ("127.0.0.1:8080", "http://127.0.0.1:8081/feed", False),
        ("a.news.example", "file:///feed.xml", False),
    ],
)
def test_a_hold_is_on_a_host_or_on_all_of_a_domain(held: str, url: str, is_held: bool) -> None:
    """By name, whatever the port; hosts without a name by address and port."""
    hold = holds(held).hold_on(url, NOW)

    assert (hold.host if hold else None) == (held if is_held else None)


def test_a_hold_is_over_when_its_time_is() -> None:
    """At that very moment the host may be asked again."""
    held = holds("a.news.example", until_hours=1)

    assert held.hold_on("https://a.news.example/", NOW + HOUR - timedelta(seconds=1)) is not None
    assert held.hold_on("https://a.news.example/", NOW + HOUR) is None


def test_without_holds_nobody_waits() -> None:
    """The usual case."""
    assert holds().hold_on("https://a.news.example/", NOW) is None


@pytest.mark.parametrize(("whole_domain", "key"), [(False, "a.news.example"), (True, "*.news.example")])
def test_what_is_held_is_the_operators_word(whole_domain: bool, key: str) -> None:
    """`hold: domain` for a domain has each host below it hold them all."""
    assert holds(whole_domain=whole_domain).hold_key("https://a.news.example/feed") == key


def test_a_new_hold_counts_and_old_ones_are_forgotten() -> None:
    """The latest word of a host is what counts; the table does not grow with time."""
    held = holds("a.news.example", until_hours=1)
    held.note(HostHold(host="b.news.example", until=NOW + 3 * HOUR), NOW)
    held.note(HostHold(host="b.news.example", until=NOW + 5 * HOUR), NOW + 2 * HOUR)

    assert held.hold_on("https://a.news.example/", NOW) is None
    assert held.hold_on("https://b.news.example/", NOW + 4 * HOUR) is not None


class LoopbackNames(AbstractResolver):
    """Every host is on loopback."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return


@pytest_asyncio.fixture(loop_scope="module", name="web")
async def open_web() -> AsyncIterator[BadWeb]:
    """A server with many names, of which one path is busy."""
    async with BadWeb() as web:
        web.answers["/busy"] = BUSY
        yield web


def opened(
    folder: Path, parser: ParserPool, *, whole_domain: bool = False, public: Sequence[Network] = ()
) -> AbstractAsyncContextManager[Polled]:
    """Polls by name; a second time in the same folder is a restart."""
    hosts = WHOLE_DOMAIN if whole_domain else {}
    return polled(folder, parser, hosts=hosts, resolver=LoopbackNames(), public=public)


async def feeds_of(polls: Polled, web: BadWeb) -> dict[str, Feed]:
    """A busy feed, another of its host, one of the domain, one of another site."""
    places = {"busy": "a.news.example", "same": "a.news.example", "near": "b.news.example", "far": "far.example"}
    return {
        name: await polls.add(name, f"{web.url_as(host)}/{'busy' if name == 'busy' else f'ok?{name}'}")
        for name, host in places.items()
    }


async def outcomes(polls: Polled, feeds: dict[str, Feed]) -> dict[str, PollOutcome]:
    """Poll them all, the busy one first."""
    return {name: (await polls.poll(source)).outcome for name, source in feeds.items()}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("whole_domain", [False, True])
async def test_a_busy_host_is_left_alone_and_the_others_go_on(
    tmp_path: Path, parser: ParserPool, web: BadWeb, whole_domain: bool
) -> None:
    """Its other feeds are not even asked for, nor those of its domain where that is wanted; they did not fail."""
    async with opened(tmp_path, parser, whole_domain=whole_domain) as polls:
        feeds = await feeds_of(polls, web)

        came_to = await outcomes(polls, feeds)

        near = PollOutcome.HELD if whole_domain else PollOutcome.READ
        assert came_to == {
            "busy": PollOutcome.FAILED,
            "same": PollOutcome.HELD,
            "near": near,
            "far": PollOutcome.READ,
        }
        assert {name: web.requests(f"/ok?{name}") for name in ("same", "near", "far")} == {
            "same": 0,
            "near": 0 if whole_domain else 1,
            "far": 1,
        }
        waiting = await polls.state(feeds["same"])
        assert (waiting.status, waiting.failures, waiting.last_error) == (FeedStatus.NEW, 0, None)
        assert waiting.next_poll_at == NOW + HOUR


@pytest.mark.asyncio(loop_scope="module")
async def test_a_hold_survives_a_restart(tmp_path: Path, parser: ParserPool, web: BadWeb) -> None:
    """A feed that becomes due in between is not asked for by the next process either, until the hold is over."""
    async with opened(tmp_path, parser) as polls:
        await outcomes(polls, await feeds_of(polls, web))
    async with opened(tmp_path, parser) as polls:
        source = await polls.add("later", f"{web.url_as('a.news.example')}/ok?later")

        held = await polls.poll(source)
        polls.now = NOW + HOUR
        read = await polls.poll(source)

    assert (held.outcome, read.outcome) == (PollOutcome.HELD, PollOutcome.READ)
    assert web.requests("/ok?later") == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_feeds_come_back_spread_out(tmp_path: Path, parser: ParserPool, web: BadWeb) -> None:
    """Over a tenth of the hold, so that what was too much at once is not too much again."""
    async with opened(tmp_path, parser) as polls:
        feeds = await feeds_of(polls, web)
        await polls.poll(feeds["busy"])
        back = []
        for polls.roll in (0.0, 0.25, 0.5, 0.999):
            await polls.poll(feeds["same"])
            back.append((await polls.state(feeds["same"])).next_poll_at - NOW - HOUR)

    assert back[0] == timedelta(0)
    assert back[1:3] == [timedelta(seconds=90), timedelta(seconds=180)]
    assert timedelta(seconds=180) < back[3] < timedelta(minutes=6)


@pytest.mark.asyncio(loop_scope="module")
async def test_feeds_that_stand_in_line_at_a_host_hear_of_its_word(
    tmp_path: Path, parser: ParserPool, web: BadWeb
) -> None:
    """All are due at once, and the first one's answer is a 429: those behind it are held, and not asked for."""
    async with opened(tmp_path, parser) as polls:
        where = web.url_as("a.news.example")
        line = [await polls.add(f"f{number}", f"{where}/ok?{number}") for number in range(5)]
        busy = await polls.add("busy", f"{where}/busy")

        leading = asyncio.create_task(polls.poll(busy))
        while not web.requests("/busy"):
            await asyncio.sleep(0)
        others = await asyncio.gather(*map(polls.poll, line))
        first = await leading

        assert first.outcome is PollOutcome.FAILED
        assert {other.outcome for other in others} == {PollOutcome.HELD}
        assert sum(web.requests(f"/ok?{number}") for number in range(5)) == 0
        state = await polls.state(line[0])
        assert (state.status, state.next_poll_at) == (FeedStatus.NEW, NOW + HOUR)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_redirect_does_not_lead_to_a_held_host(tmp_path: Path, parser: ParserPool, web: BadWeb) -> None:
    """A feed elsewhere that redirects there waits as the host's own feeds do; afterwards it is read."""
    async with opened(tmp_path, parser, public=LOOPBACK) as polls:
        busy = await polls.add("busy", f"{web.url_as('a.news.example')}/busy")
        away = await polls.add("away", f"{web.url_as('far.example')}/away")
        web.answers["/away"] = http(b"", "302 Found", Location=f"{web.url_as('a.news.example')}/ok?away")
        await polls.poll(busy)

        held = await polls.poll(away)
        forced = await polls.poll(away, ignore_holds=True)
        asked = web.requests("/ok?away")
        polls.now = NOW + HOUR
        read = await polls.poll(away)

    assert (held.outcome, forced.outcome, asked, read.outcome) == (
        PollOutcome.HELD,
        PollOutcome.HELD,
        0,
        PollOutcome.READ,
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_a_page_of_a_held_host_is_not_asked_for(tmp_path: Path, parser: ParserPool, web: BadWeb) -> None:
    """What one page's 429 says counts for the other pages of its host, and for no other host."""
    async with opened(tmp_path, parser, public=LOOPBACK) as polls:
        busy = await polls.fetcher.fetch_page(f"{web.url_as('a.news.example')}/busy")
        same = await polls.fetcher.fetch_page(f"{web.url_as('a.news.example')}/ok?page")
        near = await polls.fetcher.fetch_page(f"{web.url_as('b.news.example')}/ok?page2")
        polls.now = NOW + HOUR
        later = await polls.fetcher.fetch_page(f"{web.url_as('a.news.example')}/ok?page")

    assert isinstance(busy, PollFailed)
    assert isinstance(same, PollFailed)
    assert (same.reason, same.retry_after) == (PollFailure.HOST_HELD, HOUR)
    assert "asked to be left alone" in same.detail
    assert isinstance(near, Fetched)
    assert isinstance(later, Fetched)
    assert web.requests("/ok?page") == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_who_insists_is_obeyed(tmp_path: Path, parser: ParserPool, web: BadWeb) -> None:
    """A poll that ignores holds asks a held host, and goes where that redirects to on itself."""
    async with opened(tmp_path, parser) as polls:
        where = web.url_as("a.news.example")
        busy = await polls.add("busy", f"{where}/busy")
        source = await polls.add("moved", f"{where}/to-feed-302")
        await polls.poll(busy)

        held = await polls.poll(source)
        forced = await polls.poll(source, ignore_holds=True)

    assert (held.outcome, forced.outcome) == (PollOutcome.HELD, PollOutcome.READ)
    assert web.requests("/to-feed-302") == 1
