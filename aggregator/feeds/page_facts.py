"""What a web page declares of its article: when it was published, and in which language. Nothing is guessed.

Guessers find a date on every page: of the copyright, of another article, of an event in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape

_MOST_CHARACTERS = 512 * 1024
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # the first page of the web is of 1990
# Closed or not, it takes what it has looked at: linear on any text.
_TAG = re.compile(r"<(?P<name>meta|time|html)\b(?P<attributes>(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>?", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(?<![\w:.-])(?P<name>[a-z][\w:.-]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++)))?+", re.IGNORECASE
)
_FIRST_NAMES = ("article:published_time", "og:published_time", "article:published", "datepublished")
_OTHER_NAMES = (
    *("dc.date.issued", "dcterms.issued", "dc.date.created", "dcterms.created", "dc.date", "parsely-pub-date"),
    *("sailthru.date", "publishdate", "publish-date", "publish_date", "published_time", "publication_date", "pubdate"),
    *("citation_publication_date", "cxenseparse:recs:publishtime", "datecreated", "date"),
)
"""Names of `meta` elements, by worth: those of Open Graph and schema.org; after JSON-LD the others that are in use."""

_JSON_LD = re.compile(
    r"<script\b[^>]{0,200}?application/ld\+json[^>]{0,200}>(?P<json>[^<]*+(?:<(?!/script)[^<]*+)*+)", re.IGNORECASE
)
_JSON_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
_TIME_OF_ARTICLE = re.compile(r"\b(?:published|entry-date|post-date|pubdate|dt-published)\b", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)")
_COMPACT_ZONE = re.compile(r"(?<=\d)\s?([+-]\d\d)(\d\d)$")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.IGNORECASE)

_Tag = tuple[str, dict[str, str]]


def published_at(html: str) -> datetime | None:
    """Return when the article was published as the page declares it; a time without a zone is taken for UTC.

    Open Graph, schema.org as an element or in JSON-LD, Dublin Core, `<time pubdate>` and the classes of WordPress and
    microformats count.
    """
    html = html[:_MOST_CHARACTERS]
    tags = list(_tags(html))
    found = (moment for text in _declared(html, tags) if (moment := _moment(text)) is not None)
    return next(found, None)


def language(html: str) -> str | None:
    """Return the language that the page declares, in lower case and without its region."""
    for name, attributes in _tags(html[:_MOST_CHARACTERS]):
        is_named = name == "meta" and "content-language" in (attributes.get("http-equiv") or "").lower()
        is_named = is_named or attributes.get("property", "").lower() == "og:locale"
        value = attributes.get("content", "") if is_named else ""
        if name == "html":
            value = attributes.get("lang") or attributes.get("xml:lang") or ""
        if found := _LANGUAGE.match(value.strip()):
            return found[0].lower()
    return None


def _declared(html: str, tags: list[_Tag]) -> Iterator[str]:
    metas: dict[str, str] = {}
    for name, attributes in tags:
        if name == "meta":
            called = attributes.get("property") or attributes.get("itemprop") or attributes.get("name") or ""
            metas.setdefault(called.lower(), attributes.get("content", ""))
    yield from (metas[name] for name in _FIRST_NAMES if name in metas)
    for script in _JSON_LD.finditer(html):
        yield from _JSON_DATE.findall(script["json"])
    yield from (metas[name] for name in _OTHER_NAMES if name in metas)
    for name, attributes in tags:
        says = f"{attributes.get('class', '')} {'pubdate' if 'pubdate' in attributes else ''}"
        is_own = attributes.get("itemprop", "").lower() == "datepublished" or _TIME_OF_ARTICLE.search(says)
        if name == "time" and is_own:
            yield attributes.get("datetime", "")


def _tags(html: str) -> Iterator[_Tag]:
    for tag in _TAG.finditer(html):
        attributes: dict[str, str] = {}
        for found in _ATTRIBUTE.finditer(tag["attributes"]):
            attributes.setdefault(found["name"].lower(), unescape(found[2] or found[3] or found[4] or "").strip())
        yield tag["name"].lower(), attributes


def _moment(text: str) -> datetime | None:
    text = _COMPACT_ZONE.sub(r"\1:\2", _DAY.sub(r"\1-\2-\3", text.strip(), count=1))
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            in_utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return in_utc if in_utc >= _EARLIEST else None
    return None
