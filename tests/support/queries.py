"""Queries of every kind and articles that they may hold for, over one small vocabulary in three scripts."""

from __future__ import annotations

from hypothesis import strategies as st
from support.builders import article

from aggregator.matching.query import (
    Fielded,
    How,
    Near,
    Not,
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
LANGUAGES = ("en", "uk", "en-gb", "zh")
FEEDS = ("ep", "ep-news", "other.1")

_TEXT_FIELDS = (Field.TITLE, Field.SUMMARY, Field.BODY, Field.AUTHOR, Field.TAG, Field.URL)
_BETWEEN = (" ", " ", " ", ", ", ". ", "-", "\n", " (", "++ ", ' "', "/")


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


IN_ONE_FIELD = st.recursive(st.one_of(_LEAVES, _LEAVES, NEARS), _joined, max_leaves=4)
"""What can stand in a field, or without one."""


def _metadata(field: Field, values: tuple[str, ...]) -> st.SearchStrategy[Query]:
    value = st.sampled_from(values).map(lambda text: Term((Word(text, How.FORM),), text=text))
    some = value | st.lists(value, min_size=2, max_size=3).map(lambda parts: disjunction(tuple(parts)))
    return (some | some.map(Not)).map(lambda part: Fielded(field, part))


FIELDED = st.one_of(
    st.builds(Fielded, st.sampled_from(_TEXT_FIELDS), IN_ONE_FIELD),
    _metadata(Field.FEED, FEEDS),
    _metadata(Field.LANGUAGE, LANGUAGES),
)

QUERIES: st.SearchStrategy[Query] = st.recursive(
    st.one_of(_LEAVES, _LEAVES, NEARS, FIELDED), _joined, max_leaves=6
).filter(requires_something)
"""Trees as the parser makes them, of every kind of node."""


@st.composite
def _texts(draw: st.DrawFn, most: int) -> str:
    words = draw(st.lists(st.sampled_from(WORDS + JOINED_WORDS + FORMS), max_size=most))
    return "".join(word + draw(st.sampled_from(_BETWEEN)) for word in words).strip()


@st.composite
def _articles(draw: st.DrawFn) -> Article:
    values = st.lists(_texts(2).filter(bool), max_size=2).map(tuple)
    return article(
        feed_id=FeedId(draw(st.sampled_from(FEEDS))),
        url=f"https://news.example/{draw(st.sampled_from(WORDS))}-1",
        title=draw(_texts(4)),
        summary=draw(_texts(5)),
        body=draw(_texts(12)),
        authors=draw(values),
        tags=draw(values),
        feed_tags=draw(values),
        language=draw(st.sampled_from([None, "en", "en-GB", "uk", "zh"])),
    )


ARTICLES = _articles()
"""Articles of the same words, of their forms and of few others."""
