"""HTML to plain text, linear on ordinary pages and bounded on hostile ones."""

from __future__ import annotations

import html
import re

import nh3

_MAX_HTML_CHARACTERS = 256 * 1024
"""nh3 is quadratic in nesting: this many characters of nested `<div>` take about 3 s, within the worker's limit."""

_LONE_LESS_THAN = re.compile(r"<(?![a-zA-Z/!?])")
# It begins with a character and puts in a plain text: a template, or a look-ahead alone, costs ten times as much.
_BLOCK = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|"
    r"li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)[\s/>])",
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
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def html_to_text(markup: str) -> str:
    """Return what a reader of `markup` would read: paragraphs on lines of their own, entities resolved, no tags."""
    if "<" in markup:
        spaced = _BLOCK.sub("\n<", _LONE_LESS_THAN.sub("&lt;", markup[:_MAX_HTML_CHARACTERS]))
        markup = nh3.clean(spaced, tags=set(), clean_content_tags=_DROPPED_WITH_CONTENT, link_rel=None)
    return tidy(html.unescape(markup) if "&" in markup else markup)


def tidy(text: str) -> str:
    """Return `text` without control characters, with single spaces and single line breaks."""
    lines = _CONTROL.sub("", text).splitlines()
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def one_line(text: str) -> str:
    """Return tidy `text` on one line, as a title is."""
    return tidy(text).replace("\n", " ")


def first_words(text: str, limit: int) -> str:
    """Return the beginning of `text`, at most `limit` characters, cut between words."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"
