"""Queries proposed from articles."""

from __future__ import annotations

import pytest
from support.builders import article
from support.suggesting import (
    CHINESE,
    COERCION,
    COERCION_AGAIN,
    CZECH,
    EXCHANGE,
    GERMAN,
    RUSSIAN,
    UKRAINIAN,
    finds,
    of_part,
    suggested,
    terms_of,
)

from aggregator.errors import AggregatorError
from aggregator.matching.suggesting.suggest import Suggester
from aggregator.matching.syntax.parser import parse_query
from aggregator.model.articles import Article


def test_a_proposal_reads_as_an_analyst_writes_it() -> None:
    """The subject with its acronym and its other words, near whom it concerns, and what else is told."""
    suggestion = suggested(COERCION)

    assert {'"prisoners of war"', "==POW", "captives"} <= of_part(suggestion, "subject")
    assert {"families", "relatives"} <= of_part(suggestion, "near")
    assert {"sabotage", "spying", "intelligence"} <= of_part(suggestion, "context")
    assert " NEAR/15 " in suggestion.query
    assert finds(suggestion.query, COERCION)
    assert not finds(
        suggestion.query, article(title="Families visit the museum of prisoners of war", body="", summary="")
    )


def test_what_surrounds_the_text_is_no_part_of_the_subject() -> None:
    """Bylines, dates, buttons and who is quoted do not get into a query."""
    suggestion = suggested(COERCION)

    words = suggestion.query.casefold()
    assert not any(
        word in words for word in ("anna", "reporter", "minute", "subscribe", "office", "2024", "kyiv", "gazette")
    )


@pytest.mark.parametrize("example", [COERCION, UKRAINIAN, RUSSIAN, GERMAN, CHINESE, CZECH])
def test_examples_of_many_languages_are_found_with_all_alternatives(example: Article) -> None:
    """The query, the tighter and the looser one find the example; the looser one finds whatever the query finds."""
    suggestion = suggested(example)

    for query in (suggestion.query, suggestion.tighter, suggestion.looser):
        assert query is not None
        assert finds(query, example)
        parse_query(query)
    assert suggestion.terms[0].places[0] == "title"


def test_ukrainian_words_are_taken_with_their_forms() -> None:
    """Forms of one word are one term, written as it stands in the text."""
    suggestion = suggested(UKRAINIAN)

    texts = terms_of(suggestion)
    assert sum(text.startswith("диверс") for text in texts) == 1
    assert sum(text.startswith("родин") for text in texts) == 1
    assert "військовополонених" in texts


def test_chinese_is_told_by_groups_of_characters() -> None:
    """Words that stand twice are found without a dictionary."""
    suggestion = suggested(CHINESE)

    assert suggestion.terms[0].text.strip('"') == "战俘家属"


def test_what_several_examples_share_comes_first() -> None:
    """Terms of both examples before terms of one; both are found."""
    suggestion = suggested(COERCION, COERCION_AGAIN)

    assert suggestion.terms[0].text == '"prisoners of war"'
    assert suggestion.terms[0].examples == 2
    assert finds(suggestion.query, COERCION)
    assert finds(suggestion.query, COERCION_AGAIN)
    assert suggestion.notes == ()


def test_an_example_of_another_subject_is_named() -> None:
    """The query finds it all the same, and a note says which article made it wide."""
    floods = article("floods", title="Floods in the valley", body="Heavy floods drowned the valley. Floods will go on.")

    suggestion = suggested(COERCION, COERCION_AGAIN, floods)

    assert all(finds(suggestion.query, one) for one in (COERCION, COERCION_AGAIN, floods))
    assert [note.partition(" ")[0] for note in suggestion.notes] == ["floods"]


def test_unwanted_articles_are_excluded_by_what_they_lack() -> None:
    """A query that would find an unwanted article is made narrower, without NOT where that does."""
    assert finds(suggested(COERCION).query, EXCHANGE)

    suggestion = suggested(COERCION, unwanted=(EXCHANGE,))

    assert finds(suggestion.query, COERCION)
    assert not finds(suggestion.query, EXCHANGE)
    assert "NOT" not in suggestion.query
    assert suggestion.unseparated == ()
    for query in (suggestion.tighter, suggestion.looser):
        assert query is None or (finds(query, COERCION) and not finds(query, EXCHANGE))


def test_an_unwanted_article_with_all_that_the_example_has_is_excluded_by_what_it_has_besides() -> None:
    """NOT comes in where nothing else parts the two."""
    drill = article(
        "drill",
        title=COERCION.title,
        language="en",
        body=f"{COERCION.body}\nIt was a drill, and the drill is over now.",
    )

    suggestion = suggested(COERCION, unwanted=(drill,))

    assert "NOT drill" in suggestion.query
    assert of_part(suggestion, "not") == {"drill"}
    assert finds(suggestion.query, COERCION)
    assert not finds(suggestion.query, drill)


def test_what_no_query_separates_is_said() -> None:
    """An unwanted article of the same words is named, and the example is found all the same."""
    same = article("same", title=COERCION.title, language="en", body=COERCION.body)

    suggestion = suggested(COERCION, unwanted=(same, EXCHANGE))

    assert suggestion.unseparated == ("same",)
    assert finds(suggestion.query, COERCION)
    assert not finds(suggestion.query, EXCHANGE)


@pytest.mark.parametrize(("title", "body"), [("", ""), ("The", "of it"), ("2024", "12 34"), ("!", "?")])
def test_an_article_that_says_nothing_is_refused(title: str, body: str) -> None:
    """The error names the article and says what to give."""
    with pytest.raises(AggregatorError, match=r"a1 has no words that tell .* a paragraph"):
        suggested(COERCION, article(title=title, body=body, summary="", language="en"))


def test_a_phrase_has_one_word_of_grammar_at_most() -> None:
    """More of them part words that belong to two phrases."""
    body = "Soldiers sent them into captivity. A car for a driver came. The car for a driver went."
    suggester = Suggester([("one", article(title="Captivity", language="en", summary="", body=body))])

    texts = {term.text for term in suggester.terms}
    assert not any(word in text for text in texts for word in ("them", "for"))


def test_inflected_words_of_a_stemmed_language_are_one_term() -> None:
    """A word is written once, however it is inflected."""
    body = "Der Kriegsgefangene floh. Die Kriegsgefangenen flohen, und kein Kriegsgefangener blieb."

    suggestion = suggested(article(title="Flucht", language="de", summary="", body=body))

    assert sum("kriegsgefangen" in text for text in terms_of(suggestion)) == 1


def test_a_word_counts_where_it_stands_outside_of_its_phrase() -> None:
    """What its phrase tells is not told twice: the word weighs what it adds."""
    inside = "Prisoners of war went. Prisoners of war came. Prisoners of war left. "
    title = "Depot burns"
    both = inside + "Prisoners ate. Prisoners slept."

    weights = {
        term.text: term.weight for term in suggested(article(title=title, language="en", summary="", body=both)).terms
    }

    assert weights["prisoners"] < 0.6 * weights['"prisoners of war"']


def test_a_part_of_a_phrase_that_never_stands_alone_is_no_phrase() -> None:
    """Of "stolen car batteries" beside other "car batteries", "stolen car" is nothing by itself."""
    body = "Stolen car batteries burn. Car batteries burn. Police found stolen car batteries."
    suggester = Suggester([("one", article(title="Fire", language="en", summary="", body=body))])

    texts = {term.text for term in suggester.terms}
    assert "car batteries" in texts
    assert "stolen car" not in texts


def test_a_country_is_not_what_stands_near_the_subject() -> None:
    """Names that everybody knows say where; where all examples share one, it unites them."""
    body = "The captives from Ukraine wait. Many captives from Ukraine wait for the exchange."
    one = article("one", title="Captives wait for the exchange", language="en", summary="", body=body)
    body = "Floods drown Ukraine. The dams of Ukraine broke, as no dams in Ukraine did."
    other = article("other", title="Dams break", language="en", summary="", body=body)

    assert "Ukraine" not in of_part(suggested(one), "near")
    assert "Ukraine" in of_part(suggested(one, other), "subject")


@pytest.mark.parametrize(("words", "how"), [(2, "NEAR/15"), (9, "NEAR/20"), (40, "NEAR/50"), (60, "AND")])
def test_the_distance_is_generous(words: int, how: str) -> None:
    """Twice as far as where they are farthest apart, from 15 to 50 words; beyond they are not near."""
    near = article("near", title="", language="en", summary="", body="Captives and sabotage.")
    between = " ".join(["and"] * words)
    far = article("far", title="", language="en", summary="", body=f"Captives {between} sabotage.")

    query = suggested(near, far).query

    assert query in (f"captives {how} sabotage", f"sabotage {how} captives")
    assert finds(query, far)


def test_who_is_quoted_is_not_the_subject() -> None:
    """A verb of saying tells them, before or after; standing elsewhere the same word counts."""
    body = "The institute says captives are sick. The institute warned of it. “Captives freeze,” says the institute."
    quoted = article(title="Captives", language="en", summary="", body=body)
    body = body.replace("says", "of").replace("warned", "was")
    told = article(title="Captives", language="en", summary="", body=body)

    assert "institute" not in of_part(suggested(quoted), "near") | of_part(suggested(quoted), "subject")
    assert "institute" in of_part(suggested(told), "near") | of_part(suggested(told), "subject")
