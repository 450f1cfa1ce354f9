"""Queries proposed from articles."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.builders import article, rule

from aggregator.errors import AggregatorError
from aggregator.matching.counting import TermCounter
from aggregator.matching.index import RuleIndex
from aggregator.matching.keyness import ENOUGH_ARTICLES, Background
from aggregator.matching.parser import parse_query
from aggregator.matching.suggest import Suggester, Suggestion
from aggregator.model.articles import Article

COERCION = article(
    "coercion",
    title="Russia attempts to force POW families into spying and acts of sabotage, Kyiv warns",
    language="en",
    summary="",
    body="""The Central Office urges the families of captured prisoners of war not to cooperate with the enemy.
byAnna Reporter
08/08/2024
2 minute read
The Central Office has warned that families of prisoners of war are being pressed in phone calls.
Unknown people are calling relatives of captured prisoners of war to get intelligence information, sabotage, or worse.
"Relatives of captives should report such contacts," says the Central Office. Some families of captives did.
Share
Subscribe to our newsletter
Gazette Premium
Gazette Premium
Gazette Premium""",
)
COERCION_AGAIN = article(
    "coercion2",
    title="Relatives of prisoners of war are blackmailed into sabotage",
    language="en",
    body="The wives of prisoners of war were told to burn depots. One family of a prisoner of war refused sabotage.",
)
EXCHANGE = article(
    "exchange",
    title="Families welcome prisoners of war home after exchange",
    language="en",
    body="Two hundred prisoners of war came home. Their families waited at the border for the exchange. "
    "Nobody spoke of spying or sabotage at the ceremony, the governor added.",
)
UKRAINIAN = article(
    "uk",
    title="Родини військовополонених змушують до шпигунства та диверсій",
    language="uk",
    body="Невідомі телефонують родичам полонених. Родини військовополонених просять вчиняти диверсії. "
    "Координаційний штаб закликає родини військовополонених не погоджуватися на диверсії.",
)
RUSSIAN = article(
    "ru",
    title="Семьи военнопленных склоняют к диверсиям",
    language="ru",
    body="Неизвестные звонят родственникам военнопленных. Семьи военнопленных просят устраивать диверсии.",
)
GERMAN = article(
    "de",
    title="Familien von Kriegsgefangenen werden zur Sabotage gedrängt",
    language="de",
    body="Unbekannte rufen Angehörige von Kriegsgefangenen an. Die Familien der Kriegsgefangenen sollen spionieren.",
)
CHINESE = article(
    "zh", title="战俘家属被迫从事间谍活动", language="zh", body="战俘家属接到陌生电话。对方要求战俘家属从事破坏活动。"
)
CZECH = article(
    "cs",
    title="Rodiny válečných zajatců nutí ke špionáži",
    language="cs",
    body="Neznámí volají příbuzným válečných zajatců. Rodiny válečných zajatců mají spolupracovat.",
)


def suggested(
    *examples: Article, unwanted: tuple[Article, ...] = (), background: Background | None = None
) -> Suggestion:
    """Return the suggestion for some articles, each called by its key."""
    suggester = Suggester([(one.key, one) for one in examples], [(one.key, one) for one in unwanted])
    return suggester.suggest(background or Background())


def _texts(suggestion: Suggestion) -> set[str]:
    return {term.text for term in suggestion.terms}


def _of_part(suggestion: Suggestion, part: str) -> set[str]:
    return {term.text for term in suggestion.terms if term.part == part}


def finds(query: str | None, found: Article) -> bool:
    """Whether a query finds an article."""
    index = RuleIndex()
    index.add(rule(query=query))
    return bool(index.match(found))


def test_a_proposal_reads_as_an_analyst_writes_it() -> None:
    """The subject with its acronym and its other words, near whom it concerns, and what else is told."""
    suggestion = suggested(COERCION)

    assert {'"prisoners of war"', "==POW", "captives"} <= _of_part(suggestion, "subject")
    assert {"families", "relatives"} <= _of_part(suggestion, "near")
    assert {"sabotage", "spying", "intelligence"} <= _of_part(suggestion, "context")
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

    texts = _texts(suggestion)
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
    assert _of_part(suggestion, "not") == {"drill"}
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

    assert sum("kriegsgefangen" in text for text in _texts(suggestion)) == 1


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

    assert "Ukraine" not in _of_part(suggested(one), "near")
    assert "Ukraine" in _of_part(suggested(one, other), "subject")


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

    assert "institute" not in _of_part(suggested(quoted), "near") | _of_part(suggested(quoted), "subject")
    assert "institute" in _of_part(suggested(told), "near") | _of_part(suggested(told), "subject")


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

    assert not _of_part(suggestion, "near")
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

    assert {"==UFO", "==UFOs", '"unidentified flying object"'} <= _of_part(suggestion, "subject")

    alone = article(title="Depots saw a UFO", language="en", summary="", body="Guards saw UFOs. No UFO came, UFOs did.")
    assert _of_part(suggested(alone), "subject") == {"==UFO", "==UFOs"}


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

    assert {"captive", "captivity"} <= _of_part(suggester.suggest(Background()), "subject")
    texts = {term.text for term in suggester.terms}
    assert {"prisoners of war", "prisoners"} <= texts
    assert "war" not in texts


def test_a_term_is_taken_only_where_a_rule_finds_it() -> None:
    """Letters of two scripts without a space between are no word in capitals for a rule, wherever they are near."""
    filler = " ".join(["and so it goes on"] * 20)
    body = f"The NATO战 sabotage was found. {filler} until NATO came. NATO went."
    example = article(title="", language="en", summary="", body=body)
    alone = article(title="NATO战", language="en", summary="", body="")

    assert suggested(example).query == "==NATO AND sabotage"
    with pytest.raises(AggregatorError, match="no words that tell"):
        suggested(alone)


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

    assert '"prisoners of war"' in _of_part(suggestion, "subject")
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
