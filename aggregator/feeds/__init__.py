"""From a URL to articles: fetch, decode, parse, pace."""
