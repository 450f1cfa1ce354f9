"""From a page's address and its HTML to where its feeds may be, the likeliest first. Pure: others fetch and verify."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from itertools import chain
from typing import Final
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from aggregator.feeds.site_patterns import TELEGRAM_MIRRORS, carried_feed, pattern_urls, pattern_urls_in
from aggregator.model.candidates import Candidate, CandidateSource

_Find = tuple[CandidateSource, str | None, str | None]

_MAX_CANDIDATES = 40
_RANKS_PER_SOURCE = 100
_MAX_HTML_CHARACTERS = 1024 * 1024
_MAX_TOKEN_CHARACTERS = 4096  # Shorter than the 4,300 digits from which html.unescape raises on "&#111…".
_MAX_PAGE_LINKS = 500
_MAX_URL_CHARACTERS = 4096
_MAX_TITLE_CHARACTERS = 200
_LONGEST_TELLING_TEXT = 60  # A label, not a sentence that has the word in it.

_FEED_TYPES: Final = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/x-rss+xml",
        "application/x-atom+xml",
        "application/x.atom+xml",
        "text/rss+xml",
        "text/atom+xml",
        "text/rss",
        "text/rdf",
    }
)
_XML_TYPES: Final = frozenset({"text/xml", "application/xml"})
_JSON_TYPE = "application/json"  # WordPress declares its API so: only with a word for it a feed.
_COMMON_PATHS: Final = (
    "feed",
    "feed/",
    "rss",
    "rss.xml",
    "atom.xml",
    "feed.xml",
    "index.xml",
    "feed.json",
    "feeds/posts/default",
    "?feed=rss2",
    "blog/feed",
    "rss/",
    "feed.rss",
    "feed.atom",
    "index.rss",
    "index.rdf",
    "blog/rss.xml",
    "blog/feed.xml",
    "blog/atom.xml",
    "blog/index.xml",
    "news/feed",
    "news/rss",
    "latest.rss",
    "atom",
)
_FOLDER_PATHS = _COMMON_PATHS[:10]

_FEED_SCHEME = re.compile(r"\s*(?:feed|itpc|pcast):(?://)?(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_ADDRESS_CHARACTERS_TO_QUOTE = re.compile(r'[\x00-\x20\x7f"<>\\^`{|}]')
_BAD_IN_HOST = re.compile(r'[\x00-\x20\x7f"<>\\^`{|}%]')
_FEED_PATH = re.compile(
    r"/(?:[\w-]*[_-])?(?:rss2?|atom|feeds?|rdf)(?=[/.]|$)|\.(?:xml|rss|atom|rdf)/?$|/feeds?\.json$|/json-?feed",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(
    r"(?:^|&)(?:feed|format|output|type|alt|view|mode|action)=(?:rss|atom|rdf|feed|xml|jsonfeed)", re.IGNORECASE
)
_FEED_HOST = re.compile(r"(?:feeds?|rss)\d?\.", re.IGNORECASE)
_NEVER_A_FEED = re.compile(
    r"sitemap|opensearch|/osd\.xml|wlwmanifest|xmlrpc|\.(?:css|js|png|svg|gif|jpe?g|webp|ico|pdf|zip|gz|mp[34])$",
    re.IGNORECASE,
)
_FEED_WORD = re.compile(r"\b(?:rss|atom|rdf|xml|feeds?)\b", re.IGNORECASE)
_COMMENTS = re.compile(
    r"\b(?:comment|kommentar|comentari|komentar|комментар|коментар|reactie|yorum)|comments-rss", re.IGNORECASE
)

_TAGS_READ: Final = frozenset({"a", "/a", "base", "img", "link"})
# Every alternative takes what it has looked at, closed or not, and gives nothing back: linear on any text.
_TOKEN = re.compile(
    r"""
    <!--(?:-?+>|[^-]*+(?:-(?!->)[^-]*+)*+(?:-->)?)
  | <(?P<raw>script|style|textarea)(?=[\s/>])[^<]*+(?:<(?!/(?P=raw))[^<]*+)*+
  | <(?P<name>/?[a-z][^\s/>]*+)(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')|["'=])*+>?
  | <[!?/][^>]*+>?
  | (?P<text>[^<]++)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def site_candidates(url: str, *, telegram_mirrors: Sequence[str] = TELEGRAM_MIRRORS) -> tuple[Candidate, ...]:
    """Return where the feeds of `url` are, as far as its address alone tells: none for an unknown site.

    A `url` without a scheme is taken for https. See `site_patterns` for the sites and what a mirror is.
    """
    reference = url.strip()
    says_feed = _FEED_SCHEME.match(reference) is not None
    if not says_feed and "://" not in reference.partition("?")[0]:
        reference = f"https://{reference.removeprefix('//')}"
    feed = _feed_url("", reference)
    if feed is None:
        return ()
    itself = [(CandidateSource.ITSELF, feed, None)] if says_feed or carried_feed(reference) else []
    return _ranked(chain(itself, _known(pattern_urls(feed, telegram_mirrors=telegram_mirrors))))


def page_candidates(page_url: str, html: str) -> tuple[Candidate, ...]:
    """Return where the feeds of the page are, as far as its source tells, then where such pages often keep them.

    Link elements follow the HTML Living Standard, link type "alternate"; addresses RFC 3986. At most 40 candidates,
    from the first mebibyte of characters.
    """
    html = html[:_MAX_HTML_CHARACTERS]
    own_url = _http_url("", page_url)
    reader = _PageReader()
    reader.feed(" ".join(_tokens_worth_reading(html)))
    reader.close()
    base = _http_url(own_url or "", reader.base_href) or own_url or ""
    finds = chain(
        _known(_patterns_of_page(own_url, base, reader, html)),
        _link_elements(base, reader),
        _page_links(base, own_url, reader),
        _common_paths(own_url),
    )
    return _ranked(finds, besides=own_url)


def _ranked(finds: Iterable[_Find], *, besides: str | None = None) -> tuple[Candidate, ...]:
    order = list(CandidateSource)
    found: dict[str, Candidate] = {}
    for source, url, title in finds:
        if url is None or url == besides:
            continue
        if url in found:
            found[url] = replace(found[url], title=found[url].title or title)
        elif len(found) < _MAX_CANDIDATES:
            rank = order.index(source) * _RANKS_PER_SOURCE + len(found)
            found[url] = Candidate(url=url, source=source, title=title, rank=rank)
    return tuple(found.values())


def _known(urls: Iterable[str]) -> Iterator[_Find]:
    for url in urls:
        yield CandidateSource.PATTERN, _http_url("", url), None


def _patterns_of_page(own_url: str | None, base: str, reader: _PageReader, html: str) -> Iterator[str]:
    if own_url is None:
        return
    for link in reader.links:
        canonical = _http_url(base, link.href) if "canonical" in link.rel else None
        if canonical and _is_same_site(canonical, own_url):
            yield from pattern_urls(canonical, telegram_mirrors=())
    yield from pattern_urls_in(own_url, html)


def _link_elements(base: str, reader: _PageReader) -> Iterator[_Find]:
    feeds = [link for link in reader.links if _declares_feed(link)]
    feeds.sort(key=lambda link: (_is_of_comments(link), link.type in _XML_TYPES))
    for link in feeds:
        yield CandidateSource.LINK_ELEMENT, _feed_url(base, link.href), link.title or None


def _page_links(base: str, own_url: str | None, reader: _PageReader) -> Iterator[_Find]:
    links = [(url, link) for link in reader.page_links if (url := _feed_url(base, link.href))]
    links.sort(
        key=lambda pair: (
            not _is_same_site(pair[0], own_url or ""),
            _is_of_comments(pair[1]),
            not _is_feed_address(pair[0]),
        )
    )
    for url, link in links:
        yield CandidateSource.PAGE_LINK, url, link.title or None


def _common_paths(own_url: str | None) -> Iterator[_Find]:
    """Guess from the page's folder and the site's root.

    The feed of a section (`/blog`) is what its visitor wants. Far down it is the other way round: WordPress has the
    comments of an article in a feed below it.
    """
    if own_url is None:
        return
    parts = urlsplit(own_url)
    is_section = parts.path.rstrip("/").count("/") <= 1 and "." not in parts.path
    folder = parts.path.rstrip("/") + "/" if is_section else parts.path[: parts.path.rindex("/") + 1]
    places = dict.fromkeys((folder, "/") if is_section else ("/", folder))
    for common in _COMMON_PATHS:
        for place in places:
            if place == "/" or common in _FOLDER_PATHS:
                yield CandidateSource.COMMON_PATH, f"{parts.scheme}://{parts.netloc}{place}{common}", None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    href: str
    rel: frozenset[str]
    type: str
    title: str


def _declares_feed(link: _Link) -> bool:
    if "stylesheet" in link.rel or not link.href:
        return False
    if "feed" in link.rel:
        return link.type != "text/html"  # That is an h-feed of microformats.
    if "alternate" not in link.rel:
        return False
    return (
        link.type in _FEED_TYPES
        or (link.type in _XML_TYPES and not _NEVER_A_FEED.search(link.href))
        or (link.type == _JSON_TYPE and (_is_feed_address(link.href) or bool(_FEED_WORD.search(link.title))))
    )


def _may_be_feed(link: _Link, text: str) -> bool:
    """Tell if a link on the page is worth a try: for its type, its address, or its few words."""
    if link.type in _FEED_TYPES or _is_feed_address(link.href) or carried_feed(link.href):
        return True
    labels = (label for label in (text, link.title) if len(label) <= _LONGEST_TELLING_TEXT)
    return any(_FEED_WORD.search(label) for label in labels) and not _NEVER_A_FEED.search(link.href)


def _is_feed_address(url: str) -> bool:
    if _FEED_SCHEME.match(url):
        return True
    address, _, query = url.partition("#")[0].partition("?")
    _, slashes, rest = address.partition("//")
    host, _, path = rest.partition("/") if slashes else ("", "/", address.removeprefix("/"))
    if _NEVER_A_FEED.search(f"/{path}"):
        return False
    return bool(_FEED_PATH.search(f"/{path}") or _FEED_QUERY.search(query) or _FEED_HOST.match(host))


def _is_of_comments(link: _Link) -> bool:
    return bool(_COMMENTS.search(link.title) or _COMMENTS.search(link.href))


def _is_same_site(url: str, own_url: str) -> bool:
    hosts = [(urlsplit(each).hostname or "").removeprefix("www.") for each in (url, own_url)]
    one, other = sorted(hosts, key=len)
    return bool(one) and (one == other or other.endswith(f".{one}"))


def _feed_url(base: str, reference: str) -> str | None:
    carried = carried_feed(reference.strip())
    return _http_url("", carried) if carried else _http_url(base, reference)


def _http_url(base: str, reference: str | None) -> str | None:
    """Return `reference` as an absolute http(s) URL in one spelling, or None if it is not and cannot be one."""
    if reference is None or len(reference) > _MAX_URL_CHARACTERS:
        return None
    try:
        parts = urlsplit(urljoin(base, _without_feed_scheme(reference).strip()))
        host, port = parts.hostname or "", parts.port
        if parts.scheme not in {"http", "https"} or not host or _BAD_IN_HOST.search(host):
            return None
        login, at, _ = parts.netloc.rpartition("@")
        netloc = _quoted(login) + at + (f"[{host}]" if ":" in host else host)
        if port is not None and (parts.scheme, port) not in {("http", 80), ("https", 443)}:
            netloc += f":{port}"
        url = urlunsplit((parts.scheme, netloc, _quoted(parts.path) or "/", _quoted(parts.query), ""))
        url.encode()
    except ValueError:  # An address that no one can read, such as "http://[", or a lone surrogate.
        return None
    return url


def _quoted(part: str) -> str:
    return _ADDRESS_CHARACTERS_TO_QUOTE.sub(lambda found: quote(found[0]), part)


def _without_feed_scheme(reference: str) -> str:
    """`feed:https://…` is that address; `feed://…` is http (the draft of the scheme), and servers redirect."""
    says_feed = _FEED_SCHEME.match(reference)
    if not says_feed:
        return reference
    rest = says_feed["rest"]
    return rest if rest.lower().startswith(("http:", "https:")) else f"http://{rest}"


def _tokens_worth_reading(html: str) -> Iterator[str]:
    """Yield text and the whole tags we read, none long.

    On unclosed tags and comments HTMLParser takes quadratic time (CVE-2025-6069): it gets to see none.
    """
    for token in _TOKEN.finditer(html):
        name, text = token["name"], token["text"]
        if text is not None:
            yield text[:_MAX_TOKEN_CHARACTERS]
        elif name and name.lower() in _TAGS_READ and len(token[0]) <= _MAX_TOKEN_CHARACTERS and token[0][-1] == ">":
            yield token[0]


class _PageReader(HTMLParser):
    """Collects what may lead to a feed: the base, link elements, and the links that look like it."""

    def __init__(self) -> None:
        super().__init__()
        self.base_href: str | None = None
        self.links: list[_Link] = []
        self.page_links: list[_Link] = []
        self._open_link: _Link | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in reversed(attrs)}  # Of an attribute given twice, the first.
        if tag == "base" and self.base_href is None:
            self.base_href = values.get("href")
        elif tag == "link" and len(self.links) < _MAX_PAGE_LINKS:
            self.links.append(_link_of(values))
        elif tag == "a":
            self._finish_link()
            self._open_link = _link_of(values)
        elif tag == "img":
            self.handle_data(values.get("alt", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._finish_link()

    def handle_data(self, data: str) -> None:
        if self._open_link and len(self._text) < _MAX_TITLE_CHARACTERS:
            self._text += data[:_MAX_TITLE_CHARACTERS]

    def close(self) -> None:
        super().close()
        self._finish_link()

    def _finish_link(self) -> None:
        link, text = self._open_link, _one_line(self._text)
        self._open_link, self._text = None, ""
        if link and link.href and len(self.page_links) < _MAX_PAGE_LINKS and _may_be_feed(link, text):
            self.page_links.append(replace(link, title=text or link.title))


def _link_of(values: dict[str, str]) -> _Link:
    return _Link(
        href=values.get("href", "").strip(),
        rel=frozenset(values.get("rel", "").lower().split()),
        type=values.get("type", "").partition(";")[0].strip().lower(),
        title=_one_line(values.get("title") or values.get("aria-label", "")),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_MAX_TITLE_CHARACTERS]
