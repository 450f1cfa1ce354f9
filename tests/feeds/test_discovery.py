"""From a page to where its feeds may be."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from aggregator.feeds.discovery import page_candidates, site_candidates
from aggregator.model.candidates import Candidate, CandidateSource

PAGE = "https://news.example/"
ARTICLE = "https://news.example/2024/08/a-story"
RSS = 'type="application/rss+xml"'
CHANNEL = "UCX6OQ3DkcsbYNE6H8uQQuVA"


def urls(candidates: tuple[Candidate, ...], source: CandidateSource) -> list[str]:
    """The candidates of one source, in order."""
    return [candidate.url for candidate in candidates if candidate.source is source]


def link_elements(html: str, page_url: str = PAGE) -> list[str]:
    """What the page declares."""
    return urls(page_candidates(page_url, html), CandidateSource.LINK_ELEMENT)


def page_links(html: str, page_url: str = PAGE) -> list[str]:
    """What the page links to."""
    return urls(page_candidates(page_url, html), CandidateSource.PAGE_LINK)


@pytest.mark.parametrize(
    "link",
    [
        f'<link rel="alternate" {RSS} href="https://news.example/f">',
        "<LINK HREF=/f TYPE=Application/RSS+XML REL=Alternate>",
        f"<link rel='alternate home' {RSS} href='f' />",
        '<link\n  type = "application/atom+xml; charset=utf-8"\n  href = "//news.example/f"\n  rel="alternate"\n>',
        '<link rel="alternate" type="application/feed+json" href=" ./x/../f ">',
        '<link rel="alternate" type="application/rdf+xml" href="f#top">',
        '<link rel="alternate" type="text/xml" href="/f">',
        '<link rel="feed" href="/f">',
        '<link rel="alternate" type="application/json" title="JSON Feed" href="/f">',
        f'<link rel="alternate" {RSS} href="feed:https://news.example/f">',
        f'<link rel="alternate" {RSS} href="feed:https://NEWS.example:443/f">',
        f'<link rel="alternate" {RSS} href="/f" href="/second">',
        f'<link data-x="a>b" rel="alternate" {RSS} href="/f">',
        f'<link title=it\'s rel="alternate" {RSS} href="/f"><p>don\'t</p>',
        f'<body><p>late <link rel="alternate" {RSS} href="/f">',
        f'<!-- a --><script>"<a"</script><link rel="alternate" {RSS} href="/f"><script>',
        f'<base href="https://news.example/deep/"><link rel="alternate" {RSS} href="../f">',
    ],
)
def test_declared_feed_is_found(link: str) -> None:
    """A link element counts in any order, case and quoting, and its address is resolved."""
    found = link_elements(f"<html><head>{link}</head>")

    assert found == ["https://news.example/f"]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" hreflang="uk" href="/uk/">',
        '<link rel="alternate" type="text/html" href="/m/">',
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1" title="JSON">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed">',
        '<link rel="alternate" type="text/xml" href="/sitemap.xml">',
        '<link rel="alternate stylesheet" type="text/css" href="/feed.css">',
        '<link rel="stylesheet" href="/feed">',
        '<link rel="feed" type="text/html" href="/h-feed">',
        f'<link rel="search" {RSS} href="/f">',
        f'<link rel="alternate" {RSS}>',
        f'<link rel="alternate" {RSS} href="">',
        f'<link rel="alternate" {RSS} href="javascript:void(0)">',
        f'<link rel="alternate" {RSS} href="ftp://news.example/f">',
        f'<link rel="alternate" {RSS} href="http://[">',
        f'<link rel="alternate" {RSS} href="http://news.example:port/f">',
        f'<link rel="alternate" {RSS} href="https://a b/f">',
        f'<link rel="alternate" {RSS} href="https://news.example/\ud800">',
        f'<!-- <link rel="alternate" {RSS} href="/f"> -->',
        f'<script>\'<link rel="alternate" {RSS} href="/f">\'</script>',
        f'<link rel="alternate" {RSS} href="/f" title="{"x" * 5000}">',
        f'<link rel="alternate" {RSS} href="/f"',
    ],
)
def test_what_declares_no_feed(link: str) -> None:
    """Translations, APIs, style sheets, comments, scripts, and addresses that cannot be fetched are no feeds."""
    found = link_elements(f"<head>{link}")

    assert found == []


def test_entities_and_titles_are_read() -> None:
    """An address and a title may have entities, and the title is on one line."""
    html = f'<link rel="alternate" {RSS} href="/?a=1&amp;feed=rss2" title="News\n &amp; views">'

    [candidate, *_] = page_candidates(PAGE, html)

    assert (candidate.url, candidate.title) == ("https://news.example/?a=1&feed=rss2", "News & views")


@pytest.mark.parametrize(
    ("base", "feed"),
    [
        ('<base target="_top"><base href="https://cdn.example/x/">', "https://cdn.example/x/f"),
        ('<base href="/x/"><base href="/y/">', "https://news.example/x/f"),
        ('<base href="data:text/plain,x">', "https://news.example/2024/08/f"),
        ('<base href="http://[">', "https://news.example/2024/08/f"),
        ("", "https://news.example/2024/08/f"),
    ],
)
def test_base_of_the_page(base: str, feed: str) -> None:
    """Relative addresses are resolved against the first usable base, else against the page."""
    html = f'<head>{base}<link rel="alternate" {RSS} href="f">'

    found = link_elements(html, ARTICLE)

    assert found == [feed]


def test_comments_come_last_of_the_declared() -> None:
    """The feed of the comments comes after the articles', by its title or its address, and plain XML before it."""
    html = f"""
        <link rel="alternate" {RSS} href="/2024/feed/" title="News » A story Comments Feed">
        <link rel="alternate" {RSS} href="/comments/feed/">
        <link rel="alternate" type="text/xml" href="/plain">
        <link rel="alternate" {RSS} href="/feed/" title="News » Feed">"""

    found = link_elements(html)

    assert [urlsplit(url).path for url in found] == ["/feed/", "/plain", "/2024/feed/", "/comments/feed/"]


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/x.rss">All news</a>',
        '<a href="/all.xml">All news</a>',
        '<a href="/rss/all">All</a>',
        '<a href="/news-feed">All</a>',
        '<a href="/feed.json">All</a>',
        '<a href="/all?format=atom">All</a>',
        '<a href="https://feeds.news.example/all">All</a>',
        '<a href="feed://news.example/all">All</a>',
        '<a href="/x"><b>RSS</b></a>',
        '<a href="/x">RSS-канал</a>',
        '<a href="/x"><img alt="Atom feed" src="i.png"></a>',
        '<a href="/x" title="RSS"><svg></svg></a>',
        '<a href="/x" aria-label="Our feed"></a>',
        '<a href="/x" type="application/atom+xml">Updates</a>',
        '<a href="/x">rss',
    ],
)
def test_link_that_looks_like_a_feed(link: str) -> None:
    """A link is worth a try for its address, its type, its few words or its picture."""
    found = page_links(f"<p>{link}")

    assert len(found) == 1


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/subscribe">Subscribe</a>',
        '<a href="/feedback">Feedback</a>',
        '<a href="/sitemap.xml">Map</a>',
        '<a href="/osd.xml">RSS</a>',
        '<a href="/feed.css">x</a>',
        '<a href="/transatomic">x</a>',
        '<a href="mailto:rss@news.example">RSS</a>',
        '<a href="/x">A long sentence in which the feed is mentioned at some place, but only by the way</a>',
        '<a name="rss">RSS</a>',
        "<p>RSS</p>",
        '<a href="/">RSS</a>',
    ],
)
def test_link_that_does_not(link: str) -> None:
    """A word that only contains one of ours, a sentence, and the page itself are no feeds."""
    found = page_links(link)

    assert found == []


def test_links_of_the_site_come_first() -> None:
    """A site's own links precede others', addresses precede mere words, and comments come last."""
    html = """
        <a href="https://en.wikipedia.org/wiki/RSS">What is RSS?</a>
        <a href="/comments.rss">Comments</a>
        <a href="/page">RSS</a>
        <a href="https://feeds.news.example/all">All <i>the</i> news</a>"""

    candidates = page_candidates("https://www.news.example/", html)

    links = [candidate for candidate in candidates if candidate.source is CandidateSource.PAGE_LINK]
    assert [urlsplit(link.url).path for link in links] == ["/all", "/page", "/comments.rss", "/wiki/RSS"]
    assert links[0].title == "All the news"


def test_readers_links_are_unwrapped() -> None:
    """A button of a feed reader stands for the feed that it carries, which is the site's own."""
    html = """
        <a href="https://other.example/rss">Friends</a>
        <a href="https://feedly.com/i/subscription/feed/https%3A%2F%2Fnews.example%2Fall"><img src="feedly.svg"></a>
        <a href="https://www.inoreader.com/?add_feed=https://news.example/all">Inoreader</a>"""

    found = page_links(html)

    assert found == ["https://news.example/all", "https://other.example/rss"]


@pytest.mark.parametrize(
    ("page_url", "first"),
    [
        ("https://news.example", ["/feed", "/feed/", "/rss"]),
        ("https://news.example/index.html", ["/feed", "/feed/", "/rss"]),
        ("https://news.example/blog?page=2", ["/blog/feed", "/feed", "/blog/feed/", "/feed/"]),
        (ARTICLE, ["/feed", "/2024/08/feed", "/feed/", "/2024/08/feed/"]),
        ("https://news.example//other.example/x/y", ["/feed", "//other.example/x/feed"]),
    ],
)
def test_common_paths(page_url: str, first: list[str]) -> None:
    """A bare page is tried at the usual places of its folder and its site: of a section first, of an article last."""
    candidates = page_candidates(page_url, "")

    found = [candidate.url.removeprefix("https://news.example") for candidate in candidates]
    assert found[: len(first)] == first
    assert "/?feed=rss2" in found
    assert {candidate.source for candidate in candidates} == {CandidateSource.COMMON_PATH}


def test_sources_are_ranked_and_merged() -> None:
    """Declared, linked, guessed: in this order, each address once, under its best source with the first title."""
    html = f'<a href="/feed">Our feed</a><a href="/x.rss">X</a><link rel="alternate" {RSS} href="/feed">'

    candidates = page_candidates(PAGE, html)

    assert [candidate.url.removeprefix(PAGE) for candidate in candidates[:3]] == ["feed", "x.rss", "feed/"]
    assert candidates[0] == Candidate(
        url=PAGE + "feed", source=CandidateSource.LINK_ELEMENT, title="Our feed", rank=candidates[0].rank
    )
    assert [candidate.rank for candidate in candidates] == sorted({candidate.rank for candidate in candidates})


def test_candidates_are_capped() -> None:
    """However much a page declares and links, at most 40 are worth a try."""
    html = "".join(f'<link rel="alternate" {RSS} href="/{n}"><a href="/{n}.rss">RSS</a>' for n in range(1000))

    candidates = page_candidates(PAGE, html)

    assert len(candidates) == 40


def test_only_the_beginning_of_a_page_is_read() -> None:
    """What comes after the first mebibyte of characters is not looked at."""
    html = " " * 1024 * 1024 + f'<link rel="alternate" {RSS} href="/f">'

    found = link_elements(html)

    assert found == []


@pytest.mark.parametrize(
    "html",
    [
        f'<link rel="canonical" href="https://www.youtube.com/channel/{CHANNEL}">',
        f'<script>var x = {{"externalId":"{CHANNEL}"}}</script>',
    ],
)
def test_channel_of_a_handle(html: str) -> None:
    """The page of a YouTube @handle says which channel it is, and that beats anything else on it."""
    feed = f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"

    [best, *others] = page_candidates("https://www.youtube.com/@x", html + '<a href="/x.rss">RSS</a>')

    assert (best.url, best.source) == (feed, CandidateSource.PATTERN)
    assert best.rank < others[0].rank


def test_ranks_of_site_and_page_compare() -> None:
    """A known site's feed outranks what a page declares, whichever function found it."""
    [known, *_] = site_candidates("https://www.youtube.com/user/NASAtelevision")
    [declared, *_] = page_candidates(PAGE, f'<link rel="alternate" {RSS} href="/f">')

    assert known.rank < declared.rank


def test_canonical_address_of_another_site() -> None:
    """A page cannot speak for another site by naming it as canonical."""
    html = '<link rel="canonical" href="https://github.com/psf/requests"><link rel="canonical" href="http://[">'

    candidates = page_candidates(PAGE, html)

    assert urls(candidates, CandidateSource.PATTERN) == []


def test_page_without_a_usable_address() -> None:
    """Of a page that comes from nowhere, absolute addresses are still good, and nothing is guessed."""
    html = f'<link rel="alternate" {RSS} href="https://news.example/f"><a href="/x.rss">RSS</a>'

    candidates = page_candidates("file:///tmp/page.html", html)

    assert [candidate.url for candidate in candidates] == ["https://news.example/f"]


def test_known_site() -> None:
    """The address of a known site is enough, without a scheme too."""
    candidates = site_candidates(" github.com/psf/requests ")

    assert [candidate.url.rpartition("/")[2] for candidate in candidates] == [
        "releases.atom",
        "tags.atom",
        "commits.atom",
    ]
    assert {candidate.source for candidate in candidates} == {CandidateSource.PATTERN}


def test_telegram_mirrors_are_the_callers() -> None:
    """Who runs a mirror names it; an unusable one is left out."""
    candidates = site_candidates("t.me/s/nexta_live", telegram_mirrors=("rss.example", "ftp://rss.example"))

    assert [candidate.url for candidate in candidates] == ["https://rss.example/telegram/channel/nexta_live"]


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        ("feed://news.example/rss", "http://news.example/rss"),
        ("feed:https://news.example/rss", "https://news.example/rss"),
        ("FEED:news.example/rss", "http://news.example/rss"),
        ("feed://https://news.example/rss", "https://news.example/rss"),
        ("https://feedly.com/i/subscription/feed/https://news.example/rss", "https://news.example/rss"),
        ("feedly.com/i/subscription/feed%2Fhttps%3A%2F%2Fnews.example%2Frss", "https://news.example/rss"),
    ],
)
def test_address_that_says_it_is_a_feed(url: str, feed: str) -> None:
    """An address of the feed scheme, or one that a reader's link carries, is taken at its word."""
    [candidate] = site_candidates(url)

    assert (candidate.url, candidate.source) == (feed, CandidateSource.ITSELF)


@pytest.mark.parametrize(
    "url",
    ["", "https://example.com/", "ftp://github.com/psf/requests", "http://[", "a b c", "github.com/" + "a" * 5000],
)
def test_unknown_site(url: str) -> None:
    """An address that tells nothing, or is none, gives nothing."""
    candidates = site_candidates(url)

    assert candidates == ()


def test_addresses_have_one_spelling() -> None:
    """Case of the host, default ports, fragments and spaces make no second candidate; a login and a port are kept."""
    html = "".join(
        f'<link rel="alternate" {RSS} href="{href}">'
        for href in (
            "HTTPS://News.Example:443/a b",
            "/a%20b#x",
            "http://news.example:8080/f",
            "https://me:pw@news.example/f",
            "https://[::1]/f",
        )
    )

    found = link_elements(html)

    assert found == [
        "https://news.example/a%20b",
        "http://news.example:8080/f",
        "https://me:pw@news.example/f",
        "https://[::1]/f",
    ]
