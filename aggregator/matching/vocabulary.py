"""The words that queries seek, each under a number, its key; and which of them an article has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType

from aggregator.matching.forms import STEMMED, forms_of, stem
from aggregator.matching.frequencies import zipf
from aggregator.matching.patterns import PatternIndex
from aggregator.matching.query import How, Word
from aggregator.matching.text import fold, with_possessive
from aggregator.model.rules import Field

Space = Field | None
"""Where a word is sought: a field, or None for the title, the summary and the body."""

Postings = dict[str, tuple[int, ...]]
"""The keys under which a form is sought."""

LEXEME_LANGUAGES = ("ru", "uk")
_CACHE_SIZE = 100_000
_ZIPF_OF_PATTERN = 4.5
_ZIPF_OF_METADATA: dict[Space, float] = {Field.LANGUAGE: 7.0, Field.FEED: 5.0}
_RARER_IN_FIELD: dict[Space, float] = {Field.TITLE: 1.0, Field.AUTHOR: 2.0, Field.TAG: 2.0, Field.URL: 2.0}
"""How much rarer a word is in this field alone than in the whole text, as a power of ten."""


_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class _Sought:
    """What one key stands for. `always` are words, and none of a pattern. `users` are the queries that seek it."""

    word: Word
    space: Space
    language: str | None
    rank: float
    always: tuple[str, ...]
    lexemes: Mapping[str, tuple[str, ...]]
    users: int = 1


@dataclass(slots=True, eq=False)
class _Table:
    """What is sought in one space: `always` whatever the language, `lexemes` and `stems` by the article's."""

    always: Postings = field(default_factory=dict)
    lexemes: dict[str, Postings] = field(default_factory=dict)
    stems: dict[str, Postings] = field(default_factory=dict)
    patterns: PatternIndex = field(default_factory=PatternIndex)


class Vocabulary:
    """Gives each word that is sought a key, and finds the keys of an article's words.

    Words are added and taken out one at a time. How the words of an article fold is remembered, within a bound.
    """

    def __init__(self) -> None:
        self.shared: dict[int, object] = {}
        """What queries make of a word alone, by its key: made once for all of them, forgotten with the word."""
        self._sought: dict[int, _Sought] = {}
        self._keys: dict[tuple[Space, str | None, Word], int] = {}
        self._tables: dict[Space, _Table] = {}
        self._folds: dict[str, str] = {}
        self._stems: dict[str, dict[str, str]] = {}
        self._next_key = 0

    def spaces(self) -> Collection[Space]:
        """Return where words are sought."""
        return self._tables.keys()

    def intern(self, word: Word, space: Space, language: str | None = None) -> int:
        """Return the key of `word`, for one more query; `language` is the one whose forms count, None for all."""
        identity = (space, language, word)
        key = self._keys.get(identity)
        if key is not None:
            self._sought[key].users += 1
            return key
        key = self._next_key = self._next_key + 1
        self._keys[identity] = key
        sought = self._sought[key] = _described(word, space, language)
        self._post(key, sought)
        return key

    def release(self, keys: Iterable[int]) -> None:
        """Let go of keys, for one query; what no query seeks any more is forgotten."""
        for key in keys:
            sought = self._sought[key]
            sought.users -= 1
            if not sought.users:
                del self._sought[key]
                self.shared.pop(key, None)
                del self._keys[sought.space, sought.language, sought.word]
                self._withdraw(key, sought)

    def word(self, key: int) -> Word:
        """Return the word that a key stands for: the same object for all queries."""
        return self._sought[key].word

    def rank(self, key: int) -> float:
        """Return how common the word is, as log10 of its occurrences in a billion words."""
        return self._sought[key].rank

    def folded(self, words: Collection[str]) -> list[str]:
        """Fold words of an article: texts repeat their words, so what was folded is remembered."""
        known = self._folds
        if not known.keys() >= set(words):
            if len(known) > _CACHE_SIZE:
                known.clear()
            known.update((word, fold(word)) for word in words if word not in known)
        return [known[word] for word in words]

    def keys_in(self, space: Space, forms: Collection[str], language: str | None, *, is_ascii: bool) -> set[int]:
        """Return the keys of what is sought among `forms`, the words of `space` of an article in `language`."""
        table = self._tables[space]
        found = set(chain.from_iterable(filter(None, map(table.always.get, forms))))
        if not is_ascii:
            for name in _lexeme_languages(language):
                if name in table.lexemes:
                    found.update(*filter(None, map(table.lexemes[name].get, forms)))
        if language in STEMMED:
            stems = self._stems_in(space, table, language)
            found.update(*filter(None, map(stems.get, map(self._stem_of(language), forms))))
        if table.patterns:
            found.update(*map(table.patterns.keys_of, forms))
        return found

    def forms_of_key(self, key: int, forms: Collection[str], language: str | None) -> list[str]:
        """Return those of the folded `forms` of an article in `language` that `key` stands for."""
        sought = self._sought[key]
        if not sought.always:
            patterns = self._tables[sought.space].patterns
            return [form for form in forms if key in patterns.keys_of(form)]
        if not sought.lexemes and language not in STEMMED:
            return [form for form in sought.always if form in forms]
        wanted = dict.fromkeys(sought.always)
        for name in _lexeme_languages(language):
            wanted.update(dict.fromkeys(sought.lexemes.get(name, ())))
        found = [form for form in wanted if form in forms]
        if language in STEMMED and _is_inflected(sought, language):
            stem_of = self._stem_of(language)
            own = stem_of(sought.word.folded)
            found += [form for form in forms if form not in wanted and stem_of(form) == own]
        return found

    def _post(self, key: int, sought: _Sought) -> None:
        table = self._tables.setdefault(sought.space, _Table())
        if sought.word.how in (How.WILDCARD, How.FUZZY):
            table.patterns.add(key, sought.word)
            return
        alone = (key,)
        _add(table.always, sought.always, alone)
        for name, forms in sought.lexemes.items():
            _add(table.lexemes.setdefault(name, {}), forms, alone)
        for name, postings in table.stems.items():
            if _is_inflected(sought, name):
                _add(postings, (self._stem_of(name)(sought.word.folded),), alone)

    def _withdraw(self, key: int, sought: _Sought) -> None:
        table = self._tables[sought.space]
        if sought.word.how in (How.WILDCARD, How.FUZZY):
            table.patterns.remove(key, sought.word)
        else:
            _remove(table.always, sought.always, key)
            for name, forms in sought.lexemes.items():
                _remove(table.lexemes[name], forms, key)
            for name, postings in table.stems.items():
                if _is_inflected(sought, name):
                    _remove(postings, (self._stem_of(name)(sought.word.folded),), key)
        if not table.always and not table.patterns:
            del self._tables[sought.space]

    def _stems_in(self, space: Space, table: _Table, language: str) -> Postings:
        """Return what is sought by its stem; made when the first article of a language comes."""
        postings = table.stems.get(language)
        if postings is None:
            postings = table.stems[language] = {}
            stem_of = self._stem_of(language)
            for key, sought in self._sought.items():
                if sought.space == space and _is_inflected(sought, language):
                    _add(postings, (stem_of(sought.word.folded),), (key,))
        return postings

    def _stem_of(self, language: str) -> Callable[[str], str]:
        known = self._stems.setdefault(language, {})
        if len(known) > _CACHE_SIZE:
            known.clear()

        def stem_of(form: str) -> str:
            found = known.get(form)
            if found is None:
                found = known[form] = stem(form, language)
            return found

        return stem_of


def _described(word: Word, space: Space, language: str | None) -> _Sought:
    rank = _rank(word, space)
    if word.how is not How.FORMS:
        always = () if word.how in (How.WILDCARD, How.FUZZY) else with_possessive(word.folded)
        return _Sought(word, space, language, rank, always, _NONE)
    forms = forms_of(word.folded, language)
    return _Sought(
        word,
        space,
        language,
        rank,
        tuple(forms.always),
        {name: tuple(found - forms.always) for name, found in forms.by_language.items()} or _NONE,
    )


def _rank(word: Word, space: Space) -> float:
    if space in _ZIPF_OF_METADATA:
        return _ZIPF_OF_METADATA[space]
    zipf_of_word = zipf(word.folded) if word.how in (How.FORMS, How.FORM) else _ZIPF_OF_PATTERN
    return zipf_of_word - _RARER_IN_FIELD.get(space, 0.0)


def _lexeme_languages(language: str | None) -> tuple[str, ...]:
    """Return whose lexemes count: those of the article's language, of all when it is neither."""
    return (language,) if language in LEXEME_LANGUAGES else LEXEME_LANGUAGES


def _is_inflected(sought: _Sought, language: str) -> bool:
    return sought.word.how is How.FORMS and sought.language in (None, language)


def _add(postings: Postings, forms: Iterable[str], alone: tuple[int]) -> None:
    """Put a key under each of its forms. Most forms have one key: they share the one tuple."""
    for form in forms:
        others = postings.get(form)
        postings[form] = alone if others is None else others + alone


def _remove(postings: Postings, forms: Iterable[str], key: int) -> None:
    for form in forms:
        left = tuple(other for other in postings[form] if other != key)
        if left:
            postings[form] = left
        else:
            del postings[form]
