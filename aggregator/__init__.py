"""Aggregator: a feed becomes articles, an article meets the rules, a match becomes an alert in a chat."""

__version__ = "0.1.0"
