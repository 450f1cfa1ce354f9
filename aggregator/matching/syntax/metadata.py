"""The values that `feed:` and `lang:` are compared with: whole ids and codes, no words."""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator.errors import QueryError
from aggregator.matching.query import How, Term, Word
from aggregator.matching.syntax.known_languages import LANGUAGES, meant_language
from aggregator.model.rules import Field

METADATA = (Field.FEED, Field.LANGUAGE)

_FEED_ID = re.compile(r"[A-Za-z0-9._-]+")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{1,8})*)")


@lru_cache(maxsize=4096)
def read_value(field: Field, text: str) -> Term:
    """Return the one value that `text` is: its only word is the value without regard to case, a language with hyphens.

    So `lang:en_GB` has the word `en-gb`, and `feed:EP-news` the word `ep-news`.

    Raises:
        QueryError: with the column in `text`, when it cannot be such a value.
    """
    if field is Field.FEED:
        if not _FEED_ID.fullmatch(text):
            message = "feed: compares the whole id of a feed, of letters, digits and . _ -; name several with OR"
            raise QueryError(message, query=text, column=1)
        return Term((Word(text.casefold(), How.FORM),), text=text)
    found = _LANGUAGE.fullmatch(text)
    if found is None or found[1].lower() not in LANGUAGES:
        meant = meant_language(text)
        hint = f"did you mean lang:{meant}?" if meant else "write a code, as in lang:uk or lang:en-GB"
        raise QueryError(f"{text} is not the code of a language; {hint}", query=text, column=1)
    return Term((Word(text.casefold().replace("_", "-"), How.FORM),), text=text)
