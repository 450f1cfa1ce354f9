"""What publishers call languages, and which scripts these are written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

_TAG = re.compile(r"([A-Za-z]{2,12})((?:[-_][A-Za-z0-9]{1,8})*)")


class Script(StrEnum):
    """A script, or some that share a block of Unicode; Latin stands for all others."""

    LATIN = "L"
    GREEK = "G"
    CYRILLIC = "C"
    HEBREW_ARMENIAN = "H"
    ARABIC = "A"
    INDIC = "I"
    THAI_LAO = "T"
    GEORGIAN_BURMESE = "B"
    KANA = "K"
    HAN = "Z"
    HANGUL = "Q"


_CODES = MappingProxyType(
    # ISO 639-2, both its codes where there are two; what ISO 639-1 called it before; countries in place of languages.
    {"eng": "en", "ukr": "uk", "ua": "uk", "rus": "ru", "bel": "be", "by": "be", "bul": "bg", "srp": "sr", "scc": "sr"}
    | {"mkd": "mk", "mac": "mk", "hrv": "hr", "scr": "hr", "bos": "bs", "slv": "sl", "deu": "de", "ger": "de"}
    | {"fra": "fr", "fre": "fr", "spa": "es", "por": "pt", "ita": "it", "nld": "nl", "dut": "nl", "pol": "pl"}
    | {"ces": "cs", "cze": "cs", "cz": "cs", "slk": "sk", "slo": "sk", "hun": "hu", "ron": "ro", "rum": "ro"}
    | {"lit": "lt", "lav": "lv", "est": "et", "fin": "fi", "swe": "sv", "nor": "no", "nob": "nb", "dan": "da"}
    | {"dk": "da", "ell": "el", "gre": "el", "gr": "el", "tur": "tr", "aze": "az", "kat": "ka", "geo": "ka"}
    | {"hye": "hy", "arm": "hy", "heb": "he", "iw": "he", "il": "he", "yid": "yi", "ji": "yi", "ara": "ar"}
    | {"fas": "fa", "per": "fa", "urd": "ur", "pus": "ps", "hin": "hi", "ben": "bn", "tha": "th", "vie": "vi"}
    | {"vn": "vi", "ind": "id", "in": "id", "msa": "ms", "may": "ms", "zho": "zh", "chi": "zh", "cn": "zh"}
    | {"jpn": "ja", "jp": "ja", "kor": "ko", "kr": "ko", "kaz": "kk"}
    | {"english": "en", "ukrainian": "uk", "russian": "ru", "german": "de", "deutsch": "de", "french": "fr"}
    | {"spanish": "es", "portuguese": "pt", "italian": "it", "dutch": "nl", "polish": "pl", "czech": "cs"}
    | {"turkish": "tr", "greek": "el", "hebrew": "he", "arabic": "ar", "persian": "fa", "farsi": "fa"}
    | {"chinese": "zh", "japanese": "ja", "korean": "ko", "hindi": "hi", "swedish": "sv", "norwegian": "no"}
    | {"danish": "da", "finnish": "fi", "bulgarian": "bg", "serbian": "sr", "belarusian": "be"}
)

_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis", "utf", "none", "null", "unknown", "default", "all"})

_SCRIPTS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("ru", "uk", "be", "bg", "mk", "ky", "tg", "ba", "cv", "os", "ce", "av"), Script.CYRILLIC)
    | dict.fromkeys(("sr", "kk", "uz", "tt", "tk", "az", "mo", "sh", "bs"), Script.CYRILLIC + Script.LATIN)
    | dict.fromkeys(("ar", "fa", "ur", "ps", "sd", "ckb", "dv", "ug"), Script.ARABIC)
    | dict.fromkeys(("hi", "mr", "ne", "sa", "bn", "as", "gu", "pa", "ta", "te", "kn", "ml", "or", "si"), Script.INDIC)
    | dict.fromkeys(("he", "yi", "hy"), Script.HEBREW_ARMENIAN)
    | dict.fromkeys(("th", "lo"), Script.THAI_LAO)
    | dict.fromkeys(("ka", "my"), Script.GEORGIAN_BURMESE)
    | dict.fromkeys(("zh", "yue", "wuu"), Script.HAN)
    | {"mn": Script.CYRILLIC, "el": Script.GREEK, "ku": Script.ARABIC + Script.LATIN}
    | {"ja": Script.KANA + Script.HAN, "ko": Script.HANGUL + Script.HAN}
)

_CLOSE = (
    frozenset({"hr", "bs", "sr", "sh"}),
    frozenset({"no", "nb", "nn", "da"}),
    frozenset({"id", "ms"}),
    frozenset({"pt", "gl"}),
    frozenset({"cs", "sk"}),
)
"""Languages between which the detector is not the better judge."""


def language_tag(declared: str | None) -> str | None:
    """Return what a publisher declares as a tag: `en` for `EN`, `eng`, `English`; `en-GB` for `en_GB`; `uk` for `UA`.

    Its first part is in lower case, what follows as it was written (RFC 5646); None where no language is named.
    """
    found = _TAG.fullmatch((declared or "").strip())
    if found is None:
        return None
    code = found[1].lower()
    primary = _CODES.get(code, code)
    if primary in _NO_LANGUAGE or len(primary) > len("ckb"):
        return None
    return primary + found[2].replace("_", "-")


def primary_of(tag: str) -> str:
    """Return `en` for `en-GB`."""
    return tag.partition("-")[0]


def is_written_in(language: str, script: Script) -> bool:
    """Whether texts in a language (as `uk`) are in this script; those that are not listed are in Latin letters."""
    return script in _SCRIPTS.get(language, Script.LATIN)


def are_close(language: str, other: str) -> bool:
    """Whether two languages are so alike that a short text does not tell them apart."""
    return any({language, other} <= group for group in _CLOSE)
