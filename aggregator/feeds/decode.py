"""Decompress a body as its Content-Encoding says (RFC 9110 §8.4), never to more than a limit. Runs in the worker."""

from __future__ import annotations

import sys
import zlib
from contextlib import suppress

import brotli

if sys.version_info >= (3, 14):  # pragma: no cover - one of the two, by Python's version
    from compression import zstd
else:
    from backports import zstd

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_START = b"\x1f\x8b\x08"
"""RFC 1952 §2.3.1: the magic number, and the one method that there is."""

_GZIP_WINDOW = 31
_ZLIB_WINDOW = 15
_RAW_WINDOW = -15
_MAX_LAYERS = 3
_MAX_MEMBERS = 1000
"""Members of one gzip body, frames of one zstd body: empty ones cost time, and no byte of the limit."""

_ZSTD_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
"""8 MB, as RFC 9659 §3 bounds what a Content-Encoding may ask for."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PLAIN_STARTS = (b"<", b"{", b"\xff\xfe<\x00", b"\xfe\xff\x00<")


class BadCompression(Exception):
    """The body is not what its Content-Encoding says."""


class TooLarge(Exception):
    """The body decompresses to more than the limit."""


def decode_body(body: bytes, content_encoding: str | None, limit_bytes: int) -> bytes:
    """Return the decompressed `body`.

    A body that was cut off comes back as far as it goes: what is in it can still be read. A body that is not
    compressed at all, whatever the header says, comes back as it is, as browsers do; one in gzip is read as that.

    Raises:
        BadCompression: when it is damaged from the start, or its encoding is unknown.
        TooLarge: when it comes to more than `limit_bytes`.
    """
    layers = [layer.strip().lower() for layer in (content_encoding or "").split(",") if layer.strip()]
    if len(layers) > _MAX_LAYERS:
        raise BadCompression(f"{len(layers)} layers of compression")
    for layer in reversed(layers):
        body = _decode_layer(body, layer, limit_bytes)
    if body.startswith(_GZIP_MAGIC):
        body = _inflate(body, _GZIP_WINDOW, limit_bytes)
    if len(body) > limit_bytes:
        raise TooLarge
    return body


def _decode_layer(body: bytes, layer: str, limit_bytes: int) -> bytes:
    if layer == "br" and body.startswith(_GZIP_START):
        # Brotli has no magic number: it takes some gzip headers for the beginning of a stream, and waits for more.
        with suppress(BadCompression):
            return _inflate(body, _GZIP_WINDOW, limit_bytes)
    try:
        return _decompress(body, layer, limit_bytes)
    except BadCompression:
        # What is named wrongly is taken for what it is; what is gzip comes out of the caller's last step.
        if body.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(_PLAIN_STARTS) or body.startswith(_GZIP_MAGIC):
            return body
        raise


def _decompress(body: bytes, layer: str, limit_bytes: int) -> bytes:
    if layer == "identity":
        return body
    if layer in ("gzip", "x-gzip"):
        return _inflate(body, _GZIP_WINDOW, limit_bytes)
    if layer == "deflate":
        return _inflate(body, _ZLIB_WINDOW if _is_zlib(body) else _RAW_WINDOW, limit_bytes)
    if layer == "br":
        return _unbrotli(body, limit_bytes)
    if layer == "zstd":
        return _unzstd(body, limit_bytes)
    raise BadCompression(f"unknown Content-Encoding {layer!r}")


def _is_zlib(body: bytes) -> bool:
    """Whether `body` starts as RFC 1950 says; some servers send raw RFC 1951 as "deflate"."""
    return len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and (body[0] << 8 | body[1]) % 31 == 0


def _inflate(body: bytes, window: int, limit_bytes: int) -> bytes:
    out = bytearray()
    for _ in range(_MAX_MEMBERS):
        decompressor = zlib.decompressobj(window)
        try:
            out += decompressor.decompress(body, limit_bytes + 1 - len(out))
        except zlib.error as error:
            return _what_there_is(bytes(out), str(error))
        if len(out) > limit_bytes:
            raise TooLarge
        # gzip allows several members one after the other (RFC 1952 §2.2); what follows otherwise is padding.
        body = decompressor.unused_data
        if not body.startswith(_GZIP_MAGIC):
            return bytes(out)
    raise BadCompression(f"more than {_MAX_MEMBERS:,} gzip members")


def _unbrotli(body: bytes, limit_bytes: int) -> bytes:
    decompressor = brotli.Decompressor()
    out = bytearray()
    data = body
    try:
        while True:
            out += decompressor.process(data, output_buffer_limit=limit_bytes + 1 - len(out))
            data = b""
            if len(out) > limit_bytes:
                raise TooLarge
            if decompressor.is_finished() or decompressor.can_accept_more_data():
                return bytes(out)
    except brotli.error as error:
        return _what_there_is(bytes(out), str(error))


def _unzstd(body: bytes, limit_bytes: int) -> bytes:
    out = bytearray()
    for _ in range(_MAX_MEMBERS):
        decompressor = zstd.ZstdDecompressor(options=_ZSTD_WINDOW)
        try:
            out += decompressor.decompress(body, limit_bytes + 1 - len(out))
        except zstd.ZstdError as error:
            return _what_there_is(bytes(out), str(error))
        if len(out) > limit_bytes:
            raise TooLarge
        body = decompressor.unused_data
        if not body:
            return bytes(out)
    raise BadCompression(f"more than {_MAX_MEMBERS:,} zstd frames")


def _what_there_is(out: bytes, error: str) -> bytes:
    if out:
        return out
    raise BadCompression(error)
