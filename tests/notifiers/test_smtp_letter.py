"""Letters: their headers, whatever a title holds."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW, alert, article, delivery, due

from aggregator.model.messages import Message
from aggregator.notifiers.smtp_letter import parse_mailbox, write_letter

HEADERS = {
    *("Message-ID", "Date", "From", "To", "Subject", "List-Id", "Auto-Submitted", "Importance", "References"),
    *("MIME-Version", "Content-Type"),
}


@given(st.text(), st.text())
def test_no_title_adds_or_breaks_a_header(title: str, text: str) -> None:
    """Whatever a feed calls its article, the letter has our headers, and the title on one line of its own."""
    subject = article(title=title)
    about = Message(text=text, plain=text, subject=title + "\r\nBcc: x@example.org", due=due(subject))
    sender = parse_mailbox("desk@example.org")

    letter = write_letter(about, sender=sender, to=(sender,), language='"><x', now=NOW)
    read = message_from_bytes(letter.content, policy=default)

    assert isinstance(read, EmailMessage)
    assert set(read.keys()) == HEADERS
    assert len(read.keys()) == len(HEADERS)
    assert "\n" not in read["Subject"]
    assert read["Subject"].isprintable() or "\u200c" in title or "\u200d" in title
    assert letter.content.isascii()
    assert max(map(len, letter.content.splitlines())) <= 998
    assert read.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    "title",
    ["=?utf-8?q?a=0D=0ABcc:_x@example.org?=", "=?utf-8?b?DQpCY2M6IHg=?= tail", "\ud800 half", "x" * 5000, " \n"],
)
def test_titles_that_are_made_to_break_headers_do_not(title: str) -> None:
    """An encoded word in a title stays the letters that it is made of."""
    sender = parse_mailbox('"Desk, the" <desk@example.org>')
    about = Message(text="", subject=title, due=due(article(title=title)))

    letter = write_letter(about, sender=sender, to=(sender,), language="en", now=NOW)
    read = message_from_bytes(letter.content, policy=default)

    assert read["Bcc"] is None
    assert read["Subject"] in {
        "= ?utf-8?q?a=0D=0ABcc:_x@example.org?=",
        "= ?utf-8?b?DQpCY2M6IHg= ?= tail",
        "? half",
        "x" * 250,
        "Alert",
    }


def test_a_channel_of_odd_letters_has_a_list_id() -> None:
    """A channel's name that is no label is made one."""
    about = alert(article(), "Стіл")
    item = replace(due(article()), alert=about, delivery=delivery(about))
    sender = parse_mailbox("desk@example.org")

    letter = write_letter(Message(text="", due=item), sender=sender, to=(sender,), language="en", now=NOW)

    assert b"List-Id: <channel.alerts.example.org>" in letter.content
