"""What an editor changed in a headline, word by word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from aggregator.alerts.styled import Run, StyledText, one_line

_MAX_WORDS = 200
"""Comparing takes time with the square of the words; what is longer is no headline, and is shown whole."""


def headline_diff(before: str, after: str) -> StyledText:
    """Return both headlines as one: the words taken out are struck through, those put in are underlined."""
    old, new = one_line(before).split(), one_line(after).split()
    if max(len(old), len(new)) > _MAX_WORDS:
        return _spaced([*_struck(old), *_added(new)])
    runs: list[Run] = []
    for change, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if change == "equal":
            runs.append(Run(text=" ".join(old[old_start:old_end])))
        else:
            runs += [*_struck(old[old_start:old_end]), *_added(new[new_start:new_end])]
    return _spaced(runs)


def _struck(words: Sequence[str]) -> list[Run]:
    return [Run(text=" ".join(words), strike=True)] if words else []


def _added(words: Sequence[str]) -> list[Run]:
    return [Run(text=" ".join(words), bold=True, underline=True)] if words else []


def _spaced(runs: Iterable[Run]) -> StyledText:
    spaced: list[Run] = []
    for run in runs:
        spaced += [Run(text=" "), run] if spaced else [run]
    return tuple(spaced)
