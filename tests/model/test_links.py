"""When two links lead to one page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.links import comparable_address, comparable_link, page_of_site


@pytest.mark.parametrize(
    "other",
    [
        "http://news.example/a/b?id=7",
        "https://www.news.example/a/b?id=7",
        "HTTPS://NEWS.example:443/a/b?id=7",
        "http://news.example:80/a/b?id=7",
        "https://news.example./a/b/?id=7#",
        "  https://news.example/a/b?id=7\n",
        "https://news.example/a/b?utm_source=rss&id=7&utm_medium=feed",
        "https://news.example/a/b?id=7&amp;utm_source=rss",
        "https://news.example/a/b?id=7&&",
        "https://news.example/a/b?fbclid=x&id=7&gclid=y&mc_cid=1",
        "https://news.example/a/b?id=7&at_medium=RSS&at_campaign=KARANGA",
        "https://news.example/a/b?id=7&pk_campaign=feed&mtm_kwd=x",
        "https://news.example/a/b?id=7&ref=rss",
        "https://news.example/a/b?id=7&source=rss-8f2a--4",
        "https://news.example/a/b?id=7&partner=rss&emc=rss",
        "https://news.example/a/b?id=7&cmp=rss&from=twitter",
        "https://news.example/a/b?PHPSESSID=0a1b&id=7",
        "https://news.example/a/b;jsessionid=0A1B?id=7",
        "https://news.example/a/b?id=7#xtor=RSS-1",
        "https://news.example/a/b?id=7#utm_source=rss&utm_medium=feed",
        "https://news.example/%61/b?id=7",
    ],
)
def test_what_changes_from_poll_to_poll_is_no_part_of_a_link(other: str) -> None:
    """Scheme, host's letters, default port, tracking, sessions, slashes and escapes make no difference."""
    assert comparable_link(other) == comparable_link("https://news.example/a/b?id=7") == "//news.example/a/b?id=7"


@pytest.mark.parametrize(
    "other",
    [
        "https://news.example/a/c?id=7",
        "https://news.example/A/b?id=7",
        "https://news.example/a/b?id=8",
        "https://news.example/a/b?p=7",
        "https://news.example/a/b",
        "https://news.example/a/b?id=7&page=2",
        "https://news.example/a/b?id=7#entry-5",
        "https://news.example/a/b?id=7#utm_source=rss&entry=5",
        "https://news.example/a/b?id=7&source=bbc",
        "https://news.example/a/b?id=7&ref=1234",
        "https://news.example/a/b?id=7&ref=russia",
        "https://news.example/a/b?id=7&partner=afp",
        "https://news.example/a/b?id=7&from=2024-08-08",
        "https://news.example/a/b?id=7&feed_id=3",
        "https://news.example/a/b?id=7&campaign_id=3",
        "https://news.example/a/b?id=7&pk_id=3",
        "https://news.example/a/b?id=7&rss=5",
        "https://news.example/a/b?id=7&utm_source",
        "https://news.example:8080/a/b?id=7",
        "https://blog.news.example/a/b?id=7",
        "https://news.example/a%2Fb?id=7",
        "ftp://news.example/a/b?id=7",
    ],
)
def test_what_may_be_the_article_is_a_part_of_it(other: str) -> None:
    """Paths, parameters, fragments, ports and hosts that may tell articles apart do so."""
    assert comparable_link(other) != comparable_link("https://news.example/a/b?id=7")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("tag:news.example,2024:1", "tag:news.example,2024:1"),
        ("  an  id\nof words ", "an id of words"),
        ("urn:uuid:1?utm_source=x", "urn:uuid:1?utm_source=x"),
        ("http://[::1", "http://[::1"),
        ("https://news.example:port/", "https://news.example:port/"),
        ("https:///path", "https:///path"),
        ("", ""),
        ("https://пошта.example/п%d0%be", "//пошта.example/%D0%BF%D0%BE"),
        ("https://news.example/%7Ea%zz%", "//news.example/~a%zz%"),
        ("https://news.example/\ud800", "//news.example/%ED%A0%80"),
    ],
)
def test_other_ids_stay_what_they_are(text: str, same: str) -> None:
    """What is no link to a web page is compared as it is, but for blanks."""
    assert comparable_link(text) == same


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("https://a.b.news.example/x?y=1", "//news.example/x?y=1"),
        ("https://news.example/x", "//news.example/x"),
        ("https://www.bbc.co.uk/x", "//bbc.co.uk/x"),
        ("https://feeds.bbc.co.uk/x", "//bbc.co.uk/x"),
        ("https://m.news.example:8080/x", "//news.example:8080/x"),
        ("https://localhost/x", "//localhost/x"),
        ("https://10.0.0.1/x", "//10.0.0.1/x"),
        ("http://[::1]:90/x", "//::1:90/x"),
        ("urn:x", "urn:x"),
    ],
)
def test_a_site_is_its_pages_on_all_its_hosts(link: str, page: str) -> None:
    """Subdomains make no difference; addresses are no domains."""
    assert page_of_site(link) == page


@given(st.text(max_size=80) | st.text("ab/?&=#%;:.10", max_size=40).map(lambda rest: f"https://n.example/{rest}"))
def test_any_text_can_be_compared_and_is_then_at_rest(text: str) -> None:
    """The form that is compared is the same again when it is compared."""
    once = comparable_link(text)

    assert comparable_link(f"https:{once}" if once.startswith("//") else once) == once


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://www.News.example:443/feed/#x", "//news.example/feed"),
        ("http://news.example./feed?source=a&b", "//news.example/feed?source=a&b"),
        ("https://me:pw@news.example:8443/", "//me@news.example:8443"),
        ("file:///srv/feed.xml", "file:///srv/feed.xml"),
        ("http://[broken", "http://[broken"),
        ("http://news.example:port/", "http://news.example:port/"),
    ],
)
def test_two_addresses_of_one_feed_have_one_form(url: str, form: str) -> None:
    """What chooses between feeds stays: the user's name and the whole query; a password does not."""
    assert comparable_address(url) == form
