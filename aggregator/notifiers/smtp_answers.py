"""What a mail server's refusal means, by its code and enhanced status (RFC 5321 §4.2.3, RFC 3463)."""

from __future__ import annotations

import re
from enum import Enum, auto

from aggregator.errors import DeliveryFailure

_ENHANCED = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})(?!\d)")
_FIRST_FAILURE, _FIRST_PERMANENT = 400, 500
_NOT_LET_IN = frozenset({530, 534, 535, 538})
"""RFC 4954 §6: authentication is required, too weak, wrong, or needs encryption."""

_NO_SUCH_MAILBOX = frozenset({550, 551, 553})
_MAILBOX_FULL = (2, 2)
_MAILBOX_DISABLED = (2, 1)
_BAD_SENDER = frozenset({(1, 7), (1, 8)})
_ADDRESSING, _POLICY = 1, 7
_CHARACTERS_SHOWN = 200


class Stage(Enum):
    """How far the conversation has come."""

    CONNECT = auto()
    LOGIN = auto()
    SENDER = auto()
    RECIPIENTS = auto()
    DATA = auto()
    """From the moment that the text may be on its way."""


def reason_of(stage: Stage, code: int, text: str) -> DeliveryFailure:
    """Return why a server refused at `stage` with `code` and `text`; what is no code says nothing of the outcome."""
    if code < _FIRST_FAILURE:
        return DeliveryFailure.OUTCOME_UNKNOWN if stage is Stage.DATA else DeliveryFailure.UNAVAILABLE
    if code < _FIRST_PERMANENT:
        return DeliveryFailure.UNAVAILABLE
    if code in _NOT_LET_IN or stage in {Stage.CONNECT, Stage.LOGIN}:
        return DeliveryFailure.UNAUTHORIZED
    status = _enhanced(text)
    if status is None:
        return _by_code(stage, code)
    return _by_status(stage, status)


def answer(code: int, text: str) -> str:
    """Return what the server said, on one line and not too long."""
    return " ".join(f"{code} {text}".split())[:_CHARACTERS_SHOWN]


def _by_code(stage: Stage, code: int) -> DeliveryFailure:
    if stage is Stage.RECIPIENTS and code in _NO_SUCH_MAILBOX:
        return DeliveryFailure.RECIPIENT_GONE
    return DeliveryFailure.REJECTED


def _by_status(stage: Stage, status: tuple[int, int]) -> DeliveryFailure:
    subject, _ = status
    if status == _MAILBOX_FULL:
        return DeliveryFailure.UNAVAILABLE
    if status in _BAD_SENDER:
        return DeliveryFailure.MISCONFIGURED
    if status == _MAILBOX_DISABLED or subject == _ADDRESSING:
        return DeliveryFailure.RECIPIENT_GONE
    if subject == _POLICY and stage is not Stage.DATA:
        return DeliveryFailure.UNAUTHORIZED
    return DeliveryFailure.REJECTED


def _enhanced(text: str) -> tuple[int, int] | None:
    match = _ENHANCED.match(text)
    return (int(match[1]), int(match[2])) if match else None
