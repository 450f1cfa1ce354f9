"""Words of a text: where they are, and which spellings are one."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.timing import least_seconds

from aggregator.matching import scripts
from aggregator.matching.text import (
    JOINED_RUN,
    WORD,
    analyse,
    fold,
    is_joined,
    plain_words,
    without_possessive,
    word_bounds,
)

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "query-language.md"
LETTERS = "aeopxAEOPXkKdzßøŁñéʼ'’`—-. 0٣²аеорхАЕОРХйїґёЁъІ\u0301\u0308\u00ad\u200bκςΆأةیכ\u05b8हि人権ガｶﾞ인กำ้Ａ"
TEXTS = st.text(st.sampled_from(LETTERS), max_size=12) | st.text(max_size=12)

ONE_WORD = [
    ("case", ["POW", "pow", "Pow"]),
    ("apostrophes", ["п'ять", "п’ять", "пʼять", "п`ять", "п‘ять", "п′ять"]),
    ("apostrophes in Latin", ["O'Brien", "O’Brien", "O`Brien", "OʼBRIEN"]),
    ("geresh", ["צ׳רצ׳יל", "צ'רצ'יל"]),
    ("fullwidth", ["ｗｉｄｅ", "wide", "ＷＩＤＥ"]),
    ("ligatures and small figures", ["ﬁne²", "fine2"]),
    ("letters of formulas", ["𝐛𝐨𝐥𝐝", "bold"]),
    ("Turkish", ["İstanbul", "istanbul", "ISTANBUL", "ıstanbul"]),
    ("German", ["Straße", "STRASSE", "strasse", "STRAẞE"]),
    ("Latin marks", ["Zelenský", "Zelensky\u0301", "zelensky"]),
    ("Latin letters that keep no mark", ["Łódź", "lodz"]),
    ("Nordic", ["Ørsted", "orsted"]),
    ("Vietnamese", ["Nguyễn", "Nguyê\u0303n", "nguyen"]),
    ("Greek", ["Αθήνα", "ΑΘΗΝΑ", "αθηνα"]),
    ("final sigma", ["Οδυσσεύς", "ΟΔΥΣΣΕΥΣ"]),
    ("stress in Cyrillic", ["за́мок", "замок", "ЗАМО́К"]),
    ("stress at the end", ["вода\u0301", "вода"]),
    ("yo", ["Ёлка", "елка", "е\u0308лка"]),
    ("short i, composed or not", ["Зеленський", "Зеленськии\u0306"]),
    ("yi, composed or not", ["Україна", "Украі\u0308на"]),
    ("a Latin yi", ["Україна", "Украïна"]),
    ("Arabic alif", ["أحمد", "احمد", "ٱحمد"]),
    ("Arabic madda", ["آسيا", "اسيا", "إسيا"]),
    ("harakat", ["مُحَمَّد", "محمد", "مـحـمد"]),
    ("alif maqsura", ["مستشفى", "مستشفي"]),
    ("ta marbuta", ["مدرسة", "مدرسه"]),
    ("Persian letters", ["کتاب", "كتاب"]),
    ("Persian yeh", ["ایران", "ايران", "إيران"]),
    ("Arabic forms", ["ﻣﺤﻤﺪ", "محمد"]),
    ("figures", ["١٢٣", "۱۲۳", "१२३", "๑๒๓", "123"]),
    ("Hebrew points", ["שָׁלוֹם", "שלום"]),
    ("Devanagari nukta", ["ज़", "ज\u093c"]),
    ("soft hyphens", ["prison\u00ader", "prisoner"]),
    ("zero-width characters", ["pri\u200bson\u200c\u200der\ufeff", "prisoner"]),
    ("marks of direction", ["pri\u200eson\u202aer\u2069", "prisoner"]),
    ("variation selectors", ["1\ufe0f\u20e3", "1"]),
    ("halfwidth kana", ["ｶﾞ", "ガ", "カ\u3099"]),
    ("Korean taken apart", ["한", "\u1112\u1161\u11ab"]),
    ("a Latin letter in a Russian word", ["Россия", "Pоссия", "РOCCИЯ", "Poсcия"]),
    ("Cyrillic letters in a Latin word", ["COVID", "СОVID", "covid"]),
    ("a mixture of nothing but look-alikes", ["СССР", "СССP"]),
    ("the same, mostly Latin", ["COPE", "COPЕ"]),
]

TWO_WORDS = [
    ("й and и", "мій", "міи"),
    ("ї and і", "їх", "іх"),
    ("ґ and г", "ґрати", "грати"),
    ("ў and у", "ўсе", "усе"),
    ("ќ and к", "ќерка", "керка"),
    ("ѓ and г", "ѓуро", "гуро"),
    ("е with a breve", "ӗ", "е"),
    ("Hebrew finals", "שלום", "שלומ"),
    ("vowels of Devanagari", "कि", "का"),
    ("voiced kana", "か", "が"),
    ("hamza on waw", "مسؤول", "مسوول"),
    ("whole words in look-alikes", "сор", "cop"),
    ("a mixture that nobody mistakes", "Яndex", "яндех"),
    ("an apostrophe and none", "п'ять", "пять"),
]


@pytest.mark.parametrize(("spellings"), [spellings for _, spellings in ONE_WORD], ids=[name for name, _ in ONE_WORD])
def test_spellings_of_one_word_fold_alike(spellings: list[str]) -> None:
    """Each of them is one word, and they compare equal."""
    found = [[token.folded for token in analyse(spelling)] for spelling in spellings]

    assert all(words == found[0] for words in found)
    assert len(found[0]) == 1


@pytest.mark.parametrize(
    ("one", "other"), [(one, other) for _, one, other in TWO_WORDS], ids=[name for name, _, _ in TWO_WORDS]
)
def test_different_words_stay_different(one: str, other: str) -> None:
    """Folding makes no other letter of a letter that tells words apart."""
    assert fold(one) != fold(other)


def test_the_reference_says_what_is_folded() -> None:
    """Each `one` = `other` and `one` ≠ `other` of its section on letters is true of words."""
    section = REFERENCE.read_text().partition("## Letters and scripts")[2].partition("\n## ")[0]
    found = [
        (found[1], found[2], found[3])
        for found in re.finditer(r"`([^`]+)`(?: \([^)]*\))? ([=≠])(?: Latin)? (?=`([^`]+)`)", section)
    ]

    wrong = [(one, sign, other) for one, sign, other in found if (fold(one) == fold(other)) != (sign == "=")]

    assert wrong == []
    assert len(found) >= 30


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Families, of 25 prisoners-of-war.", ["families", "of", "25", "prisoners", "of", "war"]),
        (
            "non\u2010stop non\u2011stop a–b a—b a/b a_b",
            ["non", "stop", "non", "stop", "a", "b", "a", "b", "a", "b", "a", "b"],
        ),
        ("'the dogs' ‘o’clock’ rock'n'roll", ["the", "dogs", "o'clock", "rock'n'roll"]),
        ("2.5.1 C++ .NET", ["2", "5", "1", "c", "net"]),
        ("ʼтак п''ять", ["так", "п", "ять"]),
        ("צה״ל", ["צה", "ל"]),
        ("人权观察abc", ["人", "权", "观", "察", "abc"]),
        ("인권을", ["인", "권", "을"]),
        ("น้ำแข็ง", ["น้ํา", "แ", "ข็", "ง"]),
        ("ខ្មែរ မြန်မာ", ["ខ្", "មែ", "រ", "မြ", "န်", "မာ"]),
        ("हिन्दी को", ["हिन्दी", "को"]),
        ("⒈ ½ ﷲ", ["1", "12", "الله"]),
        ("naïve 😀 €5", ["naive", "5"]),
        ("\u0301 \u00ad ' _", []),
    ],
)
def test_a_text_is_parted_into_words(text: str, words: list[str]) -> None:
    """Letters, digits and inner apostrophes make words; letters of scripts without spaces are words of their own."""
    assert [token.folded for token in analyse(text)] == words


def test_a_mixture_of_letters_without_doubles_keeps_them_all() -> None:
    """Neither script is there by look-alikes alone: no letter is changed, not even one that has a double."""
    assert [fold("Яndeх"), fold("Яndex"), fold("Wоrдs")] == ["яndeх", "яndex", "wоrдs"]


@pytest.mark.parametrize(
    "letters", ["가힣", "一鿿", "ぁゖ", "ァヺ", "กฮ", "ກຮ", "ကဿ", "កឳ", "ㄱㆎ", "\U00020000\U0003134a"]
)
def test_whole_alphabets_are_without_spaces(letters: str) -> None:
    """From the first letter to the last."""
    assert all(map(is_joined, letters))
    assert WORD.findall(letters + "a") == [*letters, "a"]


def test_a_wildcard_keeps_its_signs() -> None:
    """Folding a pattern leaves what is no letter where it is, and drops what folding itself would add."""
    assert [fold("ЗЕЛЕ*ск?й"), fold("Zelensk*"), fold("Ørst?"), fold("1⒈*")] == [
        "зеле*ск?й",
        "zelensk*",
        "orst?",
        "11*",
    ]


def test_what_folds_to_nothing_is_left_as_it_is() -> None:
    """No word is empty, not even one that is a lengthening sign alone."""
    assert [fold("ـ"), fold("’"), fold("")] == ["ـ", "’", ""]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("人权观察", ["人权观察"]),
        ("a 人, 权 b 观", ["人, 权"]),
        ("人 and 权", []),
        ("인권을 น้ำ", ["인권을 น้ำ"]),
        ("prisoners", []),
    ],
)
def test_a_run_holds_neighbours_of_scripts_without_spaces(text: str, runs: list[str]) -> None:
    """Two such words are neighbours where no other word is between them."""
    assert JOINED_RUN.findall(text) == runs


@given(TEXTS)
def test_runs_hold_every_pair_of_such_neighbours(text: str) -> None:
    """What a phrase finds side by side, the pairs of the runs have, and no more."""
    in_text = [pair for pair in pairwise(WORD.findall(text)) if all(map(is_joined, pair))]

    in_runs = [pair for run in JOINED_RUN.findall(text) for pair in pairwise(WORD.findall(run))]

    assert in_runs == in_text


@given(TEXTS)
@example("ŉ")
@example("ẚ")
@example("ћǣ")
@example("ếе")
def test_folding_twice_is_folding_once(text: str) -> None:
    """What is folded stays as it is, and is never empty."""
    folded = [fold(word) for word in WORD.findall(text)]

    assert [fold(word) for word in folded] == folded
    assert all(folded)


@given(TEXTS)
def test_words_stand_where_they_say(text: str) -> None:
    """Offsets are those of the original text, in order and apart; all three ways to read it agree."""
    tokens = analyse(text)

    assert [(text[token.start : token.end], token.start, token.end) for token in tokens] == word_bounds(text)
    assert [fold(text[token.start : token.end]) for token in tokens] == [token.folded for token in tokens]
    assert all(one.end <= other.start for one, other in pairwise(tokens))


@given(TEXTS)
def test_no_letter_and_no_digit_is_lost(text: str) -> None:
    """Every one is part of a word."""
    covered = {place for token in analyse(text) for place in range(token.start, token.end)}

    lost = [character for place, character in enumerate(text) if place not in covered and character.isalnum()]

    assert [character for character in lost if character not in scripts.APOSTROPHES] == []


def test_every_letter_and_digit_of_unicode_is_a_word() -> None:
    """Also those that no test names; each folds to something of its own kind, once for all."""
    letters = [
        letter
        for letter in map(chr, range(sys.maxunicode + 1))
        if letter.isalnum() and letter not in scripts.APOSTROPHES
    ]

    assert [letter for letter in letters if not WORD.fullmatch(letter)] == []
    assert [letter for letter in letters if not fold(letter) or fold(fold(letter)) != fold(letter)] == []
    assert [letter for letter in letters if is_joined(letter) != is_joined(fold(letter))] == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@given(text=TEXTS.filter(lambda text: "ｶ" not in text))
def test_composed_or_not_a_text_is_the_same_words(form: Literal["NFC", "NFD"], text: str) -> None:
    """Whether an accent is a character of its own makes no difference (Unicode Standard Annex #15)."""
    composed = unicodedata.normalize("NFC", text)

    rewritten = unicodedata.normalize(form, composed)

    assert [token.folded for token in analyse(rewritten)] == [token.folded for token in analyse(composed)]


@given(st.text(st.sampled_from("ab1'`’‘ _-“.\u00a0…Z"), max_size=12) | TEXTS)
@example("'a b' 'c''d` it`s")
def test_the_fast_way_through_plain_text_gives_the_same_words(text: str) -> None:
    """Where it gives any: it declines a text with other than ASCII letters."""
    words = plain_words(text)

    assert words is None or words == [token.folded for token in analyse(text)]
    assert words is not None or not text.isascii()


def test_typographic_signs_do_not_slow_a_text_down() -> None:
    """Quotation marks and dashes are read the fast way too; other letters are not."""
    assert plain_words("“Don’t” – it said…") == ["don't", "it", "said"]
    assert plain_words("café") is None


@pytest.mark.parametrize(
    ("folded", "base"), [("prisoner's", "prisoner"), ("prisoner", None), ("prisoners'", None), ("'s", None)]
)
def test_a_possessive_has_a_base(folded: str, base: str | None) -> None:
    """The ending alone is none."""
    assert without_possessive(folded) == base


@pytest.mark.parametrize("piece", ["\u0316\u0301", "\u0f71\u0f72", "п’", "é'", "\u200b\u0301", "\u05b0\u05bc"])
def test_a_word_of_any_length_folds_in_a_moment(piece: str) -> None:
    """Thousands of marks on one letter, or of apostrophes in one word, take time in proportion to their number."""
    shorter, longer = (least_seconds(partial(fold, "a" + piece * size)) for size in (3_000, 30_000))

    assert longer < 40 * max(shorter, 0.001)


def test_more_marks_than_any_language_has_are_dropped() -> None:
    """What stands beyond thirty marks on one letter counts for nothing."""
    assert fold("к" + "\u0306" * 31) == fold("к" + "\u0306" * 3_000)
    assert fold("ก" + "\u0e48" * 30) == fold("ก" + "\u0e48" * 40) != fold("ก" + "\u0e48")


@pytest.mark.parametrize(
    ("word", "folded"), [("Лукашенко's", "лукашенко's"), ("О’Brien’s", "o'brien's"), ("США'S", "сша's")]
)
def test_a_possessive_of_another_script_is_no_look_alike(word: str, folded: str) -> None:
    """The s of an English possessive stays Latin behind a Cyrillic name."""
    assert fold(word) == folded
