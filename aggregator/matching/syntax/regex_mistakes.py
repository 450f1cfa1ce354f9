"""Why RE2 refuses an expression, in words: https://github.com/google/re2/wiki/Syntax says what it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

_GROUPS = {
    "(?=": "RE2 has no lookahead: leave it out, or write a second term with AND",
    "(?!": "RE2 has no negative lookahead: leave it out, or write a second term with NOT",
    "(?<=": "RE2 has no lookbehind: leave it out, or write what stands before as a part of the expression",
    "(?<!": "RE2 has no negative lookbehind: leave it out, or write what stands before as a part of the expression",
    "(?>": "RE2 has no atomic groups, and needs none; write (?:…)",
    "(?P": "RE2 has no named backreferences; a group's name is written (?P<name>…)",
    "(?#": "RE2 has no comments; leave it out",
    "(?(": "RE2 has no conditions; write the cases with |",
}
_ESCAPES = {
    r"\Z": r"RE2 has no \Z; write \z for the end of the text",
    r"\h": r"RE2 has no \h; write [ \t]",
    r"\R": r"RE2 has no \R; write \r?\n",
    r"\K": r"RE2 has no \K; leave it out",
    r"\G": r"RE2 has no \G; leave it out",
    r"\u": r"write a character by its number as \x{2019}, or as it is",
    r"\N": r"write a character by its number as \x{2019}, or as it is",
}
_ADVICE = {
    "bad repetition operator": "{shown} repeats what repeats already, and RE2 has no possessive ones; leave one out",
    "no argument for repetition operator": "{shown} has nothing to repeat; write \\{shown} for the sign itself",
    "invalid repetition size": "{shown} repeats too often: at most 1,000 times, all told where one stands in another",
    "missing ]": r"this [ is never closed; add a ], or write \[ for the sign itself",
    "missing )": r"this ( is never closed; add a ), or write \( for the sign itself",
    "unexpected )": r"this ) closes nothing; remove it, or write \) for the sign itself",
    "invalid character class range": r"{shown} is no range and no class; write [a-z], [[:alpha:]] or \p{Cyrillic}",
    "pattern too large - compile failed": "this expression needs too much memory; repeat less, or use several rules",
    "trailing \\": r"the \ at the end escapes nothing; write \\ for the sign itself",
}
_GROUP_KINDS = ("invalid perl operator", "invalid named capture group")
_NAMED = "(?P<"
_LITERAL_PIECE = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\w*:\]|\\.|[^\]\\])*\]|.", re.DOTALL)
_LONGEST_SHOWN = 20


def regex_mistake(pattern: str, reason: str) -> tuple[str, int]:
    """Return what is wrong with `pattern`, for which RE2 gave `reason`, and at which character of it."""
    kind, _, fragment = reason.partition(": ")
    place = _PLACES.get(kind)
    offset = place(pattern) if place else _place_of(fragment, pattern)
    shown = fragment if len(fragment) <= _LONGEST_SHOWN else f"{fragment[:_LONGEST_SHOWN]}…"
    if kind in _GROUP_KINDS:
        return _group(pattern, offset, shown), offset
    if kind == "invalid escape sequence":
        return _escape(shown), offset
    advice = _ADVICE.get(kind)
    return advice.replace("{shown}", shown) if advice else f"RE2 refuses this expression: {reason}", offset


def byte_place(pattern: str) -> int | None:
    """Return where a pattern that RE2 takes asks for a single byte, None where it does not."""
    return next((found.start() for found in _pieces(pattern) if found[0] == r"\C"), None)


def _group(pattern: str, offset: int, shown: str) -> str:
    for start, advice in sorted(_GROUPS.items(), key=lambda item: -len(item[0])):
        if pattern.startswith(start, offset):
            return advice
    return f"{shown} is no group that RE2 has; write (?:…), or (?i) for flags"


def _escape(shown: str) -> str:
    if shown[1:2].isdigit():
        return f"RE2 has no backreferences ({shown}): write out what stands there"
    return _ESCAPES.get(shown, f"{shown} means nothing in RE2; write the sign without the \\")


def _pieces(pattern: str) -> Iterator[re.Match[str]]:
    return _LITERAL_PIECE.finditer(pattern)


def _place_of(fragment: str, pattern: str) -> int:
    """Return where `fragment` stands, if it can not inside an escape or a class before."""
    for found in _pieces(pattern):
        is_named = fragment == _NAMED[:-1] and pattern.startswith(_NAMED, found.start())
        if fragment and pattern.startswith(fragment, found.start()) and not is_named:
            return found.start()
    return max(0, pattern.find(fragment))


def _unclosed(pattern: str) -> int:
    opened = []
    for found in _pieces(pattern):
        if found[0] == "(":
            opened.append(found.start())
        elif found[0] == ")" and opened:
            opened.pop()
    return opened[-1] if opened else 0


def _unopened(pattern: str) -> int:
    depth = 0
    for found in _pieces(pattern):
        depth += (found[0] == "(") - (found[0] == ")")
        if depth < 0:
            return found.start()
    return 0


_PLACES: Mapping[str, Callable[[str], int]] = {
    "missing )": _unclosed,
    "unexpected )": _unopened,
    "trailing \\": lambda pattern: len(pattern) - 1,
    "pattern too large - compile failed": lambda _: 0,
}
