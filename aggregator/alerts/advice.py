"""What a person can do about a delivery that did not arrive."""

from __future__ import annotations

from aggregator.errors import DeliveryFailure

_ADVICE = {
    DeliveryFailure.THROTTLED: "The service asked to wait, and it is tried again by itself. If this happens all day, "
    "send less to the channel: a rule of its own, or a digest.",
    DeliveryFailure.UNAVAILABLE: "The service could not be reached, and it is tried again by itself for 3 days. See "
    "whether this machine is online and the address in the configuration is right.",
    DeliveryFailure.OUTCOME_UNKNOWN: "It may have arrived: look into the channel. Retry it if it did not; discard it "
    "if it did.",
    DeliveryFailure.REJECTED: "The service will never take this message as it is. What it answered says why; mend the "
    "template or the channel's options, then retry it, or discard it.",
    DeliveryFailure.UNAUTHORIZED: "The service does not know the token or the password. Put the right one into the "
    "configuration; then what waits is sent, and what is dead can be retried.",
    DeliveryFailure.RECIPIENT_GONE: "The recipient takes nothing: the bot was blocked or removed, or the chat or the "
    "mailbox is gone. Let the bot in again, or name another recipient in the configuration; then retry.",
    DeliveryFailure.RECIPIENT_MOVED: "The recipient has another address now. Write that into the configuration, then "
    "retry.",
    DeliveryFailure.IMAGE_REFUSED: "The service took neither the image nor the message without it. Retry it, or turn "
    "images off for the channel.",
    DeliveryFailure.MESSAGE_GONE: "The message that this changes is no more, so there is nothing to change. Discard "
    "it.",
    DeliveryFailure.MISCONFIGURED: "The channel's options do not fit the service. `aggregator channels test` tries "
    "them; mend them, then retry.",
}


def advice_for(reason: str) -> str | None:
    """Return what to do about a delivery's `reason`, None where that says it itself."""
    named = (advice for failure, advice in _ADVICE.items() if reason.startswith(f"{failure}:"))
    return next(named, None)
