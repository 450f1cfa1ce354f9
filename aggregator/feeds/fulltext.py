"""The article that a web page is about, found by trafilatura. Runs in the worker; its only import."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

from aggregator.feeds import page_facts
from aggregator.feeds.charsets import decode_page
from aggregator.feeds.decode import BadCompression, TooLarge, decode_body
from aggregator.feeds.text import first_words, one_line, tidy
from aggregator.model.fetches import Fetched, Page, PageResult, PollFailed, PollFailure

INSTALL = "pip install 'aggregator[fulltext]'"
_MAX_CHARACTERS = 1024 * 1024
_MAX_TEXT_CHARACTERS = 256 * 1024
"""As much as is kept of an item in a feed; every rule looks at all of it."""

_LEAST_CHARACTERS = 80
_LONGEST_TITLE = 300
_MOST_AUTHORS = 20
_FUTURE_ALLOWED = timedelta(days=1)
_HEAD_CHARACTERS = 64 * 1024
_HTML = re.compile(r"<(?:html|body|p|div|article|!doctype html)\b", re.IGNORECASE)
_NEVER_HTML = re.compile(r"\s*(?:image|audio|video|font|application/(?:pdf|json|zip|octet-stream))\b", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,500}>")
# Every alternative takes what it has looked at, closed or not, and gives nothing back: linear on any text.
_BALLAST = re.compile(
    r"<!--(?:-?>|[^-]*+(?:-(?!->)[^-]*+)*+(?:-->)?)"
    r"|<(?P<raw>script|style|svg|template)(?=[\s/>])(?![^<>]{0,200}ld\+json)"
    r"[^<]*+(?:<(?!/(?P=raw))[^<]*+)*+(?:</(?P=raw)[^>]*+>)?",
    re.IGNORECASE,
)


def extract_article(page: Fetched, limit_bytes: int) -> PageResult:
    """Decompress and decode a page of at most `limit_bytes`, and return its article's text, title, byline and date.

    `page.url` is as it may be shown: `ParserPool` sends no secrets to the worker.
    """
    where = page.url
    try:
        from trafilatura import bare_extraction  # noqa: PLC0415 - an extra
        from trafilatura.settings import Document  # noqa: PLC0415 - an extra
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
    html = _html_of(body, page.content_type)
    if html is None:
        return PollFailed(reason=PollFailure.NO_ARTICLE, detail=f"{where}: not an HTML page")
    found = bare_extraction(
        html,
        url=where,
        with_metadata=True,
        include_comments=False,
        # Its dates are not used, and take time.
        date_extraction_params={"extensive_search": False},
    )
    text = tidy(found.text or "")[:_MAX_TEXT_CHARACTERS] if isinstance(found, Document) else ""
    if not isinstance(found, Document) or len(text) < _LEAST_CHARACTERS:
        return PollFailed(reason=PollFailure.NO_ARTICLE, detail=f"{where}: no article was found on the page")
    names = (one_line(unescape(part)) for part in (found.author or "").split(";"))
    published_at = page_facts.published_at(html)
    is_believable = published_at is not None and published_at <= page.fetched_at + _FUTURE_ALLOWED
    return Page(
        text=text,
        title=first_words(unescape(found.title), _LONGEST_TITLE) if found.title else None,
        authors=tuple(name for name in names if name)[:_MOST_AUTHORS],
        published_at=published_at if is_believable else None,
        language=page_facts.language(html),
    )


def _html_of(body: bytes, content_type: str | None) -> str | None:
    """Return the page's source, without its ballast where it is long; None when it is no HTML."""
    if _NEVER_HTML.match(content_type or "") and not body.lstrip().startswith(b"<"):
        return None
    # Decoded by us: a declaration of another encoding would make lxml decode it again.
    html = decode_page(body, content_type)
    declaration = _DECLARATION.match(html)
    html = html[declaration.end() :] if declaration else html
    if len(html) > _MAX_CHARACTERS:
        html = _BALLAST.sub(" ", html)[:_MAX_CHARACTERS]
    return html if _HTML.search(html[:_HEAD_CHARACTERS]) else None
