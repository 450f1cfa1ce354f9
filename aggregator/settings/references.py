"""What must fit together across sections: names that are taken, names that nothing has.

Checked on the plain values, so that these problems come at once with those of each section's own shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aggregator.errors import Problem
from aggregator.settings.feed_urls import absolute_url, feed_ids
from aggregator.settings.merge import Merged
from aggregator.settings.opml import MASKED, is_masked
from aggregator.settings.tree import SettingsPath
from aggregator.settings.validation import did_you_mean, unknown

_Item = tuple[SettingsPath, dict[str, object]]


def reference_problems(merged: Merged) -> Iterator[Problem]:
    """Yield what does not fit together."""
    feeds, rules = _items(merged, "feeds"), _items(merged, "rules")
    channels = merged.values.get("channels")
    yield from _taken(feeds, "id", merged)
    yield from _same_urls(feeds, merged)
    yield from _masked_urls(feeds, merged)
    yield from _taken(rules, "id", merged)
    known_channels = list(channels) if isinstance(channels, dict) else []
    notices = merged.values.get("notices")
    if isinstance(notices, dict):
        yield from _unknown(_texts(notices.get("send_to")), known_channels, ("notices", "send_to"), "channel", merged)
    for path, item in (*_named(merged, "channels"), *rules):
        yield from _two_templates(path, item, merged)
    for path, rule in rules:
        yield from _unknown(_texts(rule.get("send_to")), known_channels, (*path, "send_to"), "channel", merged)
        yield from _term_problems(rule, path, merged)


def reference_notices(merged: Merged) -> Iterator[Problem]:
    """Yield what rules name that no feed of the configuration is: feeds may be added later, or a name is misspelt."""
    feeds = _items(merged, "feeds")
    urls = [absolute_url(str(feed.get("url", "")), merged.place_of((*path, "url"))) for path, feed in feeds]
    known_ids = set(feed_ids([(feed.get("id"), url) for (_, feed), url in zip(feeds, urls, strict=True)]))
    known_tags = {tag for _, feed in feeds for tag in _texts(feed.get("tags"))}
    for path, rule in _items(merged, "rules"):
        selector = rule.get("feeds")
        if not isinstance(selector, dict):
            continue
        for key, known, what in (("ids", known_ids, "feed"), ("tags", known_tags, "tag of a feed")):
            for number, name in enumerate(_texts(selector.get(key))):
                if name not in known:
                    meant = did_you_mean(name, known)
                    message = f"no {what} here is {name!r}, so the rule waits for one that is added{meant}"
                    yield merged.problem((*path, "feeds", key, number), message)


def _items(merged: Merged, section: str) -> list[_Item]:
    values = merged.values.get(section)
    if not isinstance(values, list):
        return []
    return [((section, number), value) for number, value in enumerate(values) if isinstance(value, dict)]


def _named(merged: Merged, section: str) -> list[_Item]:
    values = merged.values.get(section)
    if not isinstance(values, dict):
        return []
    return [((section, name), value) for name, value in values.items() if isinstance(value, dict)]


def _taken(items: Iterable[_Item], key: str, merged: Merged) -> Iterator[Problem]:
    first: dict[str, SettingsPath] = {}
    for path, item in items:
        name = item.get(key)
        if name is None:
            continue
        if str(name) in first:
            place = merged.place_of(first[str(name)])
            message = f"the {key} {str(name)!r} is taken in {place.file}:{place.line}; choose another"
            yield merged.problem((*path, key), message)
        first.setdefault(str(name), path)


def _same_urls(feeds: Iterable[_Item], merged: Merged) -> Iterator[Problem]:
    first: dict[str, SettingsPath] = {}
    for path, feed in feeds:
        url = absolute_url(str(feed.get("url", "")), merged.place_of((*path, "url")))
        if url and url in first:
            place = merged.place_of(first[url])
            message = f"this feed stands in {place.file}:{place.line} too; one of them must go"
            yield merged.problem((*path, "url"), message)
        first.setdefault(url, path)


def _masked_urls(feeds: Iterable[_Item], merged: Merged) -> Iterator[Problem]:
    for path, feed in feeds:
        if is_masked(str(feed.get("url", ""))):
            yield merged.problem((*path, "url"), MASKED)


def _unknown(
    names: Iterable[str], known: Iterable[str], path: SettingsPath, kind: str, merged: Merged
) -> Iterator[Problem]:
    choices = set(known)
    for number, name in enumerate(names):
        if name not in choices:
            yield merged.problem((*path, number), unknown(kind, name, choices))


def _two_templates(path: SettingsPath, item: dict[str, object], merged: Merged) -> Iterator[Problem]:
    if item.get("template") is not None and item.get("template_file") is not None:
        yield merged.problem((*path, "template_file"), "there is a template beside it; one of them must go")


def _term_problems(rule: dict[str, object], path: SettingsPath, merged: Merged) -> Iterator[Problem]:
    lists = {name: _texts(rule.get(name)) for name in ("all", "any", "none")}
    if rule.get("query") is not None and any(lists.values()):
        message = "a rule has either a query or the lists all, any and none; put the terms into the query"
        yield merged.problem((*path, "query"), message)
    is_by_example = bool(_texts(rule.get("like")))
    if rule.get("threshold") is not None and not is_by_example:
        message = "threshold says how like an article must be to examples; add like: [example.txt]"
        yield merged.problem((*path, "threshold"), message)
    if rule.get("query") is None and not (lists["all"] or lists["any"] or (is_by_example and not lists["none"])):
        what = "only excludes; add an any or all list" if lists["none"] else "looks for nothing; add a query"
        name = f"the rule {rule['id']!r}" if rule.get("id") else "this rule"
        yield merged.problem(path, f"{name} {what}, as query: 'word OR \"a phrase\"'")
    tests = rule.get("tests")
    for number, test in enumerate(tests if isinstance(tests, list) else []):
        if isinstance(test, dict) and (test.get("match") is None) == (test.get("no_match") is None):
            message = 'a test is either {match: "text"} or {no_match: "text"}'
            yield merged.problem((*path, "tests", number), message)


def _texts(value: object) -> list[str]:
    if value is None or isinstance(value, dict):
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
