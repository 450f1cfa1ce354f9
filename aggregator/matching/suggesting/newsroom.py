"""The words that news is made of, whatever it is about: of saying, of time, of the page around the text."""

from __future__ import annotations

from aggregator.matching.frequencies import is_common, words_of, zipf

_SAYING = {
    "en": """
        accord according add added adding adds announce announced announcement announces ask asked asks call
        called calling calls claim claimed claims confirm confirmed confirms explain explained mention mentioned
        note noted notes report reported reportedly reporting reports reveal revealed reveals said say saying
        says state stated states stating tell telling tells told urge urged urges urging warn warned warning
        warns write writes wrote
        """,
    "uk": """
        додав додала зазначають зазначається зазначив зазначила закликав закликають закликає заява заяви заявив
        заявила заявили заявляє йдеться каже кажуть наголосив наголосила пише пишуть повідомив повідомила
        повідомили повідомлення повідомляють повідомляє попереджають попереджає попередив попередила розповів
        розповіла розповіли сказав сказала сказати стверджує
        """,
    "ru": """
        добавил добавила заявил заявила заявили заявление заявляет отметил отметила пишет пишут подчеркнул
        подчеркнула предупредил предупредила предупреждает призвал призывает рассказал рассказала рассказали
        сказал сказала сказать сообщает сообщают сообщение сообщил сообщила сообщили утверждает
        """,
}
"""Verbs of saying: what stands before one is who says it."""

_OTHER = {
    "en": """
        able above across advertisement again against ago ahead almost along already also although always amid
        among anyone anything appear appeared appears appost april around article attempt attempted attempts
        august away back became become began begin behind below beyond billion blog came cent click come comes
        comment comments conduct conducted conducting conducts contact continue continued continues currently
        day days december despite down during earlier eight else email empty enough even ever everyone
        everything expect expected february feed first five following four friday gave get gets give given gives
        go goes got help helped helps herself himself hour hours however hundred include included includes
        including increase increased increases instead itself january july june just last later latest likely
        link login made make makes many march may million min minute minutes monday month months more much
        myself near never new news newsletter next nine nothing november october off offer offered offers often
        ok old once one over page part particular parts per percent perhaps photo post previously provide
        provided provides published quite rather read reader reading really recent recently register related
        remain remained remains reserved saturday says second september seven several share shares show showed
        shown shows site six someone something source sources spokesman spokesperson spokeswoman start started
        starts statement still story straight subscribe sunday take taken takes ten themselves therefore thing
        things third though thousand three thursday thus time times today together tomorrow took toward towards
        tried tries try trying tuesday two unable under update updated upon use used uses using various video
        website wednesday week weeks well went whether while whom whose within without year years yesterday yet
        yourself
        """,
    "uk": """
        автор березня більше вересня вчора вівторка вівторок відео відсотків годин години грудня даними день
        джерела джерело дні днів жовтня завтра зокрема квітня коментарі липня листопада лютого мільйонів
        мільярдів місяць неділю неділя новина новини п'ятницю п'ятниця понеділка понеділок посиланням
        підписуйтесь підписуйтеся раніше редакція роки року років рік середа середу серпня словами субота суботу
        сьогодні січня також телеграм тиждень тисяч травня фото час часу червня четвер четверга читайте
        """,
    "ru": """
        августа автор апреля видео воскресенье время вторник вчера год года данным декабря день дней дни завтра
        источник источники июля июня комментарии лет марта мая месяц миллиардов миллионов неделя новости новость
        ноября октября подписывайтесь понедельник процентов пятница пятницу ранее редакция сегодня сентября
        словам среда среду ссылкой суббота субботу также телеграм тысяч февраля фото часа часов частности
        четверг читайте января
        """,
}
"""Of sources, time and amounts, of the page around the text; verbs that go with anything."""

_SHORTEST_ADVERB = 6
_LONGEST_UNKNOWN_FUNCTION_WORD = 3
"""In a language of which no frequencies are known, words so short are taken for prepositions and the like."""


_SAYING_WORDS = {language: frozenset(words.split()) for language, words in _SAYING.items()}
_OTHER_WORDS = {language: frozenset(words.split()) for language, words in _OTHER.items()}


def is_telling(folded: str, language: str | None) -> bool:
    """Whether a word can say what a text is about: no preposition, no number, no word of every piece of news."""
    if not any(letter.isalpha() for letter in folded):
        return False
    code = _code(language)
    if not words_of(code):
        return len(folded) > _LONGEST_UNKNOWN_FUNCTION_WORD
    if code == "en" and _is_adverb(folded):
        return False
    return not is_common(folded, code) and not is_saying(folded, code) and folded not in _OTHER_WORDS.get(code, ())


def is_saying(folded: str, language: str | None) -> bool:
    """Whether a word is a verb of saying."""
    return folded in _SAYING_WORDS.get(_code(language), ())


def _is_adverb(folded: str) -> bool:
    """Whether an English word is a known one with the ending of adverbs: instantly, enthusiastically."""
    if len(folded) < _SHORTEST_ADVERB or not folded.endswith("ly"):
        return False
    roots = [folded[:-2], folded.removesuffix("ally"), f"{folded[:-3]}y"]
    if folded.endswith(("ably", "ibly")):
        roots.append(f"{folded[:-1]}e")
    return any(root != folded and zipf(root, "en") for root in roots)


def _code(language: str | None) -> str:
    return (language or "en").partition("-")[0]
