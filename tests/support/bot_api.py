"""A Bot API server on loopback that checks what it is sent as Telegram does (core.telegram.org/bots/api)."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Self

from aiohttp import web
from support.telegram.methods import Methods
from support.telegram.people import Person, World, check_buttons
from support.telegram.refusals import Refused

MAX_TEXT_UNITS = 4096
MAX_CAPTION_UNITS = 1024
_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote", "tg-spoiler"}
_ENTITIES = {"lt", "gt", "amp", "quot"}


class BadEntities(Exception):
    """The text is not the HTML that Telegram takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message as a reader of the chat sees it: text, and the pieces of it in each style."""

    message_id: int
    chat_id: str
    text: str
    bold: tuple[str, ...]
    underlined: tuple[str, ...]
    links: tuple[str, ...]
    thread_id: str | None
    is_silent: bool
    photo: str | None = None
    reply_to: int | None = None
    buttons: tuple[tuple[str, str], ...] = ()
    code: tuple[str, ...] = ()


@dataclass(slots=True)
class BotApi:
    """The server. `answers` are given, in order, instead of the usual ones: (status, body); None is the usual one.

    `edits` are the ids of messages that were changed; those `deleted` by a reader, and `bad_images`, are refused.
    `times` are the monotonic seconds of the requests that sent or changed a message, whatever was answered.
    So many requests of who the bot is are refused as `refused_greetings` says.
    """

    token: str = "1000:test-token"
    chats: set[str] = field(default_factory=lambda: {"42", "-1001"})
    messages: list[SentMessage] = field(default_factory=list)
    answers: list[tuple[int, dict[str, object]] | None] = field(default_factory=list)
    url: str = ""
    edits: list[int] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    bad_images: set[str] = field(default_factory=set)
    times: list[float] = field(default_factory=list)
    refused_greetings: int = 0
    world: World = field(default_factory=World)
    methods: Methods = field(init=False)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    def __post_init__(self) -> None:
        self.methods = Methods(self.world)

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.world.updates.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def wait_for_messages(self, count: int) -> list[SentMessage]:
        """Return the messages when there are `count` of them."""
        async with asyncio.timeout(60):
            while len(self.messages) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.messages

    async def _handle(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return _error(401, "Unauthorized")
        parameters = {key: str(value) for key, value in (await request.post()).items()} | dict(request.query)
        method = request.match_info["method"].lower()
        if method == "getme":
            return self._greet()
        if method not in ("sendmessage", "sendphoto", "editmessagetext", "editmessagecaption"):
            return await self._call(method, parameters)
        self.times.append(time.monotonic())
        if self.answers and (answer := self.answers.pop(0)) is not None:
            status, body = answer
            return web.json_response(body, status=status)
        if parameters.get("chat_id", "") not in self.chats | {str(chat) for chat in self.world.places}:
            return _error(400, "Bad Request: chat not found")
        has_caption = method in ("sendphoto", "editmessagecaption")
        try:
            check_buttons(parameters.get("reply_markup", ""))
            reader = EntityReader.read(
                parameters.get("caption" if has_caption else "text", ""), parameters.get("parse_mode")
            )
        except Refused as refused:
            return _error(refused.status, refused.description)
        except BadEntities as error:
            return _error(400, f"Bad Request: can't parse entities: {error}")
        if not reader.text.strip() and not has_caption:
            return _error(400, "Bad Request: message text is empty")
        if utf16_units(reader.text) > (MAX_CAPTION_UNITS if has_caption else MAX_TEXT_UNITS):
            return _error(400, f"Bad Request: message {'caption ' * has_caption}is too long")
        return self._edit(parameters, reader) if method.startswith("edit") else self._send(parameters, reader)

    def _greet(self) -> web.Response:
        if self.refused_greetings:
            self.refused_greetings -= 1
            return _error(502, "Bad Gateway")
        return _ok({"id": 1000, "is_bot": True, "first_name": "Test", "username": "test_bot"})

    async def presses(self, person: Person, message: SentMessage, button: str) -> str:
        """Press the button of this name as the person; returns the id of the query."""
        shown = self.messages[message.message_id - 1]
        data = dict(shown.buttons)[button]
        entities = [code_entity(shown.text, piece) for piece in shown.code]
        topic = None if shown.thread_id is None else int(shown.thread_id)
        return await person.presses_data(
            int(shown.chat_id), shown.message_id, shown.text, data, entities=entities, topic=topic
        )

    async def _call(self, method: str, parameters: dict[str, str]) -> web.Response:
        if method in ("deletemessage", "editmessagereplymarkup"):
            return self._alter(method, parameters)
        try:
            return _ok(await self.methods.call(method, parameters))
        except KeyError:
            return _error(404, "Not Found: method not found")
        except Refused as refused:
            return _error(refused.status, refused.description)

    def _alter(self, method: str, parameters: dict[str, str]) -> web.Response:
        number, is_edit = int(parameters["message_id"]), method.startswith("edit")
        if number in self.deleted or not 0 < number <= len(self.messages):
            return _error(400, f"Bad Request: message to {'edit' if is_edit else 'delete'} not found")
        if not is_edit:
            self.deleted.add(number)
            return _ok(True)
        before = self.messages[number - 1]
        try:
            after = replace(before, buttons=_buttons(parameters))
        except Refused as refused:
            return _error(refused.status, refused.description)
        if after == before:
            return _error(400, "Bad Request: message is not modified: specified new message content is the same")
        self.messages[number - 1] = after
        self.edits.append(number)
        self._arrived.set()
        return _answer(after)

    def _edit(self, parameters: dict[str, str], reader: EntityReader) -> web.Response:
        number = int(parameters["message_id"])
        if number in self.deleted or not 0 < number <= len(self.messages):
            return _error(400, "Bad Request: message to edit not found")
        before = self.messages[number - 1]
        if (before.photo is None) != ("text" in parameters):
            return _error(400, "Bad Request: there is no text in the message to edit")
        after = replace(
            before,
            text=reader.text,
            bold=tuple(reader.pieces["b"]),
            underlined=tuple(reader.pieces["u"]),
            links=tuple(reader.links),
            buttons=_buttons(parameters),
            code=tuple(reader.pieces["code"]),
        )
        if after == before:
            return _error(400, "Bad Request: message is not modified: specified new message content is the same")
        self.messages[number - 1] = after
        self.edits.append(number)
        self._arrived.set()
        return _answer(after)

    def _send(self, parameters: dict[str, str], reader: EntityReader) -> web.Response:
        photo = parameters.get("photo")
        if photo is not None and photo in self.bad_images:
            return _error(400, "Bad Request: failed to get HTTP URL content")
        reply = json.loads(parameters.get("reply_parameters", "{}")).get("message_id")
        message = SentMessage(
            message_id=len(self.messages) + 1,
            chat_id=parameters["chat_id"],
            text=reader.text,
            bold=tuple(reader.pieces["b"]),
            underlined=tuple(reader.pieces["u"]),
            links=tuple(reader.links),
            thread_id=parameters.get("message_thread_id"),
            is_silent=parameters.get("disable_notification") == "true",
            photo=photo,
            reply_to=reply,
            buttons=_buttons(parameters),
            code=tuple(reader.pieces["code"]),
        )
        self.messages.append(message)
        self._arrived.set()
        return _answer(message)


def _answer(message: SentMessage) -> web.Response:
    chat: dict[str, object] = {"id": int(message.chat_id), "type": "private", "first_name": "Reader"}
    return _ok({"message_id": message.message_id, "date": int(time.time()), "chat": chat, "text": message.text})


def _buttons(parameters: dict[str, str]) -> tuple[tuple[str, str], ...]:
    rows = check_buttons(parameters.get("reply_markup", ""))
    return tuple((each["text"], each.get("callback_data") or each["url"]) for row in rows for each in row)


class EntityReader(HTMLParser):
    """Reads Telegram's HTML strictly: only its tags, closed in order, only its four named entities."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.pieces: dict[str, list[str]] = {"b": [], "u": [], "code": []}
        self.links: list[str] = []
        self._open: list[tuple[str, int]] = []

    @classmethod
    def read(cls, text: str, parse_mode: str | None) -> EntityReader:
        """Return the reader after the text; plain text is taken as it is."""
        reader = cls()
        if parse_mode == "HTML":
            reader.feed(text)
            reader.close()
            if reader.rawdata:
                raise BadEntities("unexpected end of tag")
            if reader._open:
                raise BadEntities(f"can't find end tag corresponding to start tag {reader._open[-1][0]}")
        else:
            reader.text = text
        return reader

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise BadEntities(f'unsupported start tag "{tag}"')
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        self._open.append((tag, len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise BadEntities(f'unmatched end tag "{tag}"')
        _, start = self._open.pop()
        if tag in self.pieces:
            self.pieces[tag].append(self.text[start:])

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise BadEntities('unsupported start tag ""')
        self.text += data

    def handle_entityref(self, name: str) -> None:
        self.text += {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name] if name in _ENTITIES else f"&{name}"

    def handle_charref(self, name: str) -> None:
        self.text += chr(int(name[1:], 16) if name[:1] in "xX" else int(name))

    def handle_comment(self, data: str) -> None:
        raise BadEntities("a comment")

    def handle_decl(self, decl: str) -> None:
        raise BadEntities("a declaration")

    def handle_pi(self, data: str) -> None:
        raise BadEntities("a processing instruction")


def code_entity(text: str, piece: str) -> dict[str, object]:
    """Return the Bot API's MessageEntity of a piece that is set as code."""
    return {"type": "code", "offset": utf16_units(text[: text.index(piece)]), "length": utf16_units(piece)}


def utf16_units(text: str) -> int:
    """Return the length of `text` as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def too_many_requests(retry_after: int) -> tuple[int, dict[str, object]]:
    """Return the answer to a flood."""
    description = f"Too Many Requests: retry after {retry_after}"
    body: dict[str, object] = {
        "ok": False,
        "error_code": 429,
        "description": description,
        "parameters": {"retry_after": retry_after},
    }
    return 429, body


def failure(status: int, description: str, **parameters: object) -> tuple[int, dict[str, object]]:
    """Return an answer that says what went wrong."""
    body: dict[str, object] = {"ok": False, "error_code": status, "description": description}
    return status, body | ({"parameters": parameters} if parameters else {})


def _ok(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _error(status: int, description: str) -> web.Response:
    return web.json_response(failure(status, description)[1], status=status)
