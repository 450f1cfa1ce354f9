"""What changes in an article without its publisher having changed it: counters, times of the page, advertisements."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = r"\d[\d.,\u00a0\u202f ]{0,12}\s?(?:[km]|тис\.?|тыс\.?|mio\.?)?\s?\+?"
_COUNTED = (
    r"(?:comments?|views?|likes?|shares?|votes?|points?|repl(?:y|ies)|reads?|claps?|reactions?|retweets?|reposts?|"
    r"boosts?|downloads?|stars?|upvotes?|kommentare?|aufrufe?|antwort(?:en)?|reaktion(?:en)?|mal geteilt|"
    r"commentaires?|vues?|partages?|réponses?|réactions?|коментар\w*|комментари\w*|перегляд\w*|просмотр\w*|"
    r"вподоба\w*|лайк\w*|репост\w*|поширен\w*|відповід\w*|ответ\w*|реакці\w*|реакци\w*|голос\w*)"
)
_COUNTER = rf"(?:{_NUMBER}\s?{_COUNTED}|(?:#\s?)?{_COUNTED}\s?:?\s?\(?{_NUMBER}\)?)"
_MINUTES = r"\d{1,3}\s?(?:-\s?)?(?:min(?:ute[sn]?)?\b\.?|хв(?:илин\w*)?\b\.?|мин(?:ут\w*)?\b\.?)"
_READING = (
    rf"(?:{_MINUTES}\s?(?:read|reading|lesezeit|de lecture|читання|чтения)|"
    rf"(?:reading time|lesezeit|temps de lecture|час читання|время чтения)\s?:?\s?{_MINUTES})"
)
_MONTH = (
    r"(?:jan|feb|fév|mar|mär|apr|avr|may|mai|jun|jul|juin|juil|aug|août|sep|oct|okt|nov|dec|dez|déc|"
    r"січ|лют|берез|квіт|трав|черв|лип|серп|верес|жовт|листоп|груд|"
    r"янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек)[^\W\d_]{0,9}"
)
_DAY = (
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}(?:\.|st|nd|rd|th)?\s"
    rf"{_MONTH}\.?,?(?:\s\d{{4}})?|{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?|"
    r"today|yesterday|heute|gestern|aujourd.hui|hier|"
    r"сьогодні|вчора|сегодня|вчера)"
)
_TIME = (
    r"\d{1,2}(?:[:h]\d\d|\.\d\d\sUhr)(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?"
    r"(?:\s?(?:gmt|utc|bst|e[sd]t|p[sd]t|cet|cest|eet|eest|msk|uhr)\b)?"
)
_LINK = r"(?:\s?(?:,|at|on|um|am|à|le|о|об|в|-|–|\|)\s?|\s)"
_MOMENT = rf"(?:{_DAY}(?:{_LINK}{_TIME})?|{_TIME}(?:{_LINK}{_DAY})?)"
_STAMP = (
    r"(?:last\s)?\b(?:updated|modified|published|posted|edited|as of|aktualisiert|veröffentlicht|stand|mis à jour|"
    r"publié|modifié|оновлено|обновлено|опубліковано|опубликовано|змінено|изменено)"
    rf"(?:\s(?:at|on|am|um|le|à|о|в))?\s?:?\s?{_MOMENT}"
)
_AGO = (
    r"(?:\b(?:\d{1,3}|an?|one)\s(?:seconds?|min(?:ute)?s?|hours?|days?)\sago\b|"
    r"\bvor\s\d{1,3}\s(?:sekunden?|minuten?|stunden?|tage?n?)\b|"
    r"\bil y a\s\d{1,3}\s(?:secondes?|minutes?|heures?|jours?)\b|"
    r"\b\d{1,3}\s(?:секунд\w*|хвилин\w*|годин\w*|дн\w*|день)\sтому\b|"
    r"\b\d{1,3}\s(?:секунд\w*|минут\w*|час\w*|дн\w*|день)\sназад\b)"
)
_ISO_STAMP = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?\s?(?:Z|[+-]\d\d:?\d\d)?"
_ADVERT = (
    r"(?:advertisement|advertising|sponsored(?: content)?|promoted|ad|ads|реклама|на правах реклами|anzeige|werbung|"
    r"publicité|(?:read|continue reading|show|load) more.{0,80}|continue reading.{0,80}|weiterlesen.{0,80}|"
    r"lire la suite.{0,80}|читати далі.{0,80}|читать далее.{0,80}|(?:sign up|subscribe)\b.{0,120}newsletter.{0,80}|"
    r"the post .{0,300} (?:appeared first|first appeared) on .{0,120}|"
    r"der beitrag .{0,300} erschien zuerst auf .{0,120}|"
    r"l.article .{0,300} est apparu en premier sur .{0,120}|запис .{0,300} (?:спершу|вперше) з.яви\w+ на .{0,120}|"
    r"(?:сообщение|запись) .{0,300} (?:появил\w+ сначала|впервые появил\w+) на .{0,120})"
)
_ANYWHERE = re.compile(f"{_STAMP}|{_AGO}", re.IGNORECASE)
_ALONE = re.compile(
    rf"(?:{_COUNTER}(?:[,;\s]+{_COUNTER}){{0,4}}|{_READING}|{_ISO_STAMP}|{_MOMENT}|{_ADVERT})\.?", re.IGNORECASE
)
_SEPARATORS = re.compile(r"\s?[|•·]\s?|\s[–—-]\s|[()\[\]]")
_LONGEST_TRIFLE = 500


def essence(text: str) -> str:
    """Return `text` without white space that says nothing, and without trifles.

    A counter or a time is one where it stands alone, on a line or between bars, dots or brackets: in a sentence
    ("won by 51 votes", "fell 300 points") it is news. Times after "updated", and "5 minutes ago", are trifles anywhere.
    """
    return " ".join(word for line in text.splitlines() for part in _parts(line) for word in part.split())


def _parts(line: str) -> Iterator[str]:
    line = _ANYWHERE.sub(" | ", line)
    if _is_trifle(line):
        return
    for part in _SEPARATORS.split(line):
        if not _is_trifle(part):
            yield part


def _is_trifle(part: str) -> bool:
    part = part.strip()
    return not part or (len(part) <= _LONGEST_TRIFLE and _ALONE.fullmatch(part) is not None)
