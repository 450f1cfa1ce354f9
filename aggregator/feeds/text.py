"""HTML to plain text, linear on ordinary pages and bounded on hostile ones."""

from __future__ import annotations

import html
import re

import nh3

_MAX_CHARACTERS = 256 * 1024
"""Of one text, marked up or not: a novel's worth."""

_MAX_DEPTH = 2000
"""nh3 is quadratic in nesting: 256 K characters of nested `<div>` take more than 4 s, cut at this depth 0.15 s."""

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_NEVER_NESTED = re.compile(
    "area|base|br|col|dd|dt|embed|hr|img|input|li|link|meta|option|p|param|source|t[dhr]|track|wbr", re.IGNORECASE
)
_NUMBER = re.compile(r"&#[0-9a-zA-Z]{20,};?")
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
    "textarea",
    "xmp",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def html_to_text(markup: str) -> str:
    """Return what a reader of `markup` would read: paragraphs on lines of their own, entities resolved, no tags."""
    markup = markup[:_MAX_CHARACTERS]
    if "<" in markup:
        shallow = _without_depth(markup)
        spaced = _BLOCK.sub("\n<", _LONE_LESS_THAN.sub("&lt;", shallow))
        try:
            markup = nh3.clean(spaced, tags=set(), clean_content_tags=_DROPPED_WITH_CONTENT, link_rel=None)
        except UnicodeEncodeError:  # half a character
            return html_to_text(spaced.encode("utf-8", "replace").decode())
    return tidy(_unescaped(markup) if "&" in markup else markup)


def _without_depth(markup: str) -> str:
    """Cut `markup` where it is nested more deeply than any reader sees."""
    if markup.count("<") - 2 * markup.count("</") <= _MAX_DEPTH:
        return markup
    depth = 0
    for tag in _TAG.finditer(markup):
        if not _NEVER_NESTED.fullmatch(tag[2]):
            depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > _MAX_DEPTH:
            return markup[: tag.start()]
    return markup


def _unescaped(markup: str) -> str:
    try:
        return html.unescape(markup)
    except ValueError:  # a number of more digits than Python reads
        return html.unescape(_NUMBER.sub("\ufffd", markup))


def tidy(text: str) -> str:
    """Return `text` without control characters, with single spaces and single line breaks."""
    lines = _CONTROL.sub("", text[:_MAX_CHARACTERS]).splitlines()
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
