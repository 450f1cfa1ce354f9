"""The HTTP way in: health, metrics, and the callback of WebSub."""
