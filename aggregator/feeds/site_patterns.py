"""Where well-known sites keep their feeds: a table from the addresses of pages to the addresses of feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

TELEGRAM_MIRRORS: Final = ("https://rsshub.app/telegram/channel/{name}", "https://tg.i-c-a.su/rss/{name}")
"""Telegram itself has no feeds. Public mirrors come and go and throttle: whoever runs an RSSHub names it first."""

_RSSHUB_ROUTE = "/telegram/channel/{name}"  # lib/routes/telegram/channel.ts in RSSHub
_MAX_URL_CHARACTERS = 4096
_HOST_PREFIX = re.compile(r"^(?:www|m|mobile|old|new|np|amp)\.(?=[^.]+\.)")


class SitePattern(NamedTuple):
    """One kind of page of one site, and its feeds, the best one first.

    `address` is matched against the host (lower case, without `www.`, `m.`, `old.`) and the path (without its last
    slash). The query must have `parameter`, if named. Templates know the groups of `address`, `{parameter}`, quoted,
    and `{origin}`, the page's own. Sources: https://info.arxiv.org/help/rss.html,
    https://hnrss.github.io, and the `<link>` elements of the sites.
    """

    what: str
    address: str
    templates: tuple[str, ...]
    parameter: str | None = None


_GITHUB = (
    r"github\.com/(?!(?:about|apps|collections|contact|customer-stories|enterprise|events|explore|features|issues|join|"
    r"login|marketplace|new|notifications|orgs|organizations|pricing|pulls|search|security|settings|signup|site|sponsors|"
    r"stars|team|topics|trending|users)(?:/|$))(?P<owner>[\w-]+)"
)
_GITHUB_REPOSITORY = _GITHUB + r"/(?P<repo>[\w.-]+?)(?:\.git)?"
_GITHUB_URL = "https://github.com/{owner}/{repo}"
_GITLAB_HOST = (
    r"(?:gitlab\.[\w.-]+|code\.videolan\.org|framagit\.org|invent\.kde\.org|salsa\.debian\.org)(?::\d+)?"
    r"/(?!(?:-|admin|api|dashboard|explore|groups|help|projects|search|snippets|users)(?:/|$))"
)
_GITLAB_PROJECT = _GITLAB_HOST + r"(?P<project>[^/]+(?:/(?!-(?:/|$))[^/]+)+)"
_MEDIUM_PAGES = r"(?!(?:about|feed|me|m|membership|new-story|plans|policy|search|tag|topics?|u)(?:/|$))"
_STACK_EXCHANGE = (
    r"(?:(?:[\w-]+\.)?stackoverflow\.com|(?:[\w-]+\.)*stackexchange\.com|(?:meta\.)?(?:serverfault|superuser|askubuntu)"
    r"\.com|stackapps\.com|(?:meta\.)?mathoverflow\.net)"
)
_TELEGRAM = (
    r"(?:(?:t\.me|telegram\.(?:me|dog))/(?:s/)?(?!(?:addemoji|addlist|addstickers|addtheme|boost|contact|confirmphone|"
    r"giftcode|invoice|joinchat|login|proxy|setlanguage|share|socks)(?:/|$))(?P<name>[a-z]\w{3,31})(?:/.*)?"
    r"|(?P<subdomain>[a-z]\w{3,31})\.t\.me)"
)
# These keep people under /@name too, but are not of the fediverse.
_NOT_FEDIVERSE = (
    r"(?!(?:[\w-]+\.)?(?:flipboard|medium|substack|threads|tiktok|youtube)\.(?:com|net)/)(?!t\.me/|telegram\.me/)"
)
_TUMBLR_PAGES = r"(?!(?:about|blog|dashboard|docs|explore|help|login|policy|register|search|tagged|view)(?:/|$))"
_VIMEO_PAGES = (
    r"(?!(?:\d+|blog|categories|channels|create|enterprise|explore|features|groups|help|join|log_in|manage|ondemand|"
    r"pricing|search|settings|showcase|solutions|stock|upload|user|watch)(?:/|$))"
)

_PATTERNS: Final = (
    SitePattern(
        "YouTube channel",
        r"youtube\.com/channel/(?P<id>UC[\w-]{22})(?:/.*)?",
        ("https://www.youtube.com/feeds/videos.xml?channel_id={id}",),
    ),
    SitePattern(
        "YouTube playlist",
        r"youtube\.com/playlist",
        ("https://www.youtube.com/feeds/videos.xml?playlist_id={parameter}",),
        "list",
    ),
    SitePattern(
        "YouTube user, by the old kind of name",
        r"youtube\.com/user/(?P<name>[^/]+)(?:/.*)?",
        ("https://www.youtube.com/feeds/videos.xml?user={name}",),
    ),
    SitePattern(
        "Reddit, in one order",
        r"reddit\.com/(?P<listing>(?:r/[\w+]+/)?(?:best|controversial|hot|new|rising|top))",
        ("https://www.reddit.com/{listing}/.rss",),
    ),
    SitePattern(
        "Reddit post, with its comments",
        r"reddit\.com/r/(?P<name>\w+)/comments/(?P<post>\w+)(?:/.*)?",
        ("https://www.reddit.com/r/{name}/comments/{post}/.rss",),
    ),
    SitePattern(
        "Reddit search in a community",
        r"reddit\.com/r/(?P<name>[\w+]+)/search",
        ("https://www.reddit.com/r/{name}/search.rss?q={parameter}&restrict_sr=on&sort=new",),
        "q",
    ),
    SitePattern(
        "Reddit community", r"reddit\.com/r/(?P<name>[\w+]+)(?:/.*)?", ("https://www.reddit.com/r/{name}/.rss",)
    ),
    SitePattern(
        "Reddit search", r"reddit\.com/search", ("https://www.reddit.com/search.rss?q={parameter}&sort=new",), "q"
    ),
    SitePattern(
        "Reddit multireddit",
        r"reddit\.com/user/(?P<name>[\w-]+)/m/(?P<multi>\w+)",
        ("https://www.reddit.com/user/{name}/m/{multi}/.rss",),
    ),
    SitePattern(
        "Reddit user", r"reddit\.com/(?:u|user)/(?P<name>[\w-]+)(?:/.*)?", ("https://www.reddit.com/user/{name}/.rss",)
    ),
    SitePattern("Reddit", r"reddit\.com", ("https://www.reddit.com/.rss",)),
    SitePattern(
        "GitHub branch, or a file in it",
        _GITHUB_REPOSITORY + r"/(?:commits/(?P<branch>.+)|tree/(?P<tree>[^/]+))",
        (_GITHUB_URL + "/commits/{branch}{tree}.atom",),
    ),
    SitePattern("GitHub tags", _GITHUB_REPOSITORY + "/tags", (_GITHUB_URL + "/tags.atom",)),
    SitePattern("GitHub commits", _GITHUB_REPOSITORY + "/commits", (_GITHUB_URL + "/commits.atom",)),
    SitePattern("GitHub wiki", _GITHUB_REPOSITORY + "/wiki(?:/.*)?", (_GITHUB_URL + "/wiki.atom",)),
    SitePattern(
        "GitHub repository",
        _GITHUB_REPOSITORY + "(?:/.*)?",
        (_GITHUB_URL + "/releases.atom", _GITHUB_URL + "/tags.atom", _GITHUB_URL + "/commits.atom"),
    ),
    SitePattern("GitHub user", _GITHUB, ("https://github.com/{owner}.atom",)),
    SitePattern("GitLab tags", _GITLAB_PROJECT + "/-/tags(?:/.*)?", ("{origin}/{project}/-/tags?format=atom",)),
    SitePattern(
        "GitLab branch",
        _GITLAB_PROJECT + "/-/(?:commits|tree)/(?P<branch>[^/]+)(?:/.*)?",
        ("{origin}/{project}/-/commits/{branch}?format=atom",),
    ),
    SitePattern(
        "GitLab project",
        _GITLAB_PROJECT + "(?:/-(?:/.*)?)?",
        (
            "{origin}/{project}/-/releases.atom",
            "{origin}/{project}/-/tags?format=atom",
            "{origin}/{project}?format=atom",
        ),
    ),
    SitePattern("GitLab user or group", _GITLAB_HOST + "(?P<owner>[^/]+)", ("{origin}/{owner}.atom",)),
    SitePattern(
        "Codeberg repository",
        r"codeberg\.org/(?P<owner>[\w.-]+)/(?P<repo>[\w.-]+)(?:/.*)?",
        ("{origin}/{owner}/{repo}/releases.rss", "{origin}/{owner}/{repo}.rss"),
    ),
    SitePattern(
        "Bluesky profile", r"bsky\.app/profile/(?P<name>[^/]+)(?:/.*)?", ("https://bsky.app/profile/{name}/rss",)
    ),
    SitePattern("Medium tag", r"medium\.com/tag/(?P<tag>[^/]+)(?:/.*)?", ("https://medium.com/feed/tag/{tag}",)),
    SitePattern(
        "Medium publication, by tag",
        r"medium\.com/" + _MEDIUM_PAGES + "(?P<name>[^/]+)/tagged/(?P<tag>[^/]+)(?:/.*)?",
        ("https://medium.com/feed/{name}/tagged/{tag}",),
    ),
    SitePattern(
        "Medium author or publication",
        r"medium\.com/" + _MEDIUM_PAGES + "(?P<name>[^/]+)(?:/.*)?",
        ("https://medium.com/feed/{name}",),
    ),
    SitePattern(
        "Medium author or publication on its subdomain",
        r"(?P<name>[\w-]+)\.medium\.com(?:/.*)?",
        ("https://{name}.medium.com/feed",),
    ),
    SitePattern(
        "Substack, shared link or author",
        r"(?:open\.substack\.com/pub/|substack\.com/@)(?P<name>[\w-]+)(?:/.*)?",
        ("https://{name}.substack.com/feed",),
    ),
    SitePattern("Substack newsletter", r"(?!open\.)[\w-]+\.substack\.com(?:/.*)?", ("{origin}/feed",)),
    SitePattern("Tumblr tag", r"[\w-]+\.tumblr\.com/tagged/(?P<tag>[^/]+)(?:/.*)?", ("{origin}/tagged/{tag}/rss",)),
    SitePattern("Tumblr blog", r"[\w-]+\.tumblr\.com(?:/.*)?", ("{origin}/rss",)),
    SitePattern(
        "Tumblr blog, in the dashboard's form",
        r"tumblr\.com/(?:blog/(?:view/)?)?" + _TUMBLR_PAGES + r"(?P<name>[\w-]+)(?:/.*)?",
        ("https://{name}.tumblr.com/rss",),
    ),
    SitePattern(
        "WordPress.com category, tag or author",
        r"[\w-]+\.wordpress\.com/(?P<archive>(?:category|tag|author)/[^/]+)(?:/.*)?",
        ("{origin}/{archive}/feed/",),
    ),
    SitePattern("WordPress.com blog", r"[\w-]+\.wordpress\.com(?:/.*)?", ("{origin}/feed/",)),
    SitePattern(
        "Blogger label",
        r"[\w-]+\.blogspot\.[a-z.]+/search/label/(?P<label>[^/]+)",
        ("{origin}/feeds/posts/default/-/{label}",),
    ),
    SitePattern("Blogger blog", r"[\w-]+\.blogspot\.[a-z.]+(?:/.*)?", ("{origin}/feeds/posts/default",)),
    SitePattern(
        "Vimeo channel or group",
        r"vimeo\.com/(?P<place>(?:channels|groups)/[^/]+)(?:/.*)?",
        ("https://vimeo.com/{place}/videos/rss",),
    ),
    SitePattern(
        "Vimeo user",
        r"vimeo\.com/" + _VIMEO_PAGES + "(?P<name>[^/]+)(?:/.*)?",
        ("https://vimeo.com/{name}/videos/rss",),
    ),
    SitePattern(
        "Stack Exchange tags",
        _STACK_EXCHANGE + "/questions/tagged/(?P<tag>[^/]+)(?:/.*)?",
        ("{origin}/feeds/tag?tagnames={tag}&sort=newest",),
    ),
    SitePattern(
        "Stack Exchange question or user",
        _STACK_EXCHANGE + r"/(?P<kind>question|user)s/(?P<id>\d+)(?:/.*)?",
        ("{origin}/feeds/{kind}/{id}",),
    ),
    SitePattern("Stack Exchange site", _STACK_EXCHANGE + "(?:/questions)?", ("{origin}/feeds",)),
    SitePattern(
        "Hacker News front page",
        r"news\.ycombinator\.com(?:/news)?",
        ("https://news.ycombinator.com/rss", "https://hnrss.org/frontpage"),
    ),
    SitePattern(
        "Hacker News list", r"news\.ycombinator\.com/(?P<list>ask|best|jobs|newest|show)", ("https://hnrss.org/{list}",)
    ),
    SitePattern(
        "Hacker News user",
        r"news\.ycombinator\.com/(?:user|submitted|threads)",
        ("https://hnrss.org/submitted?id={parameter}", "https://hnrss.org/threads?id={parameter}"),
        "id",
    ),
    SitePattern(
        "Hacker News discussion", r"news\.ycombinator\.com/item", ("https://hnrss.org/item?id={parameter}",), "id"
    ),
    SitePattern("Lobsters", r"lobste\.rs", ("https://lobste.rs/rss",)),
    SitePattern("Lobsters tags", r"lobste\.rs/t/(?P<tag>[^/]+)", ("https://lobste.rs/t/{tag}.rss",)),
    SitePattern(
        "arXiv category",
        r"arxiv\.org/(?:list|archive)/(?P<category>[\w.+-]+)(?:/.*)?",
        ("https://rss.arxiv.org/rss/{category}", "https://rss.arxiv.org/atom/{category}"),
    ),
    SitePattern(
        "FeedBurner's subscription by mail",
        r"feedburner\.google\.com/fb/a/mailverify",
        ("https://feeds.feedburner.com/{parameter}",),
        "uri",
    ),
    SitePattern(
        "Fediverse account of another server",
        _NOT_FEDIVERSE + r"[^/]+/@(?P<name>[\w.-]+)@(?P<server>[\w.-]+\.[a-z-]+)(?:/.*)?",
        ("https://{server}/@{name}.rss",),
    ),
    SitePattern(
        "Fediverse account", _NOT_FEDIVERSE + r"[^/]+/(?:web/)?@(?P<name>[\w.-]+)(?:/.*)?", ("{origin}/@{name}.rss",)
    ),
    SitePattern(
        "Fediverse tag",
        _NOT_FEDIVERSE + r"(?![\w-]+\.(?:tumblr|substack)\.com/)[^/]+/tags/(?P<tag>[^/]+)",
        ("{origin}/tags/{tag}.rss",),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PagePattern:
    """A feed that the page's address does not give away, but its source does. `marks` are tried in order."""

    what: str
    host: str
    marks: tuple[str, ...]
    template: str


_PAGE_PATTERNS: Final = (
    _PagePattern(
        what="YouTube channel, from its @handle, /c/ name or a video",
        host=r"youtube\.com|youtu\.be",
        marks=(
            r'"(?:externalId|externalChannelId)":"(UC[\w-]{22})"',
            r'itemprop="(?:identifier|channelId)" content="(UC[\w-]{22})"',
            r'"channelId":"(UC[\w-]{22})"',
        ),
        template="https://www.youtube.com/feeds/videos.xml?channel_id={id}",
    ),
    _PagePattern(
        what="SoundCloud user",
        host=r"soundcloud\.com",
        marks=(r'content="soundcloud://users:(\d{1,19})"',),
        template="https://feeds.soundcloud.com/users/soundcloud:users:{id}/sounds.rss",
    ),
)

_READERS = re.compile(
    r"(?:https?:)?//(?:[\w-]+\.)*(?:bazqux\.com|bloglines\.com|commafeed\.com|feedbin\.com|feedly\.com|"
    r"fusion\.google\.com|google\.com/(?:ig|reader)|inoreader\.com|my\.msn\.com|my\.yahoo\.com|netvibes\.com|"
    r"newsblur\.com|newsgator\.com|pageflakes\.com|subtome\.com|theoldreader\.com)(?=[/?#])",
    re.IGNORECASE,
)
_CARRIED_IN_QUERY = re.compile(
    r"[?&](?:add|add_feed|feed|feeds|feedurl|ru|rss|subscribe|url)=(?P<feed>(?:https?|feed)(?::|%3A)[^&#\s]+)",
    re.IGNORECASE,
)
_CARRIED_IN_PATH = re.compile(r"(?:/|%2F)(?:feed|sub)(?:/|%2F)(?P<feed>https?(?::|%3A)\S+)", re.IGNORECASE)


def pattern_urls(url: str, *, telegram_mirrors: Sequence[str]) -> Iterator[str]:
    """Yield where the feeds of the http(s) page `url` are if it is one of a known site, the best first.

    A mirror is a URL with `{name}` in it, or the base URL or host of an RSSHub.
    """
    if len(url) > _MAX_URL_CHARACTERS:
        return
    parts = urlsplit(url)
    address = _address_of(parts)
    parameters = dict(parse_qsl(parts.query))
    if telegram := re.fullmatch(_TELEGRAM, address, re.IGNORECASE | re.ASCII):
        name = telegram["name"] or telegram["subdomain"]
        yield from (_mirror_template(mirror).replace("{name}", name) for mirror in telegram_mirrors)
    for pattern in _PATTERNS:
        found = re.fullmatch(pattern.address, address, re.IGNORECASE | re.ASCII)
        parameter = parameters.get(pattern.parameter, "") if pattern.parameter else ""
        if found and (parameter or not pattern.parameter):
            values = found.groupdict(default="")
            values |= {"parameter": quote(parameter, safe=""), "origin": f"{parts.scheme}://{parts.netloc}"}
            yield from (template.format_map(values) for template in pattern.templates)


def pattern_urls_in(page_url: str, html: str) -> Iterator[str]:
    """Yield the feeds of a known site that only the source of its page gives away."""
    host = _address_of(urlsplit(page_url)).partition("/")[0]
    for pattern in _PAGE_PATTERNS:
        if re.fullmatch(pattern.host, host):
            found = next(filter(None, (re.search(mark, html) for mark in pattern.marks)), None)
            if found:
                yield pattern.template.format(id=found[1])


def carried_feed(url: str) -> str | None:
    """Return the feed that a feed reader's subscription link carries."""
    reader = _READERS.match(url)
    carried = reader and (_CARRIED_IN_QUERY.search(url, reader.end()) or _CARRIED_IN_PATH.search(url, reader.end()))
    if not carried:
        return None
    feed = carried["feed"]
    return feed if "://" in feed else unquote(feed)


def _address_of(parts: SplitResult) -> str:
    host = _HOST_PREFIX.sub("", parts.netloc.rpartition("@")[2].lower())
    return host + parts.path.rstrip("/")


def _mirror_template(mirror: str) -> str:
    if "{name}" in mirror:
        return mirror
    return (mirror if "://" in mirror else f"https://{mirror}").rstrip("/") + _RSSHUB_ROUTE
