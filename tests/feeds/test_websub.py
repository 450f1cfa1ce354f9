"""WebSub as a subscriber decides: when to ask a hub, when to rely on it, what to believe."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import HOUR, NOW
from support.hub import sign
from support.subscriptions import subscription

from aggregator.feeds.websub import (
    LEASE,
    Confirmed,
    Denied,
    Refused,
    after_answer,
    after_poll,
    after_push,
    after_request,
    check_signature,
    is_pushed,
    pushed_document,
    should_request,
    verify_intent,
)
from aggregator.model.websub import Push, WebSubStatus, WebSubSubscription

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SECRET = "s3cret"
BODY = b"<rss/>"


@pytest.mark.parametrize(
    ("known", "waits"),
    [
        (subscription(status=WebSubStatus.PENDING, verified_at=None, expires_at=None, failures=1), 5 * MINUTE),
        (subscription(status=WebSubStatus.PENDING, verified_at=None, expires_at=None, failures=2), 10 * MINUTE),
        (subscription(status=WebSubStatus.PENDING, verified_at=None, expires_at=None, failures=4), 40 * MINUTE),
        (subscription(status=WebSubStatus.PENDING, verified_at=None, expires_at=None, failures=99), DAY),
        (subscription(expires_at=NOW + 8 * HOUR), 6 * HOUR),
        (subscription(expires_at=NOW + 8 * DAY), 6 * DAY),
        (subscription(requested_at=NOW - HOUR, failures=1, expires_at=NOW + MINUTE), -HOUR + 5 * MINUTE),
        (subscription(expires_at=NOW + MINUTE, failures=3), 20 * MINUTE),
        (subscription(status=WebSubStatus.QUIET, expires_at=NOW + 8 * DAY), DAY),
        (subscription(status=WebSubStatus.QUIET, expires_at=NOW + 8 * HOUR), 6 * HOUR),
        (subscription(status=WebSubStatus.DENIED, verified_at=None, expires_at=NOW), DAY),
        (subscription(status=WebSubStatus.DENIED, expires_at=NOW + 3 * HOUR, failures=1), DAY + 3 * HOUR),
        (subscription(status=WebSubStatus.DENIED, requested_at=NOW + HOUR, expires_at=NOW), DAY + HOUR),
    ],
)
def test_a_hub_is_asked_when_it_is_time(known: WebSubSubscription, waits: timedelta) -> None:
    """Verified: at three quarters of the lease; failed: with doubling waits; quiet or denied: after a day."""
    due_at = NOW + waits

    assert not should_request(known, due_at - timedelta(seconds=1))
    assert should_request(known, due_at)


def test_a_hub_that_was_never_asked_is_asked_at_once() -> None:
    """A subscription that is only wanted so far is due."""
    assert should_request(subscription(status=WebSubStatus.PENDING, verified_at=None, expires_at=None), NOW)


@given(st.integers(1, 200), st.integers(0, 3 * 24 * 60))
def test_waits_grow_and_end(failures: int, minutes: int) -> None:
    """A hub that failed more often is not asked sooner, and every hub is asked once a day at least."""
    pending = subscription(status=WebSubStatus.PENDING, verified_at=None, expires_at=None)
    now = NOW + minutes * MINUTE

    later = should_request(replace(pending, failures=failures + 1), now)
    sooner = should_request(replace(pending, failures=failures), now)

    assert sooner or not later
    assert later or minutes < 24 * 60


def test_a_request_counts_as_a_failure_until_it_is_verified() -> None:
    """A renewal that nobody verifies is repeated after a while, not at once; one that is verified is forgotten."""
    due_at = NOW + LEASE * 0.75
    asked = after_request(subscription(), due_at)
    verified = after_answer(asked, Confirmed(challenge="c", lease=LEASE), due_at + MINUTE)

    assert not should_request(asked, due_at + MINUTE)
    assert should_request(asked, due_at + 5 * MINUTE)
    assert is_pushed(asked, due_at + MINUTE)
    assert (verified.failures, verified.expires_at) == (0, due_at + MINUTE + LEASE)
    assert not should_request(verified, due_at + DAY)


@pytest.mark.parametrize(
    ("known", "pushed"),
    [
        (subscription(), True),
        (subscription(expires_at=NOW), False),
        (subscription(expires_at=None), False),
        (subscription(status=WebSubStatus.PENDING), False),
        (subscription(status=WebSubStatus.QUIET), False),
        (subscription(status=WebSubStatus.DENIED), False),
    ],
)
def test_only_a_live_subscription_is_relied_on(known: WebSubSubscription, pushed: bool) -> None:
    """A hub is relied on while the lease of a verified subscription runs and it was not quiet."""
    assert is_pushed(known, NOW) is pushed


@pytest.mark.parametrize(
    ("known", "found_new", "becomes"),
    [
        (subscription(verified_at=NOW - HOUR), True, WebSubStatus.QUIET),
        (subscription(verified_at=NOW - HOUR), False, WebSubStatus.ACTIVE),
        (subscription(verified_at=NOW - HOUR, last_push_at=NOW - 4 * MINUTE), True, WebSubStatus.ACTIVE),
        (subscription(verified_at=NOW - HOUR, last_push_at=NOW - 6 * MINUTE), True, WebSubStatus.QUIET),
        (subscription(verified_at=NOW - 4 * MINUTE), True, WebSubStatus.ACTIVE),
        (subscription(verified_at=None), True, WebSubStatus.ACTIVE),
        (subscription(status=WebSubStatus.PENDING, verified_at=NOW - HOUR), True, WebSubStatus.PENDING),
        (subscription(status=WebSubStatus.DENIED, verified_at=NOW - HOUR), True, WebSubStatus.DENIED),
    ],
)
def test_a_hub_that_did_not_tell_is_quiet(known: WebSubSubscription, found_new: bool, becomes: WebSubStatus) -> None:
    """What polling found and the hub did not push makes it quiet, unless it pushed or was verified just now."""
    after = after_poll(known, NOW, found_new=found_new)

    assert after.status is becomes
    assert (after == known) is (becomes is known.status)


def test_a_quiet_hub_is_relied_on_again_when_it_pushes() -> None:
    """Neither renewal nor verification, but a push makes a quiet hub one that is heard."""
    quiet = after_poll(subscription(verified_at=NOW - HOUR), NOW, found_new=True)

    verified = after_answer(quiet, Confirmed(challenge="c", lease=LEASE), NOW + HOUR)
    heard = after_push(verified, NOW + 2 * HOUR)

    assert (quiet.status, verified.status) == (WebSubStatus.QUIET, WebSubStatus.QUIET)
    assert verified.reason == quiet.reason == "polling found what the hub did not push"
    assert not is_pushed(verified, NOW + HOUR)
    assert is_pushed(heard, NOW + 2 * HOUR)
    assert (heard.last_push_at, heard.reason) == (NOW + 2 * HOUR, None)


@pytest.mark.parametrize(
    "known",
    [
        subscription(status=WebSubStatus.QUIET, expires_at=NOW),
        subscription(status=WebSubStatus.PENDING, expires_at=None),
        after_answer(subscription(), Denied(reason="no"), NOW),
    ],
)
def test_a_push_without_a_lease_changes_nothing_but_its_time(known: WebSubSubscription) -> None:
    """A hub that pushes after the lease, or after it said no, is not relied on."""
    after = after_push(known, NOW)

    assert (after.status, after.last_push_at) == (known.status, NOW)
    assert not is_pushed(after, NOW)


def test_a_denial_ends_the_subscription() -> None:
    """A hub may say no at any time: from then on it is not relied on, and asked again after a day."""
    denied = after_answer(subscription(failures=2), Denied(reason="you are not welcome"), NOW + HOUR)

    assert denied.status is WebSubStatus.DENIED
    assert denied.reason == "the hub denied it: you are not welcome"
    assert not should_request(denied, NOW + DAY)
    assert should_request(denied, NOW + DAY + HOUR)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_every_recognised_signature_proves_its_body(method: str) -> None:
    """The four algorithms of §7.1 are known, in upper case and with blanks too; another body is another signature."""
    header = sign(SECRET, BODY, method)

    assert check_signature(SECRET, header, BODY)
    assert check_signature(SECRET, f" {header.upper()} ", BODY)
    assert not check_signature(SECRET, header, BODY + b" ")
    assert not check_signature("other", header, BODY)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "=",
        "sha256",
        "sha256=",
        "sha256=00",
        f"md5={hmac.new(SECRET.encode(), BODY, 'md5').hexdigest()}",
        f"sha224={hmac.new(SECRET.encode(), BODY, 'sha224').hexdigest()}",
        f"sha512={hmac.new(SECRET.encode(), BODY, 'sha256').hexdigest()}",
        f"={hmac.new(SECRET.encode(), BODY, 'sha256').hexdigest()}",
        f"sha256={hashlib.sha256(BODY).hexdigest()}",
        f"{sign(SECRET, BODY)}0",
        "sha256=ключ",
        "sha256=\udcff\udcfe",
        "\udcff=\udcff",
    ],
)
def test_no_other_header_proves_anything(header: str | None) -> None:
    """Missing, cut, of an unknown algorithm, not keyed, or no text at all: it proves nothing and breaks nothing."""
    assert not check_signature(SECRET, header, BODY)


@given(st.binary(max_size=200), st.text(max_size=80))
def test_no_header_is_believed_by_chance(body: bytes, header: str) -> None:
    """Any text that is not the signature is refused."""
    assert not check_signature(SECRET, header, body)


@pytest.mark.parametrize(
    ("lease", "expected"),
    [
        ("864000", timedelta(days=10)),
        ("3600", HOUR),
        ("0003600", HOUR),
        ("1", MINUTE),
        ("0", LEASE),
        ("", LEASE),
        ("-5", LEASE),
        ("1e9", LEASE),
        ("٣٦٠٠", LEASE),
        ("99999999999999999999", timedelta(days=90)),
    ],
)
def test_a_lease_is_believed_within_reason(lease: str, expected: timedelta) -> None:
    """The hub decides the lease, from a minute to 90 days; without a number it is what was asked for."""
    query = {"hub.mode": "subscribe", "hub.topic": "https://news.example/ep.xml", "hub.challenge": "abc"}

    answer = verify_intent(subscription(), query | {"hub.lease_seconds": lease})

    assert answer == Confirmed(challenge="abc", lease=expected)


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"hub.topic": "https://other.example/"}, Refused(reason="another topic")),
        ({"hub.topic": "https://other.example/", "hub.mode": "denied"}, Refused(reason="another topic")),
        ({"hub.mode": "unsubscribe"}, Refused(reason="we did not ask for unsubscribe")),
        ({"hub.mode": ""}, Refused(reason="we did not ask for nothing")),
        ({"hub.mode": "a\x1b[2J\nb"}, Refused(reason="we did not ask for a [2J b")),
        ({"hub.challenge": ""}, Refused(reason="no challenge")),
        ({"hub.mode": "denied"}, Denied(reason="without a reason")),
        ({"hub.mode": "denied", "hub.reason": " not\n\x1b here "}, Denied(reason="not here")),
        ({"hub.mode": "denied", "hub.reason": "x" * 999}, Denied(reason="x" * 200)),
    ],
)
def test_what_was_not_asked_for_is_refused(changes: dict[str, str], answer: Refused | Denied) -> None:
    """Only a subscription to our topic is confirmed; what a hub writes is shown in one harmless line."""
    query = {"hub.mode": "subscribe", "hub.topic": "https://news.example/ep.xml", "hub.challenge": "abc"}

    assert verify_intent(subscription(), query | changes) == answer


def test_an_empty_question_is_refused() -> None:
    """A stranger who finds the callback and asks nothing gets nothing."""
    assert verify_intent(subscription(), {}) == Refused(reason="another topic")


def test_a_push_is_a_document_of_its_topic() -> None:
    """What was pushed is read like what is fetched from the topic, compressed as it came."""
    push = Push(subscription=subscription(), body=BODY, content_type="text/xml", content_encoding="gzip")

    document = pushed_document(push, NOW)

    assert (document.url, document.body, document.fetched_at) == ("https://news.example/ep.xml", BODY, NOW)
    assert (document.content_type, document.content_encoding) == ("text/xml", "gzip")


def test_secrets_are_in_no_representation() -> None:
    """A subscription, or what was pushed for it, shows neither its secret nor the end of its callback."""
    shown = repr(Push(subscription=subscription(), body=b""))

    assert "hidden-secret" not in shown
    assert "hidden-id" not in shown


@given(st.integers(60, 90 * 24 * 3600))
def test_every_lease_is_renewed_before_it_ends(seconds: int) -> None:
    """Whatever the lease, it is renewed while the hub can still be relied on, and not in its first half."""
    lease = timedelta(seconds=seconds)
    known = after_answer(subscription(), Confirmed(challenge="c", lease=lease), NOW)

    assert known.expires_at == NOW + lease
    assert not should_request(known, NOW + lease / 2)
    assert should_request(known, NOW + lease * 0.75)
    assert is_pushed(known, NOW + lease * 0.75)
