"""Discord's webhooks on loopback, checking what they are sent as Discord does (docs.discord.com/developers).

What is not in its documentation is as client libraries report it: nobody here reached Discord itself.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from support.emulated import EmulatedService, Planned

MAX_CONTENT, MAX_DESCRIPTION, MAX_EMBEDS, MAX_IN_ALL = 2_000, 4_096, 10, 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordMessage:
    """A message as it stands in a channel or a thread. `pings` are those who may be told of it."""

    message_id: str
    text: str
    images: tuple[str, ...]
    thread_id: str | None
    pings: tuple[str, ...]
    color: int | None


@dataclass(slots=True, kw_only=True)
class DiscordApi(EmulatedService):
    """The server.

    `limit` requests in `period` seconds are taken of each method; the headers say so with every answer.
    """

    webhook_id: str = "111222333444555666"
    webhook_token: str = "tokensecret-_1"
    threads: set[str] = field(default_factory=lambda: {"777"})
    is_forum: bool = False
    limit: int = 5
    period: float = 2.0
    messages: dict[str, DiscordMessage] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)
    _asked: dict[str, list[float]] = field(default_factory=dict)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        base = "/api/v10/webhooks/{id}/{token}"
        router.add_post(base, self._execute)
        router.add_patch(f"{base}/messages/{{message_id}}", self._edit)

    @property
    def webhook_url(self) -> str:
        """The webhook's address as Discord's own pages copy it: without a version."""
        return f"{self.url}/api/webhooks/{self.webhook_id}/{self.webhook_token}"

    async def _execute(self, request: web.Request) -> web.Response:
        headers, refusal = self._limited("POST")
        refusal = refusal or self._wrong_address(request)
        body = await request.json()
        if refusal is None and self.is_forum and "thread_id" not in request.query and "thread_name" not in body:
            refusal = failure(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id")
        refusal = refusal or _wrong_body(body)
        if refusal is not None:
            return self._refuse(refusal, headers)
        message_id = str(900_000_000_000_000_000 + len(self.messages))
        self.messages[message_id] = _as_read(message_id, request.query.get("thread_id"), body)
        if request.query.get("wait") != "true":
            return web.Response(status=204, headers=headers)
        return web.json_response({"id": message_id, "channel_id": "1"}, headers=headers)

    async def _edit(self, request: web.Request) -> web.Response:
        headers, refusal = self._limited("PATCH")
        refusal = refusal or self._wrong_address(request)
        known = self.messages.get(request.match_info["message_id"])
        if refusal is None and (known is None or known.thread_id != request.query.get("thread_id")):
            refusal = failure(404, 10008, "Unknown Message")
        body = await request.json()
        refusal = refusal or _wrong_body(body)
        if refusal is not None:
            return self._refuse(refusal, headers)
        message_id = request.match_info["message_id"]
        self.messages[message_id] = _as_read(message_id, request.query.get("thread_id"), body)
        return web.json_response({"id": message_id, "channel_id": "1"}, headers=headers)

    def _limited(self, method: str) -> tuple[dict[str, str], Planned | None]:
        """Count the request; return the headers of its answer, and what it is answered instead of being taken."""
        now = asyncio.get_running_loop().time()
        asked = [at for at in self._asked.get(method, []) if at > now - self.period]
        reset_after = self.period if not asked else asked[0] + self.period - now
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.limit - len(asked) - 1, 0)),
            "X-RateLimit-Reset-After": f"{reset_after:.3f}",
            "X-RateLimit-Bucket": f"bucket-{method}",
        }
        if len(asked) >= self.limit:
            return headers, too_many_requests(round(reset_after, 3), scope="user")
        self._asked[method] = [*asked, now]
        return headers, None

    def _wrong_address(self, request: web.Request) -> Planned | None:
        if request.match_info["id"] != self.webhook_id:
            return failure(404, 10015, "Unknown Webhook")
        if request.match_info["token"] != self.webhook_token:
            return failure(401, 50027, "Invalid Webhook Token")
        if request.query.get("thread_id", "777") not in self.threads:
            return failure(404, 10003, "Unknown Channel")
        return None

    def _refuse(self, refusal: Planned, headers: dict[str, str]) -> web.Response:
        status, body, more = refusal
        self.refused[status] += 1
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=headers | more)
        return web.json_response(body, status=status, headers=headers | more)


def failure(status: int, code: int, message: str, **more: Any) -> Planned:
    """Return an answer that says what went wrong."""
    return status, {"code": code, "message": message} | more, {}


def too_many_requests(seconds: float, *, is_global: bool = False, scope: str = "user") -> Planned:
    """Return the answer to a flood: the header in whole seconds, the body to the millisecond."""
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": is_global}
    headers = {"Retry-After": str(int(seconds) + 1), "X-RateLimit-Scope": "global" if is_global else scope}
    return 429, body, headers | ({"X-RateLimit-Global": "true"} if is_global else {})


def _wrong_body(body: dict[str, Any]) -> Planned | None:
    embeds = body.get("embeds", [])
    content = body.get("content", "").strip()
    if not content and not embeds:
        return failure(400, 50006, "Cannot send an empty message")
    if len(content) > MAX_CONTENT:
        return _invalid("content", f"Must be {MAX_CONTENT} or fewer in length.")
    if len(embeds) > MAX_EMBEDS or sum(len(embed.get("description", "").strip()) for embed in embeds) > MAX_IN_ALL:
        return _invalid("embeds", "Embed size exceeds maximum size of 6000")
    for embed in embeds:
        if not 0 < len(embed.get("description", "").strip()) <= MAX_DESCRIPTION:
            return _invalid("embeds", f"description: Must be {MAX_DESCRIPTION} or fewer in length.")
        url = embed.get("image", {}).get("url", "https://")
        if not url.startswith(("http://", "https://")) or " " in url:
            return _invalid("embeds", "image: Not a well formed URL.")
    return None


def _invalid(key: str, message: str) -> Planned:
    errors = {key: {"_errors": [{"code": "INVALID", "message": message}]}}
    return failure(400, 50035, "Invalid Form Body", errors=errors)


def _as_read(message_id: str, thread_id: str | None, body: dict[str, Any]) -> DiscordMessage:
    """Everything may ping unless `allowed_mentions` says otherwise."""
    embeds = body.get("embeds", [])
    text = body.get("content", "") + "".join(embed["description"] for embed in embeds)
    allowed = body.get("allowed_mentions", {"parse": ["everyone", "users", "roles"]})["parse"]
    return DiscordMessage(
        message_id=message_id,
        text=text,
        images=tuple(embed["image"]["url"] for embed in embeds if "image" in embed),
        thread_id=thread_id,
        pings=tuple(name for name in ("@everyone", "@here") if "everyone" in allowed and name in text),
        color=embeds[0].get("color") if embeds else None,
    )
