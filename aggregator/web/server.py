"""The daemon's HTTP server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Self

import structlog
from aiohttp import hdrs, web

from aggregator.errors import AggregatorError

_BODY_SECONDS = 20.0
_IDLE_SECONDS = 75.0
"""As long as common reverse proxies keep their connections; what says nothing for so long, or half a request, goes."""
_LINGERING_SECONDS = 2.0
_SHUTDOWN_SECONDS = 3.0
_MAX_CONNECTIONS = 500
"""Each is a file descriptor, and polling needs some too."""
_log = structlog.get_logger(__name__)


class WebServerError(AggregatorError):
    """The server cannot listen where it should."""


class WebServer:
    """Serves routes on one address, `127.0.0.1:8080` or `[::1]:8080`; port 0 takes a free one.

    Bodies come to handlers as they were sent: they are decompressed off the event loop, where they are parsed.
    """

    def __init__(self, listen: str, routes: Sequence[web.RouteDef]) -> None:
        host, _, port = listen.rpartition(":")
        self._listen = listen
        self._host, self._port = host.strip("[]"), int(port)
        application = web.Application(middlewares=[_in_time])
        application.add_routes([web.get("/health", _health), *routes])
        application.on_response_prepare.append(_prepare)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        self._listener: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where the server answers."""
        assert self._listener is not None, "it does not listen"  # noqa: S101 - a mistake of the caller
        host, port = self._listener.sockets[0].getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen.

        Raises:
            WebServerError: when the address cannot be had.
        """
        await self._runner.setup()
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._connect, self._host, self._port, reuse_address=True
            )
        except (OSError, UnicodeError) as error:
            await self._runner.cleanup()
            raise WebServerError(
                f"cannot listen on {self._listen} ({_reason(error)}); change web.listen, or free that address"
            ) from error
        _log.info("web_server_started", url=self.url)

    async def stop(self) -> None:
        """Finish what is under way, within 3 s. Idempotent."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        await self._runner.cleanup()

    def _connect(self) -> asyncio.Protocol:
        server = self._runner.server
        if server is None or len(server.connections) >= _MAX_CONNECTIONS:
            return _Refusal()
        return _Connection(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # no log of accesses, as AppRunner passes it on too
            keepalive_timeout=_IDLE_SECONDS,
            lingering_time=_LINGERING_SECONDS,
            auto_decompress=False,
        )


class _Refusal(asyncio.Protocol):
    """Ends a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a server's always is
        transport.abort()


class _Connection(web.RequestHandler):
    """A connection whose errors say no more than they must, to the other side and in the log."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status == HTTPStatus.BAD_REQUEST:  # what came is not HTTP, as it happens on the internet
            response: web.StreamResponse = web.Response(status=status, text="400: Bad Request")
            response.force_close()
        else:
            response = super().handle_error(request, status, exc, message)
        _set_headers(response)
        return response


def _reason(error: OSError | UnicodeError) -> str:
    """Say why in few words: asyncio's own are many, and a name that does not resolve has a number of its own."""
    number = getattr(error, "errno", None) or 0
    return (os.strerror(number) if number > 0 else getattr(error, "strerror", None) or str(error)).lower()


@web.middleware
async def _in_time(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Drop a request that takes its time: its body must be there within 20 s."""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            return await handler(request)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def _health(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def _prepare(_request: web.Request, response: web.StreamResponse) -> None:
    _set_headers(response)


def _set_headers(response: web.StreamResponse) -> None:
    response.headers[hdrs.SERVER] = "aggregator"
    response.headers["X-Content-Type-Options"] = "nosniff"
