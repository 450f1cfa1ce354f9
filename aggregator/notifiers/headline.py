"""Where a service shows a message's headline by itself, the text need not begin with it."""

from __future__ import annotations

from aggregator.model.messages import Message

_MARK = "*"
"""What stands around the words that matched, in plain text."""


def below_headline(message: Message) -> str:
    """Return the plain text without its first line, when that is the headline; never nothing."""
    first, _, rest = message.text.partition("\n")
    if message.subject and _unmarked(first) == _unmarked(message.subject) and rest.strip():
        return rest.lstrip("\n")
    return message.text or message.subject or message.due.article.title


def _unmarked(text: str) -> str:
    return text.replace(_MARK, "").strip()
