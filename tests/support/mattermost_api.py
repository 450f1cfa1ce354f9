"""A Mattermost server on loopback, checking what it is sent as the real one does (developers.mattermost.com).

The ids of its errors, and that a post is dropped which it has already, are those of the server's published source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from aiohttp import web
from support.emulated import EmulatedService, Planned, planned

MAX_POST = 16_383
_PING = re.compile(r"(?<![^\W_])@([\w.-]+)")
_LINK = re.compile(r"\]\([^()\s]*\)")
_ESCAPE = re.compile(r"\\([^\w\s])")


@dataclass(frozen=True, slots=True, kw_only=True)
class MattermostPost:
    """A post as it stands in a channel. `pings` are those who were told of it."""

    post_id: str
    channel_id: str
    text: str
    root_id: str
    images: tuple[str, ...]
    pings: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class MattermostApi(EmulatedService):
    """The server. `is_rate_limited` refuses everything."""

    token: str = "botsecret26characterslong1"
    hook: str = "hooksecret26characterslong"
    channel_id: str = "channel26characterslong123"
    archived: set[str] = field(default_factory=set)
    may_post: bool = True
    may_edit: bool = True
    has_webhooks: bool = True
    is_rate_limited: bool = False
    posts: dict[str, MattermostPost] = field(default_factory=dict)
    _pending: dict[str | None, str | None] = field(default_factory=dict)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/hooks/{hook}", self._take_hook)
        router.add_post("/api/v4/posts", self._create)
        router.add_put("/api/v4/posts/{id}/patch", self._patch)

    @property
    def webhook_url(self) -> str:
        """The incoming webhook to the channel."""
        return f"{self.url}/hooks/{self.hook}"

    async def _take_hook(self, request: web.Request) -> web.Response:
        if (early := self._early()) is not None:
            return early
        if not self.has_webhooks:
            return _error(501, "web.incoming_webhook.disabled.app_error")
        if request.match_info["hook"] != self.hook:
            return _error(400, "web.incoming_webhook.invalid.app_error")
        if self.channel_id in self.archived:
            return _error(400, "api.post.create_post.can_not_post_to_deleted.error")
        body = await request.json()
        if not body.get("text") and not body.get("attachments"):
            return _error(400, "web.incoming_webhook.text.app_error")
        self._keep(body.get("text", ""), "", body.get("attachments", []))
        return web.Response(text="ok")

    async def _create(self, request: web.Request) -> web.Response:
        early = self._early() or self._unauthorized(request)
        if early is not None:
            return early
        body = await request.json()
        if body.get("channel_id") != self.channel_id or not self.may_post:
            return _error(403, "api.context.permissions.app_error")
        if self.channel_id in self.archived:
            return _error(400, "api.post.create_post.can_not_post_to_deleted.error")
        root_id = body.get("root_id", "")
        if root_id and (root_id not in self.posts or self.posts[root_id].root_id):
            return _error(400, "api.post.create_post.root_id.app_error")
        if len(body["message"]) > MAX_POST:
            return _error(400, "model.post.is_valid.message_length.app_error")
        pending = body.get("pending_post_id") or None
        post_id = self._pending.get(pending) or self._keep(
            body["message"], root_id, body.get("props", {}).get("attachments", [])
        )
        self._pending[pending] = post_id if pending else None
        return web.json_response({"id": post_id, "channel_id": self.channel_id}, status=201)

    async def _patch(self, request: web.Request) -> web.Response:
        early = self._early() or self._unauthorized(request)
        if early is not None:
            return early
        post = self.posts.get(request.match_info["id"])
        if post is None:
            return _error(403, "api.context.permissions.app_error")
        if not self.may_edit:
            return _error(400, "api.post.update_post.permissions_time_limit.app_error")
        body = await request.json()
        if len(body["message"]) > MAX_POST:
            return _error(400, "model.post.is_valid.message_length.app_error")
        images = _images(body["props"]["attachments"]) if "props" in body else post.images
        changed = replace(post, text=body["message"], images=images, pings=_pings(body["message"]))
        self.posts[post.post_id] = changed
        return web.json_response({"id": post.post_id, "channel_id": self.channel_id})

    def _early(self) -> web.Response | None:
        if self.is_rate_limited:
            return web.Response(
                status=429, text="limit exceeded", headers={"Retry-After": "1", "X-RateLimit-Reset": "1"}
            )
        return None

    def _unauthorized(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"Bearer {self.token}":
            return None
        return _error(401, "api.context.session_expired.app_error")

    def _keep(self, text: str, root_id: str, attachments: list[dict[str, str]]) -> str:
        post_id = f"post{len(self.posts):022}"
        self.posts[post_id] = MattermostPost(
            post_id=post_id,
            channel_id=self.channel_id,
            text=text,
            root_id=root_id,
            images=_images(attachments),
            pings=_pings(text),
        )
        return post_id


def failure(status: int, error_id: str) -> Planned:
    """Return an answer that says what went wrong."""
    return status, {"id": error_id, "message": "It did not work.", "request_id": "r", "status_code": status}, {}


def _images(attachments: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(attachment["image_url"] for attachment in attachments)


def _pings(text: str) -> tuple[str, ...]:
    """Names are looked for in what is read, after Markdown's escapes, and not where links lead."""
    return tuple(_PING.findall(_ESCAPE.sub(r"\1", _LINK.sub("]", text))))


def _error(status: int, error_id: str) -> web.Response:
    return planned(*failure(status, error_id))
