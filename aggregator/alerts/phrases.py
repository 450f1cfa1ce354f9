"""Every phrase of our own that a reader of an alert sees."""

from __future__ import annotations

from aggregator.model.rules import Priority

RULES = "Rule: "
READ = "Read the article"
OPEN_FEED = "Open the feed"
TEST_TITLE = "Test message from aggregator"
TEST_TEXT = "If you can read this, alerts reach this channel. This is the test word of the rule."
TEST_RULE = "channels test"

PRIORITY_MARKS = {Priority.LOW: "", Priority.NORMAL: "", Priority.HIGH: "❗ ", Priority.URGENT: "🚨 "}

NOTICE_RULE = "notice to the admins"
NOTICE_SOURCE = "aggregator"
NOTICES_TITLE = "{count} notices: {kinds}"
NOTICES_OF_ONE_KIND = "{count} × {kind}"
NOTICES_TEXT = "`aggregator feeds list` shows how each feed is. {feeds}"
MANY_BROKEN = "Is this machine online? "
