"""Addresses that may be feeds, before anybody has looked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CandidateSource(StrEnum):
    """How a candidate was found, the most trustworthy first.

    ITSELF is an address that says it is a feed's: `feed:…`, or the one that a feed reader's link carries. PATTERN is
    where its site is known to keep it, LINK_ELEMENT what the page declares, PAGE_LINK what it links to and may be a
    feed, COMMON_PATH a guess.
    """

    ITSELF = "itself"
    PATTERN = "pattern"
    LINK_ELEMENT = "link element"
    PAGE_LINK = "page link"
    COMMON_PATH = "common path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An absolute http(s) URL that may be a feed's. `title` is what the page calls it; lower ranks come first."""

    url: str
    source: CandidateSource
    rank: int
    title: str | None = None
