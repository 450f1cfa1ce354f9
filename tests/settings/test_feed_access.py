"""How feeds are reached, in the configuration: what may be written, and every mistake at its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.model.access import OPEN_ACCESS, FeedAccess
from aggregator.settings import Settings, load_settings

SECRET = "s3cr3t"
ENVIRONMENT = {"FEED_PASSWORD": SECRET, "EMPTY": "", "BROKEN": f"{SECRET}\r\nX-Admin: 1"}


def load(folder: Path, feed: str, polling: str = "") -> Settings:
    """The settings of one feed."""
    (folder / "c.yaml").write_text(
        f"polling: {{{polling}}}\nfeeds:\n  - {{id: ep, url: 'https://aa.example/', {feed}}}\n"
    )
    return load_settings(folder / "c.yaml", ENVIRONMENT).settings


def access(folder: Path, feed: str, polling: str = "") -> FeedAccess:
    """How the feed is reached."""
    [only] = load(folder, feed, polling).feeds
    return only.access


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        ("", OPEN_ACCESS),
        ("auth: null, headers: {}, tls: {verify: true}", OPEN_ACCESS),
        ("auth: {username: me, password: '${FEED_PASSWORD}'}", FeedAccess(username="me", password=SECRET)),
        ("auth: {username: me}", FeedAccess(username="me")),
        ("auth: {username: 12, password: 3456}", FeedAccess(username="12", password="3456")),
        ("auth: {username: ' me ', password: ' p '}", FeedAccess(username=" me ", password=" p ")),
        ("auth: {bearer: '${FEED_PASSWORD}'}", FeedAccess(bearer=SECRET)),
        (
            "headers: {X-Key: '${FEED_PASSWORD}', Accept: 1}",
            FeedAccess(headers=(("X-Key", SECRET), ("Accept", "1"))),
        ),
        ("cookies: {sid: abc=, lang: uk}", FeedAccess(cookies=(("sid", "abc="), ("lang", "uk")))),
        ("proxy: 'http://p.example:3128'", FeedAccess(proxy="http://p.example:3128")),
        ("proxy: 'https://p.example'", FeedAccess(proxy="https://p.example")),
        ("proxy: 'socks5://me:pass@[::1]:1080'", FeedAccess(proxy="socks5://me:pass@[::1]:1080")),
        ("proxy: 'socks5h://p.example:9050'", FeedAccess(proxy="socks5h://p.example:9050")),
        ("tls: {verify: false}", FeedAccess(verify_tls=False)),
        ("tls: {verify: 'false'}", FeedAccess(verify_tls=False)),
        ("user_agent: 'Mozilla/5.0 (X11)'", FeedAccess(user_agent="Mozilla/5.0 (X11)")),
    ],
)
def test_what_a_feed_needs_is_read(tmp_path: Path, feed: str, expected: FeedAccess) -> None:
    """Each way to a feed is what its words say; nothing said is open access."""
    assert access(tmp_path, feed) == expected


def test_files_are_beside_the_file_that_names_them(tmp_path: Path) -> None:
    """Certificates are named from the configuration's folder, or by their whole path."""
    made = access(tmp_path, "tls: {ca_file: ca.pem, client_cert: keys/me.pem, client_key: /etc/me.key}")

    assert (made.ca_file, made.client_cert, made.client_key) == (
        str(tmp_path / "ca.pem"),
        str(tmp_path / "keys" / "me.pem"),
        "/etc/me.key",
    )


def test_the_general_proxy_is_not_the_feeds_own(tmp_path: Path) -> None:
    """Both are kept, each where it was said: which one it is, is decided where the request is made."""
    both = load(tmp_path, "proxy: 'http://own.example:1'", "proxy: 'http://all.example:1'")
    general = load(tmp_path, "", "proxy: 'http://all.example:1'")

    assert (both.polling.proxy, both.feeds[0].access.proxy) == ("http://all.example:1", "http://own.example:1")
    assert (general.polling.proxy, general.feeds[0].access) == ("http://all.example:1", OPEN_ACCESS)


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        ("auth: me:s3cr3t", "3:48: feeds[0].auth: expected a mapping, as {username: …, password: …}"),
        ("auth: {}", "3:48: feeds[0].auth: give either username and password, or bearer"),
        ("auth: {password: s3cr3t}", "3:48: feeds[0].auth: give either username and password, or bearer"),
        ("auth: {username: me, bearer: s3cr3t}", "3:48: feeds[0].auth: give either username and password, or bearer"),
        ("auth: {bearer: x, password: s3cr3t}", "3:48: feeds[0].auth: give either username and password, or bearer"),
        ("auth: {username: 'me:s3cr3t'}", "3:59: feeds[0].auth.username: a colon or a control character"),
        ("auth: {bearer: '${EMPTY}'}", "3:57: feeds[0].auth.bearer: nothing is in it; is its variable set?"),
        ("auth: {bearer: '${BROKEN}'}", "3:57: feeds[0].auth.bearer: a line break or another control character"),
        ("auth: {bearer: [s3cr3t]}", "3:57: feeds[0].auth.bearer: expected text, found a list"),
        ("auth: {token: s3cr3t}", "3:49: feeds[0].auth.token: unknown key 'token' (known: bearer, password, username)"),
        ("auth: {bearer: '${NOWHERE}'}", "3:57: feeds[0].auth.bearer: the environment variable NOWHERE is not set"),
        ("headers: 'X-Key: s3cr3t'", "3:51: feeds[0].headers: expected a mapping, as {Name: value}"),
        ("cookies: sid=s3cr3t", "3:51: feeds[0].cookies: expected a mapping, as {Name: value}"),
        ("headers: [X-Key]", "3:51: feeds[0].headers: expected a mapping"),
        ("headers: {X-Key: '${BROKEN}'}", "3:59: feeds[0].headers.X-Key: a line break or another control character"),
        ("headers: {X-Key: [s3cr3t]}", "3:59: feeds[0].headers.X-Key: expected text, found a list"),
        ("headers: {'X Key': s3cr3t}", "feeds[0].headers.X Key.[key]: 'X Key' is not a name of a header or cookie"),
        ("headers: {'': s3cr3t}", "'' is not a name of a header or cookie"),
        ("cookies: {sid: 's3cr3t; admin=1'}", "3:57: feeds[0].cookies.sid: a semicolon, a line break or another"),
        ("proxy: p.example:3128", "3:49: feeds[0].proxy: not the address of a proxy; write http://host:port"),
        ("proxy: 'ftp://me:s3cr3t@p.example:1'", "3:49: feeds[0].proxy: not the address of a proxy"),
        ("proxy: 'http://me:s3cr3t@:1'", "3:49: feeds[0].proxy: not the address of a proxy"),
        ("proxy: 'http://me:s3cr3t@p.example:99999'", "3:49: feeds[0].proxy: not the address of a proxy"),
        ("tls: {client_key: k.pem}", "3:47: feeds[0].tls: client_key is the key of a client_cert, which is missing"),
        ("tls: {verify: maybe}", "3:56: feeds[0].tls.verify: expected true or false, found text ('maybe')"),
        ("tls: {insecure: true}", "3:48: feeds[0].tls.insecure: unknown key 'insecure'"),
        ("user_agent: 'Читач'", "3:54: feeds[0].user_agent: only Latin letters"),
        ("user_agent: ''", "3:54: feeds[0].user_agent: only Latin letters"),
        ("user_agent: '${BROKEN}'", "3:54: feeds[0].user_agent: only Latin letters"),
    ],
)
def test_mistakes_are_named_without_the_secret(tmp_path: Path, feed: str, expected: str) -> None:
    """Each mistake has its line and column, says what to write, and repeats no secret."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, feed)

    text = str(caught.value)
    assert expected in text
    assert len(caught.value.problems) == 1
    assert SECRET not in text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("htp://me:s3cr3t@a.example/feed", "'htp://…@a.example/feed'"),
        ("me:s3cr3t@a.example", "'…@a.example'"),
        ("ftp://a.example/feed?token=s3cr3t", "'ftp://a.example/feed?…'"),
        ("http://[me:s3cr3t@x", "'http://…@x'"),
        ("https://me:s3cr3t@", "'https://…@'"),
    ],
)
def test_an_address_that_is_none_is_shown_without_its_secrets(tmp_path: Path, url: str, shown: str) -> None:
    """An error about an address says which it is, and not what is secret in it."""
    (tmp_path / "c.yaml").write_text(f"feeds: [{{url: '{url}'}}]")

    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "c.yaml", {})

    assert f"c.yaml:1:15: feeds[0].url: {shown} is not the address of a feed" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_secrets_are_in_no_representation(tmp_path: Path) -> None:
    """Printing settings or an access shows none of them, wherever they stand."""
    settings = load(
        tmp_path,
        f"auth: {{username: me, password: {SECRET}}}, headers: {{X-Key: {SECRET}}}, cookies: {{sid: {SECRET}}}, "
        f"proxy: 'http://me:{SECRET}@p.example:1'",
        f"proxy: 'http://all:{SECRET}@p.example:2'",
    )

    assert settings.feeds[0].access.password == SECRET
    assert SECRET not in repr(settings)
    assert SECRET not in repr(settings.feeds[0].access)
