"""Slack's Web API and incoming webhooks on loopback, checking what they are sent as Slack does (docs.slack.dev).

What is not in its documentation is as client libraries report it: nobody here reached Slack itself.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web
from support.emulated import EmulatedService, Planned, planned

MAX_TEXT, MAX_UPDATE, MAX_SECTION, MAX_ALT_TEXT, MAX_IMAGE_URL, MAX_BLOCKS = 40_000, 4_000, 3_000, 2_000, 3_000, 50
_PING = re.compile(r"<(@[UW]\w+|!(?:channel|here|everyone|subteam\^\w+))(?:\|[^>]*)?>")
_NAME = re.compile(r"(?<!\w)@(channel|here|everyone)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """A message as it stands in a channel. `pings` are those who were told of it."""

    channel: str
    posted_at: str
    text: str
    thread: str | None
    images: tuple[str, ...]
    pings: tuple[str, ...]
    is_unfurled: bool


@dataclass(slots=True, kw_only=True)
class SlackApi(EmulatedService):
    """The server. `per_second` is what a channel takes."""

    token: str = "xoxb-1-secret"
    hook: str = "/services/T1/B1/hooksecret"
    channels: dict[str, str] = field(default_factory=lambda: {"C1": "news", "C2": "archive", "C3": "private"})
    archived: set[str] = field(default_factory=lambda: {"C2"})
    not_in: set[str] = field(default_factory=lambda: {"C3"})
    broken_images: set[str] = field(default_factory=set)
    per_second: int | None = None
    messages: list[SlackMessage] = field(default_factory=list)
    _taken: dict[str, list[float]] = field(default_factory=dict)
    _times: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/api/{method}", self._call)
        router.add_post("/services/{path:.*}", self._take_hook)

    @property
    def api_url(self) -> str:
        """What `api_url` of a channel names."""
        return f"{self.url}/api"

    @property
    def webhook_url(self) -> str:
        """The incoming webhook to C1."""
        return self.url + self.hook

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _error("invalid_auth" if "Authorization" in request.headers else "not_authed")
        body = await request.json()
        channel = str(body.get("channel", ""))
        if channel not in self.channels:
            return _error("channel_not_found")
        wrong = self._wrong_with(body) if method == "chat.postMessage" else self._wrong_with_update(channel, body)
        if wrong is not None:
            return wrong
        if (waiting := self._waiting(channel)) is not None:
            return waiting
        message = self._post(channel, body) if method == "chat.postMessage" else self._update(channel, body)
        return web.json_response({"ok": True, "channel": channel, "ts": message.posted_at})

    async def _take_hook(self, request: web.Request) -> web.Response:
        if request.path != self.hook:
            return web.Response(status=404, text="no_service")
        if "C1" in self.archived:
            return web.Response(status=410, text="channel_is_archived")
        body = await request.json()
        wrong = self._wrong_blocks(body)
        if wrong is not None:
            return web.Response(status=400, text="invalid_blocks")
        if not body.get("text") and not body.get("blocks"):
            return web.Response(status=400, text="no_text")
        if self._waiting("C1") is not None:
            return web.Response(status=429, text="rate_limited", headers={"Retry-After": "1"})
        self._post("C1", body)
        return web.Response(text="ok")

    def _wrong_with(self, body: dict[str, Any]) -> web.Response | None:
        channel = body["channel"]
        if channel in self.archived:
            return _error("is_archived")
        if channel in self.not_in:
            return _error("not_in_channel")
        return self._wrong_text(body, MAX_TEXT, "thread_ts")

    def _wrong_with_update(self, channel: str, body: dict[str, Any]) -> web.Response | None:
        if not any(known.posted_at == body.get("ts") and known.channel == channel for known in self.messages):
            return _error("message_not_found")
        return self._wrong_text(body, MAX_UPDATE, "ts")

    def _wrong_text(self, body: dict[str, Any], limit: int, reference: str) -> web.Response | None:
        if not body.get("text") and not body.get("blocks"):
            return _error("no_text")
        if reference == "ts" and len(body.get("text", "")) > limit:
            return _error("msg_too_long")
        thread = body.get("thread_ts")
        if thread is not None and thread not in {known.posted_at for known in self.messages}:
            return _error("thread_not_found")
        wrong = self._wrong_blocks(body)
        return None if wrong is None else _error("invalid_blocks", response_metadata={"messages": [f"[ERROR] {wrong}"]})

    def _wrong_blocks(self, body: dict[str, Any]) -> str | None:
        blocks = body.get("blocks", [])
        if len(blocks) > MAX_BLOCKS:
            return "no more than 50 items allowed [json-pointer:/blocks]"
        for number, block in enumerate(blocks):
            pointer = f"[json-pointer:/blocks/{number}"
            if block["type"] == "section" and not 0 < len(block["text"]["text"]) <= MAX_SECTION:
                return f"must be less than 3001 characters {pointer}/text/text]"
            if block["type"] == "image":
                if not 0 < len(block.get("alt_text", "")) <= MAX_ALT_TEXT:
                    return f"missing or too long {pointer}/alt_text]"
                if len(block["image_url"]) > MAX_IMAGE_URL or block["image_url"] in self.broken_images:
                    return f"downloading image failed {pointer}/image_url]"
        return None

    def _waiting(self, channel: str) -> web.Response | None:
        now = asyncio.get_running_loop().time()
        taken = [at for at in self._taken.get(channel, []) if at > now - 1]
        if self.per_second is not None and len(taken) >= self.per_second:
            return planned(*too_many_requests(1))
        self._taken[channel] = [*taken, now]
        return None

    def _post(self, channel: str, body: dict[str, Any]) -> SlackMessage:
        posted_at = f"1700000000.{next(self._times):06}"
        self.messages.append(_as_read(channel, posted_at, body))
        return self.messages[-1]

    def _update(self, channel: str, body: dict[str, Any]) -> SlackMessage:
        at = next(number for number, known in enumerate(self.messages) if known.posted_at == body["ts"])
        old = self.messages[at]
        new = _as_read(channel, old.posted_at, body)
        # Without `blocks`, and with a text, the blocks that were there go; the thread stays.
        self.messages[at] = replace(new, thread=old.thread)
        return self.messages[at]


def too_many_requests(seconds: int) -> Planned:
    """Return the answer to a flood."""
    return 429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(seconds)}


def failure(code: str, **more: Any) -> Planned:
    """Return what a method answers that did not work."""
    return 200, {"ok": False, "error": code} | more, {}


def _as_read(channel: str, posted_at: str, body: dict[str, Any]) -> SlackMessage:
    """Blocks are shown where there are some; the text is then what notifications say."""
    blocks = body.get("blocks") or []
    shown = (
        "\n".join(block["text"]["text"] for block in blocks if block["type"] == "section") if blocks else body["text"]
    )
    pings = _PING.findall(body.get("text", "") + shown)
    if body.get("link_names") or body.get("parse") == "full":
        pings += _NAME.findall(shown)
    return SlackMessage(
        channel=channel,
        posted_at=posted_at,
        text=shown[:MAX_TEXT],
        thread=body.get("thread_ts"),
        images=tuple(block["image_url"] for block in blocks if block["type"] == "image"),
        pings=tuple(pings),
        is_unfurled=body.get("unfurl_links", True),
    )


def _error(code: str, **more: Any) -> web.Response:
    return planned(*failure(code, **more))
