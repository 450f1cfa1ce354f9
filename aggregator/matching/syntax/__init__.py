"""The query language: from text to a query and back, and what to say where that fails."""
