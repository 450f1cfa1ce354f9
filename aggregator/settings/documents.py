"""The YAML, as it may be written: one pydantic model a section. The JSON Schema is made of these."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    model_validator,
)

from aggregator.settings.access_values import Cookies, Headers, Printable, Proxy, Secret, Token, UserName
from aggregator.settings.clock_values import DigestSchedule, Spans
from aggregator.settings.rule_documents import RuleDocument
from aggregator.settings.section import Name, Names, Section, Texts
from aggregator.settings.values import parse_duration, parse_size

_LOOKS_NUMERIC = re.compile(r"[0-9.]+|.*:.*")
_HOST_NAME = re.compile(r"\w([\w.-]*\w)?\.?")  # of any alphabet
_LAST_PORT = 65_535
_SHORTEST_INTERVAL = timedelta(seconds=1)


def _check_timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{text!r} is not a time zone; write one as Europe/Kyiv or UTC") from error
    return text


def _check_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme == "file" or (parts.scheme in ("http", "https") and bool(parts.hostname))
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ValueError(f"{_without_secrets(text)!r} is not the address of a feed; write https://…, or file:path")
    return text


def _without_secrets(url: str) -> str:
    """Return an address that cannot be read as one, without what may be a name, a password or a token."""
    head, query, _ = url.partition("?")
    before, at, after = head.rpartition("@")
    scheme, slashes, _ = before.partition("//")
    shown = f"{scheme}{slashes}…@{after}" if slashes and at else f"…@{after}" if at else head
    return f"{shown}?…" if query else shown


def _check_web_url(text: str) -> str:
    if urlsplit(_check_url(text)).scheme == "file":
        raise ValueError(f"{_without_secrets(text)!r} must start with https:// or http://")
    return text


def _check_public_url(text: str) -> str:
    parts = urlsplit(_check_web_url(text))
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{_without_secrets(text)!r} must be an address without ?, # and a user's name")
    return text


def _check_database(text: str) -> str:
    if text.startswith(("postgresql://", "postgres://")):
        raise ValueError("PostgreSQL is not supported in this version; use sqlite:///var/aggregator.db")
    if not text.startswith("sqlite:///") or text == "sqlite:///":
        shown = text.partition("://")[0]
        raise ValueError(f"{shown!r} is not a database that can be used; write sqlite:///var/aggregator.db")
    return text


def _check_interval(duration: timedelta) -> timedelta:
    if duration < _SHORTEST_INTERVAL:
        raise ValueError("shorter than 1s, the shortest interval there is")
    return duration


def _check_network(text: str) -> str:
    if "/" in text or _LOOKS_NUMERIC.fullmatch(text):
        try:
            ip_network(text, strict=False)
        except ValueError as error:
            raise ValueError(f"{text!r} is not a network; write 10.0.0.0/8, fd00::/8 or a host's name") from error
    elif not _HOST_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a host; write its name, its address, or a network as 10.0.0.0/8")
    return text


def _check_listen(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > _LAST_PORT:
        raise ValueError(f"{text!r} is not an address and a port; write 127.0.0.1:8080 or [::1]:8080")
    return text


def _as_switch(value: object) -> object:
    """An empty text, as `${NAME:+true}` leaves it, is off."""
    return False if value == "" else value


_DURATION = {"type": "string", "pattern": r"^(\d+(\.\d+)?\s*(ms|s|m|h|d)\s*)+$", "examples": ["90s", "15m", "12h"]}
_SIZE = {"type": "string", "pattern": r"^\d+(\.\d+)?\s*([KMG]?B|[kmg]?b)$", "examples": ["64KB", "10MB"]}
Duration = Annotated[timedelta, BeforeValidator(parse_duration), WithJsonSchema(_DURATION)]
Interval = Annotated[Duration, AfterValidator(_check_interval)]
Size = Annotated[int, BeforeValidator(parse_size), WithJsonSchema(_SIZE)]
TimeZone = Annotated[str, AfterValidator(_check_timezone)]
Switch = Annotated[bool, BeforeValidator(_as_switch)]


class AuthDocument(Section):
    """Who reads the feed: a name and a password, or a token."""

    username: UserName | None = Field(default=None, description="for basic authentication")
    password: Secret | None = Field(default=None, description='write "${FEED_PASSWORD}"')
    bearer: Token | None = Field(default=None, description='a bearer token; write "${FEED_TOKEN}"')

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, value: object) -> object:
        if not isinstance(value, dict):
            raise ValueError("expected a mapping, as {username: …, password: …} or {bearer: …}")  # noqa: TRY004 - pydantic's contract
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        # What is given, be it by a variable that is not set: that has been named already.
        given = self.model_fields_set
        if ("bearer" in given) == ("username" in given) or ("password" in given and "username" not in given):
            raise ValueError("give either username and password, or bearer")
        return self


class TlsDocument(Section):
    """How the server's certificate is checked, and our own."""

    verify: bool = Field(default=True, description="false trusts any certificate: only in a network of your own")
    ca_file: str | None = Field(default=None, description="certificate authorities to trust, in PEM")
    client_cert: str | None = Field(default=None, description="our certificate, in PEM")
    client_key: str | None = Field(default=None, description="its key, when it is in a file of its own")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.client_key is not None and self.client_cert is None:
            raise ValueError("client_key is the key of a client_cert, which is missing")
        return self


class FeedDocument(Section):
    """A feed to poll."""

    id: Name | None = Field(default=None, description="a stable name; from the URL when left out")
    url: Annotated[str, AfterValidator(_check_url)] = Field(description="http, https, or file:path")
    title: str | None = Field(default=None, description="what alerts call it; the feed's own title when left out")
    tags: Texts = Field(default=[], description="names that rules select feeds by")
    interval: Interval | None = Field(default=None, description="how often; polling.interval when left out")
    first_poll: Literal["baseline", "alert"] = Field(
        default="baseline", description="whether the articles of the first read are old, or news"
    )
    full_text: Literal["auto", "always", "never"] = Field(default="never", description="fetch articles' pages")
    language: str | None = Field(default=None, description="the language of its articles, as uk or en")
    folder: Texts = Field(default=[], description="where a feed reader's list has it, the outermost first")
    site_url: str | None = Field(default=None, description="the site that it is the feed of")
    description: str | None = Field(default=None, description="what it is about")
    ignore_hints: bool = Field(
        default=False, description="poll it sooner than max-age, ttl, sy:updatePeriod, skipHours and skipDays allow"
    )
    auth: AuthDocument | None = Field(default=None, description="who reads it, for a feed that is not for everybody")
    headers: Headers = Field(default={}, description="more request headers")
    cookies: Cookies = Field(default={}, description="cookies to show")
    proxy: Proxy | None = Field(
        default=None, description="http://, https:// or socks5://[name:password@]host:port; polling.proxy when left out"
    )
    tls: TlsDocument = Field(default=TlsDocument(), description="for servers with certificates of their own")
    user_agent: Printable | None = Field(default=None, description="instead of polling.user_agent")


class ChannelDocument(Section):
    """Where alerts go: the keys that every type has. The others are the notifier's."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    type: str = Field(description="the notifier: console, telegram, webhook, …")
    enabled: Switch = Field(default=True, description="false takes it out of use")
    timezone: TimeZone | None = Field(default=None, description="for times in alerts; the top-level one when left out")
    language: str = Field(default="en", description="the language of alerts")
    quiet_hours: Spans | None = Field(
        default=None, description='when only urgent alerts come, as "23:00-07:00" or [Sat-Sun 22:00-10:00, …]'
    )
    digest: DigestSchedule | None = Field(
        default=None,
        description='when alerts come, all in one message: a cron schedule, as "0 8 * * *"; at once if not',
    )
    max_per_minute: int | None = Field(
        default=None, ge=1, le=1_000, description="messages; what is more comes in one digest"
    )
    max_per_hour: int | None = Field(
        default=None, ge=1, le=10_000, description="messages; what is more comes in one digest"
    )
    template: str | None = Field(default=None, description="how its alerts read: Jinja that writes a little HTML")
    template_file: str | None = Field(default=None, description="a file with the template, from this file's folder")


class HostDocument(Section):
    """An exception to how hosts are treated."""

    concurrency: int | None = Field(default=None, ge=1, le=1000, description="requests at once")
    delay: Duration | None = Field(default=None, description="time between two requests")
    hold: Literal["host", "domain"] | None = Field(
        default=None, description="what a Retry-After from it holds; the host alone when left out"
    )


class PollingDocument(Section):
    """How feeds are polled."""

    interval: Interval = Field(default=timedelta(minutes=15), description="how often a feed is polled")
    min_interval: Interval = Field(default=timedelta(minutes=2), description="no feed more often than this")
    max_interval: Interval = Field(default=timedelta(hours=12), description="no feed less often, failing ones too")
    timeout: Interval = Field(default=timedelta(seconds=20), description="for one request, its body included")
    max_body: Size = Field(default=10 * 1024**2, description="the largest feed, compressed and decompressed")
    concurrency: int = Field(default=300, ge=1, le=5000, description="requests at once, over all hosts")
    per_host: int = Field(default=1, ge=1, le=1000, description="requests at once to one registrable domain")
    host_delay: Duration = Field(default=timedelta(seconds=1), description="time between two requests to one domain")
    hosts: dict[str, HostDocument] = Field(
        default={}, description="exceptions by host, or by domain with all hosts below it"
    )
    pacing: Literal["adaptive", "fixed"] = Field(
        default="adaptive",
        description="whether the interval follows what each feed's articles teach; a feed's own interval is fixed",
    )
    ignore_hints: bool = Field(default=False, description="ignore_hints for every feed")
    broken_after: int = Field(default=5, ge=1, description="failures in a row after which the admins hear of a feed")
    moved_after: int = Field(default=5, ge=1, description="permanent redirects in a row after which a feed has moved")
    proxy: Proxy | None = Field(default=None, description="for every feed that has none of its own")
    contact: Printable | None = Field(
        default=None, description="an address or URL for the operators of the feeds' servers"
    )
    user_agent: Printable | None = Field(default=None, description="who we say we are, in place of name and contact")


class QuotasDocument(Section):
    """What one chat may have."""

    watches: int = Field(default=50, ge=1, le=10_000, description="queries of its own")
    alerts_per_hour: int = Field(default=120, ge=1, le=10_000, description="messages; what is more comes in one digest")


class TelegramDocument(Section):
    """The Telegram bot."""

    token: SecretStr | None = Field(default=None, description='from @BotFather; write "${TELEGRAM_TOKEN}"')
    api_url: Annotated[str, AfterValidator(_check_web_url)] = Field(
        default="https://api.telegram.org", description="the Bot API server"
    )
    access: Literal["open", "allowlist", "invite"] = Field(default="allowlist", description="who may use the bot")
    admins: list[int] = Field(default=[], description="user ids of the bot's admins")
    quotas: QuotasDocument = QuotasDocument()


class WebDocument(Section):
    """The HTTP server."""

    listen: Annotated[str, AfterValidator(_check_listen)] | None = Field(
        default=None, description="address and port, as 127.0.0.1:8080; there is no server when left out"
    )
    public_url: Annotated[str, AfterValidator(_check_public_url)] | None = Field(
        default=None, description="where the server is reached from the internet; feeds are pushed there (WebSub)"
    )


class RetentionDocument(Section):
    """How long things are kept."""

    articles: Duration = Field(default=timedelta(days=90), description="articles")
    deliveries: Duration = Field(default=timedelta(days=180), description="deliveries and alerts")


class NetworkDocument(Section):
    """What may be reached."""

    allow: list[Annotated[str, AfterValidator(_check_network)]] = Field(
        default=[],
        description="hosts and networks that are not public, and may be reached all the same: by redirects, for full "
        "texts, and by feeds that chats, the web or the API add",
    )


class SemanticDocument(Section):
    """The language model that rules with `like` ask."""

    model: str | None = Field(
        default=None,
        description="a folder that model2vec saved, from this file's folder; the extra's own model when left out",
    )


class NoticesDocument(Section):
    """Who hears of the program's own work: a feed that breaks, recovers, moves, falls silent, or loses articles."""

    send_to: Names = Field(default=[], description="channels; none when left out")


class StoriesDocument(Section):
    """Articles of several feeds about one event."""

    window: Annotated[Duration, Field(ge=timedelta(hours=1), le=timedelta(days=14))] = Field(
        default=timedelta(hours=72), description="how long an article waits for others about its event"
    )


class SettingsDocument(Section):
    """The configuration of aggregator."""

    database: Annotated[str, AfterValidator(_check_database)] = Field(
        default="sqlite:///var/aggregator.db", description="sqlite:///path, from the working directory"
    )
    timezone: TimeZone = Field(default="UTC", description="for times in alerts, as Europe/Kyiv")
    include: Texts = Field(
        default=[], description="more files, as feeds/*.yaml or feeds/*.opml, from this file's folder"
    )
    polling: PollingDocument = PollingDocument()
    feeds: list[FeedDocument] = Field(default=[], description="what is read")
    rules: list[RuleDocument] = Field(default=[], description="what is looked for")
    channels: dict[str, ChannelDocument] = Field(default={}, description="where alerts go, by name")
    telegram: TelegramDocument = TelegramDocument()
    web: WebDocument = WebDocument()
    retention: RetentionDocument = RetentionDocument()
    network: NetworkDocument = NetworkDocument()
    semantic: SemanticDocument = SemanticDocument()
    notices: NoticesDocument = NoticesDocument()
    stories: StoriesDocument = StoriesDocument()
