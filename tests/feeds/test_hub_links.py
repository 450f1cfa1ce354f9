"""Where a feed says its hub is: Link header fields, its document, and what is believed of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.websub import hub_links
from aggregator.model.websub import HubLinks

BASE = "https://news.example/feeds/all.xml"
HUB = "https://hub.example/"


@pytest.mark.parametrize(
    ("headers", "hub", "topic"),
    [
        (['<https://hub.example/>; rel="hub"', '<https://news.example/t>; rel="self"'], HUB, "https://news.example/t"),
        (['<https://hub.example/>; rel="hub", </t>; rel="self"'], HUB, "https://news.example/t"),
        (["<https://hub.example/>;rel=hub,<t>;rel=self"], HUB, "https://news.example/feeds/t"),
        (['<https://hub.example/> ; REL = "HUB"'], HUB, BASE),
        (['<https://hub.example/>; type="text/plain"; rel="alternate hub"'], HUB, BASE),
        (['<https://hub.example/a,b;c>; rel="hub"'], "https://hub.example/a,b;c", BASE),
        (["</hub>; rel=hub"], "https://news.example/hub", BASE),
        (["<//hub.example/>; rel=hub"], HUB, BASE),
        (['<https://hub.example/>; title="a, <b>; rel=x"; rel=hub'], HUB, BASE),
        (["<https://one.example/>; rel=hub, <https://two.example/>; rel=hub"], "https://one.example/", BASE),
        (["<ftp://one.example/>; rel=hub, <https://two.example/>; rel=hub"], "https://two.example/", BASE),
        (["<https://hub.example/>; rel=hub; rel=self"], HUB, BASE),
        (["<https://hub.example/#part>; rel=hub, </t#part>; rel=self"], HUB, "https://news.example/t"),
        (["<http://hub.example:8080/>; rel=hub"], "http://hub.example:8080/", BASE),
    ],
)
def test_link_headers_name_the_hub_and_the_topic(headers: list[str], hub: str, topic: str) -> None:
    """A feed's Link header fields name its hub and its topic, however they are written (RFC 8288)."""
    links = hub_links(headers, None, None, BASE)

    assert links == HubLinks(hub_url=hub, topic_url=topic)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "rel=hub",
        "<>; rel=hub",
        "<https://hub.example/>",
        "<https://hub.example/>; rel",
        "<https://hub.example/>; rel=alternate",
        "<https://hub.example/>; rel=hubs",
        '<https://x.example/>; title="; rel=hub"',
        '<https://x.example/>; title="\\"; rel=hub"',
        '<https://x.example/>; rel="next"; rel="hub"',
        '<https://hub.example/>; rel="hub"; anchor="https://elsewhere.example/"',
        "<https://hub.example; rel=hub",
        "<javascript:alert(1)>; rel=hub",
        "<file:///etc/passwd>; rel=hub",
        "<ftp://hub.example/>; rel=hub",
        "<http:///nowhere>; rel=hub",
        "<https://[::1>; rel=hub",
        "<https://hub.example:99999/>; rel=hub",
        f"<https://hub.example/{'x' * 3000}>; rel=hub",
    ],
)
def test_a_header_without_a_usable_hub_names_none(header: str) -> None:
    """What is no link to a hub over HTTP, or a link of another document, is none."""
    assert hub_links([header], None, None, BASE) is None


@pytest.mark.parametrize(
    ("headers", "document_hub", "document_self", "expected"),
    [
        ([], HUB, "https://news.example/t", (HUB, "https://news.example/t")),
        ([], "/hub", "t", ("https://news.example/hub", "https://news.example/feeds/t")),
        ([], HUB, None, (HUB, BASE)),
        (["<https://first.example/>; rel=hub"], HUB, "/t", ("https://first.example/", "https://news.example/t")),
        (["</other>; rel=self"], HUB, "/t", (HUB, "https://news.example/other")),
        (["<ftp://first.example/>; rel=hub"], HUB, None, (HUB, BASE)),
    ],
)
def test_headers_win_over_the_document(
    headers: list[str], document_hub: str | None, document_self: str | None, expected: tuple[str, str]
) -> None:
    """What headers name goes first, what the document names fills in (§4)."""
    links = hub_links(headers, document_hub, document_self, BASE)

    assert links is not None
    assert (links.hub_url, links.topic_url) == expected


def test_a_secret_address_is_told_to_no_hub() -> None:
    """An address with a secret is a topic only where the publisher says so itself."""
    secret = "https://news.example/feed?token=abc"

    assert hub_links([], HUB, None, secret) is None
    assert hub_links([], HUB, secret, secret) == HubLinks(hub_url=HUB, topic_url=secret)


@given(st.lists(st.text(max_size=200), max_size=5), st.text(max_size=50), st.text(max_size=50))
def test_no_text_breaks_discovery(headers: list[str], hub: str, topic: str) -> None:
    """Whatever stands in headers and documents, what comes out is a pair of web addresses, or nothing."""
    links = hub_links(headers, hub, topic, BASE)

    assert links is None or all(url.startswith(("http://", "https://")) for url in (links.hub_url, links.topic_url))


@given(
    st.lists(
        st.sampled_from(["<", ">", '"', "\\", ";", ",", "=", "rel", "hub", " ", "a", "https://h.example/"]),
        max_size=400,
    )
)
def test_link_syntax_in_any_order_is_read(pieces: list[str]) -> None:
    """Pieces of links in any order are read without an error."""
    hub_links(["".join(pieces)], None, None, BASE)
