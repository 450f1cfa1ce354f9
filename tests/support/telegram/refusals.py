"""What the Bot API answers when it refuses."""

from __future__ import annotations


class Refused(Exception):
    """A call is refused, with the status and the description that Telegram gives."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


def bad_request(description: str) -> Refused:
    """Return the refusal of a call that cannot be carried out."""
    return Refused(400, f"Bad Request: {description}")
