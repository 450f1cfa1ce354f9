"""The callback that hubs ask and push to (WebSub §5.3 and §7)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Protocol

import structlog
from aiohttp import hdrs, web

from aggregator.feeds.websub import Confirmed, Denied, IntentAnswer, Refused, check_signature, verify_intent
from aggregator.model.websub import Push, WebSubSubscription

CALLBACK_PATH = "/websub/"
_log = structlog.get_logger(__name__)


class PushReceiver(Protocol):
    """Takes what hubs send."""

    async def subscription(self, callback_id: str) -> WebSubSubscription | None:
        """Return the subscription with this callback, None when there is none."""

    async def answered(self, subscription: WebSubSubscription, answer: Confirmed | Denied) -> None:
        """Remember what came of a hub's question."""

    async def pushed(self, push: Push) -> None:
        """Take the content that a hub sent and proved. Returns soon: reading it goes on behind."""


def websub_routes(receiver: PushReceiver) -> Sequence[web.RouteDef]:
    """Return the routes of the callback."""

    async def verify(request: web.Request) -> web.Response:
        subscription = await receiver.subscription(request.match_info["callback_id"])
        answer: IntentAnswer
        if subscription is None:
            answer = Refused(reason="no such subscription")
        else:
            answer = verify_intent(subscription, request.query)
        if subscription is None or isinstance(answer, Refused):
            assert isinstance(answer, Refused)  # noqa: S101 - it is, without a subscription
            _log.warning("websub_question_refused", reason=answer.reason)
            raise web.HTTPNotFound
        await receiver.answered(subscription, answer)
        return web.Response(text=answer.challenge if isinstance(answer, Confirmed) else "")

    async def take(request: web.Request) -> web.Response:
        subscription = await receiver.subscription(request.match_info["callback_id"])
        if subscription is None:
            raise web.HTTPNotFound
        body = await request.read()
        if not check_signature(subscription.secret, request.headers.get("X-Hub-Signature"), body):
            # §7.1.2: the answer is the same, so that nobody learns from it; the content is not used.
            _log.warning("websub_push_refused", feed=subscription.feed_id, reason="its signature is wrong or missing")
        else:
            push = Push(
                subscription=subscription,
                body=body,
                content_type=request.headers.get(hdrs.CONTENT_TYPE),
                link_headers=tuple(request.headers.getall(hdrs.LINK, ())),
            )
            await receiver.pushed(push)
        return web.Response(status=HTTPStatus.ACCEPTED)

    return (web.get(CALLBACK_PATH + "{callback_id}", verify), web.post(CALLBACK_PATH + "{callback_id}", take))
