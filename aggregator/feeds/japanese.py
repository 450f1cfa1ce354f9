"""EUC-JP and ISO-2022-JP as the web has them: with the characters that makers of computers added."""

from __future__ import annotations

import re

# Python knows JIS X 0208 without rows 13 and 89 to 92; ① and ㈱ are there, as in its Shift_JIS.
_EUC = re.compile(
    rb"(?P<plain>(?:[\x00-\x7f]|\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|[\xa1-\xac\xae-\xf8\xfd\xfe][\xa1-\xfe])+)"
    rb"|(?P<added>[\xad\xf9-\xfc][\xa1-\xfe])|(?P<bad>.)",
    re.DOTALL,
)
_SHIFT = re.compile(rb"\x1b(\$[@B]|\$\(D|\([BJI])")
_LOWEST_LEAD = 0x8E
_HIGH = bytes.maketrans(bytes(range(0x21, 0x7F)), bytes(range(0xA1, 0xFF)))
_PAIR = re.compile(rb"[\xa1-\xfe]{2}")

# Shift_JIS has two rows of JIS X 0208 under one first byte, and a gap among the first and the second bytes.
_LAST_ROW_BEFORE_GAP, _LAST_CELL_BEFORE_GAP = 62, 63


def looks_like_iso_2022_jp(body: bytes) -> bool:
    """Whether `body` is in seven bits and switches to Japanese."""
    return body.isascii() and re.search(rb"\x1b(?:\$[@B]|\(I)", body) is not None


def decode_euc_jp(body: bytes) -> str:
    """Return the text; what is none is U+FFFD."""
    return "".join(_euc_text(found) for found in _EUC.finditer(body))


def decode_iso_2022_jp(body: bytes) -> str:
    """Return the text; what is none is U+FFFD."""
    first, *rest = _SHIFT.split(body)
    pieces = [first.decode("ascii", "replace")]
    for shift, piece in zip(rest[::2], rest[1::2], strict=True):
        if shift in (b"$@", b"$B"):
            pieces.append(decode_euc_jp(piece.translate(_HIGH)))
        elif shift == b"$(D":
            pieces.append(decode_euc_jp(_PAIR.sub(lambda pair: b"\x8f" + pair[0], piece.translate(_HIGH))))
        elif shift == b"(I":
            pieces.append(piece.translate(_HIGH).decode("cp932", "replace"))
        else:
            pieces.append(piece.decode("ascii", "replace"))
    return "".join(pieces)


def _euc_text(found: re.Match[bytes]) -> str:
    if found["plain"]:
        return found["plain"].decode("euc-jp", "replace")
    if found["added"]:
        return _as_shift_jis(*found["added"]).decode("cp932", "replace")
    # Cut off in the middle of a character: nothing.
    return "" if found.end() == len(found.string) and found[0][0] >= _LOWEST_LEAD else "\ufffd"


def _as_shift_jis(high: int, low: int) -> bytes:
    """Write a character of EUC-JP in Shift_JIS."""
    row, cell = high - 0xA0, low - 0xA0
    lead = (row - 1) // 2 + (0x81 if row <= _LAST_ROW_BEFORE_GAP else 0xC1)
    if row % 2:
        return bytes((lead, cell + (0x3F if cell <= _LAST_CELL_BEFORE_GAP else 0x40)))
    return bytes((lead, cell + 0x9E))
