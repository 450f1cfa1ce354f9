"""What chats want to hear, laid over the operator's configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.builders import article
from support.chats import ONE, TWO, chat, follows, watch

from aggregator.errors import QueryError
from aggregator.model.chats import chat_channel_id
from aggregator.model.ids import RuleId
from aggregator.operations.audience import Audience
from aggregator.operations.configure import Configuration, configure

RULES = """
rules:
  - {id: museums, query: museum, send_to: [screen]}
  - {id: drones, query: drone}
channels: {screen: {type: console}}
"""
MUSEUMS, DRONES = RuleId("museums"), RuleId("drones")


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """Two rules of the operator, which go to a console."""
    path = tmp_path / "a.yaml"
    path.write_text(RULES)
    return configure(path, {}, lambda _channel, _settings: [])


def heard(audience: Audience, text: str) -> dict[str, list[str]]:
    """Which channels hear of an article with this title, by rule."""
    configuration = audience.configuration
    found = configuration.index.matching_rules(article(title=text, summary=""))
    return {
        rule_id: [one.channel_id for one in configuration.subscriptions.get(rule_id, ())] for rule_id in sorted(found)
    }


def test_what_was_stored_is_heard_beside_the_configuration(configuration: Configuration) -> None:
    """Each chat hears of its own queries and of the rules that it follows, and of no other chat's."""
    audience = Audience(
        configuration,
        [chat(), chat(TWO, quiet_hours=("23:00-07:00",), digest="0 8 * * *")],
        [watch("w1"), watch("w2", TWO), watch("broken", query="AND")],
        [follows(MUSEUMS), follows(DRONES, TWO), follows(RuleId("gone"))],
    )

    assert heard(audience, "Captives") == {"w1": [ONE], "w2": [TWO]}
    assert heard(audience, "Museum") == {"museums": ["screen", ONE]}
    assert heard(audience, "Drone") == {"drones": ["screen", TWO]}
    assert [one.id for one in audience.watches(ONE)] == ["w1"]
    assert audience.followed(TWO) == [DRONES]
    assert [rule.id for rule in audience.offered()] == [MUSEUMS, DRONES]
    channel = audience.configuration.channels[TWO]
    assert (channel.type, channel.timezone, str(channel.quiet_hours)) == ("telegram", "Europe/Kyiv", "23:00-07:00")
    assert channel.digest is not None
    assert set(configuration.channels) == {"screen"}


def test_a_change_is_heard_at_once(configuration: Configuration) -> None:
    """Of a query, a rule that is followed, and a chat's settings; and so is its end."""
    audience = Audience(configuration)
    audience.put_chat(chat())
    audience.put_watch(watch("w1"))
    audience.subscribe(follows(MUSEUMS))
    before = heard(audience, "Captives in a museum")

    audience.put_chat(chat(is_active=False, language="uk"))
    audience.remove_watch(watch("w1"))
    audience.unsubscribe(ONE, MUSEUMS)

    assert before == {"museums": ["screen", ONE], "w1": [ONE]}
    assert heard(audience, "Captives in a museum") == {"museums": ["screen"]}
    known = audience.chat(ONE)
    assert known is not None
    assert (known.language, audience.configuration.channels[ONE].enabled) == ("uk", False)


def test_what_is_not_there_ends_without_a_word(configuration: Configuration) -> None:
    """A button may be pressed twice, and another chat's query is not there for this one."""
    audience = Audience(configuration, [chat(), chat(TWO)], [watch("w1")], [follows(MUSEUMS)])

    audience.subscribe(follows(RuleId("gone")))
    audience.remove_watch(watch("w1", TWO))
    audience.unsubscribe(TWO, MUSEUMS)
    audience.unsubscribe(ONE, RuleId("gone"))
    audience.remove_chat(chat_channel_id(99))

    assert heard(audience, "Captives in a museum") == {"museums": ["screen", ONE], "w1": [ONE]}


def test_a_chat_that_is_removed_hears_nothing_more(configuration: Configuration) -> None:
    """Its queries leave the index with it."""
    audience = Audience(configuration, [chat()], [watch("w1")], [follows(MUSEUMS)])

    audience.remove_chat(ONE)

    assert heard(audience, "Captives in a museum") == {"museums": ["screen"]}
    assert (audience.chat(ONE), audience.watches(ONE), ONE in audience.configuration.channels) == (None, [], False)


def test_a_query_that_cannot_be_read_changes_nothing(configuration: Configuration) -> None:
    """Who wrote it is told."""
    audience = Audience(configuration, [chat()])

    with pytest.raises(QueryError):
        audience.put_watch(watch("w1", query="NOT captives"))

    assert audience.watches(ONE) == []
