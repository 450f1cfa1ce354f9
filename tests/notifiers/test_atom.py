"""The feed of a channel's alerts: what readers find in its files, and what becomes of them."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import HOUR, NOW, alert, article, delivery, due
from support.notifying import context, digest_of

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import ArticleChange, Channel, DeliveryKind, DueDelivery, Sent, Source
from aggregator.model.ids import ChannelId, FeedId
from aggregator.model.messages import Markup, Message, WhenUnknown
from aggregator.notifiers.atom import PLUGIN, AtomNotifier, AtomOptions

ATOM = "{http://www.w3.org/2005/Atom}"
SOURCE = Source(
    feed_id=FeedId("bbc"), feed_title="BBC", title="As the BBC has it", url="https://bbc.example/1", published_at=NOW
)


def notifier_for(path: Path, channel: str = "desk", **changes: Any) -> AtomNotifier:
    """A notifier for files."""
    options = AtomOptions.model_validate({"path": str(path)} | changes)
    PLUGIN.missing(options, context())
    return PLUGIN.open(Channel(id=ChannelId(channel), type="atom"), options, context())


def message(key: str = "a1", **changes: Any) -> Message:
    """An alert about an article."""
    made = Message(text=f"<b>About</b> {key} &amp; more", subject=f"About {key}", due=due(article(key, language="uk")))
    return replace(made, **changes)


def of_kind(kind: DeliveryKind, item: DueDelivery) -> DueDelivery:
    """The same delivery, of another kind."""
    return replace(item, delivery=replace(item.delivery, kind=kind))


def read_atom(path: Path) -> Any:
    """The Atom file as feedparser reads it: without a complaint."""
    read = feedparser.parse(io.BytesIO(path.read_bytes()))
    assert not read.bozo
    assert read.version == "atom10"
    return read


def read_json(path: Path) -> Any:
    """The JSON Feed."""
    return json.loads(path.with_suffix(".json").read_bytes())


def names_in(folder: Path) -> list[str]:
    """The files of a folder."""
    return sorted(each.name for each in folder.iterdir())


async def test_readers_find_the_alerts(tmp_path: Path) -> None:
    """Both files say the same, the newest first, with all that their formats ask for."""
    path = tmp_path / "public" / "desk.xml"
    notifier = notifier_for(path, title="The <Desk>", url="https://example.org/feeds/desk.xml")

    first = await notifier.send(message("a1", image_url="https://news.example/bild größe.jpg"))
    second = await notifier.send(message("a2"))
    await notifier.close()

    atom, document = read_atom(path), read_json(path)
    assert (atom.feed.title, document["title"]) == ("The <Desk>", "The <Desk>")
    assert [entry.id for entry in atom.entries] == [item["id"] for item in document["items"]]
    assert [entry.id for entry in atom.entries] == [second.message_id, first.message_id]
    entry, item = atom.entries[1], document["items"][1]
    assert entry.title == item["title"] == "About a1"
    assert entry.link == item["url"] == "https://news.example/a1"
    assert entry.content[0].type == "text/html"
    assert entry.content[0].value == item["content_html"] == "<b>About</b> a1 &amp; more"
    assert entry.author == item["authors"][0]["name"] == "Local News"
    assert [tag.term for tag in entry.tags] == item["tags"] == ["Rule r1"]
    assert entry.published == entry.updated == item["date_published"] == "2026-03-01T12:00:00Z"
    assert entry.enclosures[0].href == item["image"] == "https://news.example/bild%20gr%C3%B6%C3%9Fe.jpg"
    assert item["language"] == "uk"
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["feed_url"] == "https://example.org/feeds/desk.json"
    assert atom.feed.links[0] == {
        "rel": "self",
        "type": "application/atom+xml",
        "href": "https://example.org/feeds/desk.xml",
    }
    assert UUID(entry.id).version == 5
    assert UUID(atom.feed.id).version == 4


async def test_the_atom_has_what_its_specification_asks_for(tmp_path: Path) -> None:
    """RFC 4287 §4.1: one id, title and updated everywhere, an author, and content that is escaped HTML."""
    path = tmp_path / "desk.xml"

    await notifier_for(path).send(message())

    root = ET.fromstring(path.read_text())  # noqa: S314 - our own file
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "aggregator"
    assert root.findtext(f"{ATOM}title") == "Alerts for desk"
    [content] = root.iter(f"{ATOM}content")
    assert content.attrib == {"type": "html"}
    assert len(content) == 0
    assert root.find(f"{ATOM}link") is None


async def test_entries_outlive_the_process_and_are_bounded(tmp_path: Path) -> None:
    """A new notifier goes on where the last one was, under the same id, and keeps the newest."""
    path = tmp_path / "desk.xml"
    await notifier_for(path).send(message("a1"))
    feed_id = read_atom(path).feed.id

    for number in range(2, 6):
        await notifier_for(path, entries=3).send(message(f"a{number}"))
    after = read_atom(path)
    await notifier_for(path, entries=2, title="New", url="https://example.org/other").send(message("a5"))

    assert [entry.title for entry in after.entries] == ["About a5", "About a4", "About a3"]
    assert after.feed.id == read_atom(path).feed.id == feed_id
    assert [entry.title for entry in read_atom(path).entries] == ["About a5", "About a4"]
    assert read_atom(path).feed.title == "New"
    assert "feed_url" not in read_json(path)
    assert names_in(tmp_path) == [".desk.xml.lock", "desk.json", "desk.xml"]


async def test_a_repeat_changes_nothing(tmp_path: Path) -> None:
    """The same alert again is the same entry, and readers do not see it as new."""
    path = tmp_path / "desk.xml"
    notifier = notifier_for(path)

    await notifier.send(message("a1"))
    await notifier.send(message("a2"))
    before = (path.read_bytes(), read_json(path))
    again = await notifier.send(message("a1"))

    assert (path.read_bytes(), read_json(path)) == before
    assert again.message_id == read_json(path)["items"][1]["id"]
    assert notifier.capabilities.when_unknown is WhenUnknown.RETRY
    assert notifier.capabilities.markup is Markup.HTML


async def test_an_edit_updates_the_entry(tmp_path: Path) -> None:
    """It stays where it is, with its first date, and a new time of its change."""
    path = tmp_path / "desk.xml"
    notifier = notifier_for(path)
    sent = await notifier.send(message("a1"))
    await notifier.send(message("a2"))

    edited = await notifier.edit(str(sent.message_id), message("a1", text="also: Reuters"))

    entry = read_atom(path).entries[1]
    assert edited == sent
    assert entry.id == sent.message_id
    assert entry.content[0].value == "also: Reuters"
    assert entry.published == "2026-03-01T12:00:00Z"
    assert datetime.fromisoformat(entry.updated) > NOW
    assert abs(datetime.now(UTC) - datetime.fromisoformat(entry.updated)) < timedelta(minutes=1)
    assert read_atom(path).feed.updated == entry.updated
    assert notifier.capabilities.can_edit


async def test_what_was_pushed_out_is_gone(tmp_path: Path) -> None:
    """An edit of an entry that the feed has no more is told to the outbox, and writes nothing."""
    path = tmp_path / "desk.xml"
    notifier = notifier_for(path, entries=1)
    sent = await notifier.send(message("a1"))
    await notifier.send(message("a2"))

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.edit(str(sent.message_id), message("a1"))

    assert caught.value.reason is DeliveryFailure.MESSAGE_GONE
    assert [entry.title for entry in read_atom(path).entries] == ["About a2"]


async def test_a_digest_is_an_entry_for_each_of_its_alerts(tmp_path: Path) -> None:
    """Each as if it had come alone, the newest first: no reader sees one twice, and there is no entry of the digest."""
    path = tmp_path / "desk.xml"
    notifier = notifier_for(path)
    older, newer = due(article("a2", title="Older")), due(article("a3", title="Newer"), created_at=NOW + HOUR)
    change = ArticleChange(before="Older", after="Older and changed")
    edited = of_kind(DeliveryKind.UPDATE, replace(older, sources=(SOURCE,)))
    edited = replace(edited, delivery=replace(edited.delivery, change=change, is_reply=True))

    await notifier.send(message("a1"))
    sent = await notifier.send(message(due=digest_of(), items=(newer, older, edited)))
    await notifier.send(message(due=digest_of(), items=(newer, older, edited)))
    await notifier.send(message(due=older, subject="Older, alone"))

    entries = read_atom(path).entries
    assert sent == Sent()
    assert [entry.title for entry in entries] == ["Newer", "Older", "Older, alone", "About a1"]
    assert entries[0].published == "2026-03-01T13:00:00Z"
    assert [entry.link for entry in entries[:2]] == ["https://news.example/a3", "https://news.example/a2"]
    assert "Headline changed" in entries[1].content[0].value
    assert "Also: " in entries[1].content[0].value
    assert entries[0].author == "Local News"


@given(st.text(), st.text(), st.text())
def test_no_title_breaks_the_files(title: str, text: str, other: str) -> None:
    """Whatever a feed calls its article, both files can be read, and each entry has a title."""
    item = due(article(title=title, url=f"https://news.example/{other}", language=other or None), feed_title=other)
    about = Message(text=text, subject=title, due=item, image_url=other)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "desk.xml"

        asyncio.run(notifier_for(path, title=other).send(about))

        entry, document = read_atom(path).entries[0], read_json(path)
        root = ET.fromstring(path.read_bytes())  # noqa: S314 - our own file
    assert document["items"][0]["title"].strip()
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == document["items"][0]["title"]
    assert entry.id == document["items"][0]["id"]
    assert " " not in document["items"][0]["url"]


async def test_what_is_no_web_address_is_left_out(tmp_path: Path) -> None:
    """Readers get nothing to click that is no page."""
    path = tmp_path / "desk.xml"

    await notifier_for(path).send(message(due=due(article(url="javascript:alert(1)"))))

    assert "url" not in read_json(path)["items"][0]
    assert b"javascript" not in path.read_bytes()


async def test_the_files_of_others_are_left_alone(tmp_path: Path) -> None:
    """Another channel's feed, and any file that is none of ours, is a mistake in the configuration."""
    path, page, package = tmp_path / "desk.xml", tmp_path / "page.xml", tmp_path / "package.xml"
    await notifier_for(path).send(message())
    page.write_text("<html/>")
    package.with_suffix(".json").write_text('{"name": "package", "version": "1"}')

    for foreign, words in (
        (notifier_for(path, "other"), "the feed of the channel 'desk'"),
        (notifier_for(page), "page.xml is no feed of this program"),
        (notifier_for(package), "package.json is no feed of this program"),
    ):
        with pytest.raises(DeliveryFailed, match=words) as caught:
            await foreign.send(message())
        assert caught.value.reason is DeliveryFailure.MISCONFIGURED

    assert page.read_text() == "<html/>"
    assert "package" in package.with_suffix(".json").read_text()


async def test_a_lost_json_begins_a_new_feed(tmp_path: Path) -> None:
    """Our own Atom file alone does not stop the channel: it is written anew."""
    path = tmp_path / "desk.xml"
    notifier = notifier_for(path)
    await notifier.send(message("a1"))
    path.with_suffix(".json").unlink()

    await notifier.send(message("a2"))

    assert [entry.title for entry in read_atom(path).entries] == ["About a2"]


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    """The disk is full, the folder is a file: a person can mend that, and the alerts wait."""
    (tmp_path / "file").write_text("")
    notifier = notifier_for(tmp_path / "file" / "desk.xml")

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())

    assert caught.value.reason is DeliveryFailure.UNAVAILABLE
    assert "cannot write" in caught.value.detail


async def test_two_notifiers_with_the_same_files_lose_nothing(tmp_path: Path) -> None:
    """While a reload is on, the old and the new one write at the same time."""
    path = tmp_path / "desk.xml"
    old, new = notifier_for(path), notifier_for(path)

    sent = await asyncio.gather(*((old if n % 2 else new).send(message(f"a{n}")) for n in range(20)))

    assert {each.message_id for each in sent} == {entry.id for entry in read_atom(path).entries}
    assert all(isinstance(each, Sent) for each in sent)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"path": "public/desk.json"}, "the ending .json"),
        ({"path": ""}, "not the name of an Atom file"),
        ({"path": "desk.xml", "entries": 0}, "greater than or equal to 1"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], words: str) -> None:
    """The name that the JSON Feed takes, no name, and no entries."""
    with pytest.raises(ValueError, match=words):
        AtomOptions.model_validate(options)


async def test_an_empty_headline_gets_a_word(tmp_path: Path) -> None:
    """Atom wants a title, and readers something to click."""
    path = tmp_path / "desk.xml"
    about = alert(article(title=" "))
    item = DueDelivery(delivery=delivery(about), alert=about, article=article(title=" "), feed_title="", matches=())

    await notifier_for(path).send(Message(text="", due=item))

    entry = read_json(path)["items"][0]
    assert entry["title"] == "Alert"
    assert entry["authors"] == [{"name": "ep"}]
