"""The subscriber's side of WebSub (W3C Recommendation, www.w3.org/TR/websub): what is decided, and the one request."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import aiohttp

from aggregator.feeds.bodies import hash_body
from aggregator.feeds.failures import failure_of
from aggregator.model.fetches import Fetched
from aggregator.model.websub import HubLinks, Push, WebSubStatus, WebSubSubscription

LEASE = timedelta(days=10)
"""The lease that is asked for; the hub decides (§5.1)."""
_SHORTEST_LEASE, _LONGEST_LEASE = timedelta(minutes=1), timedelta(days=90)
_RENEWED_AFTER = 0.75
"""The part of a lease after which it is renewed: a hub that is down then has time to come back."""
_ANSWER_EXPECTED = timedelta(minutes=10)
_FIRST_RETRY, _LONGEST_RETRY = timedelta(minutes=5), timedelta(days=1)
_PUSH_EXPECTED = timedelta(minutes=5)
_MAX_ANSWER_BYTES = 1024
_TIMEOUT = aiohttp.ClientTimeout(total=20)
_ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})

_LINK = re.compile(
    r"<([^<>]{0,4096})>((?:\s{0,9};\s{0,9}[\w!#$&+\-.^`|~*]{1,64}(?:\s{0,9}=\s{0,9}(?:\"[^\"]*\"|[^\s,;\"]*))?)*)"
)
_REL = re.compile(r";\s{0,9}rel\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|([^\s,;\"]*))", re.IGNORECASE)


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

    Link header fields (RFC 8288) win over links in the document (§4); without a topic the feed's own address is it.
    """
    found: dict[str, str] = {}
    for header in headers:
        for target, parameters in _LINK.findall(header):
            rel = _REL.search(parameters)
            for word in (rel[1] or rel[2]).lower().split() if rel else ():
                found.setdefault(word, target)
    hub = _web_url(base_url, found.get("hub") or document_hub)
    topic = _web_url(base_url, found.get("self") or document_self or base_url)
    return HubLinks(hub_url=hub, topic_url=topic) if hub and topic else None


def should_request(known: WebSubSubscription | None, links: HubLinks, now: datetime) -> bool:
    """Whether to ask the hub for a subscription now.

    That is: at the first sight of a hub; when hub or topic changed; when three quarters of the lease are over; when
    the hub has been quiet for a day; after a failure, a refusal, or a request that was never verified, with twice
    the wait each time, from five minutes to a day.
    """
    if known is None or (known.hub_url, known.topic_url) != (links.hub_url, links.topic_url):
        return True
    since = now - known.requested_at
    if known.status is WebSubStatus.ACTIVE and known.verified_at and known.expires_at and not known.failures:
        due_at = known.verified_at + (known.expires_at - known.verified_at) * _RENEWED_AFTER
        return now >= due_at
    if known.status is WebSubStatus.PENDING and not known.failures:
        return since >= _ANSWER_EXPECTED
    if known.status in (WebSubStatus.DENIED, WebSubStatus.QUIET):
        return since >= _LONGEST_RETRY
    patience: timedelta = min(_FIRST_RETRY * 2 ** min(known.failures, 16), _LONGEST_RETRY)
    return since >= patience


def is_pushed(subscription: WebSubSubscription | None, now: datetime) -> bool:
    """Whether the hub can be relied on: the subscription is verified and its lease is not over."""
    return (
        subscription is not None
        and subscription.status is WebSubStatus.ACTIVE
        and subscription.expires_at is not None
        and now < subscription.expires_at
    )


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
    is_alive = subscription.expires_at is not None and now < subscription.expires_at
    status = WebSubStatus.ACTIVE if is_alive else subscription.status
    return replace(subscription, last_push_at=now, status=status, reason=None)


def check_signature(secret: str, header: str | None, body: bytes) -> bool:
    """Whether `X-Hub-Signature` (`method=hex`) proves that `body` came from whom the secret was given to (§7.1)."""
    method, separator, given = (header or "").strip().partition("=")
    name = method.strip().lower()
    if not separator or name not in _ALGORITHMS:
        return False
    expected = hmac.new(secret.encode(), body, name).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())


def verify_intent(subscription: WebSubSubscription, query: Mapping[str, str]) -> IntentAnswer:
    """Answer a hub's question whether we asked for what it was asked for in our name (§5.3)."""
    mode, topic = query.get("hub.mode"), query.get("hub.topic")
    if topic != subscription.topic_url:
        return Refused(reason="another topic")
    if mode == "denied":
        return Denied(reason=" ".join(query.get("hub.reason", "without a reason").split())[:200])
    if mode != "subscribe":
        return Refused(reason=f"we did not ask for {mode or 'nothing'}"[:80])
    challenge = query.get("hub.challenge")
    if not challenge:
        return Refused(reason="no challenge")
    text = query.get("hub.lease_seconds", "")
    asked = timedelta(seconds=int(text[:9])) if text.isascii() and text.isdigit() else LEASE
    return Confirmed(challenge=challenge, lease=min(max(asked, _SHORTEST_LEASE), _LONGEST_LEASE))


def after_answer(subscription: WebSubSubscription, answer: Confirmed | Denied, now: datetime) -> WebSubSubscription:
    """Return the subscription after the hub's question, or its refusal."""
    if isinstance(answer, Denied):
        return replace(subscription, status=WebSubStatus.DENIED, reason=f"the hub denied it: {answer.reason}")
    return replace(
        subscription,
        status=WebSubStatus.ACTIVE,
        verified_at=now,
        expires_at=now + answer.lease,
        failures=0,
        reason=None,
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
        link_headers=push.link_headers,
    )


async def request_subscription(
    session: aiohttp.ClientSession, subscription: WebSubSubscription, callback_url: str
) -> str | None:
    """Ask the hub to push (§5.1); return None when it took the request, else why not, in one line without secrets.

    `session` decides which addresses may be reached. Redirects are not followed: a hub that moved is in the feed.
    """
    form = {
        "hub.callback": callback_url,
        "hub.mode": "subscribe",
        "hub.topic": subscription.topic_url,
        "hub.secret": subscription.secret,
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
    }
    try:
        async with session.post(subscription.hub_url, data=form, allow_redirects=False, timeout=_TIMEOUT) as response:
            answer = await response.content.read(_MAX_ANSWER_BYTES)
    except TimeoutError:
        return f"the hub did not answer within {_TIMEOUT.total:g} s"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return failure_of(error, subscription.hub_url).detail
    if HTTPStatus(200) <= response.status < HTTPStatus(300):
        return None
    said = " ".join(answer.decode("utf-8", "replace").replace(subscription.secret, "***").split())[:200]
    return f"the hub answered {response.status}: {said}"


def _web_url(base_url: str, link: str | None) -> str | None:
    try:
        url = urljoin(base_url, (link or "").strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if link and parts.scheme in ("http", "https") and parts.hostname else None
