"""Feeds of every format, made of the oddities that publishers put into them, for tests that change them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SITE = "https://gen.example"
WHOLE_STYLES = frozenset(
    {
        "shared id",
        "no id, shared link",
        "nested title",
        "nested entry",
        "prefix of its own",
        "item in item",
        "upper case",
    }
)
"""Items that can only be told apart, or read rightly, together with the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item to be: `number` is its identity, `words` its text, `style` how it is written."""

    number: int
    words: str = "some words"
    style: str = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands around the items."""

    title: str = "Generated"
    language: str = "en"
    link: str = SITE
    base: str | None = None
    between: str = ""
    is_title_last: bool = False
    prologue: str = ""


def _rss_item(entry: Entry) -> str:
    return _RSS_STYLES[entry.style](entry)


def _plain(entry: Entry) -> str:
    n = entry.number
    return (
        f"<item><title>News {n}: {entry.words}</title><link>{SITE}/{n}</link><guid>{SITE}/{n}</guid>"
        f"<pubDate>Thu, 08 Aug 2024 10:{n % 60:02}:01 GMT</pubDate>"
        f"<description>{entry.words} &amp; more</description></item>"
    )


def _with(child: str, attributes: str = "", tag: str = "item") -> Callable[[Entry], str]:
    """An item with one more child; `{n}` in it is the number and `{words}` the text."""

    def item(entry: Entry) -> str:
        more = child.replace("{n}", str(entry.number)).replace("{words}", entry.words)
        return _plain(entry).replace("<item>", f"<{tag}{attributes}>{more}").replace("</item>", f"</{tag}>")

    return item


_RSS_STYLES: dict[str, Callable[[Entry], str]] = {
    "plain": _plain,
    "cdata with a tag": _with("<author><![CDATA[<item> {words} </item>]]></author>"),
    "comment with a tag": _with("<!-- <item> {words} </item> <![CDATA[ -->"),
    "split cdata": _with("<category><![CDATA[a ]]]]><![CDATA[> <item>{words}]]></category>"),
    "instruction": _with("<?robots <item> {words}?>"),
    "entities": _with("<category>&#1055;&#x43E; &lt;item&gt; {words}</category>"),
    "own namespace": _with('<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">{words}</dc:creator>'),
    "strange namespace": _with('<thr:total xmlns:thr="http://purl.org/syndication/thread/1.0">{n}</thr:total>'),
    "self-closing": _with('<author/><category/><enclosure url="/{n}.png" type="image/png" length="1"/>'),
    "greater in attribute": _with('<category domain="a>b/>">{words}</category>'),
    "own language": _with("<category>{words}</category>", ' xml:lang="uk"'),
    "own base": _with('<comments xml:base="https://other.example/{n}/">c</comments>'),
    "relative link": lambda entry: _plain(entry).replace(f"<link>{SITE}/", "<link>/"),
    "source": _with('<source url="https://src.example/feed">{words}</source>'),
    "no id": lambda entry: _plain(entry).replace(f"<guid>{SITE}/{entry.number}</guid>", ""),
    "no date": lambda entry: _plain(entry).replace("pubDate", "keywords"),
    "shared link": lambda entry: _plain(entry).replace(f"<link>{SITE}/{entry.number}<", f"<link>{SITE}/live<"),
    "link of the site": lambda entry: _plain(entry).replace(f"<link>{SITE}/{entry.number}<", f"<link>{SITE}<"),
    "shared id": lambda entry: _plain(entry).replace(f"<guid>{SITE}/{entry.number}<", "<guid>one<"),
    "no id, shared link": lambda entry: (
        _plain(entry)
        .replace(f"<guid>{SITE}/{entry.number}</guid>", "")
        .replace(f"<link>{SITE}/{entry.number}<", f"<link>{SITE}/live<")
    ),
    "nested title": _with("<title><title>{words}</title></title>"),
    "nested summary": _with("<media><summary>{words}</summary></media>"),
    "prefix of its own": _with('<dc:rating xmlns:dc="http://search.yahoo.com/mrss/">{words}</dc:rating>'),
    "item in item": _with("<x:item xmlns:x='http://purl.org/rss/1.0/'><title>{words}</title></x:item>"),
    "upper case": _with("", tag="Item"),
}

RSS_STYLES = tuple(_RSS_STYLES)


def _atom_entry(entry: Entry) -> str:
    n = entry.number
    more = {
        "own base": f'<content type="html" xml:base="{SITE}/deep/{n}/">&lt;p&gt;{entry.words}&lt;/p&gt;</content>',
        "xhtml": '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>'
        f"{entry.words}<b>bold</b></p></div></content>",
        "nested entry": f'<content type="xhtml"><div><entry><title>{entry.words}</title></entry></div></content>',
        "nested summary": '<content type="xhtml"><details xmlns="http://www.w3.org/2005/Atom"><summary>'
        f"{entry.words}</summary></details></content>",
        "source": f"<source><id>urn:src</id><title>Source {entry.words}</title></source>",
        "own language": f'<summary xml:lang="de">{entry.words}</summary>',
    }.get(entry.style, f'<summary type="html">&lt;i&gt;{entry.words}&lt;/i&gt;</summary>')
    return (
        f"<entry><id>tag:gen.example,2024:{n}</id><title>Entry {n}: {entry.words}</title>"
        f'<link href="/posts/{n}"/><updated>2024-08-08T10:{n % 60:02}:02Z</updated>'
        f"<author><name>A</name></author>{more}</entry>"
    )


ATOM_STYLES = ("plain", "own base", "xhtml", "nested entry", "nested summary", "source", "own language")


def _json_item(entry: Entry) -> dict[str, object]:
    item: dict[str, object] = {"id": str(entry.number), "url": f"{SITE}/{entry.number}", "title": entry.words}
    match entry.style:
        case "html":
            item["content_html"] = f"<p>{entry.words}</p>"
        case "shared link":
            item |= {"url": f"{SITE}/live", "content_text": entry.words}
        case "no id":
            item |= {"id": "", "content_text": entry.words}
        case "dated":
            item |= {"date_published": f"2024-08-08T10:{entry.number % 60:02}:03Z", "authors": [{"name": "A"}]}
    return item


JSON_STYLES = ("plain", "html", "shared link", "no id", "dated")


def rss(items: Sequence[Entry], envelope: Envelope, version: str = "2.0") -> str:
    """RSS 0.91, 0.92 or 2.0."""
    title = f"<title>{envelope.title}</title>"
    base = f' xml:base="{envelope.base}"' if envelope.base else ""
    inside = envelope.between.join(_rss_item(item) for item in items)
    first, last = ("", title) if envelope.is_title_last else (title, "")
    return (
        f'{envelope.prologue}<rss version="{version}"{base}><channel>{first}<link>{envelope.link}</link>'
        f"<language>{envelope.language}</language>\n{inside}\n{last}</channel></rss>"
    )


def rdf(items: Sequence[Entry], envelope: Envelope) -> str:
    """RSS 1.0: the items stand beside the channel."""
    inside = envelope.between.join(
        _rss_item(item).replace("<item", f'<item rdf:about="{SITE}/{item.number}"') for item in items
    )
    return (
        f'{envelope.prologue}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" xml:lang="{envelope.language}"><channel rdf:about="{SITE}">'
        f"<title>{envelope.title}</title><link>{envelope.link}</link></channel>{inside}</rdf:RDF>"
    )


def atom(items: Sequence[Entry], envelope: Envelope, namespace: str = "http://www.w3.org/2005/Atom") -> str:
    """Atom 1.0, or 0.3 by its namespace."""
    base = f' xml:base="{envelope.base}"' if envelope.base else ""
    version = "" if "2005" in namespace else ' version="0.3"'
    return (
        f'{envelope.prologue}<feed{version} xmlns="{namespace}" xml:lang="{envelope.language}"{base}>'
        f'<title>{envelope.title}</title><link href="{envelope.link}"/>'
        f"{envelope.between.join(_atom_entry(item) for item in items)}</feed>"
    )


def json_feed(items: Sequence[Entry], envelope: Envelope) -> str:
    """JSON Feed 1.1."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": envelope.title,
            "language": envelope.language,
            "home_page_url": envelope.link,
            "items": [_json_item(item) for item in items],
        }
    )


def atom_03(items: Sequence[Entry], envelope: Envelope) -> str:
    """Atom 0.3."""
    return atom(items, envelope, "http://purl.org/atom/ns#")


def rss_091(items: Sequence[Entry], envelope: Envelope) -> str:
    """RSS 0.91."""
    return rss(items, envelope, "0.91")


def rss_092(items: Sequence[Entry], envelope: Envelope) -> str:
    """RSS 0.92."""
    return rss(items, envelope, "0.92")


FORMATS: dict[str, tuple[Callable[[Sequence[Entry], Envelope], str], tuple[str, ...]]] = {
    "rss 0.91": (rss_091, RSS_STYLES),
    "rss 0.92": (rss_092, RSS_STYLES),
    "rss 2.0": (rss, RSS_STYLES),
    "rss 1.0": (rdf, RSS_STYLES),
    "atom 0.3": (atom_03, ATOM_STYLES),
    "atom 1.0": (atom, ATOM_STYLES),
    "json feed": (json_feed, JSON_STYLES),
}
"""How each format is written, and in which styles its items can be."""

BETWEEN = (
    "",
    "\n  ",
    "<!-- <item><title>no item</title></item> -->",
    "loose text",
    "<![CDATA[ <item> ]]>",
    "<?note <entry> ?>",
    "<category>of the channel</category>",
    "<title><title>odd</title></title>",
    "<textInput><title>Search</title></textInput>",
)
"""What may stand between items."""

PROLOGUES = (
    "",
    '<?xml version="1.0"?>\n',
    '\ufeff<?xml version="1.0" encoding="utf-8"?>',
    "\n<?xml version='1.0' encoding='UTF-8'?><?xml-stylesheet href='x'?>",
    '<?xml version="1.0" encoding="windows-1251"?>\r\n',
    '<?xml version="1.0" encoding="utf-16"?>',
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY words "entity">]>',
    "<!-- <rss version='2.0' xml:base='https://comment.example/'> -->",
)
"""What may stand before the root."""


def encoded(document: str) -> bytes:
    """The bytes of a document, in the encoding that it declares."""
    for name in ("windows-1251", "utf-16"):
        if f'encoding="{name}"' in document:
            return document.encode(name, "xmlcharrefreplace")
    return document.encode()
