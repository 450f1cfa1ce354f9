"""The updates that wait for a bot: by long polling or by a webhook, never both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
from support.telegram.refusals import Refused

RETRY_SECONDS = 0.05
_ONLY_WHEN_ASKED = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass(slots=True)
class UpdateQueue:
    """Updates until they are confirmed: by a higher offset, or by a 2xx answer of the webhook.

    `calls` counts the requests of getUpdates; `webhook_answers` are the statuses that the webhook gave.
    """

    waiting: list[dict[str, object]] = field(default_factory=list)
    url: str = ""
    calls: int = 0
    webhook_answers: list[int] = field(default_factory=list)
    _secret: str = ""
    _allowed: frozenset[str] = frozenset()
    _next_id: int = 1
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _is_closing: bool = False
    _hook: asyncio.Task[None] | None = None

    async def put(self, kind: str, content: Mapping[str, object]) -> None:
        """Add an update of this kind, if the bot takes such."""
        taken = kind in self._allowed if self._allowed else kind not in _ONLY_WHEN_ASKED
        async with self._changed:
            if taken:
                self.waiting.append({"update_id": self._next_id, kind: content})
                self._next_id += 1
            self._changed.notify_all()

    async def confirmed(self) -> None:
        """Wait until the bot has taken every update."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: not self.waiting)

    async def get(self, parameters: Mapping[str, str]) -> list[dict[str, object]]:
        """Answer getUpdates. A newer request ends an older one.

        Raises:
            Refused: 409, a webhook is set or another request took over.
        """
        if self.url:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        self._allow(parameters)
        offset, limit = int(parameters.get("offset", "0")), int(parameters.get("limit", "100"))
        async with self._changed:
            self.calls += 1
            call = self.calls
            self.waiting = self.waiting[offset:] if offset < 0 else [u for u in self.waiting if _id(u) >= offset]
            self._changed.notify_all()
            try:
                async with asyncio.timeout(float(parameters.get("timeout", "0")) or 0.001):
                    await self._changed.wait_for(lambda: self.waiting or call != self.calls or self._is_closing)
            except TimeoutError:
                return []
            if call != self.calls:
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
            return self.waiting[:limit]

    async def set_webhook(self, parameters: Mapping[str, str]) -> bool:
        """Send the updates to a URL from now on; no URL ends that."""
        self._allow(parameters)
        self.stop_webhook()
        self.url, self._secret = parameters.get("url", ""), parameters.get("secret_token", "")
        async with self._changed:
            if parameters.get("drop_pending_updates") == "true":
                self.waiting.clear()
            if self.url:
                self.calls += 1
            self._changed.notify_all()
        if self.url:
            self._hook = asyncio.create_task(self._post_updates(self.url, self._secret))
        return True

    def stop_webhook(self) -> None:
        """Post no more."""
        if self._hook is not None:
            self._hook.cancel()
        self._hook, self.url = None, ""

    async def close(self) -> None:
        """End the requests that wait."""
        self.stop_webhook()
        async with self._changed:
            self._is_closing = True
            self._changed.notify_all()

    def _allow(self, parameters: Mapping[str, str]) -> None:
        if "allowed_updates" in parameters:
            self._allowed = frozenset(json.loads(parameters["allowed_updates"]))

    async def _post_updates(self, url: str, secret: str) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10), headers=headers) as session:
            while True:
                async with self._changed:
                    await self._changed.wait_for(lambda: self.waiting)
                    update = self.waiting[0]
                if await self._is_taken(session, url, update):
                    async with self._changed:
                        self.waiting = [other for other in self.waiting if other is not update]
                        self._changed.notify_all()
                else:
                    await asyncio.sleep(RETRY_SECONDS)

    async def _is_taken(self, session: aiohttp.ClientSession, url: str, update: dict[str, object]) -> bool:
        try:
            async with session.post(url, json=update) as response:
                self.webhook_answers.append(response.status)
                return response.ok
        except (aiohttp.ClientError, TimeoutError):
            return False


def _id(update: Mapping[str, object]) -> int:
    return int(str(update["update_id"]))
