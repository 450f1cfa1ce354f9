"""Identifiers: one `NewType` per noun, and how a derived id is made."""

from __future__ import annotations

import base64
import hashlib
from typing import NewType

FeedId = NewType("FeedId", str)
ArticleKey = NewType("ArticleKey", str)
ArticleId = NewType("ArticleId", str)
StoryId = NewType("StoryId", str)
RuleId = NewType("RuleId", str)
ChannelId = NewType("ChannelId", str)
AlertId = NewType("AlertId", str)
DeliveryId = NewType("DeliveryId", str)
NoticeId = NewType("NoticeId", str)
SilenceId = NewType("SilenceId", str)

_DIGEST_SIZE_BYTES = 10
"""80 bits: two of 100 million articles share an id with a probability of about 4e-9."""


def derive_id(*parts: str) -> str:
    """Return the same 16 characters (a-z, 2-7) for the same parts, on every machine and in every run.

    Derived ids let a plan name what it creates before it is stored, and make storing it twice harmless.
    The parts are length-prefixed, so `("ab", "c")` and `("a", "bc")` differ.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_SIZE_BYTES)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return base64.b32encode(digest.digest()).decode("ascii").lower()
