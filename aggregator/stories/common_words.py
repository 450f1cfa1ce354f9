"""Words that any news may have, so that a small window does not take them for telling ones."""

from __future__ import annotations

from functools import cache

# Words of grammar: they are no terms at all. Of other languages, the window itself learns which words are common.
_GRAMMAR = """
    a about after all also an and any are as at be been before being between both but by can could did do does during
    each for from had has have he her here his how i if in into is it its like may more most much near no not now of
    off on once one only or other our out over own she should since so some such than that the their them then there
    these they this those three through to too two under until up upon us very was we were what when where which while
    who whom why will with would you your

    ab aber als am an auch auf aus bei beim bereits bis da damit das dass dem den der des die dies diese diesem dieser
    doch durch ein eine einem einen einer eines er es etwa für gegen hat hatte haben ihr ihre im in ins ist kann kein
    keine laut mehr mit nach nicht noch nun nur oder ohne rund seien sein seine seit sich sie sind so sollen sowie um
    und unter vom von vor war waren wegen werden wie wieder will wird wurde wurden zu zum zur zwei zwischen über

    a al ante aunque como con contra cuando de del desde dijo donde dos durante e el ella en entre era es esta este
    está fue fueron ha habia han hasta hay la las le lo los mas más mientras muy no o para pero por que qué se según
    ser si sido sin sobre son su sus también tras un una uno unos unas y ya

    au aux avec ce ces cette dans de des du elle en est et il ils la le les leur mais ne ou par pas plus pour qui sa
    ses son sont sur un une

    al alla anche che con da dal dalla degli dei del della delle di e gli ha il in la le lo nel nella non per più si
    sono su sul un una

    com da das do dos e em foi mais na nas no nos não o os ou para pela pelo por que se sua um uma

    a ale będzie był była było być co dla do i ich jak jego jest już na nie o od oraz po pod przez przy się są tak to
    tym w we z za ze że

    а але в вже від він вона вони для до є ж з за зі і із й його її їх на не ні о об однак по понад при про під після
    серед та так також те ти то того тому у через це цього цей ця чи що щоб ще як яка яке який які якого яких був була
    було були буде має можна між над без два дві три де коли

    а без более бы был была было были быть в во вы где да для до его ее её если есть еще ещё же за и из или им их к
    как когда который которая которые которых ко ли между на над не него нет но о об однако он она они от по под после
    при про с со среди так также то того том у уже чем через что чтобы эта эти это этого этой этом два две три
"""

# Words of saying, of time, of amounts, and of what news is mostly about: terms, but weak ones.
_NEWS = """
    according added amid announced asked billion called chief come company country day days early expected first
    friday go going government group head high hit hour hours january february march april june july august september
    october november december jan feb mar apr jun jul aug sep oct nov dec make making man men million minister minute
    minutes monday month months morning new news night official officials part people percent place plan police
    president report reported reports rise said saturday say says second set several show some spokesman spokesperson
    state statement still sunday take taken them third thursday time today told tuesday wednesday week weeks woman
    women world year years yesterday killed injured wounded dead died die dies death attack fire court law leader live
    update updates latest breaking video photo watch read

    uhr jahr jahre jahren tag tage montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz
    april mai juni juli oktober dezember prozent millionen milliarden euro dollar sagte teilte mitteilte angaben
    menschen polizei regierung präsident minister land stadt morgen abend nacht neue neuen neuer ersten erste
    verletzte tote

    lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre
    octubre noviembre diciembre año años día días hoy ayer ciento millones euros dólares personas gobierno presidente
    ministro país ciudad noche mañana nuevo nueva primer primera informó anunció muertos heridos policía según

    року році роки день дня доби сьогодні вчора вранці уночі вночі понеділок вівторок середа середу четвер пʼятницю
    п'ятниця п'ятницю субота суботу неділя неділю січня лютого березня квітня травня червня липня серпня вересня
    жовтня листопада грудня тисяч тис млн млрд мільйонів мільярдів гривень доларів людей осіб людина повідомив
    повідомила повідомили повідомляє сказав заявив заявила голова області міста місто району район країни україна
    україни україні російські російських російська росії росія військові військових війська унаслідок внаслідок
    поранено поранені загинули загинув загинула постраждали президент уряд

    года году год лет день дня сутки сегодня вчера утром ночью понедельник вторник среда среду четверг пятница пятницу
    суббота субботу воскресенье января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    тысяч тыс миллионов миллиардов рублей гривен долларов человек людей сообщил сообщила сообщили сообщает сказал
    заявил заявила словам глава области города город района район страны украина украины украине российские российских
    россия россии военные военных войска результате ранены погибли погиб погибла пострадали президент правительство
"""


@cache
def words_of_grammar() -> frozenset[str]:
    """Return the words of grammar, in lower case."""
    return frozenset(_GRAMMAR.split())


@cache
def words_of_news() -> frozenset[str]:
    """Return the words that are weak, in lower case."""
    return frozenset(_NEWS.split())
