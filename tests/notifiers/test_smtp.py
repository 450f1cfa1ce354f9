"""E-mail: letters over a real mail server, and what each of its refusals means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.builders import article, due
from support.certificates import Authority
from support.mail_server import MailServer
from support.notifying import context, digest_of
from support.silent_server import silent_server

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.model.messages import Message, WhenUnknown
from aggregator.model.rules import Priority
from aggregator.notifiers.smtp import PLUGIN, EmailNotifier, EmailOptions
from aggregator.notifiers.smtp_answers import Stage, reason_of

TO = ("editor@example.org", "Night Desk <night@example.org>")


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """A mail server without encryption."""
    async with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that has issued the certificate `mail`."""
    authority = Authority.make(tmp_path_factory.mktemp("mail"))
    authority.issue("mail")
    return authority


def options_for(port: int, **changes: Any) -> dict[str, Any]:
    """The options of a channel without encryption."""
    made = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "Desk <desk@example.org>", "to": TO}
    return made | changes


def notifier_for(port: int, seconds: float = 5, **changes: Any) -> EmailNotifier:
    """A notifier for a server on loopback."""
    options = EmailOptions.model_validate(options_for(port, **changes))
    assert PLUGIN.missing(options, context()) is None
    return PLUGIN.open(Channel(id=ChannelId("desk"), type="email", language="uk"), options, context(seconds))


def message(**changes: Any) -> Message:
    """An alert as it is rendered for e-mail."""
    made = Message(
        text="<p><b>Полонені</b> &amp; families</p>",
        plain="Полонені & families\n\nhttps://news.example/a1",
        subject="Полонені: relatives were called",
        due=due(article(), priority=Priority.HIGH),
    )
    return replace(made, **changes)


async def test_a_letter_arrives_as_it_was_meant(server: MailServer) -> None:
    """Both parts, the headers and the envelope are there; a repeat has the same id, so that it is recognised."""
    notifier = notifier_for(server.port)

    sent = await notifier.send(message())
    again = await notifier.send(message())
    await notifier.close()

    first, second = server.arrived
    letter = first.letter
    plain, html = letter.iter_parts()
    assert first.sender == "desk@example.org"
    assert first.recipients == ("editor@example.org", "night@example.org")
    assert letter["Subject"] == "Полонені: relatives were called"
    assert letter["From"] == "Desk <desk@example.org>"
    assert letter["To"] == "editor@example.org, Night Desk <night@example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Importance"] == "high"
    assert letter["List-Id"] == "<desk.alerts.example.org>"
    assert plain.get_content().splitlines() == ["Полонені & families", "", "https://news.example/a1"]
    assert "<body><p><b>Полонені</b> &amp; families</p></body>" in html.get_content()
    assert '<html lang="uk">' in html.get_content()
    assert sent.message_id == again.message_id == letter["Message-ID"] == second.letter["Message-ID"]
    assert str(sent.message_id).startswith(f"<{message().due.delivery.id}.")
    assert first.content.isascii()
    assert max(map(len, first.content.splitlines())) <= 998


@pytest.mark.parametrize("sign", ["x", "<", "ї", "\U0001f680", ".\n"])
async def test_the_longest_text_is_taken(server: MailServer, sign: str) -> None:
    """A text as long as the notifier says goes through whole, whatever it is made of."""
    notifier = notifier_for(server.port)
    text = sign * (notifier.capabilities.text_limit // len(sign))

    await notifier.send(message(text=text, plain=text, subject=text))

    plain, html = server.arrived[0].letter.iter_parts()
    assert plain.get_content().splitlines() == text.splitlines()
    assert "\n".join(text.splitlines()) in "\n".join(html.get_content().splitlines())


async def test_letters_of_a_story_are_one_thread(server: MailServer) -> None:
    """All refer to the story, and an answer to what it answers; a digest belongs to no story."""
    notifier = notifier_for(server.port)
    digest = digest_of(due(article()))

    first = await notifier.send(message())
    await notifier.send(message(text="<p>changed</p>", reply_to=first.message_id))
    await notifier.send(message(text="<p>odd</p>", reply_to="<a@b>\r\nBcc: x@y"))
    await notifier.send(message(due=digest, subject="Digest · 3 alerts (1/2)", text="<p>one</p>"))
    await notifier.send(message(due=digest, subject="Digest · 3 alerts (2/2)", text="<p>two</p>"))

    new, reply, odd, gathered, more = (arrived.letter for arrived in server.arrived)
    story = f"<story.{message().due.alert.story_id}@example.org>"
    assert (new["In-Reply-To"], new["References"]) == (None, story)
    assert (reply["In-Reply-To"], reply["References"]) == (first.message_id, f"{story} {first.message_id}")
    assert (odd["In-Reply-To"], odd["References"], odd["Bcc"]) == (None, story, None)
    assert (gathered["References"], gathered["Subject"]) == (None, "Digest · 3 alerts (1/2)")
    assert (more["References"], more["Subject"]) == (None, "Digest · 3 alerts (2/2)")
    assert len({letter["Message-ID"] for letter in (new, reply, odd, gathered, more)}) == 5


@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
async def test_passwords_travel_encrypted(authority: Authority, security: str, implicit: bool) -> None:
    """The server is known by its certificate, and the name and password are what it asks for."""
    certificate = authority.issue(f"mail-{security}")
    tls = authority.server_context(certificate)
    async with MailServer(tls=tls, implicit_tls=implicit, login=("desk", "s3cret")) as server:
        changes: dict[str, Any] = {"security": security, "username": "desk", "ca_file": authority.root.cert}
        notifier = notifier_for(server.port, password="s3cret", **changes)
        wrong = notifier_for(server.port, password="wrong-word", **changes)

        await notifier.send(message())
        with pytest.raises(DeliveryFailed) as caught:
            await wrong.send(message())

    [arrived] = server.arrived
    assert (arrived.was_encrypted, arrived.was_logged_in) == (True, True)
    assert caught.value.reason is DeliveryFailure.UNAUTHORIZED
    assert "535" in caught.value.detail
    assert "wrong-word" not in str(caught.value)


@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    authority: Authority, security: str, implicit: bool
) -> None:
    """A certificate of an unknown authority ends it before the password is sent."""
    tls = authority.server_context(authority.issue(f"unknown-{security}"))
    async with MailServer(tls=tls, implicit_tls=implicit) as server:
        notifier = notifier_for(server.port, security=security)

        with pytest.raises(DeliveryFailed, match=r"unavailable: .*certificate verify failed"):
            await notifier.send(message())

    assert server.arrived == []


async def test_encryption_is_not_given_up(server: MailServer) -> None:
    """A server that offers no STARTTLS, or no login, is not used without."""
    plain = notifier_for(server.port, security="starttls")
    named = notifier_for(server.port, username="desk", password="s3cret")

    with pytest.raises(DeliveryFailed, match=r"misconfigured: .*STARTTLS extension not supported"):
        await plain.send(message())
    with pytest.raises(DeliveryFailed, match=r"misconfigured: .*check security, username"):
        await named.send(message())

    assert server.arrived == []


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"data_answer": "451 4.7.1 Try again later"}, DeliveryFailure.UNAVAILABLE),
        ({"data_answer": "554 5.7.1 Looks like spam"}, DeliveryFailure.REJECTED),
        ({"data_answer": "550 5.1.1 User unknown"}, DeliveryFailure.RECIPIENT_GONE),
        ({"sender_answer": "553 5.7.1 Sender address rejected: not owned by user"}, DeliveryFailure.UNAUTHORIZED),
        ({"sender_answer": "550 5.1.8 Sender domain not found"}, DeliveryFailure.MISCONFIGURED),
        ({"sender_answer": "421 4.3.2 Shutting down"}, DeliveryFailure.UNAVAILABLE),
        ({"size_limit": 300}, DeliveryFailure.REJECTED),
        ({"login": ("desk", "s3cret")}, DeliveryFailure.UNAUTHORIZED),
    ],
)
async def test_each_refusal_has_its_reason(answers: dict[str, Any], reason: DeliveryFailure) -> None:
    """What the server says decides what comes next."""
    async with MailServer(**answers) as server:
        notifier = notifier_for(server.port)

        with pytest.raises(DeliveryFailed) as caught:
            await notifier.send(message())

    assert caught.value.reason is reason
    assert server.arrived == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("550 5.1.1 No such user", DeliveryFailure.RECIPIENT_GONE),
        ("550 No such user here", DeliveryFailure.RECIPIENT_GONE),
        ("550 5.2.1 Mailbox disabled", DeliveryFailure.RECIPIENT_GONE),
        ("554 5.7.1 Relay access denied", DeliveryFailure.UNAUTHORIZED),
        ("552 5.2.2 Mailbox full", DeliveryFailure.UNAVAILABLE),
        ("450 4.2.0 Greylisted", DeliveryFailure.UNAVAILABLE),
        ("554 Transaction failed", DeliveryFailure.REJECTED),
        ("555 5.5.4 Parameters not recognized", DeliveryFailure.REJECTED),
    ],
)
async def test_a_refused_recipient_has_a_reason(server: MailServer, answer: str, reason: DeliveryFailure) -> None:
    """Who is gone, who is full for now and who may not be written to are told apart."""
    notifier = notifier_for(server.port, to=["editor@example.org"])
    server.recipient_answers["editor@example.org"] = answer

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())

    assert caught.value.reason is reason
    assert f"editor@example.org: {answer}" in caught.value.detail


@pytest.mark.parametrize(
    ("stage", "code", "reason"),
    [
        (Stage.CONNECT, 554, DeliveryFailure.UNAUTHORIZED),
        (Stage.CONNECT, 220, DeliveryFailure.UNAVAILABLE),
        (Stage.DATA, -1, DeliveryFailure.OUTCOME_UNKNOWN),
    ],
)
def test_odd_answers_have_a_reason(stage: Stage, code: int, reason: DeliveryFailure) -> None:
    """A server that lets nobody in, and one that speaks no SMTP, are no mystery."""
    assert reason_of(stage, code, "whatever") is reason


async def test_greylisting_ends_with_everybody_having_it_once(server: MailServer) -> None:
    """Who is let in at once has the letter at once; the next attempt goes to the others alone."""
    notifier = notifier_for(server.port)
    server.greylisted.add("night@example.org")

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    sent = await notifier.send(message())

    assert caught.value.reason is DeliveryFailure.UNAVAILABLE
    assert "night@example.org: 450 4.2.0 Greylisted" in caught.value.detail
    assert [arrived.recipients for arrived in server.arrived] == [("editor@example.org",), ("night@example.org",)]
    assert {arrived.letter["Message-ID"] for arrived in server.arrived} == {sent.message_id}


async def test_one_recipient_who_is_gone_does_not_stop_the_others(server: MailServer) -> None:
    """The letter is sent, and the log names the address that a person must take out."""
    notifier = notifier_for(server.port)
    server.recipient_answers["night@example.org"] = "550 5.1.1 No such user"

    with capture_logs() as logs:
        await notifier.send(message())

    [log] = logs
    assert (log["event"], log["log_level"]) == ("recipient_refused", "error")
    assert log["address"] == "night@example.org"
    assert [arrived.recipients for arrived in server.arrived] == [("editor@example.org",)]


async def test_what_is_remembered_of_half_sent_letters_is_bounded(server: MailServer) -> None:
    """A mailbox that stays full for weeks costs no memory; the oldest letter is then sent to all again."""
    notifier = notifier_for(server.port)
    server.recipient_answers["night@example.org"] = "452 4.2.2 Mailbox full"

    for number in range(101):
        with pytest.raises(DeliveryFailed):
            await notifier.send(message(text=f"{number}"))
    with pytest.raises(DeliveryFailed):
        await notifier.send(message(text="0"))
    with pytest.raises(DeliveryFailed):
        await notifier.send(message(text="100"))

    assert len(server.arrived) == 102


@pytest.mark.parametrize("trouble", [{"hangs_up": True}, {"falls_silent": True}])
async def test_no_answer_to_the_text_is_an_unknown_outcome(trouble: dict[str, bool]) -> None:
    """The server has the letter and does not say so: it is sent again, and recognised by its id."""
    async with MailServer(**trouble) as server:  # type: ignore[arg-type] # the test names fields
        notifier = notifier_for(server.port, seconds=0.5)

        with pytest.raises(DeliveryFailed) as caught:
            await notifier.send(message())

    assert caught.value.reason is DeliveryFailure.OUTCOME_UNKNOWN
    assert len(server.arrived) == 1
    assert notifier.capabilities.when_unknown is WhenUnknown.RETRY


async def test_a_server_that_is_not_there_may_come_back() -> None:
    """Nothing was sent: neither to a closed port, nor to one that never greets."""
    with silent_server() as url:
        silent = notifier_for(int(url.rpartition(":")[2]), seconds=0.2)
        missing = notifier_for(1)

        with pytest.raises(DeliveryFailed, match=r"unavailable: 127\.0\.0\.1:"):
            await silent.send(message())
        with pytest.raises(DeliveryFailed, match=r"unavailable: 127\.0\.0\.1:1 cannot be reached"):
            await missing.send(message())


async def test_a_server_that_hangs_up_early_may_come_back() -> None:
    """A connection that ends before the text was sent leaves nothing in doubt."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example\r\n")
        await reader.readline()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    notifier = notifier_for(server.sockets[0].getsockname()[1])

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    server.close()
    await server.wait_closed()

    assert caught.value.reason is DeliveryFailure.UNAVAILABLE


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sender": "desk"}, "is no address"),
        ({"to": ["a@b\r\nBcc: c@d"]}, "is no address"),
        ({"to": ["Desk\n <a@example.org>"]}, "is no address"),
        ({"to": ["a..b@example.org"]}, "is no address"),
        ({"to": []}, "0 recipients"),
        ({"to": ["a@example.org"] * 101}, "101 recipients"),
        ({"host": "mail.example.org", "password": "s3cret"}, "in the clear"),
        ({"host": "192.0.2.1", "password": "s3cret"}, "in the clear"),
        ({"ca_file": "/nowhere.pem"}, "does not point to a file"),
    ],
)
def test_options_that_cannot_work_are_refused(changes: dict[str, Any], words: str) -> None:
    """Addresses, passwords in the clear and missing files are found before anything is sent."""
    with pytest.raises(ValueError, match=words):
        EmailOptions.model_validate(options_for(25, **changes))


def test_a_name_needs_its_password() -> None:
    """Half of a login is a mistake that `check` finds; the defaults are those of a mail provider."""
    options = EmailOptions(host="localhost", sender="desk@example.org", to=TO, username="desk")

    missing = PLUGIN.missing(options, context())
    notifier = PLUGIN.open(Channel(id=ChannelId("desk"), type="email"), options, context())

    assert missing is not None
    assert "username and password" in missing
    assert notifier._server.port == 587
    assert "s3cret" not in repr(notifier_for(25, username="desk", password="s3cret")._server)


async def test_a_file_that_is_no_authority_is_a_mistake(tmp_path: Path) -> None:
    """The file is there and holds no certificate: the message names it."""
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    notifier = notifier_for(25, security="tls", ca_file=junk)

    with pytest.raises(DeliveryFailed, match=r"misconfigured: ca_file .*junk\.pem"):
        await notifier.send(message())


async def test_letters_are_not_edited() -> None:
    """What was sent is its reader's."""
    notifier = notifier_for(25)

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.edit("<a@b>", message())

    assert caught.value.reason is DeliveryFailure.MESSAGE_GONE
    assert not notifier.capabilities.can_edit
