"""Decompression: every encoding, and never more than the limit."""

from __future__ import annotations

import base64
import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.decode import BadCompression, TooLarge, decode_body

TEXT = b"<rss>" + b"words and words " * 500 + b"</rss>"
ZSTD = "KLUv/WBLHv0AAKg8cnNzPndvcmRzIGFuZCA8L3Jzcz4CAC0/swPFSh0="
RAW = zlib.compressobj(wbits=-15)
ENCODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": RAW.compress(TEXT) + RAW.flush(),
    "br": brotli.compress(TEXT),
    "zstd": base64.b64decode(ZSTD),
    "identity": TEXT,
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
    "": gzip.compress(TEXT),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_every_encoding_is_read(encoding: str) -> None:
    """What a server may send comes out as it went in."""
    assert decode_body(ENCODED[encoding], encoding, 100_000) == TEXT


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_bomb_is_refused_at_the_limit(encoding: str) -> None:
    """One byte over the limit is too large, in every encoding."""
    with pytest.raises(TooLarge):
        decode_body(ENCODED[encoding], encoding, len(TEXT) - 1)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "unknown", "gzip, gzip, gzip, gzip"])
def test_damage_from_the_start_is_named(encoding: str) -> None:
    """What is not compressed as it says is an error of its own."""
    with pytest.raises(BadCompression):
        decode_body(b"\xff\xfe\x01\x02not compressed", encoding, 100_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_plain_text_that_claims_to_be_compressed_is_taken(encoding: str) -> None:
    """A server that only says so is believed no more than a browser would."""
    assert decode_body(TEXT, encoding, 100_000) == TEXT


@pytest.mark.parametrize("start", ["\ufeff", " \r\n", ""])
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_plain_text_is_known_in_every_guise(start: str, charset: str) -> None:
    """With a byte order mark, with blanks before it, in UTF-16: what starts as a document does is one."""
    text = (start if charset == "utf-8" else "") + "<rss/>"

    assert decode_body(text.encode(charset), "gzip", 100_000) == text.encode(charset)


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "unknown", "identity", "gzip"])
def test_gzip_under_another_name_is_read(encoding: str) -> None:
    """Its first bytes say what it is, whatever its server says; once more than was said as well.

    The time in its header makes some, but not all, look like the beginning of something in Brotli.
    """
    bodies = [gzip.compress(TEXT, mtime=moment) for moment in (0, 1_795_577_024, *range(1_795_576_000, 1_795_577_000))]

    assert {decode_body(body, encoding, 100_000) for body in bodies} == {TEXT}


def test_brotli_that_looks_like_gzip_is_brotli() -> None:
    """The bytes of a stream may be those of a gzip header; what cannot be read as gzip is what its server says."""
    body = b"\x1f\x8b\x08" + b"\xff" * 20

    with pytest.raises(BadCompression):
        decode_body(body, "br", 100_000)


def test_what_comes_before_the_damage_is_read() -> None:
    """A body that is good for a while comes back as far as that."""
    assert decode_body(gzip.compress(TEXT) + b"\x1f\x8b\xff\xff damaged", "gzip", 100_000) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_cut_body_comes_back_as_far_as_it_goes(encoding: str) -> None:
    """The part before the cut is still there to read."""
    body = ENCODED[encoding][:-6]

    assert TEXT.startswith(decode_body(body, encoding, 100_000))


@given(st.binary(max_size=200), st.sampled_from([*ENCODED, "weird"]))
def test_any_bytes_decode_or_fail_in_one_way(body: bytes, encoding: str) -> None:
    """Nothing but our own errors comes out."""
    try:
        assert len(decode_body(body, encoding, 1000)) <= 1000
    except (BadCompression, TooLarge):
        return


@pytest.mark.parametrize("frame", [b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0", b"\x50\x2a\x4d\x18\0\0\0\0"])
def test_empty_members_without_end_are_refused(frame: bytes) -> None:
    """Pieces of nothing pass every limit of size: after a thousand of them it is enough."""
    encoding = "gzip" if frame.startswith(b"\x1f") else "zstd"

    with pytest.raises(BadCompression, match="more than 1,000"):
        decode_body(frame * 2000, encoding, 100_000)


def test_a_window_larger_than_the_web_allows_is_refused() -> None:
    """RFC 9659 §3: a zstd body may want 8 MB of memory for its window, and no more."""
    with pytest.raises(BadCompression):
        decode_body(b"\x28\xb5\x2f\xfd\x00\x88" + bytes(20), "zstd", 100_000)
