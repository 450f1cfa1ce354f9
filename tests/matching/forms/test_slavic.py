"""The forms of Russian and Ukrainian words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from aggregator.matching.forms import slavic
from aggregator.matching.forms.slavic import MOST_FORMS, slavic_forms
from aggregator.matching.frequencies import words_of
from aggregator.matching.text import fold


@pytest.mark.parametrize(
    ("word", "language", "forms"),
    [
        ("плен", "ru", "плен плена плену плен пленом плене плену пленов плены пленам пленами пленах"),
        ("полон", "uk", "полон полону полонові полоном полоні полоне полони полонів полонам полонами полонах"),
    ],
)
def test_a_noun_has_all_its_cases(word: str, language: str, forms: str) -> None:
    """The forms of a noun are its cases in both numbers, of no other word."""
    found = slavic_forms(word)[language]

    assert found <= set(forms.split())
    assert len(found) > len(forms.split()) / 2


@pytest.mark.parametrize(
    ("word", "language", "form"),
    [
        ("катувати", "uk", "катуючи"),
        ("катувати", "uk", "катувавши"),
        ("звільнити", "uk", "звільненого"),
        ("звільнений", "uk", "звільнено"),
        ("боятися", "uk", "боячись"),
        ("боятися", "uk", "боявшись"),
        ("пытать", "ru", "пытавшего"),
        ("ребенок", "ru", "дети"),
        ("діти", "uk", "дітям"),
        ("стали", "ru", "стать"),
        ("стали", "ru", "сталью"),
        ("немцев", "ru", "немец"),
        ("поляков", "ru", "поляками"),
    ],
)
def test_verbs_and_irregular_nouns_are_whole(word: str, language: str, form: str) -> None:
    """Participles and adverbs are forms of the verb; nouns with two stems are one word."""
    found = slavic_forms(word)[language]

    assert form in found


@pytest.mark.parametrize(
    ("word", "language", "form"),
    [
        ("лукашенко", "uk", "лукашенком"),
        ("лавров", "ru", "лавровым"),
        ("умеров", "ru", "умеровым"),
        ("умєров", "uk", "умєровим"),
        ("пашинян", "ru", "пашиняном"),
        ("зеленський", "uk", "зеленському"),
        ("сырского", "ru", "сырский"),
        ("навальная", "ru", "навальную"),
    ],
)
def test_surnames_have_their_cases_known_or_not(word: str, language: str, form: str) -> None:
    """A name that no dictionary has is declined by its ending."""
    found = slavic_forms(word)[language]

    assert form in found


@pytest.mark.parametrize(
    ("word", "language", "other"),
    [
        ("лавров", "ru", "лавр"),
        ("киев", "ru", "кий"),
        ("мати", "uk", "мат"),
        ("сталь", "ru", "стать"),
        ("миколаїв", "uk", "миколай"),
    ],
)
def test_a_word_as_the_dictionary_has_it_means_that_word(word: str, language: str, other: str) -> None:
    """A name that is also the plural of something is the name."""
    found = slavic_forms(word)[language]

    assert other not in found


@pytest.mark.parametrize("word", ["капітуляція", "сім'я", "єрмак", "родственников", "катувати"])
def test_a_word_of_one_language_has_no_forms_in_the_other(word: str) -> None:
    """Letters tell the languages apart, or else the dictionaries do."""
    found = slavic_forms(word)

    assert len(found) == 1


def test_a_name_of_one_language_has_forms_in_the_other() -> None:
    """Names cross the border: `Мишустин` is in no Ukrainian dictionary."""
    found = slavic_forms("мишустин")

    assert "мишустиным" in found["ru"]
    assert "мишустину" in found["uk"]


@pytest.mark.parametrize("word", ["зсу", "нато", "prison", "人", "1990"])
def test_what_is_not_inflected_has_no_forms(word: str) -> None:
    """Abbreviations, and words of other letters, are found as they are."""
    found = slavic_forms(word)

    assert found == {}


def test_a_rule_in_one_language_has_forms_of_that_one() -> None:
    """`language` leaves out the other."""
    found = slavic_forms("бахмут", "uk")

    assert list(found) == ["uk"]
    assert "бахмутом" in found["uk"]


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_forms_are_folded_and_bounded(language: str) -> None:
    """Of the thousand commonest words none has more forms than the cap, and each form is folded."""
    found = [forms for word in list(words_of(language))[:1_000] for forms in slavic_forms(word).values()]

    assert all(len(forms) <= MOST_FORMS for forms in found)
    assert all(fold(form) == form for forms in found for form in forms)


def test_a_word_of_many_verbs_is_cut_short() -> None:
    """`смело` is of several words: it has as many forms as may be, itself among them."""
    found = slavic_forms("смело", "ru")["ru"]

    assert len(found) == MOST_FORMS
    assert "смело" in found


def test_threads_get_the_same_forms() -> None:
    """The dictionaries may be read by several threads at once."""
    words = list(words_of("uk"))[:300] * 2
    slavic._forms.cache_clear()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(slavic_forms, words))

    assert found == [slavic_forms(word) for word in words]
