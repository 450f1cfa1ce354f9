"""Whether the languages that rules and their tests name are any."""

from __future__ import annotations

from collections.abc import Iterator

from aggregator.errors import Problem
from aggregator.matching.language_codes import language_tag, primary_of
from aggregator.matching.syntax.known_languages import LANGUAGES
from aggregator.settings import LoadedSettings
from aggregator.settings.validation import did_you_mean


def language_problems(loaded: LoadedSettings) -> Iterator[Problem]:
    """Yield each `language:` of a rule and each `lang:` of a test that is none."""
    for rule_number, rule in enumerate(loaded.settings.rules):
        path = ("rules", rule_number)
        if rule.language is not None and rule.language not in LANGUAGES:
            message = f"unknown language {rule.language!r}; write auto, or a code as en{_meant(rule.language)}"
            yield loaded.problem((*path, "language"), message)
        for number, test in enumerate(rule.tests):
            if test.language is not None and primary_of(language_tag(test.language) or "") not in LANGUAGES:
                key = "match" if test.expect_match else "no_match"
                message = f"unknown language {test.language!r}; write a code as en{_meant(test.language)}"
                yield loaded.problem((*path, "tests", number, key, "lang"), message)


def _meant(name: str) -> str:
    """Return `; did you mean 'uk'?` for `ukr`, `UA` and `Ukrainian`, or nothing."""
    code = primary_of(language_tag(name) or "")
    return did_you_mean(code if code in LANGUAGES else name.lower(), LANGUAGES)
