"""The forms of English words."""

from __future__ import annotations

import pytest

from aggregator.matching.forms import forms_of
from aggregator.matching.forms.english import english_forms
from aggregator.matching.frequencies import words_of

MOST_FORMS = 12
MEAN_OF_FORMS = 5.0


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("prisoner", "prisoner prisoners prisoner's"),
        ("family", "family families family's"),
        ("spy", "spy spies spied spying spy's"),
        ("stop", "stop stops stopped stopping stop's"),
        ("torture", "torture tortures tortured torturing torture's"),
        ("die", "die dies died dying die's"),
        ("free", "free frees freed freeing free's"),
        ("take", "take takes took taken taking take's"),
        ("man", "man men man's men's manned manning"),
        ("serviceman", "serviceman servicemen serviceman's servicemen's"),
        ("big", "big bigger biggest big's bigs"),
        ("early", "early earlier earliest early's earlies"),
        ("good", "good better best good's goods"),
        ("traffic", "traffic traffics trafficked trafficking traffic's"),
        ("photo", "photo photos photoes photo's"),
        ("dye", "dye dyes dyed dyeing dye's"),
        ("go", "go goes going went gone go's"),
    ],
)
def test_a_word_has_its_inflections_and_no_others(word: str, forms: str) -> None:
    """Plurals, possessives, verbs and degrees come by rule, or from the list where English has none."""
    found = english_forms(word)

    assert found == frozenset(forms.split())


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("prisoners", "prisoner"),
        ("prisoner's", "prisoner"),
        ("families", "family"),
        ("spied", "spy"),
        ("stopped", "stop"),
        ("torturing", "torture"),
        ("lying", "lie"),
        ("trafficking", "traffic"),
        ("wolves", "wolf"),
        ("fled", "flee"),
        ("biggest", "big"),
        ("happier", "happy"),
        ("larger", "large"),
        ("servicemen", "serviceman"),
        ("crises", "crisis"),
    ],
)
def test_every_form_leads_to_the_whole_word(word: str, base: str) -> None:
    """Whichever form a query has, the others are found."""
    found = english_forms(word)

    assert english_forms(base) - {f"{base}'s"} <= found | {f"{word}'s"}
    assert {word, base} <= found


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("waterboarded", "waterboard"),
        ("houthis", "houthi"),
        ("doxxing", "doxx"),
        ("exfiltrated", "exfiltrate"),
        ("nationalised", "nationalize"),
        ("unifies", "unify"),
        ("yazidi's", "yazidis"),
        ("bulldozed", "bulldoze"),
        ("cyberstalkings", "cyberstalking"),
        ("reinterred", "reinter"),
        ("deepfakes", "deepfake"),
        ("overstretches", "overstretch"),
        ("emulsified", "emulsify"),
        ("ombudsmen", "ombudsman"),
        ("respelled", "respell"),
        ("parcelled", "parcel"),
    ],
)
def test_words_that_no_table_has_are_taken_apart_by_their_looks(word: str, base: str) -> None:
    """Rare verbs and names have forms too."""
    found = english_forms(word)

    assert base in found
    assert word in found


@pytest.mark.parametrize("word", ["1990", "b2b2", "o'brien"])
def test_names_and_numbers_have_a_possessive(word: str) -> None:
    """A possessive ending never counts, whatever else a word is made of, and whichever of the two was typed."""
    found, found_by_possessive = english_forms(word), english_forms(word + "'s")

    assert found == {word, word + "'s"}
    assert found_by_possessive == found


@pytest.mark.parametrize("word", ["the", "us", "does", "naïve", "київ"])
def test_some_words_have_no_other_form(word: str) -> None:
    """Pronouns and the like, and what is not in plain Latin letters, stay as they are."""
    found = english_forms(word)

    assert found == {word}


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("new", "news"),
        ("news", "new"),
        ("prisoner", "prison"),
        ("university", "universe"),
        ("hop", "hope"),
        ("hoping", "hop"),
        ("star", "stare"),
        ("plane", "plan"),
        ("car", "cared"),
        ("bus", "busy"),
        ("past", "pasted"),
        ("unit", "united"),
        ("even", "evening"),
        ("left", "leave"),
        ("cal", "called"),
        ("los", "loses"),
        ("german", "germen"),
        ("cans", "can"),
        ("canned", "can"),
        ("exfiltrated", "exfiltrat"),
        ("hama", "hamas"),
        ("t", "ted"),
        ("un", "uns"),
        ("sh", "shed"),
        ("can", "canned"),
        ("police", "policy"),
        ("reuters", "reuterses's"),
        ("surprise", "surprize"),
        ("detained", "detain's"),
        ("stops", "stopses"),
    ],
)
def test_words_that_only_look_like_forms_are_apart(word: str, other: str) -> None:
    """What is another word, or none, is not among the forms."""
    found = english_forms(word)

    assert other not in found


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("organise", "organized"),
        ("organisations", "organization"),
        ("colour", "colored"),
        ("centre", "centers"),
        ("defence", "defense"),
        ("analyse", "analyzing"),
        ("travelled", "traveled"),
        ("traveller", "travelers"),
        ("politicised", "politicize"),
    ],
)
def test_both_sides_of_the_atlantic_are_found(british: str, american: str) -> None:
    """A word in British spelling finds the American one, and the other way round."""
    found, back = english_forms(british), english_forms(american)

    assert american in found
    assert british in back


def test_acronyms_with_figures_have_a_plural() -> None:
    """`f16` finds `f16s` and `f16's`."""
    found = english_forms("f16")

    assert found == {"f16", "f16s", "f16's"}


@pytest.mark.parametrize("word", ["mp", "mps"])
def test_short_acronyms_have_a_plural(word: str) -> None:
    """Two consonants are an abbreviation, which has a plural and no past."""
    found = english_forms(word)

    assert found == {"mp", "mps", "mp's"}


def test_forms_are_few() -> None:
    """The common words of English have five forms or fewer in the mean, and none has many."""
    sizes = [len(forms_of(word).always) for word in words_of("en")]

    assert sum(sizes) / len(sizes) <= MEAN_OF_FORMS
    assert max(sizes) <= MOST_FORMS
