"""One story in five languages: its titles and its paragraphs."""

from __future__ import annotations

from support.site import news_page

SUMMARY = "Relatives of captured soldiers get calls."
"""What a feed has of it."""

TITLES = {
    "uk": "Родинам полонених телефонують невідомі",
    "en": "Strangers telephone the families of prisoners",
    "de": "Fremde rufen die Familien der Gefangenen an",
    "ja": "捕虜の家族に見知らぬ人から電話",
    "ar": "غرباء يتصلون بعائلات الأسرى",
}
PARAGRAPHS = {
    "uk": (
        "Родичам військовополонених щодня телефонують люди, які називають себе представниками червоного хреста.",
        "Вони обіцяють швидкий обмін, якщо сім'я розкаже, де стоїть підрозділ, і надішле знімки з околиць міста.",
        "У координаційному штабі просять не відповідати на такі дзвінки та повідомляти про них слідчим служби безпеки.",
    ),
    "en": (
        "Every day the relatives of captured soldiers get calls from people who say they are from the Red Cross.",
        "They promise a quick exchange if the family tells them where the unit is, and sends photographs of the town.",
        "The coordination office asks everybody not to answer such calls, and to report them to the security service.",
    ),
    "de": (
        "Täglich rufen Leute bei Angehörigen gefangener Soldaten an und nennen dabei den Namen des Roten Kreuzes.",
        "Versprochen wird ein schneller Austausch, wenn die Familie verrät, wo die Einheit steht, und Fotos schickt.",
        "Der Stab bittet darum, auf solche Anrufe nicht einzugehen und den Ermittlern der Behörde davon zu berichten.",
    ),
    "ja": (
        "捕虜となった兵士の家族のもとに、赤十字の職員を名乗る人物から毎日のように電話がかかってきているという。",
        "部隊の居場所を教え、町の写真を送れば、すぐに捕虜の交換に応じると約束するという手口で、被害が広がっている。",
        "調整本部は、こうした電話には応じず、ただちに治安機関の捜査官に知らせるよう家族に呼びかけている。",
        "家族の一人は取材に対し、電話の相手は息子の名前や生年月日、さらに所属する大隊の番号まで知っていたと話した。",
        "捜査当局は、流出した名簿が使われているとみて、電話をかけている人物の割り出しを急いでいるところだという。",
    ),
    "ar": (
        "يتلقى أقارب الجنود الأسرى كل يوم مكالمات من أشخاص يقولون إنهم من الصليب الأحمر ويعرضون المساعدة على العائلة.",
        "ويعدون بتبادل سريع إذا أخبرتهم العائلة بمكان الوحدة وأرسلت صورا من ضواحي المدينة ومن محطة القطار فيها.",
        "ويطلب مركز التنسيق من الجميع عدم الرد على هذه المكالمات وإبلاغ المحققين في جهاز الأمن عنها دون أي تأخير.",
    ),
}


def english_page(head: str = "", *, byline: str = "", before: str = "", lang: str = "") -> str:
    """Return the story as an English newspaper has it."""
    return news_page(PARAGRAPHS["en"], title=TITLES["en"], head=head, byline=byline, before=before, lang=lang)
