"""The daemon's HTTP server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

import structlog
from aiohttp import hdrs, web

from aggregator.errors import AggregatorError

_BODY_SECONDS = 20.0
_SHUTDOWN_SECONDS = 3.0
_log = structlog.get_logger(__name__)


class WebServerError(AggregatorError):
    """The server cannot listen where it should."""


class WebServer:
    """Serves routes on one address, `127.0.0.1:8080` or `[::1]:8080`; port 0 takes a free one."""

    def __init__(self, listen: str, routes: Sequence[web.RouteDef], *, max_body_bytes: int) -> None:
        host, _, port = listen.rpartition(":")
        self._listen = listen
        self._host, self._port = host.strip("[]"), int(port)
        self._application = web.Application(client_max_size=max_body_bytes, middlewares=[_in_time])
        self._application.add_routes([web.get("/health", _health), *routes])
        self._application.on_response_prepare.append(_without_version)
        self._runner = web.AppRunner(self._application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)

    @property
    def url(self) -> str:
        """Where the server answers."""
        host, port = self._runner.addresses[0][:2]
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
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            why = os.strerror(error.errno) if error.errno else str(error)
            raise WebServerError(
                f"cannot listen on {self._listen} ({why.lower()}); is another program there? change web.listen"
            ) from error
        _log.info("web_server_started", url=self.url)

    async def stop(self) -> None:
        """Finish what is under way, within 3 s. Idempotent."""
        await self._runner.cleanup()


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


async def _without_version(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers[hdrs.SERVER] = "aggregator"
