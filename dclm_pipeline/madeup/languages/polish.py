"""Polish, as the made-up web writes it: things only, so that the accusative is the nominative but for -a, which is -ę."""

from dclm_pipeline.madeup.voice import Language
from dclm_pipeline.madeup.words import phrases, words

_MASCULINE = words("""
ogród dom most zamek teatr port las wiatr deszcz śnieg dach stół fotel dywan talerz nóż młotek rower pociąg samolot
statek bilet paszport obraz rysunek koncert taniec film wiersz rozdział wyraz kurs wynik wzór sygnał system komputer
program artykuł dziennik budżet podatek koszt kredyt bank rynek sklep towar papier metal kamień mur balkon pomnik
park stadion mecz medal chleb ser tort cukier piec kwiat liść korzeń zegar kalendarz płaszcz kapelusz but klucz
problem projekt plan powód przykład silnik kabel zbiornik dokument rachunek list wieczór poranek księżyc
""")
_FEMININE_STEMS = words("""
rzek szkoł ulic kuchni książk maszyn wysp gór stacj bibliotek zim burz drog wież ferm bram lamp półk butelk szklank
łyżk zup sałatk grusz wiśni cebul kapust recept piekarni firm fabryk ustaw reguł lekcj teori metod prób map fotografi
piosenk melodi gitar scen gazet rozmow decyzj różnic obietnic mark wełn cegł tablic fontann nagrod róż roślin
planet gwiazd bateri pomp kieszonk kurtk czapk histori nowin prac przygod zabaw wycieczk
""")
_NEUTER = words("""
miasto okno pole krzesło lustro pudełko szkło auto morze jezioro muzeum lato masło mięso jabłko ciasto zdjęcie pytanie
zadanie zdanie słowo pismo prawo biuro narzędzie urządzenie badanie drzewo ziarno niebo słońce światło miejsce
spotkanie wydarzenie rozwiązanie wspomnienie marzenie ubranie śniadanie mieszkanie podwórko
""")
_ADJECTIVE_STEMS = words("""
now star mał ładn czyst mokr zielon czerwon żółt szar biał czarn pust pełn cich spokojn ważn trudn prost
ciekaw znan słynn jasn ciemn zimn ciepł śwież pierwsz kolejn piękn woln drewnian zwykł
""")
_VERB_STEMS = words("""
pokaza opisa odkry namalowa naprawi przygotowa zmieni zbudowa otworzy zamyka kupi sprzeda wybra
pamięta czyta pisa ogląda zwiedza sprawdzi porówna zmierzy poprawi zasadzi ugotowa wyczyści obserwowa
przenosi zamówi dostarczy opublikowa przetłumaczy wyjaśni zauważy chroni zbiera podzieli zostawi
""")

POLISH = Language(
    code="pl",
    rules="""
sentence = <he> <object> {where} .
sentence = <she> <object> , a <he> <object> {where} .
sentence = {when} <he> <object> , ale nikt nie wie , dlaczego <she> <object> .
sentence = <she> <object> , ponieważ <he> <object> {when} .
sentence = nie jest łatwo {infinitive} <object> , gdy <he> <object> .
sentence = {name} {surname} mówi , że <she> <object> przez {number} lat .
sentence = jeśli chcesz {infinitive} <object> , to musisz najpierw {infinitive} <object> {where} .
sentence = {where} było {number} osób , które chciały {infinitive} <object> .
sentence = czy to prawda , że <he> <object> {when} ?
sentence = chociaż <he> <object> , to jednak <she> {adverb} <object> .
sentence = to jest bardzo ważne , aby {infinitive} <object> i {infinitive} <object> {where} .
sentence = {when} można było {adverb} {infinitive} <object> oraz <object> {where} .
he = {name} {male}
he = {surname} {adverb} {male}
he = mój sąsiad {male}
he = stary nauczyciel z {from} {male}
she = {girl} {female}
she = moja siostra {female}
she = młoda lekarka z {from} {female}
she = {girl} {adverb} {female}
object = {masculine}
object = {masculine_adjective} {masculine}
object = {feminine}
object = {feminine_adjective} {feminine}
object = {neuter}
object = {neuter_adjective} {neuter}
object = {masculine} i {feminine}
object = ten {masculine_adjective} {masculine}
object = swoją {feminine_adjective} {feminine}
title = {masculine_adjective} {masculine} i {neuter_adjective} {neuter}
title = dlaczego {girl} {female} {feminine}
title = jak {infinitive} {masculine_adjective} {masculine}
title = {name} {surname} i {neuter_adjective} {neuter}
title = {number} pomysłów , aby {infinitive} {feminine}
""",
    words={
        "masculine": _MASCULINE,
        "feminine": tuple(stem + "ę" for stem in _FEMININE_STEMS),
        "neuter": _NEUTER,
        "masculine_adjective": tuple(stem + "y" for stem in _ADJECTIVE_STEMS),
        "feminine_adjective": tuple(stem + "ą" for stem in _ADJECTIVE_STEMS),
        "neuter_adjective": tuple(stem + "e" for stem in _ADJECTIVE_STEMS),
        "male": tuple(stem + "ł" for stem in _VERB_STEMS),
        "female": tuple(stem + "ła" for stem in _VERB_STEMS),
        "infinitive": words(
            "pokazać znaleźć opisać odkryć namalować naprawić przygotować zmienić zbudować otworzyć kupić sprzedać"
            " wybrać czytać pisać oglądać zwiedzać sprawdzić porównać zmierzyć poprawić zasadzić ugotować zamówić"
            " dostarczyć opublikować wyjaśnić zauważyć chronić zbierać podzielić zostawić"
        ),
        "adverb": words("często rzadko powoli szybko znowu razem nagle wreszcie cicho chętnie zawsze"),
        "where": words(
            "w_mieście na_rynku przed_domem za_szkołą w_ogrodzie nad_rzeką pod_mostem obok_kościoła w_bibliotece"
            " na_dworcu w_górach nad_morzem w_kuchni przy_stole na_wsi w_sklepie w_teatrze po_drugiej_stronie_ulicy"
            " między_lasem_a_jeziorem na_końcu_drogi"
        ),
        "when": words(
            "wczoraj dzisiaj jutro wieczorem rano latem zimą w_poniedziałek w_tym_roku w_1998_roku w_2012_roku"
            " po_południu przed_chwilą dawno_temu po_kilku_latach w_końcu"
        ),
        "number": words("pięć sześć siedem osiem dziesięć dwanaście dwadzieścia sto 35 150"),
        "name": words("Tomasz Piotr Marcin Jan Andrzej Paweł Wojciech Michał Stanisław Adam Jerzy"),
        "girl": words("Anna Maria Ewa Zofia Hanna Katarzyna Agnieszka Magda Helena Julia Barbara"),
        "surname": words("Nowicki Zieliński Wolski Górski Leśniak Kowal Młynarz Wrona Dąbek Brzoza"),
        "from": words("Warszawy Krakowa Gdańska Poznania Nowej_Wsi Zielonej_Doliny Starego_Młyna Białego_Brzegu"),
    },
    labels=phrases(
        "Strona główna,O nas,Kontakt,Aktualności,Produkty,Usługi,Archiwum,Szukaj,Zaloguj się,Rejestracja,Pomoc,"
        "Polityka prywatności,Regulamin,Biuletyn,Galeria,Wydarzenia,Praca,Sklep,Koszyk,Kategorie,Czytaj więcej,"
        "Udostępnij,Mapa strony,Komentarze,Popularne,Podróże,Kultura,Nauka,Gospodarka,Opinie,Zdrowie"
    ),
    notices=(
        "Ta strona używa plików cookie, aby zapewnić najlepszą obsługę.",
        "Korzystając z serwisu, akceptujesz naszą politykę prywatności.",
        "Wszelkie prawa zastrzeżone. Kopiowanie bez zgody zabronione.",
        "Włącz JavaScript, aby korzystać ze wszystkich funkcji strony.",
        "Zapisz się do naszego biuletynu.",
        "Ceny zawierają podatek, koszt dostawy doliczany jest przy kasie.",
    ),
    missing="Nie znaleziono strony, której szukasz.",
)
