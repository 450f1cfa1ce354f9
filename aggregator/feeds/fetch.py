"""Get a feed's document: over HTTP with one shared session, or from a file."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp import hdrs

from aggregator.feeds.failures import failure_of, unreadable, without_credentials
from aggregator.feeds.hosts import HostGate
from aggregator.model.feeds import Feed, FeedState, Fetched, FetchResult, NotModified, PollFailed, PollFailure
from aggregator.model.retry_after import parse_retry_after

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
_ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_CHUNK_BYTES = 64 * 1024
_MAX_CONNECT_SECONDS = 10.0
_KEEPALIVE_SECONDS = 15.0
_MAX_HEADER_BYTES = 16 * 1024


class HttpFetcher:
    """Fulfils `ports.Fetcher` for `http:`, `https:` and `file:` URLs.

    Bodies come as they are on the wire: they are decompressed where they are parsed, off the event loop.
    """

    def __init__(  # noqa: PLR0913 - all keyword-only settings of one thing
        self,
        *,
        timeout: timedelta,
        max_body_bytes: int,
        user_agent: str,
        concurrency: int,
        per_host: int,
        host_delay: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._timeout = timeout
        self._max_body_bytes = max_body_bytes
        self._headers = {
            hdrs.USER_AGENT: user_agent,
            hdrs.ACCEPT: _ACCEPT,
            hdrs.ACCEPT_ENCODING: _ACCEPT_ENCODING,
        }
        self._clock = clock
        self._gate = HostGate(per_host=per_host, host_delay=host_delay)
        self._concurrency = concurrency
        self._slots = asyncio.Semaphore(concurrency)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def fetch(self, feed: Feed, state: FeedState) -> FetchResult:
        """See `ports.Fetcher.fetch`."""
        try:
            parts = urlsplit(feed.url)
        except ValueError as error:
            return failure_of(error, feed.url.rpartition("@")[2])
        if parts.scheme == "file":
            return await asyncio.to_thread(self._read_file, Path(unquote(parts.path)), state)
        # The turn at the host comes first: feeds that wait for a slow host take no slot from the others, and the
        # timeout covers the request alone.
        async with self._gate.turn(parts.netloc), self._slots:
            return await self._fetch_http(feed, state)

    async def _fetch_http(self, feed: Feed, state: FeedState) -> FetchResult:
        where = without_credentials(feed.url)
        try:
            async with self._open_session().get(feed.url, headers=_conditions(state)) as response:
                return await self._read_response(response, state, where)
        except TimeoutError:
            return PollFailed(
                reason=PollFailure.TIMEOUT,
                detail=f"{where}: no full answer within {self._timeout.total_seconds():g} s; "
                "it will be tried again, or raise polling.timeout",
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return failure_of(error, where)

    async def _read_response(self, response: aiohttp.ClientResponse, state: FeedState, where: str) -> FetchResult:
        etag, last_modified = response.headers.get(hdrs.ETAG), response.headers.get(hdrs.LAST_MODIFIED)
        if response.status == HTTPStatus.NOT_MODIFIED:
            return NotModified(etag=etag, last_modified=last_modified)
        if response.status != HTTPStatus.OK:
            return self._bad_status(response, where)
        body = await self._read_body(response)
        if body is None:
            return PollFailed(
                reason=PollFailure.TOO_LARGE,
                detail=f"{where}: larger than polling.max_body ({self._max_body_bytes:,} bytes); "
                "raise that setting if this is really a feed",
            )
        body_hash = _hash(body)
        if body_hash == state.body_hash:
            return NotModified(etag=etag, last_modified=last_modified)
        return Fetched(
            url=str(response.url),
            status=response.status,
            body=body,
            body_hash=body_hash,
            fetched_at=self._clock(),
            content_type=response.headers.get(hdrs.CONTENT_TYPE),
            content_encoding=response.headers.get(hdrs.CONTENT_ENCODING),
            etag=etag,
            last_modified=last_modified,
        )

    async def _read_body(self, response: aiohttp.ClientResponse) -> bytes | None:
        """Return the body, or None as soon as it is known to be larger than the limit."""
        if (response.content_length or 0) > self._max_body_bytes:
            response.close()
            return None
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            size += len(chunk)
            if size > self._max_body_bytes:
                response.close()
                return None
            chunks.append(chunk)
        return b"".join(chunks)

    def _bad_status(self, response: aiohttp.ClientResponse, where: str) -> PollFailed:
        response.close()
        try:
            phrase = HTTPStatus(response.status).phrase
        except ValueError:
            phrase = "an unknown status"
        advice = _STATUS_ADVICE.get(response.status, "it will be tried again")
        return PollFailed(
            reason=PollFailure.HTTP_STATUS,
            detail=f"{where}: answered {response.status} {phrase}; {advice}",
            status=response.status,
            retry_after=parse_retry_after(response.headers.get(hdrs.RETRY_AFTER), self._clock()),
        )

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._concurrency, keepalive_timeout=_KEEPALIVE_SECONDS),
                timeout=aiohttp.ClientTimeout(
                    total=self._timeout.total_seconds(),
                    sock_connect=min(self._timeout.total_seconds(), _MAX_CONNECT_SECONDS),
                ),
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                max_line_size=_MAX_HEADER_BYTES,
                max_field_size=_MAX_HEADER_BYTES,
                requote_redirect_url=True,
            )
        return self._session

    def _read_file(self, path: Path, state: FeedState) -> FetchResult:
        try:
            info = path.stat()
            if not stat.S_ISREG(info.st_mode):
                return unreadable(path, "it is not a regular file")
            etag = f"{info.st_mtime_ns}-{info.st_size}"
            if etag == state.etag:
                return NotModified(etag=etag)
            with path.open("rb") as file:
                body = file.read(self._max_body_bytes + 1)
        except OSError as error:
            return unreadable(path, error.strerror or str(error))
        if len(body) > self._max_body_bytes:
            return PollFailed(
                reason=PollFailure.TOO_LARGE,
                detail=f"{path}: larger than polling.max_body ({self._max_body_bytes:,} bytes); raise that setting",
            )
        body_hash = _hash(body)
        if body_hash == state.body_hash:
            return NotModified(etag=etag)
        return Fetched(
            url=path.as_uri() if path.is_absolute() else str(path),
            status=HTTPStatus.OK,
            body=body,
            body_hash=body_hash,
            fetched_at=self._clock(),
            etag=etag,
        )


_STATUS_ADVICE: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "it wants a name and a password: write them into the URL as https://name:password@host/…",
    HTTPStatus.FORBIDDEN: "the server refuses us: ask its operator, or change polling.user_agent",
    HTTPStatus.NOT_FOUND: "is the address right? the feed may have moved",
    HTTPStatus.GONE: "the feed was taken down for good: remove it, or give its new address",
    HTTPStatus.TOO_MANY_REQUESTS: "it is polled too often for this server; it will be tried again later",
}


def _conditions(state: FeedState) -> dict[str, str]:
    """The validators, verbatim (RFC 9110 §13.1)."""
    headers: dict[str, str] = {}
    if state.etag:
        headers[hdrs.IF_NONE_MATCH] = state.etag
    if state.last_modified:
        headers[hdrs.IF_MODIFIED_SINCE] = state.last_modified
    return headers


def _hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()
