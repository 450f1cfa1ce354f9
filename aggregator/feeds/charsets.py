"""From the bytes of a document to its text: what it says of its encoding, checked against its bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence

from aggregator.feeds.charset_labels import codec_named
from aggregator.feeds.japanese import decode_euc_jp, decode_iso_2022_jp, looks_like_iso_2022_jp

_HEAD_BYTES = 64 * 1024
"""Where a page is searched for what it says of its encoding: browsers give up after 1,024, authors do not."""

_SAMPLE_BYTES = 256 * 1024
_LETTERS_BYTES = 8 * 1024
_DEFAULT = "cp1252"
_PLENTY = 5
"""How many characters of UTF-8 there are to one broken one at least, where a document is UTF-8 with a flaw."""

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WIDE_STARTS = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_UTF_16 = ("utf-16-le", "utf-16-be")
_CHARSET = re.compile(r"charset\s*+=\s*+[\"']?\s*+([\w.:-]{2,40})", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,500}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{2,40})", re.IGNORECASE)
_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
# What holds no letters of the text; none of the encodings has < or > in the second byte of a character.
_MARKUP = re.compile(
    rb"<!--[^-]*+(?:-(?!->)[^-]*+)*+|<(?P<raw>script|style)\b[^<]*+(?:<(?!/(?P=raw))[^<]*+)*+|<[^<>]*+>?", re.IGNORECASE
)
_BETWEEN_WORDS = re.compile(rb"[\x00-\x40\x5b-\x60\x7b-\x7f]{2,}")
_ASCII_WORD = re.compile(rb"(?<![^ ])[!-~]+(?![^ ])")
_ASCII_LETTERS = bytes(range(0x41, 0x5B)) + bytes(range(0x61, 0x7B))

# The encodings of the web by how many pages have them: the first of those that read equally well is taken.
_GUESSED = (
    "cp1252 cp1251 cp932 gb18030 euc-jp cp949 iso8859-2 cp1250 cp1254 big5hkscs cp1256 cp1255 cp1253 iso8859-7 koi8-u "
    "koi8-r iso8859-5 cp866"
)
# Signs between the letters of a word, where these two have signs and those of Central Europe letters.
_SIGN_IN_WORD = re.compile(rb"[a-z][\xa1-\xa9\xab\xac\xae-\xb6\xb8\xb9\xbb-\xbf][a-z]", re.IGNORECASE)
_WESTERN = frozenset({"cp1252", "cp1254"})
# ISO 8859 has control characters where windows-1250 has quotation marks and š: no page has the former.
_QUOTES = re.compile(rb"[\x80-\x9f]")


def decode_page(body: bytes, content_type: str | None) -> str:
    """Return the text of a page or a feed; what cannot be decoded is U+FFFD, a character cut off at the end nothing.

    A byte order mark decides; then bytes that are UTF-8 and not only ASCII are UTF-8, whatever they are called, with
    a flaw or two as well; then the Content-Type field, the page's own `meta` or its XML declaration, whichever of
    them fits the bytes, and best where two of them do. Where there is nothing of all this the letters decide.
    """
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return _decode(body[len(mark) :], codec)
    named = list(dict.fromkeys(_named(body, content_type)))
    wide = _wide(body, named)
    if wide is not None:
        return _decode(body, wide)
    if looks_like_iso_2022_jp(body):
        return decode_iso_2022_jp(body)
    text = _decode(body, "utf-8")
    if _is_mostly_utf8(text, body):
        return text
    return _decode(body, _best(body, [codec for codec in named if codec not in ("utf-8", *_UTF_16)]))


def as_utf8(body: bytes, content_type: str | None) -> bytes:
    """Return a feed in UTF-8, whatever its declaration says; one in UTF-16 stays as it is, for feedparser to read."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        is_wide = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(body, ()) is not None
        return body if is_wide else decode_page(body, content_type).encode()
    return decode_page(body, content_type).encode() if looks_like_iso_2022_jp(body) else body


def _named(body: bytes, content_type: str | None) -> Iterator[str]:
    """Yield the encodings that the document names, the most trustworthy first (RFC 2046 §4.1.2, HTML §13.2.3.2)."""
    if header := _CHARSET.search(content_type or ""):
        yield from _known(header[1])
    if meta := _META.search(body, 0, _HEAD_BYTES):
        yield from _known(meta[1].decode("ascii", "ignore"))
    if declaration := _DECLARATION.match(body):
        yield from _known(declaration[1].decode("ascii", "ignore"))


def _known(label: str) -> Iterator[str]:
    codec = codec_named(label)
    if codec is not None:
        yield codec


def _wide(body: bytes, named: Sequence[str]) -> str | None:
    """Return the kind of UTF-16 without a mark, by what markup looks like in it; a mere name of it proves nothing."""
    for start, codec in _WIDE_STARTS:
        if body.startswith(start) and body[: len(start) * 2].count(0) == len(start):
            return codec
    return next((codec for codec in named if codec in _UTF_16 and b"\x00" in body[:_HEAD_BYTES]), None)


def _is_mostly_utf8(text: str, body: bytes) -> bool:
    if text.isascii():
        # One or two letters of another encoding at the very end look like a character that was cut off.
        return body.isascii()
    broken = text.count("\ufffd")
    return not broken or _others_than_ascii(text) - broken >= _PLENTY * broken


def _others_than_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _best(body: bytes, named: Sequence[str]) -> str:
    fitting = [codec for codec in named if _fits(body, codec)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting or not named:
        return _guess(body, fitting or _GUESSED.split())
    return named[0]


def _fits(body: bytes, codec: str) -> bool:
    return "\ufffd" not in _decode(body, codec)


def _decode(body: bytes, codec: str) -> str:
    if codec == "euc-jp":
        return decode_euc_jp(body)
    if codec == "iso2022-jp":
        return decode_iso_2022_jp(body)
    # Not told that this is the end, a decoder keeps a character that was cut off to itself.
    return codecs.getincrementaldecoder(codec)("replace").decode(body)


def _guess(body: bytes, among: Sequence[str]) -> str:
    """Guess by the letters, where the guesser is installed (it comes with the full text extra)."""
    try:
        from charset_normalizer import from_bytes  # noqa: PLC0415 - an extra
    except ImportError:  # pragma: no cover - the tests run with every extra
        return among[0]
    sample = _letters(body)
    left = [codec for codec in among if codec not in _impossible(sample)] or among
    best = from_bytes(sample, cp_isolation=list(left), preemptive_behaviour=False, enable_fallback=False).best()
    by_name = {codecs.lookup(codec).name: codec for codec in left}
    return left[0] if best is None else by_name.get(codecs.lookup(best.encoding).name, left[0])


def _letters(body: bytes) -> bytes:
    """Return what there is to judge by; where most letters are not ASCII, the words that are would tell of Latin."""
    sample = _BETWEEN_WORDS.sub(b" ", _MARKUP.sub(b" ", body[:_SAMPLE_BYTES]))[:_LETTERS_BYTES]
    ascii_letters = len(sample) - len(sample.translate(None, _ASCII_LETTERS))
    others = len(sample) - len(sample.translate(None, bytes(range(0x80, 0x100))))
    return _ASCII_WORD.sub(b"", sample) if others > ascii_letters else sample


def _impossible(sample: bytes) -> frozenset[str]:
    western = _WESTERN if _SIGN_IN_WORD.search(sample) else frozenset()
    return western | ({"iso8859-2"} if _QUOTES.search(sample) else {"cp1250"})
