"""People and their chats with a bot: what they write and press becomes updates."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from support.telegram.refusals import bad_request
from support.telegram.updates import UpdateQueue

BOT = {"id": 1000, "is_bot": True, "first_name": "Test", "username": "test_bot"}
FIRST_MESSAGE_ID = 1_000_001


@dataclass(slots=True)
class Place:
    """A chat: its kind as Telegram calls it, and the status of each member."""

    chat_id: int
    kind: str
    title: str
    is_forum: bool = False
    members: dict[int, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the Bot API's Chat."""
        name = "first_name" if self.kind == "private" else "title"
        chat: dict[str, object] = {"id": self.chat_id, "type": self.kind, name: self.title}
        return chat | ({"is_forum": True} if self.is_forum else {})


@dataclass(slots=True)
class World:
    """Everybody that the bot can meet, and the button presses that it has not answered."""

    updates: UpdateQueue = field(default_factory=UpdateQueue)
    places: dict[int, Place] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    answered: list[tuple[str, str]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST_MESSAGE_ID))

    def person(self, user_id: int, name: str = "Reader", language: str = "en") -> Person:
        """Return a person, whose private chat with the bot is open."""
        self.places[user_id] = Place(user_id, "private", name, members={user_id: "member"})
        self.people[user_id] = Person(self, user_id, name, language)
        return self.people[user_id]

    def group(self, chat_id: int, title: str, **members: str) -> Place:
        """Return a group that the bot is a member of; `members` are statuses, by `u<user id>`."""
        statuses = {int(key.removeprefix("u")): status for key, status in members.items()}
        kind = "supergroup" if str(chat_id).startswith("-100") else "group"
        self.places[chat_id] = Place(chat_id, kind, title, members=statuses | {1000: "member"})
        return self.places[chat_id]

    async def bot_becomes(self, place: Place, status: str, by: Person) -> None:
        """Change what the bot is in a chat: member, administrator, left or kicked."""
        before, place.members[1000] = place.members.get(1000, "left"), status
        await self.updates.put(
            "my_chat_member",
            {
                "chat": place.as_json(),
                "from": by.as_json(),
                "date": int(time.time()),
                "old_chat_member": member_json(BOT, before),
                "new_chat_member": member_json(BOT, status),
            },
        )


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who uses the bot."""

    world: World
    user_id: int
    name: str
    language: str

    def as_json(self) -> dict[str, object]:
        """Return the Bot API's User."""
        return {"id": self.user_id, "is_bot": False, "first_name": self.name, "language_code": self.language}

    async def sends(self, text: str, chat: Place | None = None, topic: int | None = None) -> int:
        """Write a message, in the private chat unless another is given; returns its id."""
        command = re.match(r"/[A-Za-z0-9_]+(@\w+)?", text)
        entities = [{"type": "bot_command", "offset": 0, "length": command.end()}] if command else []
        return await self._posts({"text": text, "entities": entities}, chat, topic)

    async def shares_location(self, latitude: float, longitude: float, chat: Place | None = None) -> int:
        """Send a place on the map; returns the message's id."""
        return await self._posts({"location": {"latitude": latitude, "longitude": longitude}}, chat, None)

    async def presses_data(
        self,
        chat_id: int,
        message_id: int,
        text: str,
        data: str,
        *,
        entities: Sequence[dict[str, object]] = (),
        topic: int | None = None,
    ) -> str:
        """Press a button that carries `data`; returns the id of the query."""
        query_id = f"query-{next(self.world.numbers)}"
        self.world.unanswered.add(query_id)
        message = {"message_id": message_id, "chat": self.world.places[chat_id].as_json(), "date": int(time.time())}
        message |= {"entities": list(entities)}
        message |= {} if topic is None else {"message_thread_id": topic, "is_topic_message": True}
        content = {"id": query_id, "from": self.as_json(), "chat_instance": str(chat_id), "data": data}
        await self.world.updates.put("callback_query", content | {"message": message | {"from": BOT, "text": text}})
        return query_id

    async def _posts(self, content: dict[str, object], chat: Place | None, topic: int | None) -> int:
        place = chat or self.world.places[self.user_id]
        number = next(self.world.numbers)
        message = {"message_id": number, "date": int(time.time()), "chat": place.as_json(), "from": self.as_json()}
        where = {} if topic is None else {"message_thread_id": topic, "is_topic_message": True}
        await self.world.updates.put("message", message | where | content)
        return number


def member_json(user: dict[str, object], status: str) -> dict[str, object]:
    """Return the Bot API's ChatMember."""
    member: dict[str, object] = {"user": user, "status": status}
    if status == "kicked":
        member["until_date"] = 0
    if status == "administrator":
        rights = (
            "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats "
            "can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories "
            "can_edit_stories can_delete_stories"
        )
        member |= dict.fromkeys(rights.split(), False)
    if status == "creator":
        member["is_anonymous"] = False
    return member


def check_buttons(reply_markup: str) -> list[list[dict[str, str]]]:
    """Return the rows of an inline keyboard.

    Raises:
        Refused: A button carries more than 64 bytes, or nothing.
    """
    rows: list[list[dict[str, str]]] = json.loads(reply_markup or "{}").get("inline_keyboard", [])
    for button in itertools.chain.from_iterable(rows):
        if "url" not in button and not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
    return rows
