"""Reading only what is new gives what reading everything gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import generated_feeds as made
from support.builders import feed, fetched
from support.generated_feeds import Entry, Envelope, encoded
from support.program import REPOSITORY

from aggregator.feeds.outlines import split_document
from aggregator.feeds.parse import parse_document
from aggregator.model.articles import Article
from aggregator.model.fetches import Outline, ParsedFeed, PollFailed

LIMIT = 50_000_000
FOLDER = REPOSITORY.parent / "shared" / "feeds"
FILES = sorted(path for path in FOLDER.glob("*") if path.suffix != ".md") if FOLDER.is_dir() else []


def read(body: bytes, outline: Outline | None = None, **changes: object) -> ParsedFeed:
    """Read a document."""
    parsed = parse_document(feed(), fetched(body, **changes), LIMIT, outline)
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed


def poll_again(before: bytes, after: bytes) -> ParsedFeed:
    """Read `after` as the poll after one that read `before`, and check that it says what reading all of it says."""
    first, whole = read(before), read(after)
    partial = read(after, first.outline)

    known = {article.key: article for article in first.articles}
    fresh = {article.key: article for article in partial.articles}
    assert partial.outline is not None
    assert whole.outline is not None
    joined = [fresh[key] if key in fresh else known[key] for key in partial.outline.keys]
    assert set(partial.unchanged).isdisjoint(fresh)
    assert [fields_of(article, key in fresh) for key, article in zip(partial.outline.keys, joined, strict=True)] == [
        fields_of(article, article.key in fresh) for article in whole.articles
    ]
    around = {"articles": (), "unchanged": (), "outline": None}
    assert replace(partial, **around) == replace(whole, **around)  # type: ignore[arg-type] # the names are fields
    return partial


def fields_of(article: Article, is_fresh: bool) -> dict[str, Any]:
    """All that an article is; whether others share its link is asked for new ones alone."""
    return asdict(article) | ({} if is_fresh else {"link_key": None})


@st.composite
def two_polls(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A document, and what became of it by the next poll."""
    name = draw(st.sampled_from(list(made.FORMATS)))
    write, styles = made.FORMATS[name]
    words = st.sampled_from(["alpha", "beta gamma", "Слово", "&#8364; &amp;lt;", "d"])
    if name == "json feed":
        words = st.sampled_from(["alpha", "beta <b>gamma</b>", "Слово", "\ud800", "d"])
    numbers = st.lists(st.integers(0, 9), min_size=1, max_size=7, unique=draw(st.booleans()))
    few = draw(st.lists(st.sampled_from(styles), min_size=1, max_size=3))
    entries = st.builds(Entry, number=st.integers(0, 9), words=words, style=st.sampled_from(few))
    listed = [replace(draw(entries), number=number) for number in draw(numbers)]
    around = Envelope(
        between=draw(st.sampled_from(("",) * 5 + made.BETWEEN)),
        base=draw(st.sampled_from([None, None, None, "https://base.example/x/"])),
        is_title_last=draw(st.booleans()),
        prologue=draw(st.sampled_from(("",) * 5 + made.PROLOGUES)),
    )
    later = [entry for entry in listed if draw(st.integers(0, 4))]
    later += [replace(draw(entries), number=10 + number) for number in range(draw(st.integers(0, 2)))]
    is_changed: bool = draw(st.booleans())
    if later and is_changed:
        place = draw(st.integers(0, len(later) - 1))
        later[place] = replace(draw(entries), number=later[place].number)
    if draw(st.integers(0, 3)) == 0:
        later = list(draw(st.permutations(later)))
    changes: dict[str, Any] = draw(
        st.sampled_from(
            [{}] * 8
            + [
                {"title": "Renamed"},
                {"language": "uk"},
                {"link": "https://moved.example"},
                {"base": "https://elsewhere.example/"},
                {"between": "<title><title>odd</title></title>"},
                {"prologue": made.PROLOGUES[-1]},
            ]
        )
    )
    return encoded(write(listed, around)), encoded(write(later, replace(around, **changes)))


@settings(max_examples=400, deadline=None)
@given(two_polls())
def test_what_is_read_in_parts_is_what_is_read_whole(polls: tuple[bytes, bytes]) -> None:
    """Whatever a publisher adds, changes, removes or moves: the same keys, order, fields and channel."""
    poll_again(*polls)


@pytest.mark.parametrize(
    ("name", "style"), [(name, style) for name, (_, styles) in made.FORMATS.items() for style in styles]
)
def test_each_way_of_writing_an_item_is_left_out_or_known_to_need_the_rest(name: str, style: str) -> None:
    """Of thirty items and a new one, thirty are not read again; unless items of their kind touch each other."""
    write, _ = made.FORMATS[name]
    entries = [Entry(number=number, words=f"word {number}", style=style) for number in range(31)]

    parsed = poll_again(encoded(write(entries[1:], Envelope())), encoded(write(entries, Envelope())))

    has_id_of_its_own = (name, style) == ("rss 1.0", "no id, shared link")  # `rdf:about`
    needs_all = style in made.WHOLE_STYLES and not has_id_of_its_own
    assert len(parsed.unchanged) == (0 if needs_all else 30)


@pytest.mark.parametrize("between", made.BETWEEN)
@pytest.mark.parametrize("prologue", made.PROLOGUES)
def test_what_stands_around_the_items_makes_no_difference(between: str, prologue: str) -> None:
    """Comments, instructions, text and declarations: as when all of it is read, when an item comes and one goes."""
    entries = [Entry(number=number) for number in range(5)]
    around = Envelope(between=between, prologue=prologue, is_title_last=True)

    poll_again(encoded(made.rss(entries[:4], around)), encoded(made.rss(entries[1:], around)))


def test_a_new_entry_of_thirty_is_a_small_part_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library that reads items is given less than 15 % of the document, and all of it the first time."""
    given: list[int] = []
    parse = feedparser.parse

    def counting(source: Any, **options: Any) -> Any:
        given.append(len(source.getvalue()))
        return parse(source, **options)

    monkeypatch.setattr(feedparser, "parse", counting)
    entries = [
        Entry(number=number, words="words of an article " * 20, style="cdata with a tag") for number in range(30)
    ]
    before, after = (encoded(made.rss(listed, Envelope())) for listed in (entries[1:], entries))

    first = read(before)
    second = read(after, first.outline)

    assert len(second.articles) == 1
    assert given[0] >= len(before)
    assert given[1] < len(after) * 0.15
    assert len(given) == 2


@pytest.mark.parametrize(
    "between",
    [
        "<!-- ",
        "<![CDATA[",
        "<x y='",
        "</channel><channel>",
        "<image>",
        "]]>",
        "<?item?>",
        "<item/>",
        "&nbsp;",
        "<a:b/>",
        "\x00",
        "<channel><item><title>t</title></item></channel>",
        "<description><description>x</description></description>",
        "<author><name>n</name><author/></author>",
        "<media:x xmlns:media='http://purl.org/dc/elements/1.1/'/>",
        "<dc:x xmlns:dc='urn:unheard-of'/>",
        "<link>https://other.example</link>",
        "<language>de</language>",
        "<textInput><item><title>t</title></item></textInput>",
        "<Item><title>upper</title></Item>",
        "<entry><title>t</title></entry>",
    ],
)
def test_nothing_put_between_items_hides_a_change_from_the_reading(between: str) -> None:
    """A document that was harmless and is no longer is read as if it had been so from the start, and back again."""
    styles = ("plain", "own namespace", "source", "relative link", "own base")
    entries = [Entry(number=number, style=style) for number, style in enumerate(styles)]
    document = made.rss(entries, Envelope())
    place = document.index("<item", document.index("News 2"))
    changed = f"{document[:place]}{between}{document[place:]}"

    poll_again(document.encode(), changed.encode())
    poll_again(changed.encode(), document.encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<rss ", "<rss xmlns='http://www.w3.org/2005/Atom' "),
        ("<rss ", "<rss xml:base='https://other.example/' "),
        ("<channel>", "<channel xml:base='https://other.example/'>"),
        ("<channel>", "<channel xml:lang='ru'>"),
        ("<rss ", "<!-- <rss > --><rss xml:base='https://other.example/' "),
        ("<rss ", "<?xml version='1.0' encoding='utf-7'?><rss "),
        ("<rss ", "<?xml version='1.0' encoding='iso-2022-jp'?><rss "),
        ("<rss ", "<!DOCTYPE rss><rss "),
        ("<rss ", "<!DOCTYPE rss [<!ATTLIST item xml:lang CDATA 'de'>]><rss "),
        ("<link>", "<link>https://first.example</link><link>"),
    ],
)
def test_a_change_above_the_items_is_a_change_of_all(old: str, new: str) -> None:
    """Bases, languages, encodings and entities that items inherit are not taken over from the last time."""
    entries = [Entry(number=number, style="relative link") for number in range(3)]
    document = made.rss(entries, Envelope())

    poll_again(document.encode(), document.replace(old, new, 1).encode())


def test_a_prefix_that_is_renamed_and_renamed_back_is_noticed_between_the_items() -> None:
    """What is as before at the end of a document may have been otherwise where an unchanged item stands."""
    media = "http://search.yahoo.com/mrss/"
    item = "<item><title>{0}</title><guid>{0}</guid><media:thumbnail url='https://gen.example/{0}.png'/></item>"
    items = [item.format(number) for number in range(3)]
    start, end = f"<rss version='2.0' xmlns:media='{media}'><channel>", "</channel></rss>"
    away, back = "<media:x xmlns:media='http://purl.org/dc/elements/1.1/'/>", f"<media:y xmlns:media='{media}'/>"

    before = f"{start}{''.join(items)}{end}"
    after = f"{start}{items[0]}{away}{items[1]}{back}{items[2]}{end}"

    poll_again(before.encode(), after.encode())


def test_a_new_item_with_the_id_of_an_unchanged_one_is_read_with_it() -> None:
    """Which of the two counts is decided as when all of the document is read."""
    entries = [Entry(number=number) for number in range(3)]
    again = Entry(number=2, words="other words")

    parsed = poll_again(encoded(made.rss(entries, Envelope())), encoded(made.rss([again, *entries], Envelope())))

    assert parsed.unchanged == ()


def test_a_document_that_defines_entities_is_never_read_in_parts() -> None:
    """The bytes of an item may be the same when what they mean is not."""
    document = made.rss([Entry(number=number, words="&w;") for number in range(3)], Envelope())
    one, two = (f'<!DOCTYPE rss [<!ENTITY w "{word}">]>{document}' for word in ("peace", "war"))

    assert poll_again(one.encode(), two.encode()).unchanged == ()
    assert poll_again(one.encode(), one.encode()).unchanged == ()


def test_a_charset_that_shifts_is_never_read_in_parts() -> None:
    """Where the header names an encoding in which bytes are not what they look like, the whole is read."""
    document = made.rss([Entry(number=1), Entry(number=2)], Envelope()).encode()
    shifting = "application/xml; charset=iso-2022-jp"

    first = read(document, content_type=shifting)

    assert read(document, first.outline, content_type=shifting).unchanged == ()


def test_an_outline_of_another_time_is_not_trusted() -> None:
    """What an older program, or a damaged row, recorded leads to a whole reading."""
    document = made.rss([Entry(number=1), Entry(number=2)], Envelope()).encode()
    outline = read(document).outline
    assert outline is not None
    older = replace(outline, items=tuple(((own or "").partition(" ")[0], key) for own, key in outline.items))

    parsed = read(document, older)

    assert (len(parsed.articles), parsed.unchanged) == (2, ())


def test_a_link_that_another_item_shares_says_nothing_for_the_new_one_either() -> None:
    """A new item of a live blog has no link of its own, though the items that share it were not read again."""
    entries = [Entry(number=number, style="shared link") for number in range(3)]

    parsed = poll_again(encoded(made.rss(entries[1:], Envelope())), encoded(made.rss(entries, Envelope())))

    assert [article.link_key for article in parsed.articles] == [None]
    assert len(parsed.unchanged) == 2


def cut(body: bytes, keep: Callable[[int], bool]) -> bytes:
    """The document with those of its items that `keep` chooses by their numbers."""
    split = split_document(body)
    if split is None:
        return body
    for number, (start, end) in reversed(list(enumerate(split.items))):
        if not keep(number):
            body = body[:start] + body[end:]
    return body


@pytest.mark.parametrize(("number", "path"), list(enumerate(FILES)), ids=lambda value: getattr(value, "name", ""))
def test_real_feeds_read_in_parts_are_what_they_are_whole(number: int, path: Path) -> None:
    """Items come, go, or change places in a renamed channel, in a third of the feeds each: as when all is read."""
    body = path.read_bytes()
    if b"<catalog>" in body:
        assert isinstance(parse_document(feed(), fetched(body), LIMIT), PollFailed)
        return
    split = split_document(body)
    places = list(split.items) if split else []
    turned = body
    if len(places) > 1:
        (first, first_end), (last, last_end) = places[0], places[-1]
        turned = body[:first] + body[last:last_end] + body[first_end:last] + body[first:first_end] + body[last_end:]

    if number % 3 == 0:
        poll_again(cut(body, lambda place: place > 0), body)
    elif number % 3 == 1:
        poll_again(body, cut(body, lambda place: place % 3 > 0))
    else:
        poll_again(cut(body, lambda place: place % 2 > 0), turned.replace(b"<title>", b"<title>New ", 1))


@pytest.mark.parametrize("paths", [FILES] if FILES else [])
def test_nearly_all_real_feeds_can_be_read_in_parts(paths: list[Path]) -> None:
    """Of those with several articles, nine in ten: what cannot be is mixed up, or not well-formed."""
    bodies = [path.read_bytes() for path in paths]
    first = [parse_document(feed(), fetched(body), LIMIT) for body in bodies]
    several = [
        (body, parsed)
        for body, parsed in zip(bodies, first, strict=True)
        if isinstance(parsed, ParsedFeed) and len(parsed.articles) > 1
    ]

    in_parts = [body for body, parsed in several if read(body, parsed.outline).unchanged]

    assert len(in_parts) >= 0.9 * len(several)
