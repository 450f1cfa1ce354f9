"""Links as they are compared: without what changes from one poll to the next."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_TRACKING = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign|custom\w*|link\w*|format|ptr_name)|mtm_\w+|pk_\w+|hsa_\w+|__hs\w+|_hs\w+|mc_[ce]id|"
    r"fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|li_fat_id|rb_clickid|s_cid|"
    r"cmpid|campaign_?id|ocid|ncid|cmp|ito|ftag|_ga|_gl|mkt_tok|vero_\w+|wickedid|oly_\w+|spm|xtor|maca|"
    r"from_rss|fromrss|rss|source|ref|ref_src|referrer|partner|traffic_source|feed_id|guccounter|smid|emc|partner_?id)",
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def comparable_link(link: str) -> str:
    """Return the form in which two links to one page are equal; other text comes back as it is, but for blanks.

    Scheme (http or https), `www.`, the default port, letter case of the host, tracking parameters, a trailing
    slash and an empty fragment make no difference. Parameters keep their order, and a fragment that is not a
    tracking one stays: on some pages it is the article.
    """
    text = " ".join(link.split())
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return text
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return text
    host = parts.hostname.rstrip(".").removeprefix("www.")
    shown_port = f":{port}" if port not in (None, *_DEFAULT_PORTS.values()) else ""
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _is_tracking(pair))
    fragment = "" if _is_tracking(parts.fragment) else parts.fragment
    path = parts.path.rstrip("/")
    return f"//{host}{shown_port}{path}{f'?{query}' if query else ''}{f'#{fragment}' if fragment else ''}"


def _is_tracking(pair: str) -> bool:
    name, separator, _ = pair.partition("=")
    return bool(separator) and _TRACKING.fullmatch(name) is not None
