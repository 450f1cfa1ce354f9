"""From the text of a query to its tokens, in one pass; terms are read here."""

from __future__ import annotations

import difflib
import re

from aggregator.errors import QueryError
from aggregator.matching import scripts
from aggregator.matching.query import How, Regex, Term
from aggregator.matching.syntax.keywords import OPERATORS, Meaning, read_word
from aggregator.matching.syntax.metadata import METADATA, read_value
from aggregator.matching.syntax.regexes import check_regex
from aggregator.matching.syntax.signs import joins_nothing
from aggregator.matching.syntax.terms import read_raw, read_term
from aggregator.model.rules import Field

DEEPEST = 50

_UNSEEN = scripts.INVISIBLE
_TOKEN = re.compile(
    rf"""
    ([\s{_UNSEEN}]++)
    |([()])
    |(={{0,2}}(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|“[^“”]*+[“”]|„[^“”]*+[“”]|”[^”]*+”|«[^«»]*+»|»[^«»]*+«|「[^「」]*+」|『[^『』]*+』))
    |(/[^/\\]*+(?:\\.[^/\\]*+)*+/[^\s(){_UNSEEN}]*+)
    |(-(?=[^\s)-]))
    |((?:{"|".join(Field)}):|[^\W\d_]++:(?!//))
    |(={{0,2}}["“”„«»「」『』])
    |([^\s()"“”„«»「」『』]++)
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE, _PARENTHESIS, _PHRASE, _REGEX, _MINUS, _FIELD, _OPEN_QUOTE, _WORD = range(1, 9)
_REGEX_PARTS = re.compile(r"/((?:[^/\\]|\\.)*+)/(.*)", re.DOTALL)
_ESCAPED_QUOTE = re.compile(r'\\(["\\])')
_CLOSING = {"“": "”", "„": "“", "«": "»", "»": "«", "「": "」", "『": "』"}
_PIECE = re.compile(r"\\.|.", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BESIDE_PHRASE = re.compile(rf"[^\s(){_UNSEEN}]")
_UNSEEN_END = re.compile(f"(?<![{_UNSEEN}])[{_UNSEEN}]++$")
_APOSTROPHES = "'‘’"
_COMMAS = ",;、，；،؛"
_FIELDS = {field.value: field for field in Field}


class Token:
    """A token as Lark takes it: `type` names a terminal of the grammar.

    `node` is what a TERM means, `number` what NEAR and ATLEAST come with.
    """

    __slots__ = ("node", "number", "start_pos", "text", "type")

    line = column = end_line = end_column = end_pos = None

    def __init__(self, kind: str, text: str, start: int, node: Term | Regex | None = None, number: int = 0) -> None:
        self.type = kind
        self.text = text
        self.start_pos = start
        self.node = node
        self.number = number


def read_tokens(text: str) -> list[Token]:
    """Return the tokens of `text`.

    Raises:
        QueryError: with the column, where there is what no query can have.
    """
    return _Lexer(text).tokens


def error_at(token: Token, message: str) -> QueryError:
    """Return an error that points at a token."""
    return QueryError(message, query="", column=token.start_pos + 1)


class _Lexer:
    """Reads a text at once; `tokens` is what it has read."""

    def __init__(self, text: str) -> None:
        self.tokens: list[Token] = []
        self._text = text
        self._opened: list[Token] = []
        self._scopes: list[Field | None] = [None]
        """Of the open groups, the innermost last, the field that each looks in."""
        self._field: Field | None = None
        """The field that the next term looks in."""
        self._prefixes = 0
        self._listed: list[int] = []
        """The numbers of the tokens that end in a comma."""
        self._apostrophe: Token | None = None
        self._read()
        self._check_end()

    def _read(self) -> None:
        others = {
            _PARENTHESIS: self._parenthesis,
            _PHRASE: self._phrase,
            _REGEX: self._regex,
            _MINUS: self._minus,
            _FIELD: self._named,
            _OPEN_QUOTE: self._open_quote,
        }
        start = 0
        try:
            for found in _TOKEN.finditer(self._text):
                kind, start = found.lastindex or _SPACE, found.start()
                if kind == _WORD:
                    self._word(found[0], start)
                elif kind in others:
                    others[kind](found[0], start)
        except QueryError as error:
            error.column += start
            raise

    def _word(self, text: str, start: int) -> None:
        if not text.isascii():
            text = _UNSEEN_END.sub("", text)
        if self._field in METADATA:
            kind, node, number = self._value(text)
        else:
            kind, node, number = read_word(text)
        token = Token(kind, text, start, node, number)
        self.tokens.append(token)
        if kind == "_NOT":
            self._deepen()
            return
        self._prefixes = 0
        if kind == "TERM":
            self._field = self._scopes[-1]
            if not text.isalnum():
                self._look_at_signs(token)

    def _look_at_signs(self, token: Token) -> None:
        """Remember commas, and pairs of apostrophes that somebody takes for quotes."""
        if token.text[-1] in _COMMAS:
            self._listed.append(len(self.tokens) - 1)
        if token.text[0] in _APOSTROPHES and self._apostrophe is None:
            self._apostrophe = token
        if token.text[-1] in _APOSTROPHES and self._apostrophe is not None:
            first = self._apostrophe
            message = 'single quotes make no phrase; write "…" around it'
            raise QueryError(message, query="", column=first.start_pos - token.start_pos + 1)

    def _value(self, text: str) -> Meaning:
        """Read a word in `feed:` or `lang:`."""
        if text in OPERATORS:
            return OPERATORS[text], None, 0
        return "TERM", read_value(self._field, text), 0

    def _parenthesis(self, text: str, start: int) -> None:
        if text == "(":
            self._check_before_group(start)
            token = Token("_LPAR", text, start)
            self._opened.append(token)
            self._scopes.append(self._field)
            self._check_depth()
        else:
            token = Token("_RPAR", text, start)
            if not self._opened:
                raise QueryError("this ) closes nothing; remove it, or add a ( before", query="", column=1)
            self._opened.pop()
            self._scopes.pop()
            self._field = self._scopes[-1]
        self._prefixes = 0
        self.tokens.append(token)

    def _check_before_group(self, start: int) -> None:
        """Refuse `prisoner(s)`, which would need the word s."""
        if start and self._text[start - 1].isalnum() and self.tokens[-1].type == "TERM":
            message = "put a space before this (, or leave what is in it out: a word finds all its forms"
            raise QueryError(message, query="", column=1)

    def _phrase(self, text: str, start: int) -> None:
        self._check_beside(text, start)
        body = text.lstrip("=")
        signs = text[: len(text) - len(body)]
        content = body[1:-1]
        if body[0] == '"' and "\\" in content:
            content = _ESCAPED_QUOTE.sub(r"\1", content)
        try:
            node = self._quoted(signs, content)
        except QueryError as error:
            error.column = 1 if content != body[1:-1] else error.column + len(signs) + 1
            raise
        self._term(text, start, node)

    def _quoted(self, signs: str, content: str) -> Term:
        if self._field in METADATA:
            if signs:
                raise QueryError("= and == are not for feed: and lang:; leave them out", query="", column=0)
            return read_value(self._field, content)
        if signs == "==":
            return read_raw(content)
        return read_term(content, How.FORM if signs else How.FORMS, is_quoted=True)

    def _check_beside(self, text: str, start: int) -> None:
        """Refuse what touches a phrase: `"a b"~5` is NEAR elsewhere, and a quote inside a word is none."""
        end = start + len(text)
        after = _BESIDE_PHRASE.match(self._text, end)
        if after is not None:
            message = "put a space behind the closing quote"
            if after[0] == "~":
                message = "~ belongs to one word, as in zelensky~1; for words near each other write one NEAR/5 other"
            elif after[0] == "*":
                message = 'a wildcard goes inside the quotes: "prisoner of wa*"'
            raise QueryError(message, query="", column=len(text) + 1)
        if start and self._text[start - 1].isalnum():
            message = 'a quote cannot stand inside a word; put a space before it, or quote all and write \\" in it'
            raise QueryError(message, query="", column=1)

    def _regex(self, text: str, start: int) -> None:
        if self._field in METADATA:
            message = f"{self._field}: compares whole values; a regular expression is not for it: name several with OR"
            raise QueryError(message, query="", column=1)
        parts = _REGEX_PARTS.fullmatch(text)
        body, flags = (parts[1], parts[2]) if parts else ("", "")
        if flags == "i":
            raise QueryError("case does not count anyway; leave the i out", query="", column=len(text))
        if flags not in ("", "c"):
            message = r"behind the closing / only c may stand (case counts); write a / inside as \/, or quote a path"
            raise QueryError(message, query="", column=len(body) + 3)
        if not flags and body.strip() and body[0].isspace() and body[-1].isspace():
            message = "/ between words is no operator; write OR; spaces at the ends of an expression are written [ ]"
            raise QueryError(message, query="", column=1)
        pattern = _ESCAPED.sub(lambda pair: "/" if pair[1] == "/" else pair[0], body)
        node = Regex(pattern, flags == "c")
        try:
            check_regex(node)
        except QueryError as error:
            error.column = _offset_in(body, error.column - 1) + 2
            raise
        self._term(text, start, node)

    def _term(self, text: str, start: int, node: Term | Regex) -> None:
        self.tokens.append(Token("TERM", text, start, node))
        self._field = self._scopes[-1]
        self._prefixes = 0

    def _minus(self, text: str, start: int) -> None:
        self.tokens.append(Token("_NOT", text, start))
        self._deepen()

    def _named(self, text: str, start: int) -> None:
        name = text[:-1]
        field = _FIELDS.get(name)
        if field is None:
            raise QueryError(_unknown_field(name), query="", column=1)
        if self._field is not None:
            message = (
                f"a field cannot stand in a field: {self._field}: is in force here; close it before, and write AND"
            )
            raise QueryError(message, query="", column=1)
        self.tokens.append(Token("FIELD", text, start))
        self._field = field
        self._deepen()

    def _open_quote(self, text: str, start: int) -> None:
        message = f"this quote is never closed; add a {_CLOSING.get(text[-1], text[-1])}"
        if '\\"' in self._text[start:]:
            message += r" (\" is a quote inside the phrase; a backslash before the last quote is written \\)"
        raise QueryError(message, query="", column=1)

    def _deepen(self) -> None:
        self._prefixes += 1
        self._check_depth()

    def _check_depth(self) -> None:
        if len(self._opened) + self._prefixes > DEEPEST:
            message = f"nested more than {DEEPEST} deep; split the query into several rules"
            raise QueryError(message, query="", column=1)

    def _check_end(self) -> None:
        tokens = self.tokens
        if self._opened:
            token = self._opened[-1]
            is_last = token is tokens[-1]
            raise error_at(token, f"this ( is never closed; add {'a term and a )' if is_last else 'a )'}")
        for number in self._listed:
            token = tokens[number]
            if number + 1 < len(tokens) and tokens[number + 1].type not in ("_RPAR", "_OR", "_AND"):
                raise joins_nothing(token.text[-1], "", token.start_pos + len(token.text) - 1)


def _offset_in(body: str, offset: int) -> int:
    """Return where in `body`, which has its slashes escaped, the character stands that `offset` counts without."""
    position = 0
    for found in _PIECE.finditer(body):
        length = 1 if found[0] == r"\/" else len(found[0])
        if position + length > offset:
            return found.start() + offset - position
        position += length
    return len(body)


def _unknown_field(name: str) -> str:
    if name in ("NEAR", "ONEAR"):
        return f"{name} needs a distance, e.g. {name}/20"
    close = difflib.get_close_matches(name.lower(), _FIELDS, 1)
    hint = f"did you mean {close[0]}:?" if close else f"known: {', '.join(_FIELDS)}."
    return f'unknown field {name}: {hint} To search the text as it is, put it in quotes: "{name}: …"'
