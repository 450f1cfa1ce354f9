"""The article that a web page is about, found by trafilatura. Runs in the worker; its only import."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from importlib.util import find_spec

from aggregator.feeds.charsets import decode_page
from aggregator.feeds.decode import BadCompression, TooLarge, decode_body
from aggregator.feeds.failures import without_credentials
from aggregator.feeds.text import one_line, tidy
from aggregator.model.fetches import Fetched, Page, PageResult, PollFailed, PollFailure

INSTALL = "pip install 'aggregator[fulltext]'"
_MAX_CHARACTERS = 2 * 1024 * 1024
_LEAST_CHARACTERS = 80
_LANGUAGE = re.compile(r"<html\b[^>]{0,1000}?\blang\s*=\s*[\"']?([a-zA-Z]{2,3})", re.IGNORECASE)
_HTML = re.compile(r"<(?:html|body|p|div|article|!doctype)\b", re.IGNORECASE)


def is_installed() -> bool:
    """Whether the full text extra is there."""
    return find_spec("trafilatura") is not None


def extract_article(page: Fetched, limit_bytes: int) -> PageResult:
    """Decompress and decode a page of at most `limit_bytes`, and return its article's text, title, byline and date."""
    where = without_credentials(page.url)
    try:
        from trafilatura import bare_extraction  # noqa: PLC0415 - an extra
        from trafilatura.settings import Document  # noqa: PLC0415
    except ImportError:
        detail = f"the full text of articles needs an extra: {INSTALL}"
        return PollFailed(reason=PollFailure.MISSING_EXTRA, detail=detail)
    try:
        body = decode_body(page.body, page.content_encoding, limit_bytes)
    except TooLarge:
        detail = f"{where}: larger than polling.max_body ({limit_bytes:,} bytes) when decompressed"
        return PollFailed(reason=PollFailure.TOO_LARGE, detail=detail)
    except BadCompression as error:
        return PollFailed(reason=PollFailure.BAD_COMPRESSION, detail=f"{where}: cannot be decompressed ({error})")
    html = decode_page(body, page.content_type)[:_MAX_CHARACTERS]
    if not _HTML.search(html[:65536]):
        return PollFailed(reason=PollFailure.NO_ARTICLE, detail=f"{where}: not an HTML page")
    # Decoded by us: a declaration of another encoding would make lxml decode it again.
    found = bare_extraction(html, url=page.url, with_metadata=True, include_comments=False)
    text = tidy(found.text or "") if isinstance(found, Document) else ""
    if not isinstance(found, Document) or len(text) < _LEAST_CHARACTERS:
        return PollFailed(reason=PollFailure.NO_ARTICLE, detail=f"{where}: no article was found on the page")
    language = _LANGUAGE.search(html[:65536])
    return Page(
        text=text,
        title=one_line(unescape(found.title)) if found.title else None,
        authors=tuple(name for name in (one_line(part) for part in (found.author or "").split(";")) if name),
        published_at=_date(found.date),
        language=language[1].lower() if language else None,
    )


def _date(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
