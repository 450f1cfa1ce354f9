"""Which words and phrases a proposed query is made of, and what it may not be."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.builders import article
from support.suggesting import COERCION, COERCION_AGAIN, UKRAINIAN, finds, of_part, suggested

from aggregator.errors import AggregatorError
from aggregator.matching.suggesting.counting import TermCounter
from aggregator.matching.suggesting.keyness import ENOUGH_ARTICLES, Background
from aggregator.matching.suggesting.suggest import Suggester
from aggregator.model.articles import Article


def test_what_unwanted_articles_speak_of_gives_way() -> None:
    """The subject is what the unwanted article has not."""
    title, body = "Captives made to burn depots", "Captives burn. Captives and depots. The depots of captives."
    example = article("one", title=title, language="en", summary="", body=body)
    unwanted = article("not", title="Captives fed", language="en", summary="", body="Captives eat.")

    assert suggested(example).terms[0].text == "captives"
    assert suggested(example, unwanted=(unwanted,)).terms[0].text == "depots"


def test_a_word_in_capitals_that_is_written_small_as_well_is_no_acronym() -> None:
    """Capitals are asked for only where nothing else is written."""
    body = "The POW camp is full of pow folk. The POW waits."

    query = suggested(article(title="Camp", language="en", summary="", body=body)).query

    assert "pow" in query.casefold()
    assert "==" not in query


def test_a_short_example_among_long_ones_is_found() -> None:
    """However much the others have to tell, each example has a say."""
    words = " ".join(f"{first}{second}{third}ost" for first in "bdfgklmn" for second in "aeiou" for third in "bdklm")
    long = article("long", title="", language="en", summary="", body=f"{words}. {words}.")
    short = article("short", title="", language="en", summary="", body="The press of the depot.")

    suggestion = suggested(long, short)

    assert finds(suggestion.query, long)
    assert finds(suggestion.query, short)


def test_what_nothing_stands_near_has_no_companion() -> None:
    """Terms that are far apart in the only example are not near."""
    filler = " ".join(["and"] * 30)
    example = article(title="", language="en", summary="", body=f"Captives wait. {filler}. Sabotage goes on. Sabotage.")

    suggestion = suggested(example)

    assert not of_part(suggestion, "near")
    assert finds(suggestion.query, example)


def test_a_single_word_is_enough() -> None:
    """Of a title of one telling word the query is that word."""
    suggestion = suggested(article(title="Captives", body="", summary="", language="en"))

    assert suggestion.query == "captives"
    assert (suggestion.tighter, suggestion.looser) == (None, None)


def test_words_that_all_stored_articles_have_tell_nothing() -> None:
    """What the store's articles have in common gives way to what they lack, whatever the shipped table says."""
    example = article(
        title="Sabotage at the pow-wow depot",
        language="en",
        summary="",
        body="Sabotage at the depot was found. The depot saw sabotage before.",
    )
    suggester = Suggester([("one", example)])
    counter = TermCounter(suggester.terms)
    for number in range(ENOUGH_ARTICLES * 5):
        counter.count(article(str(number), title="Sabotage", body="", summary="", language="en"))

    by_table, by_store = suggester.suggest(Background()), suggester.suggest(counter.background())

    assert by_table.terms[0].text == "sabotage"
    assert by_store.terms[0].text == "depot"
    assert by_store.terms[0].share < 0.05


def test_few_stored_articles_are_not_believed() -> None:
    """They do not say that a word is common, or rare."""
    suggester = Suggester([("one", COERCION)])
    few = Background(articles=ENOUGH_ARTICLES - 1, with_term=dict.fromkeys(suggester.terms, ENOUGH_ARTICLES - 1))

    assert suggester.suggest(few) == suggester.suggest(Background())


def test_english_adverbs_tell_nothing() -> None:
    """Adverbs are known by their ending and the word before it; words that only end alike are not."""
    body = "Typically, possibly, instantly, the assembly met. Instantly the assembly went."
    suggester = Suggester([("one", article(title="Assembly instantly met", language="en", summary="", body=body))])

    texts = {term.text for term in suggester.terms}
    assert "assembly" in texts
    assert not texts & {"instantly", "typically", "possibly"}


def test_a_line_that_examples_share_is_part_of_their_site() -> None:
    """The same sentence under every article is not what they are about."""
    foot = "Hromada needs donations: a donation to Hromada, any donation, keeps Hromada alive."
    examples = [
        article(one.key, title=one.title, language="en", body=f"{one.body}\n{foot}")
        for one in (COERCION, COERCION_AGAIN)
    ]

    suggestion = suggested(*examples)

    assert not any(word in suggestion.query.casefold() for word in ("donation", "hromada", "alive"))


def test_an_acronym_counts_with_its_plural_and_what_it_stands_for() -> None:
    """All three ways to write the subject are alternatives."""
    suggestion = suggested(
        article(
            title="UFO seen over depots",
            language="en",
            summary="",
            body="Guards of depots saw UFOs. An unidentified flying object hung there. No UFO was caught. "
            "The unidentified flying object went, and the UFOs went.",
        )
    )

    assert {"==UFO", "==UFOs", '"unidentified flying object"'} <= of_part(suggestion, "subject")

    alone = article(title="Depots saw a UFO", language="en", summary="", body="Guards saw UFOs. No UFO came, UFOs did.")
    assert of_part(suggested(alone), "subject") == {"==UFO", "==UFOs"}


def test_a_name_of_several_words_is_a_phrase() -> None:
    """It is taken whole even where it stands once; a part of a longer name is not taken for one."""
    body = (
        "Sabotage at depots goes on, as Human Rights Watch told reporters. Then Sir Anthony Charles Lynton Blair spoke."
    )

    suggester = Suggester([("one", article(title="Sabotage at depots", language="en", summary="", body=body))])

    texts = [term.text for term in suggester.terms]
    assert "Human Rights Watch" in texts
    assert not any("Anthony" in text and " " in text for text in texts)


def test_words_in_capitals_are_no_acronyms_in_a_title_of_capitals() -> None:
    """A shouted title says nothing about how its words are written."""
    suggestion = suggested(article(title="SPY RING FOUND AT DEPOT", body="", summary="", language="en"))

    assert "==" not in suggestion.query


def test_a_family_of_words_is_together() -> None:
    """Words that begin alike are alternatives of one part; a word is told by its phrase where it hardly is alone."""
    body = "Captives of the depot are in captivity. No captive leaves captivity. Prisoners of war are there. The "
    body += "prisoners of war there, prisoners of war for years, are prisoners. Prisoners hope. Their war goes on."

    suggester = Suggester([("one", article(title="Captivity at the depot", language="en", summary="", body=body))])

    assert {"captive", "captivity"} <= of_part(suggester.suggest(Background()), "subject")
    texts = {term.text for term in suggester.terms}
    assert {"prisoners of war", "prisoners"} <= texts
    assert "war" not in texts


def test_a_term_is_taken_only_where_a_rule_finds_it() -> None:
    """A word in capitals beside a letter of a script without spaces is one, as a rule finds it there."""
    filler = " ".join(["and so it goes on"] * 20)
    body = f"The NATO战 sabotage was found. {filler} until NATO came. NATO went."

    assert suggested(article(title="", language="en", summary="", body=body)).query == "==NATO NEAR/15 sabotage"


def test_an_alternative_that_only_unwanted_articles_need_is_left_out() -> None:
    """One of ten unwanted articles is found by one alternative, which goes."""
    assert "intelligence" in suggested(COERCION).query
    others = [article(str(number), title=f"Floods {number}", body="", summary="") for number in range(9)]
    visit = article("visit", title="Families of captives ask intelligence for help", body="", summary="", language="en")

    suggestion = suggested(COERCION, unwanted=(visit, *others))

    assert "intelligence" not in suggestion.query
    assert "NOT" not in suggestion.query
    assert finds(suggestion.query, COERCION)
    assert suggestion.unseparated == ()


def test_examples_that_are_the_same_text_count_once() -> None:
    """The same article from two files, and the same text under two titles, are no lines of a site."""
    retitled = article("other", title="Blackmail of relatives", language="en", body=COERCION.body)

    suggestion = suggested(COERCION, COERCION, retitled)

    assert '"prisoners of war"' in of_part(suggestion, "subject")
    assert all(finds(suggestion.query, one) for one in (COERCION, retitled))


def test_examples_in_two_languages_are_both_found() -> None:
    """Each gets its own terms in each group."""
    suggestion = suggested(COERCION, UKRAINIAN)

    assert finds(suggestion.query, COERCION)
    assert finds(suggestion.query, UKRAINIAN)


_WORDS = st.sampled_from(
    [
        "captive",
        "captives",
        "prisoner",
        "war",
        "of",
        "the",
        "POW",
        "spy",
        "depot",
        "sabotage",
        "and",
        "Kyiv",
        "полонений",
        "родини",
        "та",
        "Україна",
        "диверсії",
        "战",
        "俘",
        "人",
        "权",
        "的",
        "Łódź",
        "can't",
        "5G",
        "2024",
        "NATO",
        "не",
        "AND",
        "NOT",
        "or",
        "İstanbul",
        "Вitcoin",
    ]
)
_SENTENCES = st.lists(_WORDS, min_size=0, max_size=9).map(" ".join)
_TEXTS = st.lists(st.tuples(_SENTENCES, st.sampled_from([". ", "\n", ".\n", ", ", ""])), max_size=5).map(
    lambda pairs: "".join(f"{sentence}{end}" for sentence, end in pairs)
)
_ARTICLES = st.builds(
    lambda title, body, language: article("a1", title=title, body=body, summary="", language=language),
    _SENTENCES,
    _TEXTS,
    st.sampled_from(["en", "uk", "zh", "de", None]),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_ARTICLES, min_size=1, max_size=3), st.lists(_ARTICLES, max_size=2))
def test_whatever_the_articles_the_query_finds_the_examples_alone_or_says_why_not(
    examples: list[Article], unwanted: list[Article]
) -> None:
    """Every example is found, and every unwanted article that is found is named; or one error says what to give."""
    try:
        suggestion = suggested(*examples, unwanted=tuple(unwanted))
    except AggregatorError as error:
        assert "give the title and a paragraph" in str(error)  # noqa: PT017 - one of two outcomes
        return

    assert all(finds(suggestion.query, one) for one in examples)
    assert [one.key for one in unwanted if finds(suggestion.query, one)] == list(suggestion.unseparated)
    for query in (suggestion.tighter, suggestion.looser):
        assert query is None or all(finds(query, one) for one in examples)
