"""Every phrase that the bot says, in Telegram's HTML; what stands in braces is filled in, escaped."""

from __future__ import annotations

WELCOME = (
    "Hello. I read {feeds} feeds and tell you at once of the articles that matter to you.\n\n"
    "Write the words to watch, as\n<code>{example}</code>\nor pick from the rules that are there."
)
WELCOME_GROUP = (
    "Hello. I read {feeds} feeds and tell this chat at once of the articles that matter to it.\n\n"
    "Its admins choose which: /watch with words, as\n<code>/watch {example}</code>\nor /rules."
)
PICK_A_RULE = "Pick a rule"
BUTTON_HELP = "Help"
ONE_ALERT = "1 alert"
ALERTS = "{count} alerts"
EXAMPLE_QUERY = '(captive OR "prisoners of war") NEAR/10 families'

HELP_TITLE = "<b>What I can do</b>"
HELP_LINE = "/{name} – {summary}"
HELP_WRITE = "In a private chat words alone are enough: I show what they would have found before anything is saved."
HELP_ADMINS = "<b>For admins of the bot</b>"

STRANGER = "This bot is not open to everybody. If you should have access, ask its operator; your number is {number}."
STRANGER_INVITE = "This bot is open by invitation. Open the link that you were given, or ask its operator for one."
INVITATION_BAD = "This invitation is used up or was never one. Ask for another."
TOO_FAST = "That was a lot at once; I listen again in a minute."
GROUP_ADMINS_ONLY = "Only admins of this chat may change what it hears."
BOT_ADMINS_ONLY = "That is for the admins of the bot."
UNKNOWN_COMMAND = "I do not know /{name}. /help shows what there is."
BUTTON_OLD = "This button is no longer good; send the command again."
FAILED = "That did not work, and it is not your fault: the operator finds it in the log. Try again in a while."
WRITE_IT_SO = "{problem}\n\nWrite it so:\n<code>{example}</code>"

STOPPED = "I say nothing more here. Your watches and settings are kept: /start brings them back."
STOP_SURE = "Stop all alerts to this chat?"
BUTTON_STOP = "Stop"
BUTTON_CANCEL = "Cancel"
CANCELLED = "Nothing was changed."

WATCH_WHAT = "Say what to watch."
WATCH_TOO_LONG = "A query may have {most} characters; this one has {count}."
WATCH_UNREADABLE = "I cannot read this query:\n<pre>{problem}</pre>"
PREVIEW = "<code>{query}</code>\n\nIn the last {days} days this would have raised <b>{alerts}</b>"
PREVIEW_NONE = "nothing"
PREVIEW_WORST = ", at most {alerts} within an hour ({hour})."
PREVIEW_OF = "\n(of {articles} articles that I have)"
PREVIEW_EXAMPLE = '• <a href="{url}">{title}</a>'
BUTTON_SAVE = "Save"
BUTTON_EDIT = "Edit"
EDIT_IT = "Copy it, change it, and send it again:\n<code>/watch {query}</code>"
WATCHED = "Saved. I tell you of new articles for\n<code>{query}</code>\n\n/watches lists all of them."
WATCHED_ALREADY = "This chat has that watch already:\n<code>{query}</code>"
QUOTA = "{problem}. Remove one first: /watches"
WATCHES = "<b>Watches of this chat</b> ({count})"
WATCHES_NONE = "This chat has no watches. Write one:\n<code>/watch {example}</code>"
WATCH_LINE = "{number}. <code>{query}</code>"
BUTTON_REMOVE = "🗑 {number}"
REMOVED = "Removed:\n<code>{query}</code>"
GONE_ALREADY = "It was removed already."
PAGE = "Page {page} of {pages}"
BUTTON_NEXT = "Next ›"
BUTTON_BEFORE = "‹ Before"

RULES = "<b>Rules of the operator</b>\nPress one to hear of it, or no longer."
RULES_NONE = "The operator offers no rules. Write your own:\n<code>/watch {example}</code>"
RULE_ON = "✅ {title}"
RULE_OFF = "◻️ {title}"
SUBSCRIBED = "This chat hears of: {title}"
UNSUBSCRIBED = "This chat no longer hears of: {title}"
NO_RULE = "There is no rule {name!r}."
NAME_A_RULE = "Say which rule; /rules lists them."

SETTINGS = (
    "<b>Settings of this chat</b>\nTime zone: {timezone}\nQuiet hours: {quiet}\nDigest: {digest}\n"
    "Alerts in an hour: at most {most}\nWatches: {watches} of {most_watches}\nRules: {rules}"
)
NONE = "none"
AT_ONCE = "each alert at once"
QUIET_SET = "Quiet: {hours} ({timezone}). What comes then waits for its end; only urgent alerts come through."
QUIET_OFF = "No more quiet hours."
QUIET_NOW = "Quiet hours: {hours} ({timezone})."
DIGEST_SET = "Digest: {schedule} ({timezone}). The next one comes {next}."
DIGEST_OFF = "Each alert comes at once again."
DIGEST_NOW = "Digest: {schedule} ({timezone})."
TIMEZONE_SET = "Time zone: {timezone}. It is {now} there."
TIMEZONE_NOW = "Time zone: {timezone}. It is {now} there."
TIMEZONE_BAD = "There is no time zone {name!r}."
ALWAYS_QUIET = "These hours never end, so nothing but urgent alerts would come. To stop them all there is /stop."

SILENCED = "Silent until {until}: {what}.\nWhat comes meanwhile is summed up then. /silences lists and ends silences."
SILENCED_FOR_GOOD = "Silent for good: {what}.\n/silences lists and ends silences."
SILENCES = "<b>Silences of this chat</b>"
SILENCES_NONE = "Nothing is silenced here."
SILENCE_LINE = "{number}. {what}, until {until} · {alerts} alerts so far"
SILENCE_LINE_FOR_GOOD = "{number}. {what}, for good · {alerts} alerts so far"
SILENCE_WHAT = {
    "rule": "rule {value}",
    "feed": "feed {value}",
    "story": "one story",
    "keyword": "what matches {value}",
    "tag": "tag {value}",
}
TOO_MANY_SILENCES = "This chat has {most} silences, and may have no more. End one first: /silences"
SILENCE_ENDED = "Ended. What it held comes now."
SILENCE_ASK = "Hear nothing of\n<code>{words}</code>\nfor how long?"
BUTTON_ONE_HOUR = "1 hour"
BUTTON_MORNING = "Until morning"
BUTTON_FOR_GOOD = "For good"
BUTTON_END = "End {number}"
SILENCE_HOW = "Say for how long, and which words."

ALLOWED = "{number} may use the bot."
BANNED = "{number} may no longer use the bot."
NAME_A_NUMBER = "Say which user or chat, by its number."
INVITATION = "Whoever opens this link may use the bot ({uses}):\nhttps://t.me/{bot}?start={code}"
INVITE_HOW_MANY = "Say for how many users, from 1 to 1000."
ONE_USER = "one user"
USERS = "{count} users"
INVITATIONS_OFF = "Invitations count where the configuration says <code>access: invite</code>."
STATUS = (
    "<b>aggregator {version}</b>\nFeeds: {feeds}\nRules: {rules}\nChats: {chats}, {active} of them active\n"
    "Watches: {watches}\nWaiting: {waiting} · given up: {dead}"
)

SUMMARIES = {
    "start": "begin, or come back after /stop",
    "help": "what I can do",
    "watch": "be told of articles with certain words",
    "watches": "what this chat watches; remove some",
    "rules": "the operator's rules; subscribe to some",
    "subscribe": "hear of a rule of the operator",
    "unsubscribe": "no longer hear of a rule",
    "quiet": "hours in which only urgent alerts come",
    "digest": "alerts together, at certain times",
    "timezone": "the time zone of this chat",
    "silence": "hear nothing of some words for a while",
    "silences": "what is silenced; end a silence",
    "settings": "how this chat is set",
    "stop": "no more alerts to this chat",
}
ADMIN_SUMMARIES = {
    "allow": "let a user or a chat use the bot",
    "ban": "keep a user or a chat out",
    "invite": "make an invitation",
    "status": "how the bot is",
}
