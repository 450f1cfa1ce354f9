"""Texts in many languages, and the encodings in which the web has them."""

from __future__ import annotations

UKRAINIAN = (
    "Родичам полонених телефонують невідомі люди. Вони обіцяють обмін, якщо сім'я розкаже, де стоїть підрозділ. "
    "У штабі кажуть: таких дзвінків щодня більше. «Не відповідайте», — просить омбудсман."
)
UKRAINIAN_IN_KOI8 = UKRAINIAN.translate(str.maketrans("«»—", '""-'))
RUSSIAN = (
    "Родственникам пленных звонят неизвестные и обещают обмен, если семья расскажет, где стоит подразделение. "
    "В штабе говорят: таких звонков с каждым днём всё больше. Не отвечайте, просит омбудсмен."
)
JAPANESE = (
    "捕虜の家族に見知らぬ人から電話がかかってきている。部隊の場所を教えれば交換に応じると言う。"
    "当局は電話に出ないよう呼びかけている。カタカナの名前も出てくる。"
)
CHINESE = (
    "战俘的家属接到陌生人的电话。对方说,只要说出部队在哪里,就可以交换。官员请大家不要接听,这样的电话一天比一天多。"
)
TAIWANESE = "戰俘的家屬接到陌生人的電話。對方說,只要說出部隊在哪裡,就可以交換。官員請大家不要接聽這樣的電話。"
KOREAN = "포로의 가족들에게 모르는 사람들이 전화를 걸고 있다. 부대의 위치를 말하면 교환해 주겠다고 한다."
GERMAN = "Fremde rufen die Angehörigen an; größte Vorsicht, heißt es überall für Mütter und Väter. Die Übergabe läuft."
FRENCH = "Des inconnus appellent les familles : un échange serait prêt, dit l'autorité, déjà débordée. À éviter."
EURO = "L'Œuvre coûte 20 € à la sœur, dit le maître à l'hôtel ; où est le cœur ? Ça y est, voilà l'été."
POLISH = "Nieznani ludzie dzwonią do rodzin jeńców. Obiecują wymianę, jeśli rodzina powie, gdzie stoi oddział. Źle."
TURKISH = (
    "Tanımadıkları kişiler esirlerin ailelerini arıyor. Birliğin nerede olduğunu söylerlerse değiş tokuş vaat var."
)
GREEK = "άγνωστοι τηλεφωνούν στις οικογένειες των αιχμαλώτων και υπόσχονται ανταλλαγή αν πουν πού είναι η μονάδα."
ARABIC = "يتصل غرباء بعائلات الأسرى ويعدون بالتبادل إذا أخبرتهم العائلة بمكان الوحدة. وتطلب السلطات عدم الرد."
HEBREW = "אנשים זרים מתקשרים למשפחות השבויים ומבטיחים חילופים אם המשפחה תספר איפה היחידה. נא לא לענות."
THAI = "คนแปลกหน้าโทรหาครอบครัวของเชลยศึก และสัญญาว่าจะแลกเปลี่ยนตัวถ้าบอกที่ตั้งของหน่วย"

# What the encoding is called, the codec that makes the bytes, the text.
NAMED = [
    ("windows-1251", "cp1251", UKRAINIAN),
    ("koi8-r", "koi8-r", RUSSIAN),
    ("koi8-u", "koi8-u", UKRAINIAN_IN_KOI8),
    ("iso-8859-5", "iso8859-5", RUSSIAN),
    ("ibm866", "cp866", RUSSIAN),
    ("x-mac-cyrillic", "mac-cyrillic", RUSSIAN),
    ("shift_jis", "shift_jis", JAPANESE),
    ("Shift_JIS", "cp932", JAPANESE + "①㈱Ⅲ髙﨑"),
    ("euc-jp", "euc-jp", JAPANESE),
    ("iso-2022-jp", "iso2022-jp", JAPANESE),
    ("gb18030", "gb18030", CHINESE + "𠀀€"),
    ("gbk", "gbk", CHINESE),
    ("gb2312", "gb2312", CHINESE),
    ("GB2312", "gbk", CHINESE + "镕祎"),
    ("big5", "big5", TAIWANESE),
    ("Big5-HKSCS", "big5hkscs", TAIWANESE + "嘅咗"),
    ("euc-kr", "euc-kr", KOREAN),
    ("ks_c_5601-1987", "cp949", KOREAN + "똠방각하"),
    ("iso-8859-1", "iso8859-1", GERMAN),
    ("iso-8859-1", "cp1252", EURO + " “”"),
    ("us-ascii", "cp1252", GERMAN),
    ("windows-1252", "cp1252", FRENCH + "…"),
    ("iso-8859-2", "iso8859-2", POLISH),
    ("windows-1250", "cp1250", POLISH),
    ("iso-8859-7", "iso8859-7", GREEK),
    ("iso-8859-9", "iso8859-9", TURKISH),
    ("iso-8859-9", "cp1254", TURKISH + "…"),
    ("iso-8859-15", "iso8859-15", EURO),
    ("windows-1253", "cp1253", GREEK),
    ("windows-1255", "cp1255", HEBREW),
    ("windows-1256", "cp1256", ARABIC),
    ("tis-620", "cp874", THAI),
    ("utf-8", "utf-8", UKRAINIAN + JAPANESE + "🕊"),
    ("UTF8", "utf-8", CHINESE),
]
NAMED_IDS = [f"{name}-{codec}" for name, codec, _ in NAMED]
