"""The index of stories."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import HOUR, NOW, article
from support.labelled_stories import DEVELOPED, HELD_OUT, labelled, stories_of

from aggregator.model.articles import Article
from aggregator.model.ids import FeedId, StoryId
from aggregator.stories.identity import new_story
from aggregator.stories.index import StoryIndex

REPOSITORY = Path(__file__).parents[2]


def copies(
    count: int, *, minutes_apart: float = 1, text: str = "", title: str = "Ferry sinks off Masbate"
) -> list[Article]:
    """The same title in as many feeds."""
    return [
        article(
            str(number),
            feed_id=FeedId(f"feed-{number}"),
            title=title,
            summary=text,
            published_at=NOW + number * timedelta(minutes=minutes_apart),
        )
        for number in range(count)
    ]


def test_an_article_begins_a_story() -> None:
    """The story's id follows from the article, and looking it up adds nothing."""
    index = StoryIndex()

    story_id = index.story_of(article())

    assert story_id == new_story(article())
    assert len(index) == 0
    assert index.sources(story_id) == ()


def test_sources_are_told_in_order() -> None:
    """A story tells the articles that were added to it: which feeds, titles, links and times."""
    index = StoryIndex()
    articles = copies(3)

    stories = stories_of(articles, index)

    assert set(stories) == {new_story(articles[0])}
    assert [
        (one.article_id, one.feed_id, one.title, one.url, one.published_at) for one in index.sources(stories[0])
    ] == [(one.id, one.feed_id, one.title, one.url, one.published_at) for one in articles]


def test_adding_twice_changes_nothing() -> None:
    """An article stays in the story that it was added to first."""
    index = StoryIndex()
    index.add(article(), StoryId("first"))

    index.add(article(), StoryId("second"))
    index.add(article(title="Another title"), StoryId("second"))

    assert index.story_of(article(title="Another title")) == "first"
    assert len(index.sources(StoryId("first"))) == len(index) == 1
    assert index.sources(StoryId("second")) == ()


def test_what_is_forgotten_leaves_nothing_behind() -> None:
    """Memory is bounded by the window: no article, no story and no term stays."""
    index = StoryIndex()
    stories_of((item.article for item in labelled(DEVELOPED)), index)
    known = len(index)

    forgotten = index.forget(NOW + 1000 * HOUR)

    assert forgotten == known
    assert (len(index), index._stories, index._found_by, index._by_age) == (0, {}, {}, [])


def test_only_what_was_published_before_is_forgotten() -> None:
    """The rest of a story stays, and is found by the articles that are left."""
    index = StoryIndex()
    articles = copies(6, minutes_apart=60)
    stories = stories_of(articles, index)

    forgotten = index.forget(NOW + 4 * HOUR)

    assert forgotten == 4
    assert [source.article_id for source in index.sources(stories[0])] == [articles[4].id, articles[5].id]
    assert index.story_of(articles[0]) == stories[0]


def test_later_articles_take_the_place_of_the_first_ones() -> None:
    """When the first reports of a story leave, the next ones are what new articles are compared with."""
    index = StoryIndex()
    old = copies(4, text="The MV Santa Clarita was on its way to Cebu.")
    new = article("new", title="Captain Mangubat held", summary="Prosecutors in Manila.", published_at=NOW + 9 * HOUR)
    for one in (*old, new):
        index.add(one, StoryId("ferry"))
    like_new = article("like", feed_id=FeedId("x"), title="Captain Mangubat held", published_at=NOW + 10 * HOUR)
    before = index.story_of(like_new)

    index.forget(NOW + 8 * HOUR)

    assert before != "ferry"
    assert index.story_of(like_new) == "ferry"


def test_no_more_articles_are_kept_than_allowed() -> None:
    """The oldest leave, whatever time they claim."""
    index = StoryIndex(most_articles=3)

    stories_of(reversed(copies(10)), index)

    assert len(index) == 3


def test_a_source_without_words_is_nothing_like() -> None:
    """It can be in a story, and the story is found by the others."""
    index = StoryIndex()
    index.add(article("empty", title="", summary=""), StoryId("ferry"))
    index.add(article("ferry", title="Ferry sinks off Masbate"), StoryId("ferry"))

    assert index.story_of(article("copy", feed_id=FeedId("x"), title="Ferry sinks off Masbate")) == "ferry"
    assert index.story_of(article("none", title="", summary="")) != "ferry"


def test_a_rebuilt_index_says_the_same() -> None:
    """Rebuilt from the articles of the window with their stories, it goes on as if it had not ended."""
    items = [item.article for item in labelled(DEVELOPED)]
    lasting = StoryIndex()
    stories = dict(zip(items, stories_of(items[:100], lasting), strict=False))
    begins_at = items[60].published_at
    lasting.forget(begins_at)

    rebuilt = StoryIndex()
    for one in items[:100]:
        if one.published_at >= begins_at:
            rebuilt.add(one, stories[one])

    assert stories_of(items[100:], rebuilt) == stories_of(items[100:], lasting)


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_stories_do_not_depend_on_the_run(seed: str) -> None:
    """The same articles are put into the same stories in every process."""
    program = (
        "from support.labelled_stories import *\n"
        "items = [item.article for item in labelled(DEVELOPED, HELD_OUT)]\n"
        "print(*stories_of(items, StoryIndex()))"
    )
    environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}"}

    run = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    here = stories_of((item.article for item in labelled(DEVELOPED, HELD_OUT)), StoryIndex())
    assert run.stdout.split() == here


def test_a_ticker_does_not_swallow_everything() -> None:
    """Each entry is much like the one before, but a story is held to its first reports: it ends and others begin."""
    names = [
        f"{first}{second}as"
        for first in ("bar", "dok", "fil", "gom", "hur", "jat")
        for second in ("ven", "tol", "ric", "mup")
    ]
    entries = [
        article(
            str(number),
            feed_id=FeedId(f"ticker-{number % 2}"),
            title=" ".join(names[number : number + 6]),
            published_at=NOW + number * timedelta(minutes=5),
        )
        for number in range(18)
    ]

    stories = stories_of(entries, StoryIndex())

    assert sum(one == other for one, other in pairwise(stories)) > len(entries) / 2
    assert len(set(stories)) >= 3
    assert stories.count(stories[0]) < len(entries) / 2


def test_one_title_thousands_of_times_is_one_story() -> None:
    """Its words stay rare: they are of one story, however many articles tell it."""
    index = StoryIndex()
    articles = copies(3_000, minutes_apart=0.01)

    stories = stories_of(articles, index)

    assert set(stories) == {new_story(articles[0])}
    assert len(index._found_by["m*sb*t"]) == 1


def test_words_of_very_many_stories_find_none() -> None:
    """What costs too much to look through is left out: an article of nothing else begins a story."""
    index = StoryIndex()
    for number, one in enumerate(copies(700, title="Crossword")):
        index.add(one, StoryId(str(number)))

    assert index.story_of(article(title="Crossword", summary="")) == new_story(article())


@pytest.mark.parametrize(
    ("title", "retold"),
    [
        ("東京都で震度5強の地震、津波の心配なし", "東京都で震度5強の地震 津波の心配はありません"),
        ("แผ่นดินไหวรุนแรงในเชียงใหม่", "เกิดแผ่นดินไหวรุนแรงในเชียงใหม่เช้านี้"),
        ("زلزال قوي يضرب مدينة مراكش", "زلزال قويّ يضرب مدينة مراكش فجرا"),
        ("दिल्ली में भूकंप के तेज झटके", "दिल्ली में भूकंप के तेज झटके महसूस किए गए"),
        ("Ισχυρός σεισμός στην Κρήτη", "Κρήτη: ισχυρός σεισμός"),
    ],
)
def test_stories_are_found_in_every_script(title: str, retold: str) -> None:
    """With spaces between words and without, and other news of the same script is another story."""
    index = StoryIndex()
    first = article("first", title=title, summary="")
    index.add(first, new_story(first))

    same = index.story_of(article("second", feed_id=FeedId("x"), title=retold, summary=""))
    other = index.story_of(
        article("third", feed_id=FeedId("x"), title="大阪市長選 現職が再選 บอลไทย انتخابات", summary="")
    )

    assert same == new_story(first)
    assert other != new_story(first)


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60)), max_size=8))
def test_any_articles_have_stories(texts: list[tuple[str, str]]) -> None:
    """Whatever is written, each article is in one story, copies with words in them too, and all can be forgotten."""
    index = StoryIndex()
    articles = [article(str(number), title=title, summary=text) for number, (title, text) in enumerate(texts)]

    stories = stories_of(articles, index)

    assert sum(len(index.sources(story_id)) for story_id in set(stories)) == len(articles)
    assert index.forget(NOW) == len(articles)
    assert index._found_by == {}
