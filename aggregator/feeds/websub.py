"""The subscriber's side of WebSub (W3C Recommendation, www.w3.org/TR/websub), decided purely."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urldefrag, urljoin, urlsplit

from aggregator.feeds.bodies import hash_body
from aggregator.feeds.failures import without_credentials
from aggregator.model.fetches import Fetched
from aggregator.model.websub import HubLinks, Push, WebSubStatus, WebSubSubscription

LEASE = timedelta(days=10)
"""The lease that is asked for; the hub decides (§5.1)."""
_SHORTEST_LEASE, _LONGEST_LEASE = timedelta(minutes=1), timedelta(days=90)
_RENEWED_AFTER = 0.75
"""The part of a lease after which it is renewed: a hub that is down then has time to come back."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=5), timedelta(days=1)
_MAX_DOUBLINGS = 16
_PUSH_EXPECTED = timedelta(minutes=5)
_ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})
_LONGEST_URL = 2048
_LONGEST_REASON = 200
_LEASE_DIGITS = 9

_PARAMETER = r';\s{0,9}([\w!#$&+\-.^`|~*]{1,64})(?:\s{0,9}=\s{0,9}(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?'
_LINK = re.compile(rf"<([^<>]{{0,4096}})>((?:\s{{0,9}}{_PARAMETER})*)")
_ONE_PARAMETER = re.compile(_PARAMETER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The hub asks whether we want this, and we do: answer with the challenge."""

    challenge: str
    lease: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """We did not ask for this: answer 404."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The hub says no (§5.2)."""

    reason: str


IntentAnswer = Confirmed | Refused | Denied


def hub_links(
    headers: Sequence[str], document_hub: str | None, document_self: str | None, base_url: str
) -> HubLinks | None:
    """Return the hub and topic of a feed, None when it has none.

    Link header fields (RFC 8288) win over links in the document (§4), and of several hubs the first that can be used.
    A feed that names no topic is its own, unless its address holds a secret, which is not the hub's to know.
    """
    linked = [link for header in headers for link in _links(header)]
    hubs = [*(target for rel, target in linked if rel == "hub"), document_hub]
    topics = [*(target for rel, target in linked if rel == "self"), document_self, _open_address(base_url)]
    hub = next((url for link in hubs if (url := _web_url(base_url, link))), None)
    topic = next((url for link in topics if (url := _web_url(base_url, link))), None)
    return HubLinks(hub_url=hub, topic_url=topic) if hub and topic else None


def should_request(known: WebSubSubscription, now: datetime) -> bool:
    """Whether to ask the hub for a subscription now.

    That is: when it was never asked; when three quarters of the lease are over; when the hub has been quiet for a day
    since it was last asked; a day after it said no; and after a request that failed or was never verified, with twice
    the wait each time, from five minutes to a day.
    """
    since = now - known.requested_at
    if known.status is WebSubStatus.DENIED:
        return now - max(known.requested_at, known.expires_at or known.requested_at) >= _LONGEST_WAIT
    if known.failures:
        wait: timedelta = min(_FIRST_WAIT * 2 ** min(known.failures - 1, _MAX_DOUBLINGS), _LONGEST_WAIT)
        return since >= wait
    if known.verified_at is None or known.expires_at is None:
        return True
    if known.status is WebSubStatus.QUIET and since >= _LONGEST_WAIT:
        return True
    return now >= known.verified_at + (known.expires_at - known.verified_at) * _RENEWED_AFTER


def is_pushed(subscription: WebSubSubscription, now: datetime) -> bool:
    """Whether the hub can be relied on: the subscription is verified and its lease is not over."""
    return subscription.status is WebSubStatus.ACTIVE and _is_alive(subscription, now)


def after_request(subscription: WebSubSubscription, now: datetime) -> WebSubSubscription:
    """Return the subscription as it is while the hub is asked: a failure, until the hub verifies."""
    return replace(subscription, requested_at=now, failures=subscription.failures + 1)


def after_poll(subscription: WebSubSubscription, now: datetime, *, found_new: bool) -> WebSubSubscription:
    """Return the subscription after a poll: a hub that did not push what the poll found is quiet.

    A push counts for what was published within five minutes of it: poll and push may cross.
    """
    last = subscription.last_push_at
    has_pushed = last is not None and now - last < _PUSH_EXPECTED
    is_young = subscription.verified_at is None or now - subscription.verified_at < _PUSH_EXPECTED
    if subscription.status is not WebSubStatus.ACTIVE or not found_new or has_pushed or is_young:
        return subscription
    reason = "polling found what the hub did not push"
    return replace(subscription, status=WebSubStatus.QUIET, reason=reason)


def after_push(subscription: WebSubSubscription, now: datetime) -> WebSubSubscription:
    """Return the subscription after a push that its signature proved: the hub is heard again."""
    status = WebSubStatus.ACTIVE if _is_alive(subscription, now) else subscription.status
    return replace(subscription, last_push_at=now, status=status, reason=None)


def check_signature(secret: str, header: str | None, body: bytes) -> bool:
    """Whether `X-Hub-Signature` (`method=hex`) proves that `body` came from whom the secret was given to (§7.1)."""
    method, separator, given = (header or "").strip().partition("=")
    name = method.strip().lower()
    if not separator or name not in _ALGORITHMS:
        return False
    expected = hmac.new(secret.encode(), body, name).hexdigest()
    # A header may hold any bytes; those that are no UTF-8 come as surrogates.
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode("utf-8", "surrogateescape"))


def verify_intent(subscription: WebSubSubscription, query: Mapping[str, str]) -> IntentAnswer:
    """Answer a hub's question whether we asked for what it was asked for in our name (§5.3)."""
    mode, topic = query.get("hub.mode"), query.get("hub.topic")
    if topic != subscription.topic_url:
        return Refused(reason="another topic")
    if mode == "denied":
        return Denied(reason=one_line(query.get("hub.reason", "")) or "without a reason")
    if mode != "subscribe":
        return Refused(reason=f"we did not ask for {one_line(mode or '') or 'nothing'}")
    challenge = query.get("hub.challenge")
    if not challenge:
        return Refused(reason="no challenge")
    text = query.get("hub.lease_seconds", "").lstrip("0")
    # Hubs of older protocols name none, or 0: then what was asked for is believed.
    lease = timedelta(seconds=int(text[:_LEASE_DIGITS])) if text.isascii() and text.isdigit() else LEASE
    return Confirmed(challenge=challenge, lease=min(max(lease, _SHORTEST_LEASE), _LONGEST_LEASE))


def after_answer(subscription: WebSubSubscription, answer: Confirmed | Denied, now: datetime) -> WebSubSubscription:
    """Return the subscription after the hub's question, or its refusal.

    A hub that was quiet stays so until it pushes: that it answers requests says nothing of what it tells.
    """
    if isinstance(answer, Denied):
        reason = f"the hub denied it: {answer.reason}"
        return replace(subscription, status=WebSubStatus.DENIED, expires_at=now, failures=0, reason=reason)
    is_quiet = subscription.status is WebSubStatus.QUIET
    return replace(
        subscription,
        status=WebSubStatus.QUIET if is_quiet else WebSubStatus.ACTIVE,
        verified_at=now,
        expires_at=now + answer.lease,
        failures=0,
        reason=subscription.reason if is_quiet else None,
    )


def pushed_document(push: Push, now: datetime) -> Fetched:
    """Return what a hub sent as a document: of the topic, with the feed's whole content or only what is new (§7)."""
    return Fetched(
        url=push.subscription.topic_url,
        status=HTTPStatus.OK,
        body=push.body,
        body_hash=hash_body(push.body),
        fetched_at=now,
        content_type=push.content_type,
        content_encoding=push.content_encoding,
    )


def one_line(text: str) -> str:
    """Return what a stranger wrote as it may be shown: one line, not long, nothing that a terminal obeys."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:_LONGEST_REASON]


def _is_alive(subscription: WebSubSubscription, now: datetime) -> bool:
    return subscription.expires_at is not None and now < subscription.expires_at


def _links(header: str) -> Iterator[tuple[str, str]]:
    """Yield each relation of a Link header field with its target; links from other documents are left out."""
    for target, text, *_ in _LINK.findall(header):
        parameters: dict[str, str] = {}
        for name, quoted, plain in _ONE_PARAMETER.findall(text):
            parameters.setdefault(name.lower(), quoted or plain)  # RFC 8288 §3.3: of several, the first
        if "anchor" not in parameters:
            yield from ((word, target) for word in parameters.get("rel", "").lower().split())


def _open_address(url: str) -> str | None:
    """Return a feed's own address, None when it holds a secret."""
    address = urldefrag(url).url
    return address if without_credentials(address) == address else None


def _web_url(base_url: str, link: str | None) -> str | None:
    if not link or len(link) > _LONGEST_URL:
        return None
    try:
        url = urldefrag(urljoin(base_url, link.strip())).url
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return url if is_usable else None
