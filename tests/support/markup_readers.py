"""Readers of what is written in each markup, independent of the code that writes it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token
from support.bot_api import EntityReader

from aggregator.model.messages import Markup

_ALIKE = str.maketrans({"∗": "*", "∼": "~", "ˋ": "`", "ˍ": "_", "﹡": "*", "＊": "*", "＿": "_", "｀": "`"})


@dataclass(slots=True)
class Reading:
    """What a reader of the message sees: its text, its links, and the texts that are in any style."""

    text: str = ""
    links: list[str] = field(default_factory=list)
    styled: list[str] = field(default_factory=list)


class Misread(AssertionError):
    """The service would make something of the text that was not meant."""


def read(written: str, markup: Markup) -> Reading:
    """Return what a service makes of `written`.

    Raises:
        Misread: a mention, a heading, a list or the like is in it.
    """
    reading = _READERS[markup](written)
    reading.text = seen(reading.text, markup)
    return reading


def seen(text: str, markup: Markup) -> str:
    """Return `text` as eyes see it: without what has no width, blanks alike, and in Slack signs that look alike."""
    visible = " ".join(text.replace("\u200b", "").replace("\u00ad", "").split())
    return visible.translate(_ALIKE) if markup is Markup.SLACK_MRKDWN else visible


def _plain(written: str) -> Reading:
    return Reading(text=written)


def _telegram(written: str) -> Reading:
    reader = EntityReader.read(written, "HTML")
    return Reading(text=reader.text, links=reader.links, styled=[*reader.pieces["b"], *reader.pieces["u"]])


class _Page(HTMLParser):
    """Takes the elements that we write and no other, each closed in its order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.reading = Reading()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.reading.text += "\n"
            return
        if tag not in ("b", "i", "u", "s", "code", "a") or [name for name, _ in attrs] != ["href"] * (tag == "a"):
            raise Misread(f"<{tag}> with {attrs}")
        self._open.append(tag)
        if tag == "a":
            self.reading.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if self._open.pop() != tag:
            raise Misread(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.reading.text += data
        if set(self._open) - {"a"}:
            self.reading.styled.append(data)

    def handle_comment(self, data: str) -> None:
        raise Misread("a comment")

    def handle_decl(self, decl: str) -> None:
        raise Misread("a declaration")

    def unknown_decl(self, data: str) -> None:
        raise Misread("CDATA")

    def handle_pi(self, data: str) -> None:
        raise Misread("a processing instruction")


def _page(written: str) -> Reading:
    page = _Page()
    page.feed(written)
    page.close()
    if page._open:
        raise Misread(f"{page._open} not closed")
    return page.reading


_BLOCKS = {"paragraph_open", "paragraph_close", "inline"}
_INLINE = {"text", "softbreak", "hardbreak", "strong_open", "strong_close", "em_open", "em_close", "s_open", "s_close"}
_LINK_OR_CODE = {"link_open", "link_close", "code_inline"}


def _markdown(written: str) -> Reading:
    """As a CommonMark parser with GitHub's strikethrough reads it: paragraphs of text, and no other block."""
    reading = Reading()
    for token in MarkdownIt("commonmark").enable("strikethrough").parse(written):
        if token.type not in _BLOCKS:
            raise Misread(token.type)
        reading.text += "\n\n" if token.type == "paragraph_close" else ""
        _read_inline(token.children or [], reading)
    return reading


def _read_inline(tokens: list[Token], reading: Reading) -> None:
    depth = 0
    for token in tokens:
        if token.type == "text" and re.search(r"(?<![A-Za-z0-9])@\w|:[\w+-]+:|://", token.content):
            raise Misread("a mention, an emoji or an address")
        if token.type not in _INLINE | _LINK_OR_CODE:
            raise Misread(token.type)
        if token.type == "link_open":
            reading.links.append(str(token.attrs["href"]))
        elif "link" not in token.type:
            depth += token.nesting
        reading.text += "\n" if token.type.endswith("break") else token.content
        if token.content and (depth or token.type == "code_inline"):
            reading.styled.append(token.content)


_SLACK_TOKEN = re.compile(r"<(?P<url>https?://[^<>|\s]+)\|(?P<label>[^<>\n]+)>|`(?P<code>[^`\n]+)`")
_SLACK_STYLE = re.compile(r"(?<![^\W_])(?P<mark>[*_~])(?=\S)(?P<inside>[^\n]*?\S)(?P=mark)(?![^\W_])")


def _slack(written: str) -> Reading:
    """As Slack is known to: angle brackets are links and mentions; * _ ~ ` are styles around whole words."""
    reading = Reading()
    for line in written.split("\n"):
        if re.match(r"\s*(&gt;|＞)", line):
            raise Misread("a quote")
        plain = _SLACK_TOKEN.sub(lambda found: _keep(found, reading), line)
        if re.search(r"[<>`]|&(?!amp;|lt;|gt;)|:[\w+-]+:", plain):
            raise Misread(f"a special sign in {plain!r}")
        while found := _SLACK_STYLE.search(plain):
            reading.styled.append(html.unescape(found["inside"]))
            plain = plain[: found.start()] + found["inside"] + plain[found.end() :]
        if re.search(r"[*~]", plain):
            raise Misread(f"a mark that is none in {plain!r}")
        text = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        reading.text += text.replace("\ue000", "*").replace("\ue001", "_").replace("\ue002", "~") + "\n"
        reading.text = reading.text.replace("\ue003", ":").replace("\ue004", "`")
    return reading


def _keep(found: re.Match[str], reading: Reading) -> str:
    if found["code"]:
        reading.styled.append(found["code"])
        return found["code"].translate(str.maketrans("*_~:", "\ue000\ue001\ue002\ue003"))
    reading.links.append(found["url"].replace("&amp;", "&"))
    return found["label"]


_DISCORD = re.compile(
    r"\\(?P<escaped>[^0-9A-Za-z\s])"
    r"|(?P<ticks>`+)(?P<code>[\s\S]*?[^`])(?P=ticks)(?!`)"
    r"|\[(?P<label>(?:\\.|[^\\\]])+)\]\((?P<url>https?://[^\s)]+)\)"
    r"|\*\*(?P<strong>(?:\\[\s\S]|[^\\])+?)\*\*(?!\*)"
    r"|__(?P<under>(?:\\[\s\S]|[^\\])+?)__(?!_)"
    r"|\b_(?P<em>(?:\\[\s\S]|[^\\_])+?)_\b"
    r"|\*(?=\S)(?P<star>(?:\\[\s\S]|[^\\*])+?)\*(?!\*)"
    r"|~~(?P<strike>(?:\\[\s\S]|[^\\])+?)~~"
    r"|(?P<bad>\|\|[\s\S]+?\|\||https?://|<(?:@|\#|:|a:|t:|/|https?:)|:(?!__)\w+(?<!__):)"
)
_DISCORD_BLOCK = re.compile(r"^\s*(?:#{1,3}\s|-#\s|>{1,3}|[-*+]\s|\d+\.\s)", re.MULTILINE)


def _discord(written: str) -> Reading:
    """As Discord is known to: pings are looked for in the text as sent, blocks at starts of lines, then styles."""
    if re.search(r"@(everyone|here)|<@[!&]?\d+>", written):
        raise Misread("a ping")
    if _DISCORD_BLOCK.search(written):
        raise Misread("a heading, a list or a quote")
    reading = Reading()
    reading.text = _discord_inline(written, reading)
    return reading


def _discord_inline(written: str, reading: Reading) -> str:
    def shown(found: re.Match[str]) -> str:
        if found["bad"]:
            raise Misread(found["bad"])
        if found["escaped"]:
            return found["escaped"]
        if found["code"]:
            reading.styled.append(found["code"])
            return found["code"]
        if found["label"]:
            reading.links.append(found["url"])
            return _discord_inline(found["label"], reading)
        inside = next(text for name, text in found.groupdict().items() if text and name != "ticks")
        text = _discord_inline(inside, reading)
        reading.styled.append(text)
        return text

    return _DISCORD.sub(shown, written)


_READERS: Mapping[Markup, Callable[[str], Reading]] = {
    Markup.PLAIN: _plain,
    Markup.MARKDOWN: _markdown,
    Markup.TELEGRAM_HTML: _telegram,
    Markup.SLACK_MRKDWN: _slack,
    Markup.DISCORD_MARKDOWN: _discord,
    Markup.HTML: _page,
}
