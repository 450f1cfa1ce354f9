"""Links as they are compared: without what changes from one poll to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

_TRACKING = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign|custom\w*|link\w*|format|ptr_name)|mtm_\w+|"
    r"pk_(?:campaign|kwd|keyword|source|medium|content|cid)|hsa_\w+|__hs\w+|_hs\w+|mc_[ce]id|"
    r"fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|li_fat_id|rb_clickid|s_cid|"
    r"cmpid|ocid|ncid|ito|ftag|_ga|_gl|mkt_tok|vero_\w+|wickedid|oly_\w+|spm|xtor|maca|echobox|smid|guccounter|"
    r"guce_referrer\w*|traffic_source|from_?rss|phpsessid|jsessionid|aspsessionid\w*)",
    re.IGNORECASE,
)
_PERHAPS_TRACKING = re.compile(
    r"(?:rss|source|src|ref|ref_src|referrer|from|via|partner|cmp|emc|medium)", re.IGNORECASE
)
"""Names that are tracking on one site and the article on the next (`?source=bbc`): their values tell."""
_WAYS_IN = re.compile(
    r"(?:rss|feed|atom|feedburner|feedly|twitter|twsrc|facebook|newsletter|e-?mail|homepage|social|share)"
    r"(?:$|[\W_\d].*)",
    re.IGNORECASE,
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
_ESCAPED = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_UNRESERVED = re.compile(r"%(?:2D|2E|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SHORT_LABEL = 3


def comparable_link(link: str) -> str:
    """Return the form in which two links to one page are equal; other text comes back as it is, but for blanks.

    Scheme (http or https), `www.`, the default port, letter case of the host, tracking and session parameters, a
    trailing slash, an empty fragment, and how characters are escaped (RFC 3986 §6.2.2) make no difference.
    Parameters keep their order, and a fragment that is not a tracking one stays: on some pages it is the article.
    """
    host, rest = _split(link)
    return f"//{host}{rest}" if host else rest


def comparable_address(url: str) -> str:
    """Return the form in which two addresses of one feed are equal.

    Scheme (http or https), `www.`, the default port, letter case of the host, a trailing slash, a fragment and a
    password make no difference. A user name and the whole query do: they choose between feeds.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return url
    user = f"{parts.username}@" if parts.username else ""
    host = parts.hostname.rstrip(".").removeprefix("www.")
    shown_port = "" if port in (None, *_DEFAULT_PORTS.values()) else f":{port}"
    return f"//{user}{host}{shown_port}{parts.path.rstrip('/')}{f'?{parts.query}' if parts.query else ''}"


def page_of_site(link: str) -> str:
    """Return the comparable link without subdomains: sites move their pages to another one, and back.

    The registered domain is guessed by its shape. Where that is wrong, two sites look like one: never take this
    alone as proof that two articles are the same.
    """
    host, rest = _split(link)
    name, separator, port = host.partition(":")
    labels = name.split(".")
    kept = 3 if len(labels[-1]) < _SHORT_LABEL and len(labels) > 1 and len(labels[-2]) <= _SHORT_LABEL else 2
    if not host or labels[-1].isdigit() or ":" in port:
        return f"//{host}{rest}" if host else rest
    return f"//{'.'.join(labels[-kept:])}{separator}{port}{rest}"


def _split(link: str) -> tuple[str, str]:
    """Return the host with a port of its own, and what follows it; no host for what is no link to a web page."""
    text = " ".join(link.split())
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "", text
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return "", text
    host = parts.hostname.rstrip(".").removeprefix("www.")
    shown_port = f":{port}" if port not in (None, *_DEFAULT_PORTS.values()) else ""
    path = _SESSION.sub("", parts.path).rstrip("/") if ";" in parts.path else parts.path.rstrip("/")
    query, fragment = "&".join(_content(parts.query)), "&".join(_content(parts.fragment))
    rest = f"{path}{f'?{query}' if query else ''}{f'#{fragment}' if fragment else ''}"
    return f"{host}{shown_port}", rest if "%" not in rest and rest.isascii() else _evenly_escaped(rest)


def _content(parameters: str) -> Iterator[str]:
    """The parameters that name a page; `&amp;` is what a feed that escapes twice makes of `&`."""
    if not parameters:
        return
    for pair in parameters.replace("&amp;", "&").split("&"):
        if pair and not _is_tracking(pair):
            yield pair


def _is_tracking(pair: str) -> bool:
    name, separator, value = pair.partition("=")
    if not separator:
        return False
    if _TRACKING.fullmatch(name):
        return True
    return _PERHAPS_TRACKING.fullmatch(name) is not None and _WAYS_IN.fullmatch(value) is not None


def _evenly_escaped(text: str) -> str:
    """Escape what must be, and only that, with upper-case digits."""
    text = quote(text, safe="%/?#[]@!$&'()*+,;=:~|\"<>^`{}\\ ", errors="surrogatepass")
    text = _ESCAPED.sub(lambda found: found[0].upper(), text)
    return _UNRESERVED.sub(lambda found: unquote(found[0]), text)
