"""Russian, as the made-up web writes it: things only, so that masculine and neuter nouns keep their form as objects."""

from dclm_pipeline.madeup.voice import Language
from dclm_pipeline.madeup.words import phrases, words

_MASCULINE = words("""
дом сад город мост замок музей театр порт лес ветер дождь снег двор стол стул шкаф ковёр нож молоток поезд самолёт
корабль билет паспорт рисунок концерт танец фильм роман рассказ урок экзамен ответ вопрос результат пример метод
сигнал компьютер экран журнал отчёт бюджет налог банк рынок магазин товар хлеб сыр суп торт сахар завод камень забор
балкон памятник парк стадион матч цветок лист корень урожай месяц час календарь ключ план проект закон язык текст
""")
_FEMININE_STEMS = words("""
книг рек школ улиц комнат дорог машин лодк звезд планет весн зим гор крыш ламп полк бутылк чашк
ложк тарелк карт картин музык гитар сцен газет бесед ошибк разниц страниц фабрик работ игр
наград роз берёз трав монет рубашк куртк шапк сумк тайн мечт привычк проблем систем программ задач цен
""")
_NEUTER = words("""
окно поле море озеро небо солнце дерево яблоко молоко масло мясо письмо слово правило место дело здание задание
решение собрание событие зеркало кресло колесо железо золото серебро утро лето право общество издание занятие
объяснение предложение описание изменение
""")
_ADJECTIVE_STEMS = words("""
нов стар красн зелён жёлт бел чёрн сер холодн тёпл чист грязн пуст полн тёмн светл важн интересн сложн прост известн
странн красив честн смел умн добр весёл главн нужн опасн удобн быстр медленн точн частн местн северн южн
восточн западн народн деревянн железн
""")
_VERB_STEMS = words("""
показа увиде описа откры нарисова почини подготови измени построи купи прода выбра прочита написа осмотре
провери сравни измери исправи посади приготови вымы наблюда заказа достави опубликова поня объясни замети
защити собра раздели остави получи потеря
""")

RUSSIAN = Language(
    code="ru",
    rules="""
sentence = <he> <object> {where} .
sentence = <she> <object> , а <he> <object> {where} .
sentence = {when} <he> <object> , но никто не знает , почему <she> <object> .
sentence = <she> <object> , потому что <he> <object> {when} .
sentence = не так легко {infinitive} <object> , когда <he> <object> .
sentence = {name} {surname} говорит , что <she> <object> за {number} лет .
sentence = если вы хотите {infinitive} <object> , то сначала надо {infinitive} <object> {where} .
sentence = {where} было {number} человек , которые хотели {infinitive} <object> .
sentence = правда ли , что <he> <object> {when} ?
sentence = хотя <he> <object> , всё же <she> {adverb} <object> .
sentence = для этого очень важно {infinitive} <object> и {infinitive} <object> {where} .
sentence = {when} можно было {adverb} {infinitive} <object> или <object> {where} .
he = {name} {male}
he = {surname} {adverb} {male}
he = мой сосед {male}
he = старый учитель из {from} {male}
she = {girl} {female}
she = моя сестра {female}
she = молодая художница из {from} {female}
she = {girl} {adverb} {female}
object = {masculine}
object = {masculine_adjective} {masculine}
object = {feminine}
object = {feminine_adjective} {feminine}
object = {neuter}
object = {neuter_adjective} {neuter}
object = {masculine} и {feminine}
object = этот {masculine_adjective} {masculine}
object = свою {feminine_adjective} {feminine}
title = {masculine_adjective} {masculine} и {neuter_adjective} {neuter}
title = почему {girl} {female} {feminine}
title = как {infinitive} {masculine_adjective} {masculine}
title = {name} {surname} и {neuter_adjective} {neuter}
title = {number} способов {infinitive} {feminine}
""",
    words={
        "masculine": _MASCULINE,
        "feminine": tuple(stem + "у" for stem in _FEMININE_STEMS),
        "neuter": _NEUTER,
        "masculine_adjective": tuple(stem + "ый" for stem in _ADJECTIVE_STEMS),
        "feminine_adjective": tuple(stem + "ую" for stem in _ADJECTIVE_STEMS),
        "neuter_adjective": tuple(stem + "ое" for stem in _ADJECTIVE_STEMS),
        "male": tuple(stem + "л" for stem in _VERB_STEMS),
        "female": tuple(stem + "ла" for stem in _VERB_STEMS),
        "infinitive": words(
            "показать найти описать открыть нарисовать починить подготовить изменить построить купить продать выбрать"
            " прочитать написать осмотреть проверить сравнить измерить исправить посадить приготовить заказать"
            " доставить опубликовать перевести объяснить заметить защитить собрать разделить оставить"
        ),
        "adverb": words("часто редко медленно быстро снова вместе вдруг наконец тихо охотно всегда"),
        "where": words(
            "в_городе на_рынке перед_домом за_школой в_саду у_реки под_мостом около_церкви в_библиотеке на_вокзале"
            " в_горах у_моря на_кухне за_столом в_деревне в_магазине в_театре на_другой_стороне_улицы"
            " между_лесом_и_озером в_конце_дороги"
        ),
        "when": words(
            "вчера сегодня завтра вечером утром летом зимой в_понедельник в_этом_году в_1998_году в_2012_году"
            " после_обеда недавно давно через_несколько_лет в_конце_концов"
        ),
        "number": words("пять шесть семь восемь десять двенадцать двадцать сто 35 150"),
        "name": words("Иван Пётр Андрей Михаил Николай Павел Сергей Степан Алексей Фёдор Юрий"),
        "girl": words("Анна Мария Ева Софья Екатерина Ольга Елена Юлия Варвара Ирина Наталья"),
        "surname": words("Новиков Зеленин Горский Лесников Кузнецов Мельник Воронин Дубов Берёзкин Полевой"),
        "from": words("Москвы Казани Томска Новгорода Зелёной_Долины Старой_Мельницы Белого_Берега"),
    },
    labels=phrases(
        "Главная,О нас,Контакты,Новости,Товары,Услуги,Архив,Поиск,Войти,Регистрация,Помощь,Конфиденциальность,"
        "Условия,Рассылка,Галерея,События,Вакансии,Магазин,Корзина,Категории,Читать далее,Поделиться,Карта сайта,"
        "Комментарии,Популярное,Путешествия,Культура,Наука,Спорт,Экономика,Мнения,Здоровье"
    ),
    notices=(
        "Мы используем файлы cookie, чтобы сделать сайт удобнее.",
        "Продолжая пользоваться сайтом, вы соглашаетесь с политикой конфиденциальности.",
        "Все права защищены. Перепечатка только с разрешения редакции.",
        "Включите JavaScript, чтобы пользоваться всеми функциями страницы.",
        "Подпишитесь на нашу рассылку.",
        "Цены включают налог, доставка оплачивается отдельно.",
    ),
    missing="Страница, которую вы ищете, не найдена.",
)
