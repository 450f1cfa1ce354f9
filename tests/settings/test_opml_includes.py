"""OPML files that the configuration includes: the same as an import, and with the places of every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.model.feeds import Feed
from aggregator.settings import load_settings


def feeds_of(folder: Path, main: str, **lists: str) -> dict[str, Feed]:
    """The feeds of a configuration with included lists, by their ids."""
    for name, body in lists.items():
        (folder / f"{name}.opml").write_text(
            f'<opml xmlns:aggregator="urn:aggregator:opml:1"><body>\n{body}\n</body></opml>'
        )
    (folder / "c.yaml").write_text(f"include: ['*.opml', 'more/*.yaml']\n{main}")
    return {feed.id: feed for feed in load_settings(folder / "c.yaml", {}).settings.feeds}


def test_a_feed_of_a_list_that_stands_elsewhere_too_is_one_feed(tmp_path: Path) -> None:
    """What YAML says of it stays, with the tags of all lists; so do the first list's words among lists."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.yaml").write_text("feeds: [{id: late, url: 'http://late.example/', tags: own}]")

    feeds = feeds_of(
        tmp_path,
        "feeds: [{id: main, url: 'https://main.example/rss', title: Mine}]",
        a='<outline text="x"><outline text="Theirs" xmlUrl="http://www.main.example/rss/"/>'
        '<outline text="A" xmlUrl="https://both.example/"/></outline>',
        b='<outline text="y"><outline text="B" xmlUrl="http://both.example"/>'
        '<outline text="L" xmlUrl="https://late.example/"/></outline>',
    )

    assert {name: (feed.title, feed.tags) for name, feed in feeds.items()} == {
        "main": ("Mine", ("x",)),
        "late": (None, ("own", "y")),
        "both-example": ("A", ("x", "y")),
    }


def test_ids_of_a_list_give_way(tmp_path: Path) -> None:
    """Two exports with the same ids, or one whose ids are taken, get others from their addresses."""
    feeds = feeds_of(
        tmp_path,
        "feeds: [{id: taken, url: 'https://main.example/'}]",
        a='<outline xmlUrl="https://a.example/" aggregator:id="taken"/>'
        '<outline xmlUrl="https://b.example/" aggregator:id="free"/>',
        b='<outline xmlUrl="https://c.example/" aggregator:id="free"/>',
    )

    assert {name: feed.url for name, feed in feeds.items()} == {
        "taken": "https://main.example/",
        "a-example": "https://a.example/",
        "free": "https://b.example/",
        "c-example": "https://c.example/",
    }


@pytest.mark.parametrize(
    ("main", "body", "expected"),
    [
        (
            "",
            '<outline xmlUrl="https://a.example/?token=***"/>',
            "a.opml:2:1: feeds[0].url: *** stands where a secret was left out",
        ),
        ("feeds: [{url: 'https://a/?key=***'}]", "", "c.yaml:2:15: feeds[0].url: *** stands where a secret was left"),
        ("", '<outline>\n  <outline xmlUrl="exec:x"/></outline>', "a.opml:3:3: feeds[0].url: 'exec:x' is not the addr"),
        (
            "",
            '<outline xmlUrl="https://a.example/" aggregator:interval="soon"/>',
            "a.opml:2:1: feeds[0].interval: 'soon' is not a duration",
        ),
        ("", "<outline>", "a.opml:3:3: not valid OPML: mismatched tag"),
        ("feeds: nonsense", '<outline xmlUrl="https://a.example/"/>', "c.yaml:2:8: feeds: expected a list"),
        ("feeds: [3, {url: [1], id: [x], tags: {}}]", '<outline xmlUrl="https://a/"/>', "c.yaml:2:9: feeds[0]: exp"),
        (
            "feeds: [{url: 'https://a/', tags: [{x: y}]}]",
            '<outline xmlUrl="https://a/"/>',
            "c.yaml:2:36: feeds[0].tags",
        ),
    ],
)
def test_mistakes_have_their_places(tmp_path: Path, main: str, body: str, expected: str) -> None:
    """Each is named with file, line and column, whatever else is wrong."""
    with pytest.raises(SettingsError) as caught:
        feeds_of(tmp_path, main, a=body)

    assert any(str(problem).startswith(f"{tmp_path}/{expected}") for problem in caught.value.problems), caught.value


def test_a_list_is_read_once(tmp_path: Path) -> None:
    """Two patterns that name one file do not make its feeds duplicates."""
    (tmp_path / "c.yaml").write_text("include: ['*.opml', a.opml]")
    (tmp_path / "a.opml").write_text('<opml><body><outline xmlUrl="https://a.example/"/></body></opml>')

    loaded = load_settings(tmp_path / "c.yaml", {})

    assert [feed.id for feed in loaded.settings.feeds] == ["a-example"]
    assert [file.name for file in loaded.files] == ["c.yaml", "a.opml"]
