"""Markups that write styles with marks around the words: CommonMark, Discord's Markdown, Slack's mrkdwn.

Marks are believed only where they hug a word, so they go around the letters of a run and leave blanks and punctuation
at its edges outside. What cannot be escaped is held apart by a character that nobody sees: `harmless` lets none of it
come from a feed, so each of them is ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aggregator.alerts.styled import Run

UNSEEN = "\u200b"
"""A zero-width space: between two marks, or inside what would be a mention or an emoji."""

_MARKS = frozenset("*_~`")
_SHORTCODE_OR_ADDRESS = re.compile(r":(?=[\w+-]+:|//)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one markup writes: `marks_of` gives the marks of a run, the outermost first; `escape` makes a text itself.

    `escape_start` does so at the start of a line; `link` makes a link of (text, URL). `wraps_links`: marks go around a
    link, not into its text. `hugs_outside`: a mark needs a blank or the like also on its outer side. `line_break` is
    what ends a line that another follows.
    """

    marks_of: Callable[[Run], tuple[str, ...]]
    escape: Callable[[str], str]
    escape_code: Callable[[str], str]
    escape_start: Callable[[str], str]
    link: Callable[[str, str], str]
    wraps_links: bool = False
    hugs_outside: bool = False
    line_break: str = "\n"

    def write(self, runs: Sequence[Run]) -> str:
        """Write `runs`, line by line: no mark reaches over the end of a line."""
        written = ""
        lines = [self._write_line(line) for line in _lines(runs)]
        for number, line in enumerate(lines):
            is_followed = number + 1 < len(lines)
            breaks_inside = is_followed and line.strip() and lines[number + 1].strip()
            written += line + (self.line_break if breaks_inside else "\n" if is_followed else "")
        return written

    def _write_line(self, runs: Sequence[Run]) -> str:
        pieces = self._merged(runs)
        written = ""
        for number, piece in enumerate(pieces):
            after = pieces[number + 1].text if number + 1 < len(pieces) else ""
            written += self._write_piece(piece, written, after)
        return written

    def _merged(self, runs: Sequence[Run]) -> list[Run]:
        """Put runs together that look alike here: marks back to back are not believed."""
        pieces: list[Run] = []
        for run in runs:
            last = pieces[-1] if pieces else None
            if last and self._look_of(last) == self._look_of(run):
                pieces[-1] = replace(last, text=last.text + run.text)
            else:
                pieces.append(run)
        return pieces

    def _look_of(self, run: Run) -> tuple[object, ...]:
        return (run.code, run.link) if run.code else (self.marks_of(run), run.link)

    def _write_piece(self, run: Run, before: str, after: str) -> str:
        """Write a run without its blanks, and these around it; those at the start of a line are left out."""
        core = run.text.strip()
        if not core:
            return run.text if before else ""
        lead, tail = run.text.split(core)
        lead = lead if before else ""
        return lead + self._write_words(replace(run, text=core), before + lead, tail + after) + tail

    def _write_words(self, run: Run, before: str, after: str) -> str:
        if run.code and run.link is None and "`" not in run.text:
            return self._joined(before, f"`{self.escape_code(run.text)}`", after)
        marks = self.marks_of(run)
        if run.link is not None and self.wraps_links:
            linked = self.link(self.escape(run.text), run.link)
            return self._joined(before, _wrapped(linked, marks), after) if marks else linked
        lead, core, tail = _around_word(run.text) if marks else (run.text, "", "")
        lead = self.escape(lead) if before else self.escape_start(self.escape(lead))
        marked = _wrapped(self.escape(core), marks) if core else ""
        if run.link is not None:
            return self.link(lead + marked + self.escape(tail), run.link)
        return lead + (self._joined(before + lead, marked, tail + after) if core else "") + self.escape(tail)

    def _joined(self, before: str, marked: str, after: str) -> str:
        """Hold marks apart from what they must not touch."""
        last = before[-1:]
        if last in _MARKS or (self.hugs_outside and last.strip() and last != UNSEEN):
            marked = UNSEEN + marked
        return marked + UNSEEN if self.hugs_outside and after[:1].strip() else marked


def _lines(runs: Sequence[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = [[]]
    for run in runs:
        first, *others = run.text.split("\n")
        lines[-1].append(replace(run, text=first))
        lines += [[replace(run, text=other)] for other in others]
    return [[run for run in line if run.text] for line in lines]


def _wrapped(text: str, marks: Sequence[str]) -> str:
    return "".join(marks) + text + "".join(reversed(marks))


def _around_word(text: str) -> tuple[str, str, str]:
    """Return what is before the first letter or digit, what is up to the last, and what is after it."""
    places = [index for index, character in enumerate(text) if unicodedata.category(character)[0] in "LMN"]
    if not places:
        return text, "", ""
    return text[: places[0]], text[places[0] : places[-1] + 1], text[places[-1] + 1 :]


def _commonmark_marks(run: Run) -> tuple[str, ...]:
    """One mark at most: two kinds back to back are not believed everywhere. Striking out is GitHub's extension."""
    if run.strike:
        return ("~~",)
    if run.bold or run.underline:
        return ("**",)
    return ("*",) if run.italic else ()


_COMMONMARK_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~])")
_COMMONMARK_ENTITY = re.compile(r"&(?=#|\w+;)")
_MENTION = re.compile(r"(?<![A-Za-z0-9])@(?=\w)")


def _commonmark(text: str) -> str:
    apart = _MENTION.sub("@" + UNSEEN, _SHORTCODE_OR_ADDRESS.sub(":" + UNSEEN, text))
    entities = apart.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _COMMONMARK_SPECIAL.sub(r"\\\1", entities)


def _commonmark_start(escaped: str) -> str:
    """A line of = makes a heading of the one before it."""
    return "\\" + escaped if escaped.startswith("=") else escaped


def _commonmark_link(text: str, url: str) -> str:
    address = _COMMONMARK_ENTITY.sub("&amp;", url).replace("(", "%28").replace(")", "%29")
    return f"[{text}]({address})"


COMMONMARK = Dialect(
    marks_of=_commonmark_marks,
    escape=_commonmark,
    escape_code=str,
    escape_start=_commonmark_start,
    link=_commonmark_link,
    line_break="  \n",
)
"""spec.commonmark.org, and what Mattermost adds to it: mentions by @, emoji by their names, bare addresses as links."""


def _discord_marks(run: Run) -> tuple[str, ...]:
    styles = (("~~", run.strike), ("__", run.underline), ("**", run.bold), ("*", run.italic))
    return tuple(mark for mark, is_on in styles if is_on)


_DISCORD_SPECIAL = re.compile(rf"([\\`*_~|\[\]<>]|{_SHORTCODE_OR_ADDRESS.pattern})")
_DISCORD_START = re.compile(r"^(\d*)([#\-+.])")
_DISCORD_PING = re.compile(r"@(?=everyone|here|[&!]?\d)")


def _discord(text: str) -> str:
    return _discord_code(_DISCORD_SPECIAL.sub(r"\\\1", text))


def _discord_code(text: str) -> str:
    """The server looks for those to ping in the text as it is sent, escaped or not."""
    return _DISCORD_PING.sub("@" + UNSEEN, text)


def _discord_link(text: str, url: str) -> str:
    address = _DISCORD_PING.sub("%40", url).replace("(", "%28").replace(")", "%29")
    return f"[{text}]({address})"


DISCORD = Dialect(
    marks_of=_discord_marks,
    escape=_discord,
    escape_code=_discord_code,
    escape_start=lambda escaped: _DISCORD_START.sub(r"\1\\\2", escaped),
    link=_discord_link,
)
"""Discord's own Markdown: a backslash before any sign, headings, lists and quotes at starts of lines, masked links."""


def _slack_marks(run: Run) -> tuple[str, ...]:
    """Slack cannot underline: what is marked so is bold."""
    styles = (("*", run.bold or run.underline), ("_", run.italic), ("~", run.strike))
    return tuple(mark for mark, is_on in styles if is_on)


_SLACK_ALIKE = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ", "＊": "﹡", "＿": "ˍ", "｀": "ˋ"})
_SLACK_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_SLACK_QUOTE = re.compile(r"^(?=&gt;|＞)")
_SOFT_HYPHEN = "\u00ad"


def _slack(text: str) -> str:
    """Slack has no way to escape its marks, so others that look alike are written.

    A space without width does not help: it lets a mark work where it would not. An underscore inside a word stays.
    """
    alike = _SLACK_UNDERSCORE.sub("ˍ", text).translate(_SLACK_ALIKE)
    return _slack_code(_SHORTCODE_OR_ADDRESS.sub(":" + UNSEEN, alike))


def _slack_code(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


SLACK = Dialect(
    marks_of=_slack_marks,
    escape=_slack,
    escape_code=_slack_code,
    escape_start=lambda escaped: _SLACK_QUOTE.sub(_SOFT_HYPHEN, escaped),
    link=lambda text, url: f"<{url.replace('&', '&amp;')}|{text}>",
    wraps_links=True,
    hugs_outside=True,
)
"""docs.slack.dev/messaging/formatting-message-text: links and mentions in angle brackets, & < > as entities."""
