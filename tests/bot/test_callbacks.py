"""What buttons carry: it comes back as it was written, in its own chat, and cannot be made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.bot.callbacks import MAX_BYTES, ButtonSigner, Press

SIGNER = ButtonSigner("1000:token")
PRESS = Press("silence.rule", ("mkq3v7zl2xw4rtya", "morning"))
WORDS = st.text(st.characters(codec="ascii", exclude_characters="|"), min_size=1, max_size=8)


@given(st.integers(-(10**13), 10**13), WORDS, st.lists(WORDS, max_size=3))
def test_what_is_written_is_read_in_its_chat_alone(chat_id: int, action: str, arguments: list[str]) -> None:
    """After a restart too: the key is that of the token."""
    press = Press(action, tuple(arguments))

    data = SIGNER.write(chat_id, press)

    assert len(data.encode()) <= MAX_BYTES
    assert ButtonSigner("1000:token").read(chat_id, data) == press
    assert SIGNER.read(chat_id + 1, data) is None
    assert ButtonSigner("1000:other").read(chat_id, data) is None


@given(st.text(max_size=80))
def test_what_we_did_not_write_is_nothing(data: str) -> None:
    """Whatever somebody sends."""
    assert SIGNER.read(1, data) is None


def test_one_changed_letter_is_a_forgery() -> None:
    """Another argument needs another signature."""
    data = SIGNER.write(1, PRESS)

    assert SIGNER.read(1, data.replace("morning", "forever")) is None
    assert SIGNER.read(1, data[:-1]) is None


def test_a_button_of_another_version_is_nothing() -> None:
    """What it meant then is not what it would mean now."""
    other = ButtonSigner("1000:token")
    body = "0|silence"
    data = f"{body}|{other._signature(1, body)}"

    assert SIGNER.read(1, data) is None


@pytest.mark.parametrize("press", [Press("a" * 60), Press("a", ("b|c",))])
def test_what_cannot_be_carried_is_refused(press: Press) -> None:
    """By who writes the button, not by Telegram later."""
    with pytest.raises(ValueError, match="Press"):
        SIGNER.write(1, press)
