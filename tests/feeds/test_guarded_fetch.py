"""Strangers reach public addresses only: every disguise of another is refused before anything is connected."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.builders import feed, state
from support.fetching import loopback_fetcher
from support.forbidden import NOT_THE_WEB, REFUSED, UNKNOWN, UNUSABLE, WITH_BLANKS
from support.guarding import DIRECT, PUBLIC, REDIRECTS, STRANGER, Visit, Way, guarded_fetcher
from support.recording_server import RecordingServer

from aggregator.feeds.fetch import HttpFetcher
from aggregator.model.feeds import COMMAND_LINE, CONFIGURATION
from aggregator.model.fetches import Fetched, PollFailed, PollFailure


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    """A fetcher for which only `public.example` is public."""
    async with guarded_fetcher() as fetcher:
        yield fetcher


def test_the_table_is_long() -> None:
    """There are more than 60 forms, no two the same."""
    forms = (*REFUSED, *UNUSABLE, *UNKNOWN, *NOT_THE_WEB, *WITH_BLANKS)

    assert len(set(forms)) == len(forms) >= 200


@pytest.mark.parametrize("form", [*REFUSED, *WITH_BLANKS])
async def test_no_address_that_is_not_public_is_connected(
    fetcher: HttpFetcher, server: RecordingServer, connected: list[tuple[str, int]], form: str
) -> None:
    """By whichever way the address comes and however it is written, nothing is sent, and the sentence says why."""
    visit = Visit(fetcher=fetcher, server=server, url=form.format(port=server.port))

    for way in DIRECT:
        result = await way(visit)

        assert isinstance(result, PollFailed), way
        assert result.reason is PollFailure.REFUSED_ADDRESS, way
        assert "not public, so nothing was sent" in result.detail
        assert "network.allow" in result.detail
        assert connected == [], way
        assert server.asked == [], way


@pytest.mark.parametrize("form", REFUSED)
async def test_no_redirect_leads_to_an_address_that_is_not_public(
    fetcher: HttpFetcher, server: RecordingServer, connected: list[tuple[str, int]], form: str
) -> None:
    """Each step is looked at as the first is: the server that redirects is the only one that hears of us."""
    visit = Visit(fetcher=fetcher, server=server, url=form.format(port=server.port))

    for way in REDIRECTS:
        result = await way(visit)

        assert isinstance(result, PollFailed), way
        assert result.reason is PollFailure.REFUSED_ADDRESS, way
        assert server.last.path == "/old", way
    assert set(connected) == {("127.0.0.1", server.port)}
    assert {asked.headers["Host"] for asked in server.asked} == {f"{PUBLIC}:{server.port}"}
    assert len(server.asked) == len(REDIRECTS) + 1


@pytest.mark.parametrize("form", [*UNUSABLE, *UNKNOWN])
async def test_what_others_might_take_for_an_address_is_none(
    fetcher: HttpFetcher, server: RecordingServer, connected: list[tuple[str, int]], form: str
) -> None:
    """Numbers in old notations, broken brackets and quoted names are errors: they are not tried as something else."""
    visit = Visit(fetcher=fetcher, server=server, url=form.format(port=server.port))

    results = [await way(visit) for way in (*DIRECT, *REDIRECTS)]

    reasons = {result.reason for result in results if isinstance(result, PollFailed)}
    assert all(isinstance(result, PollFailed) for result in results)
    assert reasons <= {PollFailure.BAD_URL, PollFailure.UNREACHABLE}
    assert set(connected) == {("127.0.0.1", server.port)}
    assert len(server.asked) == len(REDIRECTS) + 1


@pytest.mark.parametrize("form", NOT_THE_WEB)
@pytest.mark.parametrize("way", [way for way in DIRECT if "operators_feed" not in way.__name__])
async def test_nothing_but_the_web_is_fetched_for_a_stranger(
    fetcher: HttpFetcher, server: RecordingServer, connected: list[tuple[str, int]], form: str, way: Way
) -> None:
    """Files, sockets and other protocols are no addresses where an operator did not name them."""
    result = await way(Visit(fetcher=fetcher, server=server, url=form.format(port=server.port)))

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.BAD_URL
    assert connected == []


@pytest.mark.parametrize("owner", [CONFIGURATION, COMMAND_LINE, STRANGER])
async def test_only_the_operator_reads_files(fetcher: HttpFetcher, owner: str) -> None:
    """A file is a feed for whoever runs this machine, and for nobody else."""
    result = await fetcher.fetch(feed(url="file:///etc/hosts", owner=owner), state())

    assert isinstance(result, PollFailed if owner == STRANGER else Fetched)


@pytest.mark.parametrize(
    "target", ["gopher://127.0.0.1/_", "file:///etc/passwd", "unix:///run/docker.sock", "tcp://127.0.0.1:{port}/"]
)
@pytest.mark.parametrize("way", REDIRECTS)
async def test_no_redirect_leaves_the_web(
    fetcher: HttpFetcher, server: RecordingServer, connected: list[tuple[str, int]], target: str, way: Way
) -> None:
    """A redirect to a file or to another protocol is not followed, for the operator's feeds neither."""
    result = await way(Visit(fetcher=fetcher, server=server, url=target.format(port=server.port)))

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.REDIRECTS
    assert connected == [("127.0.0.1", server.port)]


@pytest.mark.parametrize(
    "addresses",
    [
        ["93.184.215.14"],
        ["93.184.215.14", "1.1.1.1"],
        ["2606:4700::1"],
        ["93.184.215.14", "2606:4700::1"],
        ["64:ff9b::5db8:d70e"],
        ["::ffff:93.184.215.14"],
    ],
)
async def test_a_public_address_is_tried(connected: list[tuple[str, int]], addresses: list[str]) -> None:
    """What is public is connected to, each address that the host has; here the test stops it."""
    async with guarded_fetcher({"news.example": [addresses]}) as fetcher:
        result = await fetcher.fetch(feed(url="http://news.example:8080/feed", owner=STRANGER), state())

        assert isinstance(result, PollFailed)
        assert result.reason is PollFailure.UNREACHABLE
        assert set(connected) == {(address, 8080) for address in addresses}


@pytest.mark.parametrize("url", ["http://93.184.215.14:8080/", "http://[2606:4700::1]:8080/"])
async def test_a_public_number_is_tried(fetcher: HttpFetcher, connected: list[tuple[str, int]], url: str) -> None:
    """A public address may be written as such."""
    await fetcher.fetch(feed(url=url, owner=STRANGER), state())

    assert connected in ([("93.184.215.14", 8080)], [("2606:4700::1", 8080)])


@pytest.mark.parametrize("way", DIRECT)
async def test_the_systems_own_name_is_refused(
    server: RecordingServer, connected: list[tuple[str, int]], way: Way
) -> None:
    """`localhost`, as the system itself resolves it, is this machine."""
    async with loopback_fetcher(is_loopback_public=False) as fetcher:
        result = await way(Visit(fetcher=fetcher, server=server, url=f"{server.url_as('localhost')}/feed"))

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.REFUSED_ADDRESS
    assert connected == []
