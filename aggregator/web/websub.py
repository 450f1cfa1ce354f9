"""The callback that hubs ask and push to (WebSub §5.3 and §7)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Protocol

import structlog
from aiohttp import hdrs, web

from aggregator.feeds.websub import Confirmed, Denied, IntentAnswer, Refused, check_signature, verify_intent
from aggregator.model.websub import Push, WebSubSubscription
from aggregator.web.intake import Intake, Reservation

CALLBACK_PATH = "/websub/"
_LARGE_BYTES = 256 * 1024
_log = structlog.get_logger(__name__)


class PushReceiver(Protocol):
    """Takes what hubs send."""

    async def subscription(self, callback_id: str) -> WebSubSubscription | None:
        """Return the subscription with this callback, None when there is none."""

    async def is_wanted(self, subscription: WebSubSubscription) -> bool:
        """Whether its feed is still there."""

    async def answered(self, subscription: WebSubSubscription, answer: Confirmed | Denied) -> None:
        """Remember what came of a hub's question."""

    def pushed(self, push: Push) -> asyncio.Future[None]:
        """Take the content that a hub sent and proved. The future is done when it is out of memory again."""


def websub_routes(receiver: PushReceiver, intake: Intake) -> Sequence[web.RouteDef]:
    """Return the routes of the callback; bodies of pushes take their room in `intake`."""

    async def verify(request: web.Request) -> web.Response:
        subscription = await receiver.subscription(request.match_info["callback_id"])
        if subscription is None:
            raise web.HTTPNotFound
        answer: IntentAnswer = Refused(reason="the feed is no longer there")
        if await receiver.is_wanted(subscription):
            answer = verify_intent(subscription, request.query)
        if isinstance(answer, Refused):
            _log.warning("websub_question_refused", feed=subscription.feed_id, reason=answer.reason)
            raise web.HTTPNotFound
        await receiver.answered(subscription, answer)
        # Plain text that no browser may take for anything else (§8.2): the challenge is whatever a stranger writes.
        challenge = answer.challenge if isinstance(answer, Confirmed) else ""
        return web.Response(body=challenge.encode("utf-8", "surrogateescape"), content_type="text/plain")

    async def take(request: web.Request) -> web.Response:
        subscription = await receiver.subscription(request.match_info["callback_id"])
        if subscription is None:
            raise web.HTTPNotFound
        if not await receiver.is_wanted(subscription):
            raise web.HTTPGone  # §7: the hub may end the subscription
        with Reservation(intake, subscription.feed_id) as room:
            body = await room.read(request)
            is_proved = await _is_proved(subscription, request.headers.get("X-Hub-Signature"), body)
        if not is_proved:
            # §7.1.2: the answer is the same, so that nobody learns from it; the content is not used.
            room.close()
            _log.warning("websub_push_refused", feed=subscription.feed_id, reason="its signature is wrong or missing")
        else:
            push = Push(
                subscription=subscription,
                body=body,
                content_type=request.headers.get(hdrs.CONTENT_TYPE),
                content_encoding=request.headers.get(hdrs.CONTENT_ENCODING),
            )
            receiver.pushed(push).add_done_callback(lambda _: room.close())
        return web.Response(status=HTTPStatus.ACCEPTED)

    path = CALLBACK_PATH + "{callback_id}"
    return (web.get(path, verify, allow_head=False), web.post(path, take))


async def _is_proved(subscription: WebSubSubscription, signature: str | None, body: bytes) -> bool:
    """Check a signature; that of a large body in a thread, for it takes the event loop some milliseconds a megabyte."""
    if len(body) < _LARGE_BYTES:
        return check_signature(subscription.secret, signature, body)
    return await asyncio.to_thread(check_signature, subscription.secret, signature, body)
