"""What a feed's access may say: names and values of headers and cookies, tokens, proxies. No error repeats a secret."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h", "socks4")
_PRINTABLE = re.compile(r"[\x20-\x7e]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_COOKIE = re.compile(r"[^\x00-\x1f\x7f;]*")


def _expect_mapping(value: object) -> object:
    """What else it is would be said with its text."""
    if not isinstance(value, dict):
        raise ValueError("expected a mapping, as {Name: value}")  # noqa: TRY004 - pydantic's contract
    return value


def _as_text(value: object) -> object:
    """A number that is a secret, said here: what is wrong with it would be said with the number itself."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _check_header_name(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"{text!r} is not a name of a header or cookie; letters, digits and - are")
    return text


def _check_printable(text: str) -> str:
    if not _PRINTABLE.fullmatch(text):
        raise ValueError("only Latin letters, digits, blanks and common signs can stand in it, and something must")
    return text


def _check_user_name(text: str) -> str:
    if ":" in text or _CONTROL.search(text):
        raise ValueError("a colon or a control character, which basic authentication cannot say (RFC 7617 §2)")
    return text


def _check_header_value(secret: SecretStr) -> SecretStr:
    """RFC 9110 §5.5: a line break in a value begins another header."""
    if _CONTROL.search(secret.get_secret_value()):
        raise ValueError("a line break or another control character, which a header cannot hold")
    return secret


def _check_token(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("nothing is in it; is its variable set?")
    return _check_header_value(secret)


def _check_cookie(secret: SecretStr) -> SecretStr:
    if not _COOKIE.fullmatch(secret.get_secret_value()):
        raise ValueError("a semicolon, a line break or another control character, which a cookie cannot hold")
    return secret


def _check_proxy(secret: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(secret.get_secret_value())
        is_usable = parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ValueError("not the address of a proxy; write http://host:port or socks5://host:port")
    return secret


HeaderName = Annotated[str, AfterValidator(_check_header_name)]
UserName = Annotated[str, AfterValidator(_check_user_name)]
Printable = Annotated[str, AfterValidator(_check_printable), Field(json_schema_extra={"pattern": "^[ -~]+$"})]
Secret = Annotated[SecretStr, BeforeValidator(_as_text)]
HeaderValue = Annotated[Secret, AfterValidator(_check_header_value)]
CookieValue = Annotated[Secret, AfterValidator(_check_cookie)]
Headers = Annotated[dict[HeaderName, HeaderValue], BeforeValidator(_expect_mapping)]
Cookies = Annotated[dict[HeaderName, CookieValue], BeforeValidator(_expect_mapping)]
Token = Annotated[Secret, AfterValidator(_check_token)]
Proxy = Annotated[Secret, AfterValidator(_check_proxy)]
