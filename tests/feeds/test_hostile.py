"""Documents made to hurt: each is read or refused within its limits, and what is kept of it is plain text."""

from __future__ import annotations

import asyncio
import os
import resource
import unicodedata
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import psutil
import pytest
from support.builders import NOW, feed, fetched
from support.feed_server import rss
from support.hostile import AUTHOR, HOSTILE, MAX_BODY, ODD, PAGES, READ, STOPPED, external, item, json_feed, told

from aggregator.feeds.parse import parse_document
from aggregator.feeds.workers import ParserPool
from aggregator.model.articles import Article
from aggregator.model.fetches import Page, ParsedFeed, PollFailed

GOOD = fetched(rss([("Fine", "Text")]).encode())
CPU_LIMIT = timedelta(seconds=4)
SHORT = timedelta(seconds=0.5)
"""For what is stopped in any case."""

START_SECONDS = 2.0
"""What starting a worker or two may cost, measured coverage included."""


def outcome_of(result: object) -> str:
    """`read`, or the reason why not."""
    return result.reason.value if isinstance(result, PollFailed) else READ


def texts_of(article: Article) -> Iterator[str]:
    """All that is kept of an article."""
    yield from (article.title, article.summary, article.body, article.url, article.key)
    yield from (*article.authors, *article.tags, article.language or "", article.image_url or "")


def articles(body: bytes) -> tuple[Article, ...]:
    """Read a document."""
    parsed = parse_document(feed(), fetched(body), MAX_BODY)
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed.articles


@pytest.fixture
async def listener() -> AsyncIterator[tuple[str, list[object]]]:
    """A socket on loopback that counts who comes."""
    seen: list[object] = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername"))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen


@pytest.fixture
def at_full_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers whose time counts are not watched line by line."""
    for name in os.environ:
        if name.startswith("COVERAGE"):
            monkeypatch.delenv(name)


@pytest.mark.usefixtures("at_full_speed")
@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_document_ends_within_its_limits(name: str) -> None:
    """Each ends as it may, within the CPU time of one document; a good one is read after it."""
    hostile = HOSTILE[name]
    limit = SHORT if STOPPED in hostile.ends else CPU_LIMIT
    before, known = resource.getrusage(resource.RUSAGE_CHILDREN), psutil.Process().children()
    async with ParserPool(max_body_bytes=MAX_BODY, workers=1, cpu_limit=limit) as pool:
        result = await pool.parse(feed(), fetched(hostile.make(), content_encoding=hostile.encoding))
        good = await pool.parse(feed(), GOOD)

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert outcome_of(result) in hostile.ends, result
    assert used <= limit.total_seconds() + START_SECONDS
    assert isinstance(good, ParsedFeed)
    assert psutil.Process().children() == known
    if isinstance(result, PollFailed):
        assert result.detail.startswith("https://news.example/ep.xml: ")
    else:
        assert isinstance(result, ParsedFeed)
        for article in result.articles:
            assert_fit_to_keep(article)


def assert_fit_to_keep(article: Article) -> None:
    """What is kept can be stored, is bounded, and shows nothing that it is not."""
    for text in texts_of(article):
        text.encode()
        assert not any(unicodedata.category(character) in ("Cc", "Cs") and character != "\n" for character in text)
        assert len(text) <= 256 * 1024
    assert max(len(article.title), len(article.url), len(article.key)) <= 4096
    assert article.url.startswith(("http://", "https://"))
    assert article.title


@pytest.mark.parametrize("name", ODD)
def test_an_odd_document_is_read_or_refused(name: str) -> None:
    """Encodings that are none of text, and dates that no calendar has, cost no more than the document or the date."""
    odd = ODD[name]

    result = parse_document(feed(), fetched(odd.make()), MAX_BODY)

    assert outcome_of(result) in odd.ends, result
    if isinstance(result, ParsedFeed):
        [article] = result.articles
        assert_fit_to_keep(article)
        assert article.published_at.year in (NOW.year, NOW.year - 1)


@pytest.mark.parametrize("name", PAGES)
async def test_a_hostile_page_ends_within_its_limits(name: str) -> None:
    """A web page can do no more than a feed, whether its article is wanted or the feeds that it names."""
    page = fetched(PAGES[name]())
    async with ParserPool(max_body_bytes=MAX_BODY, workers=1, cpu_limit=SHORT * 3) as pool:
        article = await pool.extract(page)
        candidates = await pool.candidates(page)
        good = await pool.parse(feed(), GOOD)

    assert isinstance(article, Page) or outcome_of(article) in ("no article", "parser timeout", "parser memory")
    assert len(candidates) <= 40
    assert isinstance(good, ParsedFeed)


async def test_a_raised_limit_lets_large_documents_be_read() -> None:
    """50 MB of HTML are read where the operator allows documents of that size."""
    pool = ParserPool(
        max_body_bytes=6 * MAX_BODY, workers=1, cpu_limit=timedelta(minutes=1), wall_limit=timedelta(minutes=2)
    )
    async with pool:
        result = await pool.parse(feed(), fetched(HOSTILE["50 MB of HTML"].make()))

    assert isinstance(result, ParsedFeed)
    assert result.articles[0].summary.startswith("Hello world\nHello world")


async def test_nothing_that_a_document_names_is_fetched(listener: tuple[str, list[object]]) -> None:
    """External entities, style sheets, inclusions and images are left alone, on the network and on the disk."""
    url, seen = listener
    async with ParserPool(max_body_bytes=MAX_BODY, workers=1) as pool:
        remote = await pool.parse(feed(), fetched(external(url)))
        local = await pool.parse(feed(), fetched(external("file:///etc")))
        passwords = await pool.parse(feed(), fetched(external("x").replace(b"'x/general'", b"'file:///etc/passwd'")))
        page = await pool.extract(fetched(b"<html>" + external(url)))

    assert seen == []
    for result in (remote, local, passwords):
        assert isinstance(result, ParsedFeed)
        assert "root:" not in repr(result)
    assert isinstance(page, PollFailed)


@pytest.mark.parametrize(
    "vector",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        "<img src=x onerror=alert(1)//",
        "<svg onload=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<object data='javascript:alert(1)'></object>",
        "<embed src='javascript:alert(1)'>",
        "<a href='javascript:alert(1)'>click</a>",
        "<a href='java&#10;script:alert(1)'>click</a>",
        "<body onload=alert(1)>",
        "<style>@import 'javascript:alert(1)';</style>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<template><script>alert(1)</script></template>",
        "<!--><script>alert(1)</script>-->",
        "<![CDATA[<script>alert(1)</script>]]&gt;",
        "<x/onclick=alert(1)>click",
        "<form><button formaction=javascript:alert(1)>x</button></form>",
        "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
        "<textarea><script>alert(1)</script></textarea>",
        "<title><script>alert(1)</script></title>",
        "<xmp><script>alert(1)</script></xmp>",
    ],
)
def test_no_markup_is_kept(vector: str) -> None:
    """Whatever a browser could run is gone from title, text, author and tag: what is left is plain text."""
    escaped = vector.replace("&", "&amp;").replace("<", "&lt;")
    document = (
        f"<rss version='2.0'><channel><item><title>A {escaped}</title><description>B {escaped}</description>"
        f"<author>C {escaped}</author><category>D {escaped}</category></item></channel></rss>"
    )

    [article] = articles(document.encode())

    for text in (article.title, article.text, *article.authors):
        assert "onerror" not in text
        assert "<script" not in text.lower()
        assert "<img" not in text
        assert "javascript:" not in text


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//[", "\x01http:x"])
def test_only_links_to_the_web_are_kept(link: str) -> None:
    """An address that is none of the web gives way to that of the document."""
    document = f"<rss version='2.0'><channel><item><title>x</title><link>{link}</link></item></channel></rss>"

    [article] = articles(document.encode())

    assert article.url == "https://news.example/feed.xml"


def test_a_base_leads_only_to_the_web() -> None:
    """`xml:base` resolves relative links to web addresses, and makes nothing else of them."""
    document = (
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='javascript:alert(1)//'><entry><title>x</title>"
        "<link href='../../a'/></entry><entry xml:base='//other.example/b/'><title>y</title>"
        "<link href='c'/></entry></feed>"
    )

    urls = [article.url for article in articles(document.encode())]

    assert all(url.startswith("https://") for url in urls)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (r"photo\u202egpj.exe", "photogpj.exe"),
        (r"a\u0000\u0007\u001bb", "ab"),
        (r"a\ud83d", "a"),
        (r"smile \ud83d\ude00", "smile 😀"),
        (r"\u05e9\u05dc\u05d5\u05dd\u200f!", "שלום\u200f!"),
        (r"a\u0093b\uffff", "ab"),
    ],
)
def test_titles_show_what_they_are(written: str, kept: str) -> None:
    """Characters that nobody sees and that change what is seen are left out; those that languages need stay."""
    [article] = articles(json_feed(f'[{{"id":"1","title":"{written}","content_text":"{written}"}}]'.encode()))

    assert (article.title, article.body) == (kept, kept)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b"&#55357;&#56832; smile", "😀 smile"),
        (b"&#xD83D;&#xde00; smile", "😀 smile"),
        (b"half &#xD83D; of it", "half � of it"),
        (b"Hangul &#55203;&#57344; private", "Hangul 힣\ue000 private"),
        (b"&#" + b"9" * 5000 + b"; digits", "� digits"),
    ],
)
def test_a_character_written_wrongly_costs_no_article(written: bytes, kept: str) -> None:
    """An emoji as two numbers of UTF-16 is that emoji; a number that is no character costs that character alone."""
    document = b"<rss version='2.0'><channel><item><title>%s</title></item></channel></rss>"

    [article] = articles(document % written)
    [in_text] = articles(told(written))

    assert article.title == kept
    assert in_text.text == kept


@pytest.mark.parametrize("element", ["author", "dc:creator", "itunes:author", "dc:publisher"])
@pytest.mark.parametrize("form", [b"<%s>%s</%s>", b"<%s>\n<![CDATA[%s]]></%s>"])
def test_an_author_without_end_costs_no_article(element: str, form: bytes) -> None:
    """A name that is longer than any is left out; one of ordinary length beside it stays."""
    name = element.encode()
    namespaces = (
        b"xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    )
    long_name, short_name = form % (name, AUTHOR, name), b"<item><author>Ann</author><title>y</title></item>"
    document = item(long_name).replace(b"</channel>", short_name + b"</channel>")

    first, second = articles(document.replace(b"<rss", b"<rss " + namespaces))

    assert first.authors == ()
    assert second.authors == ("Ann",)


def test_lists_without_end_are_cut() -> None:
    """Of thousands of names the first hundreds are kept."""
    names = ",".join(f'{{"name":"n{number}"}}' for number in range(2000))
    tags = ",".join(f'"t{number}"' for number in range(2000))

    [article] = articles(json_feed(f'[{{"id":"1","title":"x","authors":[{names}],"tags":[{tags}]}}]'.encode()))

    assert len(article.authors) == len(article.tags) == 500
    assert article.tags[:2] == ("t0", "t1")


def test_a_title_of_nothing_visible_is_filled_in() -> None:
    """Where nothing of a title is fit to be shown, the text stands in, or the address."""
    document = json_feed(rb'[{"id":"1","title":"\u202e","content_text":"Words"},{"id":"2","title":"\u202e"}]')

    first, second = articles(document)

    assert first.title == "Words"
    assert second.title == "https://news.example/2"


def test_deep_nesting_keeps_what_comes_before() -> None:
    """HTML that is nested without end is read as deep as readers look; a long list is not deep."""
    deep, long = told(b"<p>Begin</p>" + b"<div>in" * 5000 + b"end"), told(b"<ul>" + b"<li>point<br>" * 5000 + b"end")

    [cut], [whole] = articles(deep), articles(long)

    assert cut.text.startswith("Begin\nin\nin")
    assert not cut.text.endswith("end")
    assert whole.text.endswith("point\nend")


def test_a_number_that_python_refuses_to_read_is_a_reason() -> None:
    """JSON with a number of thousands of digits is no feed, and no accident of the parser."""
    result = parse_document(feed(), fetched(json_feed(b'[{"id":' + b"1" * 5000 + b"}]")), MAX_BODY)

    assert isinstance(result, PollFailed)
    assert "it holds what cannot be read (Exceeds the limit" in result.detail


def test_a_character_written_wrongly_twice_costs_no_article() -> None:
    """A number of too many digits that only shows when the text is read is left out of the text."""
    [article] = articles(item(b"<description>Words &amp;#" + b"1" * 5000 + b"; end</description>"))

    assert article.text == "Words � end"
