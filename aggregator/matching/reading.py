"""An article as the words that it has: their keys at once, their places and characters when somebody asks."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, product
from operator import itemgetter

from aggregator.matching.text import JOINED_RUN, WORD, plain_words
from aggregator.matching.vocabulary import Space, Vocabulary
from aggregator.model.articles import Article
from aggregator.model.ids import ArticleId
from aggregator.model.rules import Field, Span

TEXT_FIELDS = (Field.TITLE, Field.SUMMARY, Field.BODY)
_FIELDS = (*TEXT_FIELDS, Field.AUTHOR, Field.TAG, Field.URL)
"""The fields in reading order; the number of a field is its place here."""
_FEED_TAGS = len(_FIELDS)
"""The number of the tags that the operator gave the feed: they match `tag:`, and no span lies in them."""
_ATTRIBUTES = ("title", "summary", "body", "authors", "tags", "url", "feed_tags")
"""Of an article, by the numbers of the fields."""
_NUMBERS = {field: number for number, field in enumerate(_FIELDS)}
_NUMBERS_OF_SPACE: dict[Space, tuple[int, ...]] = {
    None: tuple(_NUMBERS[field] for field in TEXT_FIELDS),
    **{field: (number,) for field, number in _NUMBERS.items()},
    Field.TAG: (_NUMBERS[Field.TAG], _FEED_TAGS),
}
_FIELD_BITS = 40
"""A place is the number of its field, and in these lower bits the word's number in the field."""
_MOST_PHRASES = 16
"""So many spellings of a phrase are looked for one by one; for more the places of its words are compared."""
_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")
_VALUE_GAP = 2_048
"""Places between two values of a field, more than NEAR can bridge."""

_WRITTEN_IN = {"nb": "no", "nn": "no"}
"""Languages that are also known by the name of the one that they are forms of."""

Place = int
Occurrence = tuple[Place, Place]
"""The places of the first and the last word of one occurrence."""

Stretch = tuple[int, int, int]
"""The number of a field, and characters `start` to `end` (exclusive) of it."""


def numbers_of(space: Space) -> tuple[int, ...]:
    """Return the numbers of the fields that a space has."""
    return _NUMBERS_OF_SPACE[space]


def field_number(place: Place) -> int:
    """Return the number of the field that a place lies in."""
    return place >> _FIELD_BITS


@dataclass(slots=True)
class _Words:
    """The folded words of one field, and the place of each (None: they follow each other)."""

    forms: list[str]
    places: list[int] | None = None


class Reading:
    """One article, read for one vocabulary: `keys` are those of all words that are sought and that it has."""

    def __init__(self, article: Article, vocabulary: Vocabulary) -> None:
        self.article = article
        self._article_id: ArticleId | None = None
        code = (article.language or "").casefold().replace("_", "-").partition("-")[0]
        self.language = _WRITTEN_IN.get(code, code) or None
        self._lines: dict[Space, str] = {}
        self._phrases: dict[tuple[Space, tuple[int, ...]], list[Occurrence]] = {}
        self._vocabulary = vocabulary
        self._words: dict[int, _Words] = {}
        self._forms: dict[Space, set[str]] = {}
        self._stretches: dict[tuple[Space, tuple[int, ...]], list[Stretch]] = {}
        self._places: dict[Space, dict[str, list[Place]]] = {}
        self._bounds: dict[int, list[tuple[int, int]]] = {}
        self._spans: dict[Stretch, Span] = {}
        self.keys = self._find_keys()

    @property
    def article_id(self) -> ArticleId:
        """The article's id, derived once."""
        if self._article_id is None:
            self._article_id = self.article.id
        return self._article_id

    def text(self, number: int) -> str:
        """Return the text of a field, in which spans count."""
        value: str | tuple[str, ...] = getattr(self.article, _ATTRIBUTES[number])
        return value if isinstance(value, str) else "\n".join(part.replace("\n", " ") for part in value)

    def values(self, number: int) -> list[tuple[int, str]]:
        """Return the values that a field has, each with the character at which it starts; a text is one.

        Halves of characters, which no expression can read, stand as U+FFFD.
        """
        text = self.text(number)
        if not text.isascii():
            text = _HALF_CHARACTERS.sub("\ufffd", text)
        if number not in _NUMBERS_OF_VALUES:
            return [(0, text)]
        values = text.split("\n")
        starts = accumulate((len(value) + 1 for value in values), initial=0)
        return list(zip(starts, values, strict=False))

    def has_phrase(self, keys: tuple[int, ...], space: Space) -> bool:
        """Whether words with `keys` stand one after the other; for an article that has each of the keys."""
        line = self._line_of(space)
        forms = [self._forms_of(key, space) for key in keys]
        if math.prod(map(len, forms)) > _MOST_PHRASES:
            return bool(self.phrase(keys, space))
        return any(f" {' '.join(words)} " in line for words in product(*forms))

    def phrase(self, keys: tuple[int, ...], space: Space) -> list[Occurrence]:
        """Return every occurrence of words with `keys` one after the other, in order."""
        found = self._phrases.get((space, keys))
        if found is None:
            first, *others = (self._places_of(key, space) for key in keys)
            following = [frozenset(places) for places in others]
            found = self._phrases[space, keys] = [
                (place, place + len(following))
                for place in first
                if all(place + distance in places for distance, places in enumerate(following, start=1))
            ]
        return found

    def stretch(self, occurrence: Occurrence) -> Stretch:
        """Return the characters of an occurrence."""
        first, last = occurrence
        number = field_number(first)
        bounds = self._bounds_in(number)
        return number, bounds[self._ordinal(first)][0], bounds[self._ordinal(last)][1]

    def stretches(self, keys: tuple[int, ...], space: Space) -> list[Stretch]:
        """Return the characters of every occurrence of a phrase."""
        found = self._stretches.get((space, keys))
        if found is None:
            found = self._stretches[space, keys] = list(map(self.stretch, self.phrase(keys, space)))
        return found

    def occurrence(self, stretch: Stretch) -> Occurrence | None:
        """Return the places of the words that some characters of a field touch, None where they touch none."""
        number, start, end = stretch
        bounds = self._bounds_in(number)
        first = bisect_right(bounds, start, key=itemgetter(1))
        behind = bisect_left(bounds, end, key=itemgetter(0))
        if first >= behind:
            return None
        return self._place(number, first), self._place(number, behind - 1)

    def spans(self, stretches: Sequence[Stretch]) -> tuple[Span, ...]:
        """Return spans for stretches, each once, in reading order; the feed's tags have none."""
        return tuple(self._span(stretch) for stretch in sorted(set(stretches)) if stretch[0] != _FEED_TAGS)

    def _find_keys(self) -> set[int]:
        vocabulary, article = self._vocabulary, self.article
        keys: set[int] = set()
        for space in vocabulary.spaces():
            if space is Field.FEED:
                keys |= vocabulary.keys_in(space, {article.feed_id.casefold()}, None, is_ascii=True)
            elif space is not Field.LANGUAGE:
                is_ascii = all(self.text(number).isascii() for number in numbers_of(space))
                keys |= vocabulary.keys_in(space, self._forms_in(space), self.language, is_ascii=is_ascii)
            elif self.language is not None:
                whole = (article.language or "").casefold().replace("_", "-")
                keys |= vocabulary.keys_in(space, {whole, self.language}, None, is_ascii=True)
        return keys

    def _forms_in(self, space: Space) -> set[str]:
        """Return every folded word of a space, and each pair of neighbours in scripts without spaces, as one form."""
        forms = self._forms.get(space)
        if forms is None:
            forms = set[str]().union(*(self._words_in(number).forms for number in numbers_of(space)))
            self._forms[space] = forms
            for number in numbers_of(space):
                text = self.text(number)
                if not text.isascii():
                    for run in JOINED_RUN.findall(text):
                        forms.update(map("".join, pairwise(self._folded(run))))
        return forms

    def _places_of(self, key: int, space: Space) -> list[Place]:
        """Return the places of every word that `key` stands for in `space`, in order."""
        forms = self._forms_of(key, space)
        places = self._places_in(space)
        if len(forms) == 1:
            return places.get(forms[0], [])
        return sorted(place for form in forms for place in places.get(form, ()))

    def _forms_of(self, key: int, space: Space) -> list[str]:
        """Return the words of the article that a key stands for."""
        return self._vocabulary.forms_of_key(key, self._forms_in(space), self.language)

    def _line_of(self, space: Space) -> str:
        """Return the folded words of a space between spaces; lines part its fields and values."""
        line = self._lines.get(space)
        if line is None:
            parts: list[str] = []
            for number in numbers_of(space):
                words = self._words_in(number)
                if words.places is None:
                    parts += words.forms
                else:
                    for form, before, place in zip(words.forms, [-1, *words.places], words.places, strict=False):
                        parts += (form,) if place == before + 1 else ("\n", form)
                parts.append("\n")
            line = self._lines[space] = f" {' '.join(parts)} "
        return line

    def _words_in(self, number: int) -> _Words:
        words = self._words.get(number)
        if words is None:
            text = self.text(number)
            if number in _NUMBERS_OF_VALUES:
                forms: list[str] = []
                places: list[int] = []
                for count, value in enumerate(text.split("\n")):
                    found = self._folded(value)
                    start = len(forms) + count * _VALUE_GAP
                    forms += found
                    places += range(start, start + len(found))
                words = _Words(forms, places)
            else:
                words = _Words(self._folded(text))
            self._words[number] = words
        return words

    def _folded(self, text: str) -> list[str]:
        words = plain_words(text)
        return self._vocabulary.folded(WORD.findall(text)) if words is None else words

    def _places_in(self, space: Space) -> dict[str, list[Place]]:
        places = self._places.get(space)
        if places is None:
            places = self._places[space] = defaultdict(list)
            for number in numbers_of(space):
                words = self._words_in(number)
                base = number << _FIELD_BITS
                for form, place in zip(words.forms, words.places or range(len(words.forms)), strict=True):
                    places[form].append(base + place)
        return places

    def _bounds_in(self, number: int) -> list[tuple[int, int]]:
        """Return the characters of each word of a field: between two words there is nothing that words are made of."""
        bounds = self._bounds.get(number)
        if bounds is None:
            bounds = self._bounds[number] = []
            text, end = self.text(number), 0
            for word in WORD.findall(text):
                start = text.find(word, end)
                end = start + len(word)
                bounds.append((start, end))
        return bounds

    def _ordinal(self, place: Place) -> int:
        """Return which word of its field stands at a place."""
        places = self._words_in(field_number(place)).places
        in_field = place & ((1 << _FIELD_BITS) - 1)
        return in_field if places is None else places.index(in_field)

    def _place(self, number: int, ordinal: int) -> Place:
        places = self._words_in(number).places
        return (number << _FIELD_BITS) + (ordinal if places is None else places[ordinal])

    def _span(self, stretch: Stretch) -> Span:
        span = self._spans.get(stretch)
        if span is None:
            number, start, end = stretch
            span = Span(field=_FIELDS[number], start=start, end=end, text=self.text(number)[start:end])
            self._spans[stretch] = span
        return span


_NUMBERS_OF_VALUES = frozenset({_NUMBERS[Field.AUTHOR], _NUMBERS[Field.TAG], _FEED_TAGS})
