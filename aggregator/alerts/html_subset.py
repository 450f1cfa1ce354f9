"""The little HTML that templates write, read into styled text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser

from aggregator.alerts.styled import Run, StyledText, harmless, plain_text, web_link

_STYLES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strike",
    "del": "strike",
    "code": "code",
    "pre": "code",
    "a": "link",
}
_BLOCKS = ("p", "pre")
_BREAK = "br"
TAGS = (*_STYLES, "p", _BREAK)
"""All that can be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagProblem:
    """A tag that is wrong, by its name, and what is wrong with it."""

    tag: str
    message: str


def read_html(text: str) -> tuple[StyledText, list[TagProblem]]:
    """Return the text in its styles, and what is wrong with the tags; what is not known is left out, its text is kept.

    A new line is one, as in Telegram's HTML, but for one right after a `<br>` and those around a paragraph.
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    unclosed = [TagProblem(tag=tag, message=f"<{tag}> is not closed; write </{tag}>") for tag, _ in reader.open_tags]
    return _tidy(reader.runs), [*reader.problems, *unclosed]


class _Reader(HTMLParser):
    """Collects runs. `_pending` is how many new lines must be before the next text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[Run] = []
        self.problems: list[TagProblem] = []
        self.open_tags: list[tuple[str, str | None]] = []
        self._pending = 0
        self._is_after_break = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == _BREAK:
            self._write("\n")
            self._is_after_break = True
        elif tag in TAGS:
            self._start_block(tag)
            href = dict(attrs).get("href") if tag == "a" else None
            self.open_tags.append((tag, web_link(href) if href else None))
        else:
            self.problems.append(TagProblem(tag=tag, message=f"<{tag}> cannot be used; known: {', '.join(TAGS)}"))

    def handle_endtag(self, tag: str) -> None:
        if tag == _BREAK or tag not in TAGS:
            return
        places = [place for place, (opened, _) in enumerate(self.open_tags) if opened == tag]
        if not places or places[-1] != len(self.open_tags) - 1:
            inside = f" inside <{self.open_tags[-1][0]}>" if places else ""
            self.problems.append(TagProblem(tag=f"/{tag}", message=f"</{tag}> closes nothing{inside}"))
        if places:
            del self.open_tags[places[-1]]
            self._start_block(tag)

    def handle_data(self, data: str) -> None:
        if self._is_after_break:
            data = data.removeprefix("\n")
        if self._pending:
            data = data.lstrip("\n")
        if data:
            self._write(data)

    def _start_block(self, tag: str) -> None:
        self._is_after_break = False
        if tag in _BLOCKS:
            self._pending = 2

    def _write(self, text: str) -> None:
        self._is_after_break = False
        if self._pending and self.runs:
            written = plain_text(self.runs[-2:])
            missing = self._pending - (len(written) - len(written.rstrip("\n")))
            self.runs.append(Run(text="\n" * missing))
        self._pending = 0
        self.runs.append(self._styled(harmless(text.replace("\t", " "))))

    def _styled(self, text: str) -> Run:
        run = Run(text=text)
        for tag, link in self.open_tags:
            if tag in _STYLES:
                run = replace(run, **{_STYLES[tag]: link if tag == "a" else True})  # type: ignore[arg-type] # names of Run
        return run


_BLANKS = re.compile(r"[ \t]+(?=\n)|[ \t]+\Z")
_LINES = re.compile(r"(?<=\n\n)\n+|\A\n+|\n+\Z")


def _tidy(runs: Sequence[Run]) -> StyledText:
    """Return the runs without blanks at the ends of lines, and with one empty line at most between two."""
    return _without(_without(runs, _BLANKS), _LINES)


def _without(runs: Sequence[Run], unwanted: re.Pattern[str]) -> StyledText:
    dropped = {index for found in unwanted.finditer(plain_text(runs)) for index in range(*found.span())}
    kept: list[Run] = []
    start = 0
    for run in runs:
        text = "".join(character for index, character in enumerate(run.text, start) if index not in dropped)
        start += len(run.text)
        if text:
            kept.append(replace(run, text=text))
    return tuple(kept)
