"""Queries of every kind and articles that they may hold for, over one small vocabulary in three scripts."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st
from support.builders import article

from aggregator.matching.query import (
    And,
    AtLeast,
    Fielded,
    How,
    Near,
    Not,
    Or,
    Query,
    Regex,
    Term,
    Word,
    at_least,
    conjunction,
    disjunction,
    requires_something,
)
from aggregator.matching.text import analyse
from aggregator.model.articles import Article
from aggregator.model.ids import FeedId
from aggregator.model.rules import Field

WORDS = (
    "captive",
    "prisoner",
    "war",
    "family",
    "Lukashenko",
    "Zelenský",
    "2024",
    "Gefangene",
    "полонений",
    "сім'я",
    "Лукашенко",
    "їжа",
)
JOINED_WORDS = ("人权", "观察", "人")
FORMS = (
    "captives",
    "prisoners'",
    "wars",
    "families",
    "Lukashenka",
    "Zelensky",
    "Gefangenen",
    "полоненого",
    "сімʼї",
    "Лукашенка",
    "権",
)
WILDCARDS = ("cap*", "priso?er", "fam?l*", "по*", "Лук?шенк*")
FUZZY = (("Lukashenko", 1), ("Lukashenko", 2), ("Zelenský", 2), ("family", 1), ("Лукашенко", 1))
RAWS = ("War", "WAR", "C++", "Captive's war", 'say "war"', "a\\b", "人权", "#war", "/war/", "Їжа")
PATTERNS = (
    "captives?",
    "war|family",
    "пол[ао]н",
    "W[Aa]r",
    "a/b",
    r"20\d\d",
    'say "war"',
    r"\(war\)",
    "人.",
    r"war\s+family",
)
LANGUAGES = ("en", "uk", "de", "en-gb", "zh")
FEEDS = ("ep", "ep-news", "other.1")

_TEXT_FIELDS = (Field.TITLE, Field.SUMMARY, Field.BODY, Field.AUTHOR, Field.TAG, Field.URL)
_BETWEEN = (" ", " ", " ", ", ", ". ", "-", "\n", " (", "++ ", ' "', "/")
_WRITTEN = tuple(word + between for word in WORDS + JOINED_WORDS + FORMS for between in _BETWEEN)


def term_of(text: str, how: How = How.FORMS) -> Term:
    """The term of words as they are typed."""
    return Term(tuple(Word(word.folded, how) for word in analyse(text)), text=text)


def _pattern_word(text: str, how: How, distance: int = 0) -> Word:
    (folded,) = (word.folded for word in analyse(text.replace("*", "zz").replace("?", "zzz")))
    return Word(folded.replace("zzz", "?").replace("zz", "*"), how, distance)


def _words(how: How) -> st.SearchStrategy[tuple[Word, ...]]:
    plain = st.sampled_from(WORDS + JOINED_WORDS).map(lambda text: term_of(text, how).words)
    wildcards = st.sampled_from(WILDCARDS).map(lambda text: (_pattern_word(text, How.WILDCARD),))
    fuzzy = st.sampled_from(FUZZY).map(lambda pair: (_pattern_word(pair[0], How.FUZZY, pair[1]),))
    return st.one_of(plain, plain, plain, wildcards, fuzzy)


def _phrases(how: How) -> st.SearchStrategy[Term]:
    return st.lists(_words(how), min_size=1, max_size=3).map(lambda parts: Term(sum(parts, ())))


TERMS = st.one_of(
    st.sampled_from(WORDS + JOINED_WORDS).map(term_of),
    _phrases(How.FORMS),
    _phrases(How.FORM),
    st.sampled_from(RAWS).map(lambda raw: Term(term_of(raw, How.FORM).words, raw=raw)),
)
"""Words, phrases and raw terms."""

REGEXES = st.builds(Regex, st.sampled_from(PATTERNS), st.booleans())
_LEAVES = TERMS | TERMS | REGEXES
_SIDES = _LEAVES | st.lists(_LEAVES, min_size=2, max_size=3).map(lambda parts: disjunction(tuple(parts)))
NEARS = st.builds(Near, _SIDES, _SIDES, st.integers(0, 6), st.booleans())


def _joined(parts: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    some = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        some.map(conjunction),
        some.map(disjunction),
        parts.map(Not),
        st.tuples(st.integers(1, 4), some).map(lambda pair: _at_least(*pair)),
    )


def _at_least(count: int, parts: tuple[Query, ...]) -> Query:
    positive = tuple(part for part in dict.fromkeys(parts) if requires_something(part)) or parts[:1]
    return at_least(min(count, len(positive)), positive)


_SOME_LEAVES = st.lists(_LEAVES, min_size=3, max_size=5).map(tuple)
ATLEASTS = st.builds(_at_least, st.integers(2, 3), _SOME_LEAVES) | _SOME_LEAVES.map(
    lambda parts: _at_least(2, (parts[0], disjunction(parts[:2]), *parts[2:]))
)
"""Mostly of a count that is neither one nor all; one word can be what makes two parts hold."""

IN_ONE_FIELD = st.recursive(st.one_of(_LEAVES, _LEAVES, NEARS), _joined, max_leaves=4)
"""What can stand in a field, or without one."""


def _metadata(field: Field, values: tuple[str, ...]) -> st.SearchStrategy[Query]:
    value = st.sampled_from(values).map(lambda text: Term((Word(text, How.FORM),), text=text))
    some = value | st.lists(value, min_size=2, max_size=3).map(lambda parts: disjunction(tuple(parts)))
    return (some | some.map(Not)).map(lambda part: Fielded(field, part))


IN_TEXT_FIELD = st.builds(Fielded, st.sampled_from(_TEXT_FIELDS), st.one_of(_LEAVES, NEARS))
"""What requires something in one field."""
FIELDED = st.one_of(
    st.builds(Fielded, st.sampled_from(_TEXT_FIELDS), IN_ONE_FIELD),
    _metadata(Field.FEED, FEEDS),
    _metadata(Field.LANGUAGE, LANGUAGES),
)


def _requiring(query: Query, term: Query) -> Query:
    """Of a query that only excludes make one that requires a term; a filter would throw whole examples away."""
    return query if requires_something(query) else conjunction((term, query))


QUERIES: st.SearchStrategy[Query] = st.builds(
    _requiring, st.recursive(st.one_of(_LEAVES, _LEAVES, NEARS, FIELDED), _joined, max_leaves=6), TERMS
)
"""Trees as the parser makes them, of every kind of node."""


def _texts(most: int, least: int = 0) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(_WRITTEN), min_size=least, max_size=most).map(lambda words: "".join(words).strip())


@st.composite
def _articles(draw: st.DrawFn) -> Article:
    values = st.lists(_texts(2, least=1), max_size=2).map(tuple)
    return article(
        feed_id=FeedId(draw(st.sampled_from(FEEDS))),
        url=f"https://news.example/{draw(st.sampled_from(WORDS))}-1",
        title=draw(_texts(4)),
        summary=draw(_texts(5)),
        body=draw(_texts(12)),
        authors=draw(values),
        tags=draw(values),
        feed_tags=draw(values),
        language=draw(st.sampled_from([None, "en", "en-GB", "uk", "ru", "de", "zh"])),
    )


ARTICLES = _articles()
"""Articles of the same words, of their forms and of few others."""


def kinds_of(query: Query) -> Iterator[str]:
    """Name every kind of node and of word that `query` has; a kind that is there twice comes twice."""
    match query:
        case Term(words=words, raw=raw):
            yield "raw" if raw else "phrase" if len(words) > 1 else "term"
            if not raw:
                yield from (_KINDS_OF_WORDS[word.how] for word in words)
        case Fielded(field=field, part=part):
            is_metadata = field in (Field.FEED, Field.LANGUAGE)
            yield "metadata" if is_metadata else "field"
            yield from (kind for kind in kinds_of(part) if not is_metadata or kind in ("NOT", "OR"))
        case Near(left=left, right=right):
            yield "ONEAR" if query.is_ordered else "NEAR"
            yield from kinds_of(left)
            yield from kinds_of(right)
        case Not(part=part):
            yield "NOT"
            yield from kinds_of(part)
        case Regex():
            yield "regex"
        case And(parts=parts) | Or(parts=parts) | AtLeast(parts=parts):
            yield {And: "AND", Or: "OR", AtLeast: "ATLEAST"}[type(query)]
            for part in parts:
                yield from kinds_of(part)


_KINDS_OF_WORDS = {How.FORMS: "forms", How.FORM: "exact", How.WILDCARD: "wildcard", How.FUZZY: "fuzzy"}
KINDS = (
    *("term", "phrase", "raw", "regex", "NEAR", "ONEAR", "ATLEAST", "AND", "OR", "NOT", "field", "metadata"),
    *_KINDS_OF_WORDS.values(),
)
"""What `kinds_of` can name."""
