"""Who may use the bot: by the operator's setting, by what admins decided, by invitation."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import structlog

from aggregator.model.chats import AccessEntry, AccessMode, AccessVerdict, Invite
from aggregator.ports import Store

_CODE_BYTES = 9
"""72 bits, in twelve characters that a link to the bot may have."""

_log = structlog.get_logger(__name__)


class AccessDesk:
    """Knows who may use the bot, and keeps what admins decide. `known` is what was decided before."""

    def __init__(
        self,
        store: Store,
        *,
        mode: AccessMode,
        admins: Collection[int],
        known: Iterable[AccessEntry],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._mode = mode
        self._admins = frozenset(admins)
        self._verdicts = {entry.subject_id: entry.verdict for entry in known}
        self._clock = clock

    @property
    def takes_invitations(self) -> bool:
        """Whether who is not allowed may come in by an invitation."""
        return self._mode is AccessMode.INVITE

    def is_admin(self, user_id: int) -> bool:
        """Whether a user is an admin of the bot."""
        return user_id in self._admins

    def may_use(self, user_id: int, chat_id: int) -> bool:
        """Whether a user may use the bot in a chat: both may be allowed or banned, and a ban counts first."""
        if self.is_admin(user_id):
            return True
        verdicts = {self._verdicts.get(user_id), self._verdicts.get(chat_id)}
        if AccessVerdict.BANNED in verdicts:
            return False
        return self._mode is AccessMode.OPEN or AccessVerdict.ALLOWED in verdicts

    async def decide(self, subject_id: int, verdict: AccessVerdict, by: int) -> None:
        """Allow or ban a user or a chat."""
        entry = AccessEntry(subject_id=subject_id, verdict=verdict, by=by, at=self._clock())
        await self._store.save_access(entry)
        self._verdicts[subject_id] = verdict
        _log.info("access_decided", subject=subject_id, verdict=verdict.value, by=by)

    async def invite(self, by: int, uses: int) -> Invite:
        """Make an invitation that lets so many users in."""
        made = Invite(code=secrets.token_urlsafe(_CODE_BYTES), created_by=by, created_at=self._clock(), uses_left=uses)
        await self._store.save_invite(made)
        _log.info("invitation_made", by=by, uses=uses)
        return made

    async def come_in(self, code: str, user_id: int) -> bool:
        """Let a user in by an invitation; return whether it was good. Who is banned stays out."""
        if not self.takes_invitations or self._verdicts.get(user_id) is AccessVerdict.BANNED:
            return False
        is_good = await self._store.use_invite(code, user_id, self._clock())
        if is_good:
            self._verdicts[user_id] = AccessVerdict.ALLOWED
            _log.info("invitation_used", user=user_id)
        return is_good
