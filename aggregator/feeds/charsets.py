"""From the bytes of an HTML page to its text: what it says of its encoding, checked against its bytes."""

from __future__ import annotations

import codecs
import re

_HEAD_BYTES = 4096
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_DECLARATION = re.compile(rb"<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ISO_2022 = re.compile(rb"\x1b\$[@B]|\x1b\([JI]")
# The WHATWG Encoding Standard §4.2: what these labels mean on the web is a larger set than their names say.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
}
_OTHER_NAMES = {"x-sjis": "shift_jis", "windows-31j": "cp932", "x-gbk": "gbk", "win-1251": "cp1251"}


def decode_page(body: bytes, content_type: str | None) -> str:
    """Return the text of a page; what cannot be decoded is U+FFFD.

    A byte order mark decides; then bytes that are valid UTF-8 and not only ASCII are UTF-8, whatever they are called;
    then the Content-Type field, the page's own `meta` or XML declaration, and last windows-1252.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    if _ISO_2022.search(body):
        return body.decode("iso2022_jp_ext", "replace")
    if _is_utf8(body):
        return body.decode("utf-8", "replace")
    for label in _labels(body, content_type):
        codec = _codec(label)
        # A page that says UTF-8 and is not gets another chance by its next label.
        if codec is not None and codec != "utf-8":
            return body.decode(codec, "replace")
    return body.decode(_guess(body), "replace")


def _labels(body: bytes, content_type: str | None) -> list[str]:
    labels = [found[1]] if (found := _CHARSET.search(content_type or "")) else []
    declared = (pattern.search(body, 0, _HEAD_BYTES) for pattern in (_META, _DECLARATION))
    return labels + [match[1].decode("ascii") for match in declared if match]


def _codec(label: str) -> str | None:
    lower = label.lower()
    try:
        name = codecs.lookup(_OTHER_NAMES.get(lower, lower)).name
    except (LookupError, ValueError):
        return None
    return _MEANT.get(name, name)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A body cut in the middle of its last character is UTF-8 all the same.
        return error.start >= len(body) - 3 and not body.isascii()
    return True


def _guess(body: bytes) -> str:
    """Guess by the letters, where the guesser is installed (it comes with the full text extra)."""
    try:
        from charset_normalizer import from_bytes  # noqa: PLC0415 - an extra
    except ImportError:  # pragma: no cover - the tests run with every extra
        return "cp1252"
    best = from_bytes(body[: 64 * 1024]).best()
    return "cp1252" if best is None else best.encoding
