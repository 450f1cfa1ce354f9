"""HTML to plain text, linear on ordinary pages and bounded on hostile ones."""

from __future__ import annotations

import html
import re

import nh3

_MAX_HTML_CHARACTERS = 256 * 1024
"""nh3 is quadratic in nesting: this many characters of nested `<div>` take about 3 s, within the worker's limit."""

_LONE_LESS_THAN = re.compile(r"<(?![a-zA-Z/!?])")
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|"
    r"main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)(?=[\s/>])",
    re.IGNORECASE,
)
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "template",
    "noembed",
    "noframes",
    "iframe",
    "object",
    "svg",
    "math",
    "title",
}
_INVISIBLE = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def html_to_text(markup: str) -> str:
    """Return what a reader of `markup` would read: paragraphs on lines of their own, entities resolved, no tags."""
    if "<" in markup:
        spaced = _BLOCK.sub(r"\n\g<0>", _LONE_LESS_THAN.sub("&lt;", markup[:_MAX_HTML_CHARACTERS]))
        markup = nh3.clean(spaced, tags=set(), clean_content_tags=_DROPPED_WITH_CONTENT, link_rel=None)
    return tidy(html.unescape(markup) if "&" in markup else markup)


def tidy(text: str) -> str:
    """Return `text` without control characters, with single spaces and single line breaks."""
    text = text.translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n")
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def one_line(text: str) -> str:
    """Return tidy `text` on one line, as a title is."""
    return tidy(text).replace("\n", " ")


def first_words(text: str, limit: int) -> str:
    """Return the beginning of `text`, at most `limit` characters, cut between words."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"
