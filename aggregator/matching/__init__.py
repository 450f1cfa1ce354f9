"""Matching: text analysis, the query language, the rule index. Pure."""
