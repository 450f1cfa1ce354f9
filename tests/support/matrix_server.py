"""A homeserver on loopback that keeps to the client-server API (spec.matrix.org): rooms, transactions, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from support.emulated import EmulatedService, planned

MAX_EVENT_BYTES = 65_536
_AROUND_THE_CONTENT_BYTES = 1_024
_BASE = "/_matrix/client/v3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event in a room."""

    event_id: str
    room_id: str
    transaction_id: str
    content: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class MatrixServer(EmulatedService):
    """The server. `rooms` are those that the bot is in, `replaced` those that were upgraded and by which."""

    token: str = "syt_matrix_token"
    rooms: set[str] = field(default_factory=lambda: {"!desk:example.org"})
    aliases: dict[str, str] = field(default_factory=lambda: {"#desk:example.org": "!desk:example.org"})
    replaced: dict[str, str] = field(default_factory=dict)
    redacted: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_put(_BASE + "/rooms/{room}/send/m.room.message/{transaction}", self._send)
        router.add_get(_BASE + "/rooms/{room}/event/{event}", self._event)
        router.add_get(_BASE + "/rooms/{room}/state/m.room.tombstone/", self._tombstone)
        router.add_get(_BASE + "/directory/room/{alias}", self._directory)

    async def _send(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return error(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.")
        room_id, transaction_id = request.match_info["room"], request.match_info["transaction"]
        for event in self.events:
            if event.transaction_id == transaction_id:
                return web.json_response({"event_id": event.event_id})
        if len(await request.read()) + _AROUND_THE_CONTENT_BYTES > MAX_EVENT_BYTES:
            return error(413, "M_TOO_LARGE", "event too large")
        if room_id not in self.rooms or room_id in self.replaced:
            return error(403, "M_FORBIDDEN", f"User @bot:example.org not in room {room_id}")
        event_id, content = f"$event{len(self.events)}", await request.json()
        self.events.append(Event(event_id=event_id, room_id=room_id, transaction_id=transaction_id, content=content))
        return web.json_response({"event_id": event_id})

    async def _event(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return error(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.")
        for event in self.events:
            if (event.event_id, event.room_id) == (request.match_info["event"], request.match_info["room"]):
                content = {} if event.event_id in self.redacted else event.content
                return web.json_response({"event_id": event.event_id, "content": content})
        return error(404, "M_NOT_FOUND", "Event not found.")

    async def _tombstone(self, request: web.Request) -> web.Response:
        replacement = self.replaced.get(request.match_info["room"])
        if replacement is None:
            return error(404, "M_NOT_FOUND", "Event not found.")
        return web.json_response({"body": "This room has been replaced", "replacement_room": replacement})

    async def _directory(self, request: web.Request) -> web.Response:
        room_id = self.aliases.get(request.match_info["alias"])
        if room_id is None:
            return error(404, "M_NOT_FOUND", "Room alias not found")
        return web.json_response({"room_id": room_id, "servers": ["example.org"]})

    def _knows(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.token}"


def error(status: int, errcode: str, text: str) -> web.Response:
    """Return the standard error response."""
    return planned(status, {"errcode": errcode, "error": text}, {})
