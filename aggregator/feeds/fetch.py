"""Get documents: over HTTP, politely, along safe redirects, or from a file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Self, cast
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver

from aggregator.feeds.bodies import hash_body, read_body, read_file
from aggregator.feeds.connections import Connections, NetworkLimits
from aggregator.feeds.credentials import access_to, request_headers, without_secrets, without_user
from aggregator.feeds.failures import (
    BadTlsFile,
    bad_status,
    failure_of,
    host_held,
    timed_out,
    too_large,
    without_credentials,
)
from aggregator.feeds.freshness import fresh_for, sent_at
from aggregator.feeds.hosts import HostGate, Rests
from aggregator.feeds.politeness import Politeness
from aggregator.feeds.redirects import RedirectRefused, Trail
from aggregator.model.access import OPEN_ACCESS, FeedAccess
from aggregator.model.feeds import Feed, FeedState
from aggregator.model.fetches import DocumentResult, Fetched, FetchResult, NotModified, PollFailed
from aggregator.model.retry_after import parse_retry_after

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
_ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
_ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_READABLE = frozenset({HTTPStatus.OK, HTTPStatus.IM_USED})
_HOLDING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_LONGEST_REST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One document that is wanted. `trusted_host` is the one host that may be on any address.

    `known_rest` is until when its host wants to be left alone as far as whoever asks has decided about already.
    """

    url: str
    access: FeedAccess
    accept: str
    trusted_host: str | None
    known_rest: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None

    @property
    def is_conditional(self) -> bool:
        """Whether the server may say that nothing has changed."""
        return bool(self.etag or self.last_modified)


@dataclass(slots=True, kw_only=True)
class _Budget:
    """The time that a request has left. Turns at hosts are waited for outside of it."""

    seconds: float
    started: float = field(default=0.0)

    def start(self) -> float:
        self.started = time.monotonic()
        return self.seconds

    def stop(self) -> None:
        self.seconds = max(0.01, self.seconds - (time.monotonic() - self.started))


class HttpFetcher:
    """Fulfils `ports.Fetcher` for `http:`, `https:` and `file:` URLs.

    Bodies come as they are on the wire: they are decompressed where they are parsed, off the event loop.
    """

    def __init__(  # noqa: PLR0913 - all keyword-only settings of one thing
        self,
        *,
        limits: NetworkLimits,
        max_body_bytes: int,
        user_agent: str,
        politeness: Politeness,
        clock: Callable[[], datetime],
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._limits = limits
        self._max_body_bytes = max_body_bytes
        self._user_agent = user_agent
        self._politeness = politeness
        self._clock = clock
        self._gate = HostGate()
        self._rests = Rests()
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._connections = Connections(limits, resolver)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self._connections.close()

    async def fetch(self, feed: Feed, state: FeedState) -> FetchResult:
        """See `ports.Fetcher.fetch`."""
        url = state.url or feed.url
        try:
            parts = urlsplit(feed.url)
            if parts.scheme == "file" and not feed.is_public_only:
                return await asyncio.to_thread(
                    read_file, Path(unquote(parts.path)), state, limit_bytes=self._max_body_bytes, now=self._clock()
                )
            request = _Request(
                url=without_user(url),
                access=self._on_its_way(access_to(url, feed)),
                accept=_ACCEPT,
                trusted_host=None if feed.is_public_only else parts.hostname,
                known_rest=self._rests.end_of(self._politeness.hold_keys(url)),
                etag=state.etag,
                last_modified=state.last_modified,
                body_hash=state.body_hash,
            )
            trail = Trail(request.url)
        except ValueError as error:
            return failure_of(error, without_credentials(url))
        return await self._get(request, trail)

    async def fetch_page(self, url: str, feed: Feed | None = None) -> DocumentResult:
        """See `ports.Fetcher.fetch_page`."""
        try:
            request = _Request(
                url=without_user(url),
                access=self._on_its_way(access_to(url, feed)),
                accept=_ACCEPT_PAGE,
                trusted_host=None,
            )
            trail = Trail(request.url)
        except ValueError as error:
            return failure_of(error, without_credentials(url))
        # Without conditions and without a hash nothing is NotModified.
        return cast("DocumentResult", await self._get(request, trail))

    def session_for(self, feed: Feed, url: str) -> aiohttp.ClientSession:
        """Return the session for a request to `url` that is no document: a feed's own host may be anywhere."""
        own = None if feed.is_public_only else urlsplit(feed.url).hostname
        guarded = self._connections.is_guarded(urlsplit(url).hostname or "", own)
        return self._connections.session(OPEN_ACCESS, guarded=guarded)

    def is_by_proxy(self, feed: Feed) -> bool:
        """Whether the servers of a feed see a proxy, and not this machine."""
        return (feed.access.proxy or self._limits.proxy) is not None

    def _on_its_way(self, access: FeedAccess) -> FeedAccess:
        if self._limits.proxy is None or access.proxy is not None:
            return access
        return replace(access, proxy=self._limits.proxy)

    async def _get(self, request: _Request, trail: Trail) -> FetchResult:
        budget = _Budget(seconds=self._limits.timeout.total_seconds())
        access = request.access
        while True:
            try:
                # The turn at the host comes first: feeds that wait for a slow host take no slot from the others, and
                # the timeout covers the request alone.
                async with self._gate.turn(self._politeness.policy_at(trail.place)), self._slots:
                    # What was told to those before us in the line counts for us.
                    result = self._held(request, trail) or await self._step(request, trail, access, budget)
            except TimeoutError:
                return timed_out(without_credentials(trail.url), self._limits.timeout)
            except RedirectRefused as error:
                return error.failure
            except (aiohttp.ClientError, BadTlsFile, OSError, ValueError) as error:
                return failure_of(error, without_credentials(trail.url))
            if result is not None:
                return result
            if trail.has_left_server:
                access = without_secrets(access)

    def _held(self, request: _Request, trail: Trail) -> PollFailed | None:
        """Return that the host of the trail is not asked, where it wants to be left alone (RFC 9110 §10.2.3)."""
        until, now = self._rests.end_of(self._politeness.hold_keys(trail.url)), self._clock()
        if until is None or until <= now or until == request.known_rest:
            return None
        return host_held(without_credentials(trail.url), until - now)

    async def _step(self, request: _Request, trail: Trail, access: FeedAccess, budget: _Budget) -> FetchResult | None:
        """Make one request; return None when it led to another, on which `trail` then is."""
        # A stranger that sends us back does not speak for the host that we came from.
        trusted = None if trail.has_left_host else request.trusted_host
        guarded = self._connections.is_guarded(trail.host, trusted)
        proxy = self._connections.http_proxy(access)
        session = self._connections.session(access, guarded=guarded)
        seconds = budget.start()
        try:
            if guarded and proxy is not None:
                await self._connections.check_behind_http_proxy(trail.host, trail.port)
            async with session.get(
                trail.url,
                headers=self._headers(request, access, trail),
                allow_redirects=False,
                proxy=proxy,
                ssl=self._connections.tls(access),
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, 10.0)),
            ) as response:
                if response.status in _REDIRECTS and hdrs.LOCATION in response.headers:
                    cookies = {name: morsel.value for name, morsel in response.cookies.items()}
                    trail.follow(
                        response.headers[hdrs.LOCATION], is_permanent=response.status in _PERMANENT, cookies=cookies
                    )
                    response.close()
                    return None
                return await self._read(response, request, trail)
        finally:
            budget.stop()

    def _headers(self, request: _Request, access: FeedAccess, trail: Trail) -> dict[str, str]:
        headers: dict[str, str] = {
            hdrs.USER_AGENT: access.user_agent or self._user_agent,
            hdrs.ACCEPT: request.accept,
            hdrs.ACCEPT_ENCODING: _ACCEPT_ENCODING,
        }
        # The validators, verbatim (RFC 9110 §13.1.2, §13.1.3). What is new alone is welcome too, where the server can
        # tell by the ETag what that is (RFC 3229 §10.5.3).
        if request.etag:
            headers[hdrs.IF_NONE_MATCH] = request.etag
            headers["A-IM"] = "feed"
        if request.last_modified:
            headers[hdrs.IF_MODIFIED_SINCE] = request.last_modified
        return request_headers(headers, access, trail.cookies)

    async def _read(self, response: aiohttp.ClientResponse, request: _Request, trail: Trail) -> FetchResult:
        etag, last_modified = _validator(response, hdrs.ETAG), _validator(response, hdrs.LAST_MODIFIED)
        now = self._clock()
        fresh = fresh_for(response.headers, now)
        # To a request without conditions a 304 is a lie, and nothing is known (RFC 9110 §15.4.5).
        if response.status == HTTPStatus.NOT_MODIFIED and request.is_conditional:
            return NotModified(
                etag=etag, last_modified=last_modified, fresh_for=fresh, permanent_url=trail.permanent_url
            )
        if response.status not in _READABLE:
            response.close()
            retry_after = parse_retry_after(response.headers.get(hdrs.RETRY_AFTER), sent_at(response.headers, now))
            if retry_after and response.status in _HOLDING:
                self._rests.note(self._politeness.policy_at(trail.place).hold_key, min(retry_after, _LONGEST_REST), now)
            where = without_credentials(trail.url)
            return bad_status(response.status, where, retry_after=retry_after, host=where)
        body = await read_body(response, self._max_body_bytes)
        if body is None:
            return too_large(without_credentials(trail.url), self._max_body_bytes)
        body_hash = hash_body(body)
        if body_hash == request.body_hash:
            return NotModified(
                etag=etag, last_modified=last_modified, fresh_for=fresh, permanent_url=trail.permanent_url
            )
        return Fetched(
            url=trail.url,
            status=response.status,
            body=body,
            body_hash=body_hash,
            fetched_at=self._clock(),
            content_type=response.headers.get(hdrs.CONTENT_TYPE),
            content_encoding=response.headers.get(hdrs.CONTENT_ENCODING),
            etag=etag,
            last_modified=last_modified,
            fresh_for=fresh,
            permanent_url=trail.permanent_url,
            link_headers=tuple(link for link in response.headers.getall(hdrs.LINK, ()) if _is_text(link)),
            is_delta=response.status == HTTPStatus.IM_USED,
        )


def _validator(response: aiohttp.ClientResponse, name: str) -> str | None:
    """Return a validator that can be kept and sent back as it came; one of other bytes than UTF-8 cannot."""
    value = response.headers.get(name)
    return value if value and _is_text(value) else None


def _is_text(value: str) -> bool:
    """Whether a field's value is UTF-8: aiohttp has surrogates for all other bytes, which no database takes."""
    return not any("\ud800" <= character <= "\udfff" for character in value)
