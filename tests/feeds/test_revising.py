"""Which changes of a publisher are revisions, and what they are in words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW, article

from aggregator.feeds.revising import _changes, is_trivial_change, revise, shortened, word_diff
from aggregator.model.articles import Article

TEXT = "Ministers agreed late at night.\nThe opposition will vote against it."


def article_of(title: str, text: str = TEXT, body: str = "", *, has_page_text: bool = False) -> Article:
    """An article with a title and a text."""
    return article(title=title, summary=text, content_hash=f"{title} {text}", body=body, has_page_text=has_page_text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TEXT, "  Ministers  agreed\u00a0late at night.\n\n\nThe opposition\twill vote against it. "),
        (f"{TEXT}\n5 comments", f"{TEXT}\n1,204 comments"),
        (f"{TEXT} (5 comments)", f"{TEXT} (6 comments)"),
        (f"{TEXT}\nComments (5)", f"{TEXT}\nComments (6)"),
        (f"{TEXT}\nPoints: 81\n# Comments: 45", f"{TEXT}\nPoints: 190\n# Comments: 77"),
        (f"{TEXT}\n81 points | 45 comments", f"{TEXT}\n82 points | 50 comments"),
        (f"{TEXT}\n3.1k views · 12 likes, 4 shares", f"{TEXT}\n3.2k views · 19 likes, 5 shares"),
        (f"{TEXT}\n5 Kommentare", f"{TEXT}\n6 Kommentare"),
        (f"{TEXT}\n5 commentaires • 18 vues", f"{TEXT}\n6 commentaires • 20 vues"),
        (f"{TEXT}\n5 коментарів | 120 переглядів", f"{TEXT}\n6 коментарів | 1 тис. переглядів"),
        (f"{TEXT}\nПросмотры: 120 · 5 комментариев", f"{TEXT}\nПросмотры: 121 · 6 комментариев"),
        (f"{TEXT}\n5 min read", f"{TEXT}\n6 min read"),
        (f"{TEXT}\nLesezeit: 5 Minuten", f"{TEXT}\nLesezeit: 6 Min."),
        (f"{TEXT}\nTemps de lecture : 5 min", f"{TEXT}\nTemps de lecture : 7 min"),
        (f"{TEXT}\nЧас читання: 5 хв", f"{TEXT}\nЧас читання: 6 хв"),
        (f"{TEXT}\n5 мин чтения", f"{TEXT}\n6 мин чтения"),
        (f"Updated 10:45 GMT {TEXT}", f"Updated 11:02 GMT {TEXT}"),
        (f"{TEXT}\nLast updated: 8 August 2024 at 10:45 a.m.", f"{TEXT}\nLast updated: 9 August 2024 at 7:12 p.m."),
        (f"{TEXT}\nPublished on 2024-08-08 10:45", f"{TEXT}\nPublished on 2024-08-09 10:45"),
        (f"{TEXT}\nAktualisiert am 08.08.2024 um 10:45 Uhr", f"{TEXT}\nAktualisiert am 08.08.2024 um 11:00 Uhr"),
        (f"{TEXT}\nStand: 8. August 2024, 10:45 Uhr", f"{TEXT}\nStand: 9. August 2024, 09:15 Uhr"),
        (f"{TEXT}\nMis à jour le 8 août 2024 à 10h45", f"{TEXT}\nMis à jour le 8 août 2024 à 12h05"),
        (f"{TEXT}\nОновлено: 8 серпня 2024, 10:45", f"{TEXT}\nОновлено: 9 серпня 2024, 11:45"),
        (f"{TEXT}\nОбновлено 08.08.2024 в 10:45", f"{TEXT}\nОбновлено 08.08.2024 в 11:45"),
        (f"{TEXT}\n2024-08-08T10:45:00Z", f"{TEXT}\n2024-08-08T11:00:12+03:00"),
        (f"5 minutes ago {TEXT}", f"2 hours ago {TEXT}"),
        (f"{TEXT}\nvor 5 Minuten", f"{TEXT}\nvor 2 Stunden"),
        (f"{TEXT}\nil y a 5 minutes", f"{TEXT}\nil y a 2 heures"),
        (f"{TEXT}\n5 хвилин тому", f"{TEXT}\n2 години тому"),
        (f"{TEXT}\n5 минут назад", f"{TEXT}\n2 часа назад"),
        (TEXT, f"Advertisement\n{TEXT}"),
        (TEXT, f"{TEXT}\nРеклама\nAnzeige\nPublicité"),
        (TEXT, f"{TEXT}\nRead more about the budget"),
        (TEXT, f"{TEXT}\nSubscribe to our morning newsletter today."),
        (TEXT, f"{TEXT}\nThe post Cabinet agrees appeared first on News."),
        (TEXT, f"{TEXT}\nDer Beitrag Haushalt erschien zuerst auf News."),
        (TEXT, f"{TEXT}\nL’article Budget est apparu en premier sur News."),
        (TEXT, f"{TEXT}\nЗапис Бюджет спершу з’явиться на News."),
        (TEXT, f"{TEXT}\nСообщение Бюджет появились сначала на News."),
    ],
)
def test_trifles_are_no_change(before: str, after: str) -> None:
    """White space, counters, the page's own times, reading times and advertisements are nobody's news."""
    assert is_trivial_change(article_of("Budget", before), article_of("Budget", after))
    assert revise(article_of("Budget", before), article_of("Budget", after), NOW)[1] is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Twelve people died.", "Fifteen people died."),
        ("12 people died.", "15 people died."),
        ("She won by 51 votes.", "She won by 510 votes."),
        ("Shares fell 300 points on Monday.", "Shares fell 900 points on Monday."),
        ("They bought 5,000 shares of it.", "They bought 9,000 shares of it."),
        ("The team published 12 books.", "The team published 15 books."),
        ("He posted 3 wins and 2 losses.", "He posted 4 wins and 2 losses."),
        ("The launch is at 2024-08-08T10:45Z.", "The launch is at 2024-08-09T10:45Z."),
        ("The curfew begins at 22:00.", "The curfew begins at 20:00."),
        ("It opens on 8 August 2024 for all.", "It opens on 18 August 2024 for all."),
        ("Read more books, he said.", "Read fewer books, he said."),
        ("The captives were released.", "The captives were not released."),
        ("Fixed in version 2.5.1", "Fixed in version 2.5.2"),
        ("Загинули 12 людей.", "Загинули 15 людей."),
        ("За него 51 голос, против 40.", "За него 15 голосов, против 40."),
        ("Score (12)", "Score (13)"),
        ("Short text", ""),
        ("", "Now there is a text"),
    ],
)
def test_news_is_a_change(before: str, after: str) -> None:
    """A figure in a sentence is news, whatever it counts."""
    old, new = article_of("Budget", before), article_of("Budget", after)

    kept, revision = revise(old, new, NOW)

    assert not is_trivial_change(old, new)
    assert kept == new
    assert revision is not None
    assert (revision.article_id, revision.replaced_at, revision.title) == (old.id, NOW, "Budget")
    assert (revision.text, revision.content_hash) == (before, old.content_hash)


@pytest.mark.parametrize(
    ("before", "after", "is_trivial"),
    [
        ("Boxing day (15 comments)", "Boxing day (16 comments)", True),
        ("Cabinet  agrees", "Cabinet agrees", True),
        ("Cabinet agrees", "Cabinet to agree", False),
        ("12 dead in storm", "15 dead in storm", False),
    ],
)
def test_titles_change_likewise(before: str, after: str, is_trivial: bool) -> None:
    """A counter in brackets is none of the title (feedbin/support#198), the rest is."""
    assert is_trivial_change(article_of(before), article_of(after)) is is_trivial


def test_the_difference_is_in_words() -> None:
    """What was kept, what was taken out, what was put in; the title is the first line."""
    old = article_of("Cabinet agrees", "Twelve people died in the storm.\nIt goes on.")
    new = article_of("Cabinet to agree", "Fifteen people died in the storm.\nIt is over.")

    _, revision = revise(old, new, NOW)

    assert revision is not None
    assert revision.diff == (
        "=Cabinet",
        "-agrees",
        "+to agree",
        "=\n",
        "-Twelve",
        "+Fifteen",
        "=people died in the storm.\nIt",
        "-goes on.",
        "+is over.",
    )


def test_long_kept_parts_are_shortened_and_changed_ones_are_not() -> None:
    """Around a change a few words are enough; each changed word stays."""
    kept = " ".join(f"word{number}" for number in range(100))
    added = " ".join(f"new{number}" for number in range(60))

    pieces = shortened(word_diff(f"{kept} end", f"{kept} {added} end"))

    assert pieces[0] == f"={' '.join(kept.split()[:8])} … {' '.join(kept.split()[-8:])}"
    assert pieces[1:] == (f"+{added}", "=end")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", ()),
        ("same", "same", ("=same",)),
        ("", "all new", ("+all new",)),
        ("all gone", "", ("-all gone",)),
        ("a b c", "a c", ("=a", "-b", "=c")),
        ("a a a", "a a", ("=a a", "-a")),
        ("one\ntwo", "one\n2\ntwo", ("=one\n", "+2\n", "=two")),
    ],
)
def test_small_differences(before: str, after: str, expected: Sequence[str]) -> None:
    """The edges of texts, repeated words and lines."""
    assert tuple(piece.rstrip(" ") for piece in word_diff(before, after)) == expected


WORDS = st.lists(st.sampled_from(["a", "b", "c", "the", "\n", "storm", "budget", "12"]), max_size=80).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(WORDS, WORDS)
def test_both_texts_can_be_made_of_their_difference(before: str, after: str) -> None:
    """Kept and taken out make the old text, kept and put in the new one; no two pieces of a kind follow each other."""
    pieces = word_diff(before, after)

    assert _words(pieces, "=-") == before.split()
    assert _words(pieces, "=+") == after.split()
    assert all(one[0] != other[0] for one, other in pairwise(pieces))


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS)
def test_a_shortened_difference_has_each_changed_word(before: str, after: str) -> None:
    """Only kept words are left out."""
    whole = word_diff(before, after)
    short = shortened(whole)

    assert [piece for piece in short if piece[0] != "="] == [piece for piece in whole if piece[0] != "="]
    assert len(short) == len(whole)


def test_small_changes_of_a_long_text_are_small() -> None:
    """In a hundred kilobytes, twenty changed words are twenty small pieces."""
    words = [("and", "the", f"word{number}")[number % 3] for number in range(16_000)]
    changed = [f"new{number}" if number % 800 == 7 else word for number, word in enumerate(words)]

    pieces = word_diff(" ".join(words), " ".join(changed))

    assert [piece[1:] for piece in pieces if piece[0] == "+"] == [f"new{number}" for number in range(7, 16_000, 800)]


def test_what_is_longer_than_anybody_reads_is_shown_as_replaced() -> None:
    """Beyond sixteen thousand words of a changed stretch nothing is compared, and nothing is lost."""
    old, new = (f"{mark} " + "a b c " * 6_000 + mark for mark in ("old", "new"))

    pieces = word_diff(old, new)

    assert _words(pieces, "=-") == old.split()
    assert _words(pieces, "=+") == new.split()


class CountedWord(str):
    """A word that counts how often it is looked at."""

    __slots__ = ()
    looks = 0

    def __eq__(self, other: object) -> bool:
        CountedWord.looks += 1
        return str.__eq__(self, other)

    def __hash__(self) -> int:
        CountedWord.looks += 1
        return str.__hash__(self)


@pytest.mark.parametrize("vocabulary", [1, 2, 7, 60, 1_000, 100_000])
def test_work_is_linear_in_long_texts(vocabulary: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred kilobytes against another hundred: each word is looked at so often at most, whatever the words are."""
    old, new = ([CountedWord(f"w{_mixed(number, side) % vocabulary}") for number in range(16_000)] for side in (1, 2))
    monkeypatch.setattr(CountedWord, "looks", 0)

    changes = list(_changes(old, new, 8))

    assert CountedWord.looks < 18 * len(old)
    assert [word for mark, words in changes if mark in "=-" for word in words] == old
    assert [word for mark, words in changes if mark in "=+" for word in words] == new


def test_a_revision_can_be_revised() -> None:
    """Each keeps the text that it replaced."""
    first, second, third = (article_of("Budget", text) for text in ("One died.", "Two died.", "Three died."))

    _, earlier = revise(first, second, NOW)
    _, later = revise(second, third, NOW)

    assert earlier is not None
    assert later is not None
    assert [earlier.text, later.text] == ["One died.", "Two died."]
    assert later.diff == ("=Budget\n", "-Two", "+Three", "=died.")


def test_a_page_text_is_not_replaced_by_the_summary() -> None:
    """The feed's summaries are compared with each other, and the text of the page is kept."""
    stored = article_of("Budget", "Twelve died.", body="All of the page.", has_page_text=True)
    listed = article_of("Budget", "Fifteen died.")

    kept, revision = revise(stored, listed, NOW)

    assert (kept.summary, kept.body, kept.has_page_text) == ("Fifteen died.", "All of the page.", True)
    assert revision is not None
    assert (revision.text, revision.diff) == ("Twelve died.", ("=Budget\n", "-Twelve", "+Fifteen", "=died."))


@pytest.mark.parametrize(
    ("stored", "listed", "is_trivial"),
    [
        ({"summary": "S"}, {"summary": "S", "body": "Feed's text"}, True),
        ({"summary": ""}, {"summary": "", "body": "Feed's text"}, True),
        ({"summary": "S"}, {"summary": "", "body": "S"}, True),
        ({"summary": "S"}, {"summary": "T"}, False),
    ],
)
def test_a_page_text_is_compared_with_nothing_of_the_feed(
    stored: dict[str, str], listed: dict[str, str], is_trivial: bool
) -> None:
    """What of the feed's text is not stored any more cannot have changed."""
    before = replace(article(), summary=stored["summary"], body="Page", has_page_text=True)
    after = replace(article(), summary=listed["summary"], body=listed.get("body", ""))

    assert is_trivial_change(before, after) is is_trivial
    assert is_trivial_change(after, before) is is_trivial


def _words(pieces: Sequence[str], marks: str) -> list[str]:
    return [word for piece in pieces if piece[0] in marks for word in piece[1:].split()]


def _mixed(number: int, side: int) -> int:
    """A number without order, the same in every run."""
    return int.from_bytes(hashlib.blake2b(f"{number} {side}".encode(), digest_size=4).digest())
