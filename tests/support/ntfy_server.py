"""An ntfy server on loopback that takes JSON as ntfy does (docs.ntfy.sh/publish), with its limits and its errors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from support.emulated import EmulatedService, planned

MAX_MESSAGE_BYTES = 4_096
MAX_TITLE_BYTES = 1_024
_TOPIC = re.compile("[-_A-Za-z0-9]{1,64}")
_SEQUENCE = re.compile("[-_A-Za-z0-9]{1,64}")


@dataclass(slots=True, kw_only=True)
class NtfyServer(EmulatedService):
    """The server. With a `token`, topics are closed to all others. `requests_left` is what remains of the limit."""

    token: str | None = None
    requests_left: int = 60
    messages: list[dict[str, Any]] = field(default_factory=list)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/", self._publish)

    def shown(self) -> dict[str, str]:
        """Return what a phone shows: of each sequence its last message."""
        return {message["sequence_id"]: message["message"] for message in self.messages}

    async def _publish(self, request: web.Request) -> web.Response:
        if self.requests_left == 0:
            return error(42901, "limit reached: too many requests, please be nice")
        self.requests_left -= 1
        if self.token is not None and "Authorization" not in request.headers:
            return error(40301, "forbidden")
        if self.token is not None and request.headers["Authorization"] != f"Bearer {self.token}":
            return error(40101, "unauthorized")
        if len(await request.read()) > 2 * MAX_MESSAGE_BYTES:
            return error(41303, "JSON body too large")
        return self._take(await request.json())

    def _take(self, message: dict[str, Any]) -> web.Response:
        if _TOPIC.fullmatch(message["topic"]) is None:
            return error(40009, "invalid request: topic invalid")
        if not message.get("attach", "https://").startswith(("https://", "http://")):
            return error(40013, "invalid request: attachment URL is invalid")
        if len(message["title"].encode()) > MAX_TITLE_BYTES:
            return error(40057, "invalid request: title too long")
        if len(message["message"].encode()) > MAX_MESSAGE_BYTES:
            return error(41301, "attachment too large, or bandwidth limit reached")
        assert _SEQUENCE.fullmatch(message["sequence_id"])
        self.messages.append(message)
        return web.json_response({"id": f"id{len(self.messages)}", "time": 1, "event": "message"})


def error(code: int, text: str) -> web.Response:
    """Return an error as ntfy writes it: its code begins with the status."""
    status = code // 100
    return planned(status, {"code": code, "http": status, "error": text}, {})
