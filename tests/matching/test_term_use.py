"""What each term of a rule does, over a handful of articles."""

from __future__ import annotations

import pytest
from support.builders import article, rule
from support.meaning import PRESSURE, RELATED, UNRELATED, report, rule_like

from aggregator.errors import QueryError
from aggregator.matching.syntax.formatting import format_query
from aggregator.matching.syntax.parser import parse_query
from aggregator.matching.term_use import Role, TermUse, TermUses, without_exclusions
from aggregator.model.rules import FeedSelector


def tried(query: str, *titles: str) -> dict[str, tuple[int, int, int]]:
    """Try a query on titles; return for each term in how many it is, what it let through or kept away, and alone."""
    uses = TermUses(rule(query=query))
    for number, title in enumerate(titles):
        uses.matches(article(f"a{number}", title=title, summary=""))
    return {use.term: (use.articles, use.fired, use.alone) for use in uses.uses()}


def test_an_alternative_that_alone_let_an_article_through_is_told_from_one_with_company() -> None:
    """Alone is what would be lost without it; a term that is nowhere fired never."""
    found = tried("captive OR hostage OR detainee", "captives", "captives", "captives and hostages", "other")

    assert found == {"captive": (3, 3, 2), "hostage": (1, 1, 0), "detainee": (0, 0, 0)}


def test_a_term_may_be_there_without_doing_anything() -> None:
    """What lies too far away for NEAR is in the article and let nothing through."""
    pad = "word " * 9

    found = tried(
        "(captive OR hostage) NEAR/2 (family OR wife)", "captive family", f"hostage wife {pad} captive {pad} family"
    )

    assert found == {"captive": (2, 1, 1), "hostage": (1, 1, 1), "family": (2, 1, 1), "wife": (1, 1, 1)}


def test_a_required_term_has_fired_where_the_rule_matched() -> None:
    """It is counted in every article, so that the one at fault is seen where nothing matches."""
    found = tried("captive sabotage /sp[yi]/", "captives", "captives", "spy")

    assert found == {"captive": (2, 0, 0), "sabotage": (0, 0, 0), "/sp[yi]/": (1, 0, 0)}
    assert tried("captive family", "captive family", "captive") == {"captive": (2, 1, 0), "family": (1, 1, 0)}


def test_an_excluding_term_fired_where_it_kept_away_what_would_have_matched() -> None:
    """Alone is what no other excluding term kept away."""
    titles = ("captive museum", "captive museum film", "film", "captive", "museum", "captive film")

    found = tried("captive NOT (museum OR film) NOT game", *titles)

    assert found == {
        "captive": (4, 1, 0),
        "museum": (3, 2, 1),
        "film": (3, 2, 1),
        "game": (0, 0, 0),
    }


def test_a_group_is_an_alternative_and_so_are_its_own() -> None:
    """An inner alternative is alone only where its group is; words that a group needs are told of with it."""
    titles = ("pow family", "pow wife", "pow wife hostage", "hostage", "pow")

    found = tried("(pow AND (family OR wife)) OR hostage", *titles)

    assert found == {
        "pow AND (family OR wife)": (3, 3, 2),
        "family": (1, 1, 1),
        "wife": (2, 2, 1),
        "hostage": (2, 2, 1),
    }


def test_of_at_least_so_many_each_is_needed_where_no_more_are_there() -> None:
    """Alone are those without which there would be too few; what came by another way is not theirs."""
    titles = ("spy gun map", "spy gun", "spy", "spy hostage")

    found = tried("ATLEAST/2(spy gun map) OR hostage", *titles)

    assert found == {
        "ATLEAST/2(spy gun map)": (2, 2, 2),
        "spy": (4, 2, 1),
        "gun": (2, 2, 1),
        "map": (1, 1, 0),
        "hostage": (1, 1, 1),
    }


def test_what_must_not_be_there_may_be_an_alternative() -> None:
    """Then it lets articles through, and keeps none away."""
    found = tried("captive (family OR NOT film)", "captive", "captive film", "captive film family", "home")

    assert found == {"captive": (3, 2, 0), "family": (1, 1, 1), "NOT film": (1, 1, 1)}


def test_terms_keep_their_field() -> None:
    """A word asked for in the title is not counted in the text; what a field excludes is an excluding term."""
    uses = TermUses(rule(query="title:(captive OR hostage) AND title:(NOT film AND NOT game) AND family -author:film"))
    for title, text in (("captive", "family hostage"), ("hostage film", "family"), ("other", "captive family film")):
        uses.matches(article(title, title=title, summary=text))

    found = uses.uses()

    assert [(use.term, use.role, use.articles, use.fired) for use in found] == [
        ("title:captive", Role.ALTERNATIVE, 1, 1),
        ("title:hostage", Role.ALTERNATIVE, 1, 0),
        ("title:film", Role.EXCLUDED, 1, 1),
        ("title:game", Role.EXCLUDED, 0, 0),
        ("family", Role.REQUIRED, 3, 1),
        ("author:film", Role.EXCLUDED, 0, 0),
    ]


def test_the_terms_that_let_an_article_through_are_counted_for_it() -> None:
    """One that does not match has none, whether or not its terms are there."""
    uses = TermUses(rule(query="captive (family OR wife OR mother) NOT film"))

    counts = [
        uses.matches(article(title, title=title, summary=""))
        for title in ("captive wife mother", "captive", "captive wife film", "else")
    ]

    assert counts == [3, None, None, None]


def test_lists_of_terms_are_asked_as_a_query_is() -> None:
    """`any` are alternatives, `all` are required, `none` exclude; feeds are the caller's to ask."""
    uses = TermUses(
        rule(all_of=("captive",), any_of=("wife", '"two words"'), none_of=("film",), feeds=FeedSelector(tags=("none",)))
    )
    uses.matches(article(title="captive wife", summary=""))

    found = uses.uses()

    assert found == (
        TermUse(term="captive", role=Role.REQUIRED, articles=1, fired=1, alone=0),
        TermUse(term="wife", role=Role.ALTERNATIVE, articles=1, fired=1, alone=1),
        TermUse(term='"two words"', role=Role.ALTERNATIVE, articles=0, fired=0, alone=0),
        TermUse(term="film", role=Role.EXCLUDED, articles=0, fired=0, alone=0),
    )


def test_the_language_of_a_rule_is_that_of_its_terms() -> None:
    """Forms of another language do not count for a term where they do not for the rule."""
    uses = TermUses(rule(query="дрон OR капитан", language="en"))
    uses.matches(article(title="Дроны", summary="", language="ru"))

    assert [use.articles for use in uses.uses()] == [0, 0]


def test_what_is_unlike_the_examples_of_a_rule_is_not_kept_away_by_a_term() -> None:
    """Beside a query that excludes, both must hold; examples alone have no terms."""
    uses = TermUses(rule_like(PRESSURE, query="captives NOT (recruits OR rivers)"))
    for title, lead in (
        RELATED["en"],
        ("Captives and rivers", ""),
        ("Security service: enemy calls families of captives", RELATED["en"][1]),
    ):
        uses.matches(report(title, lead))
    alone = TermUses(rule_like(PRESSURE))

    assert [(use.term, use.articles, use.fired) for use in uses.uses()] == [
        ("captives", 3, 1),
        ("recruits", 1, 1),
        ("rivers", 1, 0),
    ]
    assert (alone.matches(report(*RELATED["en"])), alone.matches(report(*UNRELATED["en"]))) == (0, None)
    assert alone.uses() == ()


def test_a_query_that_cannot_be_read_is_an_error() -> None:
    """It is the one that everybody gets."""
    with pytest.raises(QueryError):
        TermUses(rule(query="(captive"))


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("a -b", "a"),
        ("a -b -title:c", "a"),
        ("a (b OR (c -d)) -e", "a AND (b OR c)"),
        ("title:(a -b)", "title:a"),
        ("a title:(-b AND -c)", "a"),
        ("ATLEAST/2(a b (c -d)) -e", "ATLEAST/2(a b (c AND NOT d))"),
        ("a NEAR/3 b", "a NEAR/3 b"),
    ],
)
def test_exclusions_can_be_left_out(query: str, left: str) -> None:
    """What remains is what would match without them."""
    assert format_query(without_exclusions(parse_query(query))) == left
