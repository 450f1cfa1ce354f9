"""Every phrase of our own that a reader of an alert sees."""

from __future__ import annotations

from aggregator.model.digests import DigestReason
from aggregator.model.rules import Priority

RULES = "Rule: "
READ = "Read the article"
OPEN_FEED = "Open the feed"
ALSO = "Also: "
SOURCES = " · {count} sources"
MORE_SOURCES = " and {count} more"
HEADLINE_CHANGED = "Headline changed: "
GAINED = "Now matches: "
LOST = "No longer matches: "
TEMPLATE_FAILED = "The template of this message failed ({problem}), so it is written without it."
TEST_TITLE = "Test message from aggregator"
TEST_TEXT = "If you can read this, alerts reach this channel. This is the test word of the rule."
TEST_RULE = "channels test"

PRIORITY_MARKS = {Priority.LOW: "", Priority.NORMAL: "", Priority.HIGH: "❗ ", Priority.URGENT: "🚨 "}

DIGEST_TITLES = {
    DigestReason.SCHEDULED: "Digest · {alerts}",
    DigestReason.OVERFLOW: "… and {count} more",
    DigestReason.QUIET_HOURS: "While it was quiet: {alerts}",
    DigestReason.SILENCED: "While silenced: {alerts}",
    DigestReason.RETURNED: "While this channel could not be reached: {alerts}",
}
ONE_ALERT = "1 alert"
ALERTS = "{count} alerts"
PAGE = " ({number}/{pages})"
ENTRY = "• "
SAME_STORY = "↳ "
NO_RULE = "Notices"
NOT_LISTED = "… {count} more, not listed"

NOTICE_RULE = "notice to the admins"
NOTICE_SOURCE = "aggregator"
NOTICES_TITLE = "{count} notices: {kinds}"
NOTICES_OF_ONE_KIND = "{count} × {kind}"
NOTICES_TEXT = "`aggregator feeds list` shows how each feed is. {feeds}"
MANY_BROKEN = "Is this machine online? "
