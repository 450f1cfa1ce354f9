"""From the text of a query to its tree, with an error that says where and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import cast

from lark import Lark, UnexpectedToken
from lark.lexer import Lexer

from aggregator.errors import QueryError
from aggregator.matching.query import (
    And,
    Fielded,
    Near,
    Not,
    Query,
    at_least,
    conjunction,
    disjunction,
    requires_something,
)
from aggregator.matching.syntax.lexing import Token, error_at, read_tokens
from aggregator.matching.syntax.metadata import METADATA
from aggregator.matching.syntax.mistakes import check_sides, check_size, syntax_mistake
from aggregator.model.rules import Field

_LONGEST_QUERY = 50_000
_FEW = 100
"""So many tokens are not counted for their terms."""


def parse_query(text: str) -> Query:
    """Read a query. Words of the same text are the same objects.

    Raises:
        QueryError: with the column and what to write instead.
    """
    try:
        return _read(text)
    except QueryError as error:
        error.query = re.sub(r"\s", " ", text)
        error.column = max(error.column, 1)
        raise


def _read(text: str) -> Query:
    if len(text) > _LONGEST_QUERY:
        message = f"the query has {len(text):,} characters, more than {_LONGEST_QUERY:,}; split it into several rules"
        raise QueryError(message, query=text, column=_LONGEST_QUERY)
    tokens = read_tokens(text)
    if not tokens:
        raise QueryError("the query is empty; write a word to look for", query=text, column=1)
    if len(tokens) > _FEW:
        check_size(tokens)
    check_sides(tokens)
    query = _tree(tokens)
    if not requires_something(query):
        raise _only_excludes(tokens)
    return query


def _tree(tokens: Sequence[Token]) -> Query:
    try:
        return _query(cast("Token | Query", _parser().parse(tokens)))
    except UnexpectedToken as error:
        token = error.token
        number = tokens.index(token) if token in tokens else len(tokens)
        raise syntax_mistake(tokens, number) from None


class _Tokens(Lexer):
    """Hands Lark the tokens that it is given in the place of a text."""

    def __init__(self, _configuration: object) -> None:
        pass

    def lex(self, tokens: Sequence[Token]) -> Iterator[Token]:  # type: ignore[override] # the simple form that Lark takes too
        return iter(tokens)


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer=_Tokens, transformer=_Builder())


class _Builder:
    """Builds the tree while Lark reads: a method for each name in the grammar."""

    def conjunction(self, parts: list[Token | Query]) -> Query:
        return conjunction(tuple(map(_query, parts)))

    def disjunction(self, parts: list[Token | Query]) -> Query:
        return disjunction(tuple(map(_query, parts)))

    def near(self, parts: list[Token | Query]) -> Query:
        """Return the AND of each two neighbours: `a NEAR/1 b NEAR/2 c` is `a NEAR/1 b AND b NEAR/2 c`."""
        sides = [_query(part) for part in parts[::2]]
        operators = [cast("Token", part) for part in parts[1::2]]
        return conjunction(
            tuple(
                Near(left, right, operator.number, operator.text.startswith("O"))
                for left, operator, right in zip(sides, operators, sides[1:], strict=False)
            )
        )

    def negation(self, parts: list[Token | Query]) -> Query:
        return Not(_query(parts[0]))

    def fielded(self, parts: list[Token | Query]) -> Query:
        name, part = cast("Token", parts[0]), parts[1]
        field, query = Field(name.text[:-1]), _query(part)
        if field in METADATA and isinstance(query, And) and _wanted(query) > 1:
            raise error_at(name, f"an article has one {_VALUES[field]}; write {name.text}(a OR b)")
        return Fielded(field, query)

    def atleast(self, parts: list[Token | Query]) -> Query:
        name = cast("Token", parts[0])
        queries = tuple(dict.fromkeys(map(_query, parts[1:])))
        if not all(map(requires_something, queries)):
            message = "a part of ATLEAST cannot only exclude; write NOT behind it: ATLEAST/2(a b c) NOT d"
            raise error_at(name, message)
        if not 1 <= name.number <= len(queries):
            different = f"its {len(queries)} different parts" if len(queries) > 1 else "its one part"
            raise error_at(name, f"{name.text} takes a number from 1 to {len(queries)}, for {different}")
        return at_least(name.number, queries)


_VALUES = {Field.FEED: "feed", Field.LANGUAGE: "language"}


def _query(part: Token | Query) -> Query:
    return cast("Query", part.node) if isinstance(part, Token) else part


def _wanted(query: And) -> int:
    return sum(requires_something(part) for part in query.parts)


def _only_excludes(tokens: Sequence[Token]) -> QueryError:
    """Return the error for a query that holds where something is not; it points at the alternative that does."""
    alternatives = list(_alternatives(tokens))
    guilty = next(part for part in alternatives if not requires_something(_tree(part)))
    excluding = next(token for token in guilty if token.type == "_NOT")
    what = "this query" if len(alternatives) == 1 else "this alternative"
    message = f"{what} only excludes, so it would match nearly everything; add what to look for: word NOT other"
    return error_at(excluding, message)


def _alternatives(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield the tokens between the ORs that stand in no group."""
    depth, start = 0, 0
    for number, token in enumerate(tokens):
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        if token.type == "_OR" and not depth:
            yield tokens[start:number]
            start = number + 1
    yield tokens[start:]
