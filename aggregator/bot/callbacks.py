"""What buttons carry: signed for the chat that they stand in, so that nobody can make one up or use another chat's.

Telegram gives back at most 64 bytes (core.telegram.org/bots/api, InlineKeyboardButton.callback_data), and gives them
back after years: what they mean is kept by a version, and the key follows from the bot's token, so that buttons work
after a restart and end with the token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

MAX_BYTES = 64
CANCEL = "x"
"""The action of a button that leaves everything as it was."""

_VERSION = "1"
_SEPARATOR = "|"
_FINGERPRINT_CHARACTERS = 12
_SIGNATURE_BYTES = 9
"""72 bits: a forger has one try a message."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed: what it does, to what."""

    action: str
    arguments: tuple[str, ...] = ()


def fingerprint(text: str) -> str:
    """Return what a button carries of a text that may be too long for it."""
    return hashlib.sha256(text.encode()).hexdigest()[:_FINGERPRINT_CHARACTERS]


class ButtonSigner:
    """Writes and reads what buttons carry."""

    def __init__(self, token: str) -> None:
        self._key = hashlib.sha256(b"aggregator buttons\0" + token.encode()).digest()

    def write(self, chat_id: int, press: Press) -> str:
        """Return the data of a button in a chat.

        Raises:
            ValueError: when it is longer than Telegram takes, or an argument has the separator in it.
        """
        parts = (_VERSION, press.action, *press.arguments)
        if any(_SEPARATOR in part for part in parts):
            raise ValueError(f"{press} has {_SEPARATOR!r} in it")
        body = _SEPARATOR.join(parts)
        data = f"{body}{_SEPARATOR}{self._signature(chat_id, body)}"
        if len(data.encode()) > MAX_BYTES:
            raise ValueError(f"{press} takes {len(data.encode())} bytes of {MAX_BYTES}")
        return data

    def read(self, chat_id: int, data: str) -> Press | None:
        """Return what a button of this chat does; None for what we did not write, or wrote for another chat."""
        body, _, signature = data.rpartition(_SEPARATOR)
        expected = self._signature(chat_id, body)
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()):
            return None
        version, action, *arguments = body.split(_SEPARATOR)
        return Press(action, tuple(arguments)) if version == _VERSION else None

    def _signature(self, chat_id: int, body: str) -> str:
        digest = hmac.new(self._key, f"{chat_id}\0{body}".encode("utf-8", "replace"), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode("ascii")
