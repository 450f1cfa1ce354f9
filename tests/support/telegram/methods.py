"""The methods of the Bot API that send nothing: updates, commands, members, button presses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from support.telegram.people import BOT, Place, World, member_json
from support.telegram.refusals import bad_request


@dataclass(slots=True)
class Methods:
    """Carries out calls by the method's name in small letters."""

    world: World
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)

    async def call(self, method: str, given: Mapping[str, str]) -> object:
        """Return the result of a call.

        Raises:
            KeyError: There is no such method here.
            Refused: The call is not right.
        """
        updates = self.world.updates
        match method:
            case "getupdates":
                return await updates.get(given)
            case "setwebhook":
                return await updates.set_webhook(given)
            case "deletewebhook":
                return await updates.set_webhook({**given, "url": ""})
            case "getwebhookinfo":
                return {
                    "url": updates.url,
                    "has_custom_certificate": False,
                    "pending_update_count": len(updates.waiting),
                }
            case "answercallbackquery":
                return self._answer_query(given)
            case "sendchataction":
                return bool(self._place(given))
            case _:
                return self._commands(method, given) if method.endswith("mycommands") else self._about(method, given)

    def _answer_query(self, given: Mapping[str, str]) -> bool:
        if len(given.get("text", "")) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        if given["callback_query_id"] not in self.world.unanswered:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        self.world.unanswered.remove(given["callback_query_id"])
        self.world.answered.append((given["callback_query_id"], given.get("text", "")))
        return True

    def _commands(self, method: str, given: Mapping[str, str]) -> object:
        where = (given.get("scope", '{"type": "default"}'), given.get("language_code", ""))
        if method == "getmycommands":
            return self.commands.get(where, [])
        if method == "deletemycommands":
            self.commands.pop(where, None)
            return True
        commands = json.loads(given["commands"])
        if len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[where] = commands
        return True

    def _about(self, method: str, given: Mapping[str, str]) -> object:
        if method not in ("getchat", "getchatmember", "getchatadministrators", "leavechat"):
            raise KeyError(method)
        place = self._place(given)
        if method == "getchat":
            return place.as_json() | {"accent_color_id": 0, "max_reaction_count": 11}
        if method == "leavechat":
            place.members[1000] = "left"
            return True
        if method == "getchatmember":
            return self._member(place, int(given["user_id"]))
        return [self._member(place, user) for user, is_ in place.members.items() if is_ in ("creator", "administrator")]

    def _member(self, place: Place, user_id: int) -> dict[str, object]:
        person = self.world.people.get(user_id)
        if user_id != BOT["id"] and person is None:
            raise bad_request("user not found")
        return member_json(BOT if person is None else person.as_json(), place.members.get(user_id, "left"))

    def _place(self, given: Mapping[str, str]) -> Place:
        place = self.world.places.get(int(given["chat_id"]))
        if place is None:
            raise bad_request("chat not found")
        return place
