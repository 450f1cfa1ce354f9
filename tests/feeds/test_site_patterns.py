"""Where well-known sites keep their feeds."""

from __future__ import annotations

import pytest

from aggregator.feeds.site_patterns import TELEGRAM_MIRRORS, carried_feed, pattern_urls, pattern_urls_in

CHANNEL = "UCX6OQ3DkcsbYNE6H8uQQuVA"
VIDEOS = "https://www.youtube.com/feeds/videos.xml"


def feeds_of(url: str, telegram_mirrors: tuple[str, ...] = TELEGRAM_MIRRORS) -> list[str]:
    """The feeds that the address alone gives away."""
    return list(pattern_urls(url, telegram_mirrors=telegram_mirrors))


@pytest.mark.parametrize(
    ("url", "first"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}", f"{VIDEOS}?channel_id={CHANNEL}"),
        (f"https://m.youtube.com/channel/{CHANNEL}/videos?view=0", f"{VIDEOS}?channel_id={CHANNEL}"),
        ("https://www.youtube.com/playlist?si=x&list=PL590L5WQ", f"{VIDEOS}?playlist_id=PL590L5WQ"),
        ("https://youtube.com/user/NASAtelevision/", f"{VIDEOS}?user=NASAtelevision"),
        ("https://mastodon.social/@Gargron", "https://mastodon.social/@Gargron.rss"),
        ("https://mastodon.social/@Gargron/112233/", "https://mastodon.social/@Gargron.rss"),
        ("https://mastodon.social/@dan@hachyderm.io", "https://hachyderm.io/@dan.rss"),
        ("https://social.example:8443/@ana", "https://social.example:8443/@ana.rss"),
        ("https://mastodon.social/tags/Ukraine", "https://mastodon.social/tags/Ukraine.rss"),
        ("https://old.reddit.com/r/ukraine/", "https://www.reddit.com/r/ukraine/.rss"),
        ("https://reddit.com/r/ukraine+worldnews/new/", "https://www.reddit.com/r/ukraine+worldnews/new/.rss"),
        ("https://www.reddit.com/r/x/comments/abc123/a_title/", "https://www.reddit.com/r/x/comments/abc123/.rss"),
        ("https://www.reddit.com/u/spez", "https://www.reddit.com/user/spez/.rss"),
        ("https://www.reddit.com/user/spez/comments/", "https://www.reddit.com/user/spez/.rss"),
        ("https://www.reddit.com/user/ana/m/news/", "https://www.reddit.com/user/ana/m/news/.rss"),
        ("https://www.reddit.com/search/?q=drone+war", "https://www.reddit.com/search.rss?q=drone%20war&sort=new"),
        (
            "https://www.reddit.com/r/x/search/?q=a%26b&type=link",
            "https://www.reddit.com/r/x/search.rss?q=a%26b&restrict_sr=on&sort=new",
        ),
        ("https://www.reddit.com/", "https://www.reddit.com/.rss"),
        ("https://github.com/psf/requests", "https://github.com/psf/requests/releases.atom"),
        ("https://github.com/psf/requests.git", "https://github.com/psf/requests/releases.atom"),
        ("https://www.github.com/psf/requests/issues?q=is%3Aopen", "https://github.com/psf/requests/releases.atom"),
        ("https://github.com/psf/requests/tags", "https://github.com/psf/requests/tags.atom"),
        ("https://github.com/psf/requests/commits", "https://github.com/psf/requests/commits.atom"),
        ("https://github.com/psf/requests/commits/fix/a/", "https://github.com/psf/requests/commits/fix/a.atom"),
        ("https://github.com/psf/requests/tree/main", "https://github.com/psf/requests/commits/main.atom"),
        ("https://github.com/psf/requests/wiki/Home", "https://github.com/psf/requests/wiki.atom"),
        ("https://github.com/torvalds", "https://github.com/torvalds.atom"),
        ("https://gitlab.com/gitlab-org/cli", "https://gitlab.com/gitlab-org/cli/-/releases.atom"),
        ("https://gitlab.com/a/b/c/-/tags", "https://gitlab.com/a/b/c/-/tags?format=atom"),
        (
            "https://gitlab.gnome.org/GNOME/gtk/-/tree/main",
            "https://gitlab.gnome.org/GNOME/gtk/-/commits/main?format=atom",
        ),
        ("https://gitlab.com/gitlab-org", "https://gitlab.com/gitlab-org.atom"),
        ("https://codeberg.org/forgejo/forgejo", "https://codeberg.org/forgejo/forgejo/releases.rss"),
        ("https://bsky.app/profile/bsky.app/post/3k", "https://bsky.app/profile/bsky.app/rss"),
        ("https://bsky.app/profile/did:plc:z72i7h", "https://bsky.app/profile/did:plc:z72i7h/rss"),
        ("https://medium.com/@cogdog", "https://medium.com/feed/@cogdog"),
        ("https://medium.com/@cogdog/a-story-123", "https://medium.com/feed/@cogdog"),
        ("https://medium.com/netflix-techblog", "https://medium.com/feed/netflix-techblog"),
        ("https://medium.com/better/tagged/rust", "https://medium.com/feed/better/tagged/rust"),
        ("https://medium.com/tag/osint/latest", "https://medium.com/feed/tag/osint"),
        ("https://vilcins.medium.com/a-story", "https://vilcins.medium.com/feed"),
        ("https://astralcodexten.substack.com/p/x?utm=1", "https://astralcodexten.substack.com/feed"),
        ("https://open.substack.com/pub/phillips/p/x", "https://phillips.substack.com/feed"),
        ("https://substack.com/@phillips", "https://phillips.substack.com/feed"),
        ("https://staff.tumblr.com/post/1", "https://staff.tumblr.com/rss"),
        ("https://staff.tumblr.com/tagged/cats", "https://staff.tumblr.com/tagged/cats/rss"),
        ("https://www.tumblr.com/staff", "https://staff.tumblr.com/rss"),
        ("https://www.tumblr.com/blog/view/staff", "https://staff.tumblr.com/rss"),
        ("https://ana.wordpress.com/2024/08/x/", "https://ana.wordpress.com/feed/"),
        ("https://ana.wordpress.com/category/war/", "https://ana.wordpress.com/category/war/feed/"),
        ("http://windowsir.blogspot.co.uk/2024/x.html", "http://windowsir.blogspot.co.uk/feeds/posts/default"),
        ("https://a.blogspot.com/search/label/War", "https://a.blogspot.com/feeds/posts/default/-/War"),
        ("https://vimeo.com/channels/staffpicks/12345", "https://vimeo.com/channels/staffpicks/videos/rss"),
        ("https://vimeo.com/casey", "https://vimeo.com/casey/videos/rss"),
        (
            "https://stackoverflow.com/questions/tagged/c%23+or+go?tab=Newest",
            "https://stackoverflow.com/feeds/tag?tagnames=c%23+or+go&sort=newest",
        ),
        ("https://unix.stackexchange.com/questions/1/a-title", "https://unix.stackexchange.com/feeds/question/1"),
        ("https://askubuntu.com/users/22/ana", "https://askubuntu.com/feeds/user/22"),
        ("https://serverfault.com", "https://serverfault.com/feeds"),
        ("https://news.ycombinator.com/", "https://news.ycombinator.com/rss"),
        ("https://news.ycombinator.com/newest", "https://hnrss.org/newest"),
        ("https://news.ycombinator.com/user?id=dang", "https://hnrss.org/submitted?id=dang"),
        ("https://news.ycombinator.com/item?id=17821181", "https://hnrss.org/item?id=17821181"),
        ("https://lobste.rs", "https://lobste.rs/rss"),
        ("https://lobste.rs/t/rust,go", "https://lobste.rs/t/rust,go.rss"),
        ("https://arxiv.org/list/cs.AI/recent", "https://rss.arxiv.org/rss/cs.AI"),
        ("https://feedburner.google.com/fb/a/mailverify?uri=Pow&loc=en", "https://feeds.feedburner.com/Pow"),
    ],
)
def test_best_feed_of_a_known_page(url: str, first: str) -> None:
    """A page of a known site gives its feed first, whatever its subdomain, slashes and query."""
    feeds = feeds_of(url)

    assert feeds[0] == first


@pytest.mark.parametrize(
    ("url", "feeds"),
    [
        (
            "https://github.com/psf/requests",
            ["releases.atom", "tags.atom", "commits.atom"],
        ),
        (
            "https://github.com/psf/requests/tree/main",
            ["commits/main.atom", "releases.atom", "tags.atom", "commits.atom"],
        ),
        (
            "https://gitlab.com/a/b",
            ["-/releases.atom", "-/tags?format=atom", "https://gitlab.com/a/b?format=atom"],
        ),
    ],
)
def test_feeds_in_order(url: str, feeds: list[str]) -> None:
    """The feed that the page is about comes before those of the whole project."""
    found = feeds_of(url)

    assert [each for each, end in zip(found, feeds, strict=True) if each.endswith(end)] == found


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://example.com/blog/post",
        "https://www.youtube.com/@handle",
        "https://www.youtube.com/playlist",
        "https://www.youtube.com/channel/UCtooshort",
        "https://notyoutube.com/channel/" + CHANNEL,
        "https://github.com/topics/rss",
        "https://github.com/settings",
        "https://gitlab.com/explore/projects",
        "https://medium.com/about",
        "https://www.tumblr.com/explore",
        "https://vimeo.com/123456",
        "https://www.threads.net/@ana",
        "https://www.tiktok.com/@ana",
        "https://t.me/+AbCdEf",
        "https://t.me/joinchat/AbCdEf",
        "https://t.me/share/url?url=x",
        "https://t.me/abc",
        "https://news.ycombinator.com/user?id=",
        "https://podcasts.apple.com/us/podcast/x/id1",
        "https://mastodon.social/@" + "a" * 5000,
    ],
)
def test_no_feed_is_guessed(url: str) -> None:
    """Other sites, pages without a feed, names too short and addresses too long give nothing."""
    feeds = feeds_of(url)

    assert feeds == []


@pytest.mark.parametrize(
    "url",
    [
        "https://t.me/nexta_live",
        "https://t.me/s/nexta_live/123?before=4",
        "https://telegram.me/nexta_live",
        "https://nexta_live.t.me",
    ],
)
def test_telegram_channel_by_its_mirrors(url: str) -> None:
    """A channel is looked for at each mirror in order: a template, an RSSHub's base URL, or its host."""
    mirrors = ("https://tg.example/{name}.xml", "http://rss.example/hub/", "rsshub.example")

    feeds = feeds_of(url, mirrors)

    assert feeds == [
        "https://tg.example/nexta_live.xml",
        "http://rss.example/hub/telegram/channel/nexta_live",
        "https://rsshub.example/telegram/channel/nexta_live",
    ]


@pytest.mark.parametrize(
    ("page_url", "html", "feed"),
    [
        (
            "https://www.youtube.com/@MrBeast",
            f'"channelId":"UCaaaaaaaaaaaaaaaaaaaaaa" … "externalId":"{CHANNEL}"',
            f"{VIDEOS}?channel_id={CHANNEL}",
        ),
        (
            "https://m.youtube.com/c/x",
            f'<meta itemprop="identifier" content="{CHANNEL}">',
            f"{VIDEOS}?channel_id={CHANNEL}",
        ),
        ("https://youtu.be/watch", f'"channelId":"{CHANNEL}"', f"{VIDEOS}?channel_id={CHANNEL}"),
        (
            "https://soundcloud.com/ltdrifta",
            '<meta property="al:ios:url" content="soundcloud://users:1733974502">',
            "https://feeds.soundcloud.com/users/soundcloud:users:1733974502/sounds.rss",
        ),
    ],
)
def test_feed_that_only_the_source_gives_away(page_url: str, html: str, feed: str) -> None:
    """The page of a channel holds the id that its address lacks."""
    feeds = list(pattern_urls_in(page_url, html))

    assert feeds == [feed]


@pytest.mark.parametrize("page_url", ["https://example.com/", "https://www.youtube.com/@MrBeast"])
def test_source_without_an_id(page_url: str) -> None:
    """An id counts on its own site only, and only whole."""
    html = f'"externalId":"{CHANNEL}"' if "example" in page_url else '"externalId":"UCshort"'

    feeds = list(pattern_urls_in(page_url, html))

    assert feeds == []


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        ("https://feedly.com/i/subscription/feed/https://a.example/rss?x=1&y=2", "https://a.example/rss?x=1&y=2"),
        ("https://feedly.com/i/subscription/feed%2Fhttps%3A%2F%2Fa.example%2Frss", "https://a.example/rss"),
        ("http://cloud.feedly.com/#subscription%2Ffeed%2Fhttp://a.example/rss", "http://a.example/rss"),
        ("https://add.my.yahoo.com/rss?url=http%3A%2F%2Fa.example%2Frss", "http://a.example/rss"),
        ("//www.netvibes.com/subscribe.php?type=rss&url=http://a.example/rss&x=1", "http://a.example/rss"),
        ("https://www.inoreader.com/?add_feed=https%3A%2F%2Fa.example%2Frss%3Fa%3D1", "https://a.example/rss?a=1"),
        ("https://theoldreader.com/feeds/subscribe?url=https://a.example/rss", "https://a.example/rss"),
        ("https://fusion.google.com/add?feedurl=http://a.example/rss", "http://a.example/rss"),
        ("http://www.bloglines.com/sub/http://a.example/rss", "http://a.example/rss"),
        ("https://feedly.com/i/discover", None),
        ("https://share.example/?url=https://a.example/rss", None),
        ("", None),
    ],
)
def test_feed_in_a_readers_link(url: str, feed: str | None) -> None:
    """A subscription link of a known reader carries a feed; any other link does not."""
    carried = carried_feed(url)

    assert carried == feed
