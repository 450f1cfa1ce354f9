"""From the text of a query to its tree, with an error that says where and what to write instead."""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from aggregator.errors import QueryError
from aggregator.matching.query import Fielded, Not, Query, Term, Word, conjunction, disjunction, requires_something
from aggregator.matching.text import analyse
from aggregator.model.rules import Field

_LONGEST_QUERY = 10_000
_DEEPEST = 50
_UNSUPPORTED = (
    (re.compile(r"={1,2}(?=.)"), "exact terms (=word, ==Word) are not supported in this version; write the word alone"),
    (re.compile(r"/.+/c?$"), "regular expressions are not supported in this version; write words or a phrase"),
    (re.compile(r".*\w~\d*$"), "fuzzy terms (word~1) are not supported in this version; list the spellings with OR"),
    (re.compile(r".*[*?]"), "wildcards (* and ?) are not supported in this version; list the words with OR"),
)
_TERM_ENDS = {"WORD", "PHRASE", "RPAR"}
_CONNECTORS = {"AND", "OR"}
_PREFIXES = {"NOT", "MINUS", "FIELD"}


def parse_query(text: str) -> Query:
    """Read a query.

    Raises:
        QueryError: with the column and what to write instead.
    """
    if len(text) > _LONGEST_QUERY:
        raise QueryError(
            f"the query has {len(text):,} characters, more than {_LONGEST_QUERY:,}; split it into several rules",
            query=text[:80] + "…",
            column=1,
        )
    line = re.sub(r"\s", " ", text)
    parser = _parser()
    try:
        tokens = list(parser.lex(line))
        _check_tokens(tokens, line)
        tree = _Builder(visit_tokens=False).transform(parser.parse(line))
    except UnexpectedInput as error:  # pragma: no cover - every order of tokens that the grammar refuses is named above
        raise QueryError("this is not a query", query=line, column=error.column) from error
    query: Query = tree
    if not requires_something(query):
        raise QueryError(
            "this query only excludes, so it would match nearly everything; add what to look for: word NOT other",
            query=line,
            column=1,
        )
    return query


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer="basic")


def _check_tokens(tokens: list[Token], line: str) -> None:
    """Find what the grammar would refuse, and say it in words."""
    if not tokens:
        raise QueryError("the query is empty; write a word to look for", query=line, column=1)
    opened: list[Token] = []
    prefixes = 0
    before: Token | None = None
    for token in tokens:
        _check_token(token, before, line)
        if token.type == "RPAR":
            if not opened:
                raise _error(token, line, "this ) closes nothing; remove it, or add a ( before")
            opened.pop()
        elif token.type == "LPAR":
            opened.append(token)
        prefixes = prefixes + 1 if token.type in _PREFIXES else 0
        if len(opened) + prefixes > _DEEPEST:
            raise _error(token, line, f"nested more than {_DEEPEST} deep; split the query into several rules")
        before = token
    if before is not None and before.type not in _TERM_ENDS:
        raise _error(before, line, _needs_after(before))
    if opened:
        raise _error(opened[-1], line, "this ( is never closed; add a )")


def _check_token(token: Token, before: Token | None, line: str) -> None:
    kind = before.type if before is not None else "LPAR"
    if token.type == "OPEN_QUOTE":
        raise _error(token, line, 'this quote is never closed; add a "')
    if token.type in ("PROXIMITY", "ATLEAST"):
        name = token.partition("/")[0]
        instead = "write a AND b" if name != "ATLEAST" else "write the combinations with AND and OR"
        raise _error(token, line, f"{name} is not supported in this version; {instead}")
    if token.type == "FIELD":
        _check_field(token, line)
    if token.type in ("WORD", "PHRASE"):
        _check_term(token, line)
    if token.type == "RPAR" and before is not None and kind == "LPAR":
        raise _error(before, line, "this group is empty; write a term between ( and )")
    if token.type in _CONNECTORS and kind not in _TERM_ENDS:
        where = "the start" if before is None else f"{before}"
        raise _error(
            token, line, f'{token} needs a term before it, not {where}; to search the word, quote it: "{token}"'
        )
    if before is not None and kind in _CONNECTORS | _PREFIXES and token.type in _CONNECTORS | {"RPAR"}:
        raise _error(before, line, _needs_after(before))
    if kind == "FIELD" and token.type not in ("WORD", "PHRASE", "LPAR"):
        raise _error(token, line, f"{before} needs a word, a phrase or a group right after it, as in {before}word")


def _needs_after(token: Token) -> str:
    if token.type == "FIELD":
        return f"{token} needs a value right after it, as in {token}word"
    if token.type == "LPAR":
        return "this ( is never closed; add a term and a )"
    return f'{token} needs a term after it; to search the word, quote it: "{token}"'


def _check_field(token: Token, line: str) -> None:
    name = token.rstrip(":")
    names = [field.value for field in Field]
    if name not in names:
        close = difflib.get_close_matches(name.lower(), names, 1)
        hint = f"did you mean {close[0]}:?" if close else f"known: {', '.join(names)}."
        message = f'unknown field {token} {hint} To search the text as it is, put it in quotes: "{name}: …"'
        raise _error(token, line, message)


def _error(token: Token, line: str, message: str) -> QueryError:
    return QueryError(message, query=line, column=(token.start_pos or 0) + 1)


def _check_term(token: Token, line: str) -> None:
    patterns = _UNSUPPORTED if token.type == "WORD" else _UNSUPPORTED[:1]
    for pattern, message in patterns:
        if pattern.match(token):
            raise _error(token, line, message)
    if not analyse(token):
        raise _error(token, line, f"{token} has no letter and no digit in it, so it can match nothing")


@v_args(inline=True)
class _Builder(Transformer[Token, Query]):
    """Builds the tree from the grammar's, of tokens that were all checked."""

    def word(self, token: Token) -> Query:
        return _term(str(token))

    def phrase(self, token: Token) -> Query:
        return _term(token[1:-1].strip())

    def group(self, _open: Token, part: Query, _close: Token) -> Query:
        return part

    def negation(self, _operator: Token, part: Query) -> Query:
        return Not(part)

    def fielded(self, name: Token, part: Query) -> Query:
        return Fielded(Field(name.rstrip(":")), part)

    def conjunction(self, *parts: Token | Query) -> Query:
        return conjunction(tuple(part for part in parts if not isinstance(part, Token)))

    def disjunction(self, *parts: Token | Query) -> Query:
        return disjunction(tuple(part for part in parts if not isinstance(part, Token)))


def _term(text: str) -> Term:
    return Term(tuple(Word(word.folded) for word in analyse(text)), text=text)
