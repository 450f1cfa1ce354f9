"""What the grammar would refuse, and what is too much: found in the tokens, and said in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aggregator.errors import QueryError
from aggregator.matching.syntax.lexing import Token, error_at

MOST_TERMS = 1_000
"""Of one query, or of the lists of one rule."""

_CONNECTORS = ("_AND", "_OR", "NEAR")
_SIDE = ("TERM", "_OR", "_LPAR", "_RPAR")
_PREFIXES = ("_NOT", "FIELD", "ATLEAST")


def check_sides(tokens: Sequence[Token]) -> None:
    """Look at what stands on both sides of each NEAR.

    Raises:
        QueryError: when it is more than words, phrases, expressions, or some of these with OR.
    """
    for number, token in enumerate(tokens):
        if token.type == "NEAR":
            for side in (_left_of(tokens, number), _right_of(tokens, number)):
                _check_side(side, token)


def check_size(tokens: Sequence[Token]) -> None:
    """Count the terms.

    Raises:
        QueryError: when there are too many; it names the largest group.
    """
    count = sum(token.type == "TERM" for token in tokens)
    if count <= MOST_TERMS:
        return
    opening, size = max(_groups(tokens), key=lambda group: group[1])
    what = f"this group has {size:,} alternatives" if opening else f"{size:,} of them stand in no group"
    advice = "split it into several rules, or write wildcards for many words that begin alike"
    message = f"the query has {count:,} terms, more than {MOST_TERMS:,}; {what}: {advice}"
    raise error_at(opening or tokens[0], message)


def syntax_mistake(tokens: Sequence[Token], number: int) -> QueryError:
    """Return what is wrong at token `number`, where the grammar stops; the one behind the last is the end."""
    before = tokens[number - 1] if number else None
    token = tokens[number] if number < len(tokens) else None
    if before is not None and before.type == "ATLEAST":
        return error_at(before, f"{before.text} needs its parts in parentheses right after it: {before.text}(a b c)")
    if before is not None and token is not None and before.type in ("TERM", "_LPAR", "_RPAR"):
        if token.type == "_RPAR":
            return error_at(before, "this group is empty; write a term between ( and )")
        if token.type == "_NOT" or before.type != "_LPAR":
            return error_at(token, _in_atleast(token))
    if token is not None and token.type in _CONNECTORS:
        where = before.text if before is not None else "the start"
        message = f'{token.text} needs a term before it, not {where}; to search the word, quote it: "{token.text}"'
        return error_at(token, message)
    asking = before or tokens[0]
    if asking.type == "FIELD":
        needs = "a word, a phrase or a group" if token is not None and token.type == "_NOT" else "a value"
        return error_at(asking, f"{asking.text} needs {needs} right after it, as in {asking.text}word")
    return error_at(asking, f'{asking.text} needs a term after it; to search the word, quote it: "{asking.text}"')


def _in_atleast(token: Token) -> str:
    if token.type == "_NOT":
        return "NOT cannot be a part of ATLEAST; write it behind: ATLEAST/2(a b c) NOT d"
    if token.type == "NEAR":
        return f"a part of ATLEAST with {token.text} needs parentheses: ATLEAST/2((a {token.text} b) c d)"
    return (
        f"{token.text} does not stand between the parts of ATLEAST; write a space, or a group: ATLEAST/2((a OR b) c d)"
    )


def _left_of(tokens: Sequence[Token], number: int) -> Sequence[Token]:
    """Return the tokens of the side before the NEAR at `number`, with an operator that stands before it."""
    depth, first = 0, number
    for first in range(number - 1, -1, -1):
        depth += (tokens[first].type == "_RPAR") - (tokens[first].type == "_LPAR")
        if depth <= 0:
            break
    if first and tokens[first - 1].type in _PREFIXES:
        first -= 1
    return tokens[first:number]


def _right_of(tokens: Sequence[Token], number: int) -> Sequence[Token]:
    depth, last = 0, number
    for last in range(number + 1, len(tokens)):
        depth += (tokens[last].type == "_LPAR") - (tokens[last].type == "_RPAR")
        if depth <= 0:
            break
    return tokens[number + 1 : last + 1]


def _check_side(side: Sequence[Token], near: Token) -> None:
    before = None
    for token in side:
        if before in ("TERM", "_RPAR") and token.type in ("TERM", "_LPAR"):
            raise error_at(token, _not_in_side("_AND", near.text))
        if token.type not in _SIDE and (token.type in _PREFIXES or before is not None):
            raise error_at(token, _not_in_side(token.type, near.text))
        before = token.type


def _not_in_side(kind: str, near: str) -> str:
    match kind:
        case "FIELD":
            return f"a field stands around {near}, not in a side of it; write title:(a {near} b)"
        case "_NOT":
            return f"NOT cannot be a side of {near}; write a {near} b NOT c, or NOT (a {near} b)"
        case "ATLEAST":
            return f"ATLEAST cannot be a side of {near}; write ATLEAST/2(a b c) AND d"
        case "NEAR":
            return f"a side of {near} cannot have another in it; write a {near} b {near} c without inner parentheses"
    return f"a side of {near} has alternatives with OR, no AND; write (a OR b) {near} c, or a {near} c AND b {near} c"


def _groups(tokens: Sequence[Token]) -> Iterator[tuple[Token | None, int]]:
    """Return each group's ( and how many parts it has; None is what stands in no group."""
    opened: list[tuple[Token | None, int]] = [(None, 0)]
    for token in tokens:
        if token.type == "_LPAR":
            opened.append((token, 0))
        elif token.type == "_RPAR":
            yield opened.pop()
        if token.type in ("TERM", "_RPAR"):
            opening, size = opened[-1]
            opened[-1] = opening, size + 1
    yield opened[0]
