"""TLS as a feed wants it: whom we trust, who we are, and a sentence for what is wrong with either."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.builders import feed, state
from support.certificates import Authority
from support.fetching import loopback_fetcher
from support.recording_server import Answer, RecordingServer

from aggregator.feeds.fetch import HttpFetcher
from aggregator.model.access import FeedAccess
from aggregator.model.fetches import Fetched, PollFailed, PollFailure


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody else trusts."""
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def server(authority: Authority) -> AsyncIterator[RecordingServer]:
    """A server with a certificate of the authority."""
    async with RecordingServer(authority.server_context(authority.issue("server"))) as server:
        yield server


async def test_a_certificate_of_an_unknown_authority_is_refused(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """Nothing is sent to a server that nobody vouches for, and the sentence says what is wrong."""
    result = await fetcher.fetch(feed(url=f"{server.url}/feed"), state())

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.TLS
    assert f"{server.url}/feed: no trusted TLS connection" in result.detail
    assert "unable to get local issuer certificate" in result.detail
    assert "is its certificate valid?" in result.detail
    assert server.asked == []


async def test_an_authority_of_ones_own_is_trusted(
    fetcher: HttpFetcher, server: RecordingServer, authority: Authority
) -> None:
    """With `ca_file` the certificate is good, for the name that it is for."""
    access = FeedAccess(ca_file=str(authority.root.cert))

    result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

    assert isinstance(result, Fetched)


async def test_another_authority_does_not_help(fetcher: HttpFetcher, server: RecordingServer, tmp_path: Path) -> None:
    """`ca_file` trusts whom it names and nobody else."""
    access = FeedAccess(ca_file=str(Authority.make(tmp_path, "other").root.cert))

    result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.TLS


async def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    """A trusted certificate is good only for its own names."""
    made = authority.issue("elsewhere", names="DNS:elsewhere.example")
    access = FeedAccess(ca_file=str(authority.root.cert))
    async with RecordingServer(authority.server_context(made)) as server, loopback_fetcher() as fetcher:
        result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

        assert isinstance(result, PollFailed)
        assert result.reason is PollFailure.TLS
        assert "not valid for '127.0.0.1'" in result.detail
        assert server.asked == []


async def test_without_verification_any_certificate_will_do(fetcher: HttpFetcher, server: RecordingServer) -> None:
    """`verify: false` is the operator's word for this feed, and for this feed alone."""
    careless = await fetcher.fetch(feed(url=f"{server.url}/a", access=FeedAccess(verify_tls=False)), state())
    careful = await fetcher.fetch(feed(url=f"{server.url}/b"), state())

    assert isinstance(careless, Fetched)
    assert isinstance(careful, PollFailed)
    assert [asked.path for asked in server.asked] == ["/a"]


async def test_verification_comes_back_with_another_host(
    fetcher: HttpFetcher, server: RecordingServer, authority: Authority
) -> None:
    """What the operator said of one host does not hold where that host sends us."""
    async with RecordingServer(server.tls) as other:
        server.answers["/old"] = [Answer.redirect(f"{other.url_as('localhost')}/new")]
        access = FeedAccess(verify_tls=False)

        refused = await fetcher.fetch(feed(url=f"{server.url}/old", access=access), state())
        access = replace(access, ca_file=str(authority.root.cert))
        trusted = await fetcher.fetch(feed(url=f"{server.url}/old", access=access), state())

    assert isinstance(refused, PollFailed)
    assert refused.reason is PollFailure.TLS
    assert isinstance(trusted, Fetched)


@pytest.mark.parametrize("in_one_file", [False, True], ids=["two files", "one file"])
async def test_a_client_certificate_says_who_we_are(
    fetcher: HttpFetcher, authority: Authority, in_one_file: bool
) -> None:
    """A server that wants a certificate gets the feed's, with the key beside it or in the same file."""
    ours = authority.issue("desk")
    both = authority.folder / "both.pem"
    both.write_bytes(ours.cert.read_bytes() + ours.key.read_bytes())
    access = FeedAccess(
        ca_file=str(authority.root.cert),
        client_cert=str(both if in_one_file else ours.cert),
        client_key=None if in_one_file else str(ours.key),
    )
    async with RecordingServer(authority.server_context(authority.issue("strict"), wants_client=True)) as server:
        result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

        assert isinstance(result, Fetched)
        assert server.last.client == "desk"


async def test_a_missing_client_certificate_is_a_sentence(fetcher: HttpFetcher, authority: Authority) -> None:
    """A server that wants a certificate and gets none hangs up; that is a failed poll, not an exception."""
    access = FeedAccess(ca_file=str(authority.root.cert))
    strict = authority.server_context(authority.issue("strict"), wants_client=True)
    async with RecordingServer(strict) as server:
        result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

        assert isinstance(result, PollFailed)
        assert result.detail.startswith(f"{server.url}/feed: ")
        assert server.asked == []


async def test_a_client_certificate_is_for_the_feeds_own_host(fetcher: HttpFetcher, authority: Authority) -> None:
    """Where a redirect leads, nobody learns who we are."""
    ours = authority.issue("desk")
    access = FeedAccess(ca_file=str(authority.root.cert), client_cert=str(ours.cert), client_key=str(ours.key))
    strict = authority.server_context(authority.issue("strict"), wants_client=True)
    async with RecordingServer(strict) as home, RecordingServer(strict) as away:
        home.answers["/old"] = [Answer.redirect(f"{away.url_as('localhost')}/new")]

        result = await fetcher.fetch(feed(url=f"{home.url}/old", access=access), state())

        assert isinstance(result, PollFailed)
        assert home.last.client == "desk"
        assert away.asked == []


@pytest.mark.parametrize(
    ("option", "name", "content", "words"),
    [
        ("ca_file", "none.pem", None, "No such file or directory"),
        ("ca_file", "text.pem", "not PEM", "no certificate in PEM is in it"),
        ("client_cert", "none.pem", None, "No such file or directory"),
        ("client_cert", "text.pem", "not PEM", "not a certificate in PEM"),
        ("client_key", "none.key", None, "No such file or directory"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named(
    fetcher: HttpFetcher,
    server: RecordingServer,
    authority: Authority,
    tmp_path: Path,
    option: str,
    name: str,
    content: str | None,
    words: str,
) -> None:
    """The sentence has the setting, the path and what is wrong; nothing is sent."""
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    access = replace(FeedAccess(client_cert=str(authority.issue("desk").cert)), **{option: str(path)})  # type: ignore[arg-type] # the table names fields

    result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

    assert isinstance(result, PollFailed)
    assert result.reason is PollFailure.TLS
    assert f"`tls: {{{option}: …}}` names {path}" in result.detail
    assert words in result.detail
    assert server.asked == []


@pytest.mark.parametrize("key", ["locked", "stranger"])
async def test_a_key_that_does_not_fit_is_named(
    fetcher: HttpFetcher, server: RecordingServer, authority: Authority, key: str
) -> None:
    """An encrypted key asks nobody for its password, and another certificate's key is none."""
    locked, stranger = authority.issue("locked", password="s3cret"), authority.issue("stranger")
    files = {"locked": (locked.cert, locked.key), "stranger": (locked.cert, stranger.key)}[key]
    access = FeedAccess(client_cert=str(files[0]), client_key=str(files[1]))

    result = await fetcher.fetch(feed(url=f"{server.url}/feed", access=access), state())

    assert isinstance(result, PollFailed)
    assert str(locked.cert) in result.detail
    assert "with its own key, unencrypted" in result.detail
