"""Matching: text analysis, the query language, the rule index. Pure."""

from aggregator.matching.formatting import format_query
from aggregator.matching.index import RuleIndex
from aggregator.matching.parser import parse_query
from aggregator.matching.query import Query
from aggregator.matching.rules import compile_rule

__all__ = ["Query", "RuleIndex", "compile_rule", "format_query", "parse_query"]
