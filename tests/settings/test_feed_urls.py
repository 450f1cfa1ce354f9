"""Ids that follow from the addresses of feeds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.settings.feed_urls import feed_ids

CHANNELS = [f"https://video.example/feeds/videos.xml?channel_id={name}" for name in "abc"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.example/feed/", "news-example-feed"),
        ("https://News.Example/world/rss.xml", "news-example-world-rss-xml"),
        ("file:///srv/feeds/my%20sample.xml", "my-sample"),
        ("https://video.example/feeds/videos.xml?channel_id=a", r"video-example-feeds-videos-xml-[0-9a-f]{8}"),
        ("https://news.example/новини", r"news-example-[0-9a-f]{8}"),
        (f"https://news.example/{'x' * 80}", r"news-example-x{47}-[0-9a-f]{8}"),
        ("file:///новини.xml", r"feed-[0-9a-f]{8}"),
        ("http://[broken", "feed"),
    ],
)
def test_an_id_says_what_the_address_says(url: str, expected: str) -> None:
    """Host and path are the id; where they are not all of the address, a hash of it is part of the id."""
    [feed_id] = feed_ids([(None, url)])

    assert re.fullmatch(expected, feed_id)


def test_an_id_of_ones_own_stays() -> None:
    """What the owner wrote is the id."""
    assert feed_ids([("mine", "https://news.example/feed")]) == ["mine"]


def test_the_feeds_before_it_change_no_id() -> None:
    """A feed that is taken out of the list does not hand its id, and all that was seen under it, to the next one."""
    every = feed_ids([(None, url) for url in CHANNELS])

    assert feed_ids([(None, url) for url in CHANNELS[1:]]) == every[1:]
    assert len(set(every)) == 3


@given(
    urls=st.lists(
        st.from_regex(r"https?://[a-z]{1,3}\.example/[a-zа-я/]{0,4}(\?[a-z]{0,2})?", fullmatch=True), unique=True
    )
)
def test_no_two_addresses_share_an_id(urls: list[str]) -> None:
    """Each feed has an id of its own, whatever the addresses have in common."""
    ids = feed_ids([(None, url) for url in urls])

    assert len(set(ids)) == len(urls)
