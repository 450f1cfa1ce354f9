"""Articles that rules are suggested from, and what is asked of a suggestion."""

from __future__ import annotations

from support.builders import article, rule

from aggregator.matching.index import RuleIndex
from aggregator.matching.suggesting.keyness import Background
from aggregator.matching.suggesting.suggest import Suggester, Suggestion
from aggregator.model.articles import Article

COERCION = article(
    "coercion",
    title="Russia attempts to force POW families into spying and acts of sabotage, Kyiv warns",
    language="en",
    summary="",
    body="""The Central Office urges the families of captured prisoners of war not to cooperate with the enemy.
byAnna Reporter
08/08/2024
2 minute read
The Central Office has warned that families of prisoners of war are being pressed in phone calls.
Unknown people are calling relatives of captured prisoners of war to get intelligence information, sabotage, or worse.
"Relatives of captives should report such contacts," says the Central Office. Some families of captives did.
Share
Subscribe to our newsletter
Gazette Premium
Gazette Premium
Gazette Premium""",
)
COERCION_AGAIN = article(
    "coercion2",
    title="Relatives of prisoners of war are blackmailed into sabotage",
    language="en",
    body="The wives of prisoners of war were told to burn depots. One family of a prisoner of war refused sabotage.",
)
EXCHANGE = article(
    "exchange",
    title="Families welcome prisoners of war home after exchange",
    language="en",
    body="Two hundred prisoners of war came home. Their families waited at the border for the exchange. "
    "Nobody spoke of spying or sabotage at the ceremony, the governor added.",
)
UKRAINIAN = article(
    "uk",
    title="Родини військовополонених змушують до шпигунства та диверсій",
    language="uk",
    body="Невідомі телефонують родичам полонених. Родини військовополонених просять вчиняти диверсії. "
    "Координаційний штаб закликає родини військовополонених не погоджуватися на диверсії.",
)
RUSSIAN = article(
    "ru",
    title="Семьи военнопленных склоняют к диверсиям",
    language="ru",
    body="Неизвестные звонят родственникам военнопленных. Семьи военнопленных просят устраивать диверсии.",
)
GERMAN = article(
    "de",
    title="Familien von Kriegsgefangenen werden zur Sabotage gedrängt",
    language="de",
    body="Unbekannte rufen Angehörige von Kriegsgefangenen an. Die Familien der Kriegsgefangenen sollen spionieren.",
)
CHINESE = article(
    "zh", title="战俘家属被迫从事间谍活动", language="zh", body="战俘家属接到陌生电话。对方要求战俘家属从事破坏活动。"
)
CZECH = article(
    "cs",
    title="Rodiny válečných zajatců nutí ke špionáži",
    language="cs",
    body="Neznámí volají příbuzným válečných zajatců. Rodiny válečných zajatců mají spolupracovat.",
)


def suggested(
    *examples: Article, unwanted: tuple[Article, ...] = (), background: Background | None = None
) -> Suggestion:
    """Return the suggestion for some articles, each called by its key."""
    suggester = Suggester([(one.key, one) for one in examples], [(one.key, one) for one in unwanted])
    return suggester.suggest(background or Background())


def terms_of(suggestion: Suggestion) -> set[str]:
    """The texts of all its terms."""
    return {term.text for term in suggestion.terms}


def of_part(suggestion: Suggestion, part: str) -> set[str]:
    """The texts of the terms of one part of the query."""
    return {term.text for term in suggestion.terms if term.part == part}


def finds(query: str | None, found: Article) -> bool:
    """Whether a query finds an article."""
    index = RuleIndex()
    index.add(rule(query=query))
    return bool(index.match(found))
