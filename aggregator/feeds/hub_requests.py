"""Ask a hub for a subscription (WebSub §5.1): the one request that a subscriber makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp import hdrs

from aggregator.feeds.failures import failure_of, without_credentials
from aggregator.feeds.websub import LEASE, one_line
from aggregator.model.retry_after import parse_retry_after
from aggregator.model.websub import HubRefusal, WebSubSubscription

_MAX_ANSWER_BYTES = 1024
_MAX_REDIRECTS = 3
_TIMEOUT = aiohttp.ClientTimeout(total=20)
_MOVED = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
_SUCCESS = range(200, 300)


async def request_subscription(
    session_for: Callable[[str], aiohttp.ClientSession],
    subscription: WebSubSubscription,
    callback_url: str,
    *,
    user_agent: str,
    now: datetime,
) -> HubRefusal | None:
    """Ask the hub to push; return None when it took the request, else why not.

    `session_for` a URL decides which addresses may be reached there. A hub may name another one by 307 or 308 (§5.1);
    it is asked too, but never over http where the first was asked over https: the request holds the secret.
    """
    url = subscription.hub_url
    form = {
        "hub.callback": callback_url,
        "hub.mode": "subscribe",
        "hub.topic": subscription.topic_url,
        "hub.secret": subscription.secret,
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
    }
    # The answer is read in part, so that it must not be compressed.
    headers = {hdrs.USER_AGENT: user_agent, hdrs.ACCEPT_ENCODING: "identity"}
    try:
        for _ in range(_MAX_REDIRECTS + 1):
            async with session_for(url).post(
                url, data=form, headers=headers, allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                location = response.headers.get(hdrs.LOCATION)
                if response.status not in _MOVED or not location:
                    return await _judge(response, subscription, callback_url, now)
            there = urljoin(url, location)
            if not _may_follow(url, there):
                return HubRefusal(reason="the hub names another one that is not asked: it is no https address")
            url = there
    except TimeoutError:
        return HubRefusal(reason=f"the hub did not answer within {_TIMEOUT.total:g} s")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return HubRefusal(reason=failure_of(error, without_credentials(url)).detail)
    return HubRefusal(reason=f"the hub names another one, which names another, more than {_MAX_REDIRECTS} times")


async def _judge(
    response: aiohttp.ClientResponse, subscription: WebSubSubscription, callback_url: str, now: datetime
) -> HubRefusal | None:
    if response.status in _SUCCESS:
        return None
    answer = (await response.content.read(_MAX_ANSWER_BYTES)).decode("utf-8", "replace")
    for secret in (subscription.secret, callback_url, subscription.callback_id):
        answer = answer.replace(secret, "***")
    said = one_line(answer)
    return HubRefusal(
        reason=f"the hub answered {response.status}" + (f": {said}" if said else ""),
        retry_after=parse_retry_after(response.headers.get(hdrs.RETRY_AFTER), now),
    )


def _may_follow(url: str, location: str) -> bool:
    """Whether a hub may send us there.

    Raises:
        ValueError: when it is no address at all.
    """
    here, there = urlsplit(url), urlsplit(location)
    return bool(there.hostname) and there.scheme in ({"https"} if here.scheme == "https" else {"http", "https"})
