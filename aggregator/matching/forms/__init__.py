"""Word forms: what else a word of a query may look like in an article.

`forms_of` gives the forms of a word of a query, `stem` what is compared in the languages of `STEMMED`. Both take and
return words as `aggregator.matching.text.fold` makes them. docs/decisions/0010-word-forms.md has the reasons.
"""

from aggregator.matching.forms.expansion import Forms, forms_of
from aggregator.matching.forms.snowball import STEMMED, stem

__all__ = ["STEMMED", "Forms", "forms_of", "stem"]
