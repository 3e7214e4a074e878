"""German, as the made-up web writes it: nouns by gender, so that articles and adjectives agree."""

from dclm_pipeline.madeup.voice import Language
from dclm_pipeline.madeup.words import phrases, words

_MASCULINE = words("""
Garten Fluss Markt Brief Weg Turm Hof Baum Berg Wald See Hafen Bahnhof Platz Tisch Stuhl Schrank Teppich Spiegel
Löffel Teller Topf Apfel Käse Kuchen Kaffee Tee Wein Abend Morgen Sommer Winter Herbst Regen Schnee Wind Sturm Mond
Stern Lehrer Schüler Arzt Bäcker Maler Sänger Richter Fahrer Besucher Verein Betrieb Laden Preis Vertrag
Bericht Artikel Roman Film Tanz Chor Satz Versuch Fehler Plan Grund Unterschied Schlüssel Wagen Zug Motor Rechner
Bildschirm Knopf Hammer Nagel Draht Stoff Mantel Hut Schuh Ring Kalender Vogel Hund Fisch Wolf Fuchs
""")
_FEMININE = words("""
Straße Stadt Schule Küche Brücke Insel Mühle Kirche Wiese Scheune Tür Lampe Flasche Tasse Gabel Suppe Kartoffel
Tomate Zwiebel Birne Kirsche Zitrone Butter Nacht Woche Stunde Jahreszeit Wolke Sonne Lehrerin Ärztin Malerin
Sängerin Firma Werkstatt Fabrik Bank Rechnung Steuer Zeitung Meinung Frage Antwort Lösung Regel Sprache Geschichte
Reise Karte Kamera Zeichnung Melodie Geige Bühne Prüfung Messung Methode Maschine Leitung Pumpe Batterie Leiter
Säge Wolle Jacke Brille Uhr Katze Ziege Biene Blume Rose Eiche Wurzel Ernte Treppe Mauer Wand Decke Erinnerung
Hoffnung Entscheidung Veränderung Möglichkeit Gewohnheit Qualität Lieferung Garantie Bibliothek
""")
_NEUTER = words("""
Haus Dorf Fenster Dach Zimmer Schloss Museum Theater Feld Tal Meer Ufer Boot Schiff Fahrrad Auto Brot Gemüse Salz
Messer Glas Regal Bett Sofa Bild Buch Wort Gedicht Lied Klavier Konzert Fest Spiel Rennen Ziel Ergebnis Beispiel
Problem Projekt Gesetz Gericht Rathaus Amt Geschäft Produkt Angebot Paket Papier Metall Silber Gold Holz Werkzeug
Kabel Netz Signal System Programm Gerät Muster Maß Gewicht Tier Pferd Schaf Huhn Insekt Blatt Wetter Jahr Geheimnis
""")
_VERBS = words("""
zeigte öffnete suchte fragte besuchte erklärte reparierte entdeckte malte sammelte lieferte verbesserte ersetzte
schützte bemerkte erwähnte untersuchte folgte_in prüfte erreichte kaufte verkaufte teilte löste lernte veränderte
begrüßte bewunderte plante baute reinigte beobachtete störte brauchte bewegte ordnete pflanzte kochte putzte
veröffentlichte übersetzte erinnerte_an wählte gründete bezahlte verlangte erwartete führte holte hörte kannte
""")
_ADJECTIVE_STEMS = words("""
alt klein groß ruhig früh spät hell schmal breit fremd berühmt modern einfach schwer leicht warm kalt frisch trocken
nass sauber grün rot blau gelb grau golden leer voll klug mutig geduldig ehrlich ernst müde stolz selten wichtig
billig teuer sicher gefährlich langsam schnell nah fern offen geheim beliebt freundlich ländlich täglich deutsch
natürlich elektrisch digital technisch rechtlich politisch historisch zuverlässig praktisch schön neu jung
""")

GERMAN = Language(
    code="de",
    rules="""
sentence = <thing> {past} <object> <where> .
sentence = <thing> {past} <object> , und <thing> {past} <object> <where> .
sentence = <opener> {past} <thing> <object> , aber niemand {past} <object> .
sentence = <thing> {past} <object> , weil <thing> <object> <where> {past} .
sentence = <opener> war <thing> viel {stem} , doch <person> {past} <object> {adverb} .
sentence = es ist nicht {stem} , <object> ohne <object> zu {infinitive} .
sentence = <person> sagte , dass <thing> {number} Jahre lang <object> {past} .
sentence = wenn <thing> {stem} ist , kann man <object> <where> {adverb} {infinitive} .
sentence = in {place} gibt es {number} Menschen , die <object> mit <dative> {infinitive} .
sentence = wir haben <object> {adverb} gesehen , und das war für <object> sehr {stem} .
sentence = was hat <person> {when} mit <dative> gemacht ?
sentence = wer <object> {infinitive} will , muss zuerst <object> {infinitive} .
sentence = obwohl <thing> {stem} war , {past} <person> <object> <where> .
sentence = das ist der Grund , warum <person> {when} <object> {past} .
sentence = nach <dative> und vor <dative> {past} <thing> auch <object> .
thing = der {masculine}
thing = die {feminine}
thing = das {neuter}
thing = der {weak} {masculine}
thing = die {weak} {feminine}
thing = das {weak} {neuter}
thing = eine {weak} {feminine}
thing = <person>
object = den {masculine}
object = die {feminine}
object = das {neuter}
object = den {strong} {masculine}
object = die {weak} {feminine}
object = das {weak} {neuter}
object = einen {strong} {masculine}
object = eine {weak} {feminine}
dative = dem {masculine}
dative = der {feminine}
dative = dem {strong} {neuter}
dative = einer {strong} {feminine}
person = {name}
person = {name} {surname}
where = in der {feminine}
where = hinter dem {masculine}
where = vor dem {strong} {neuter}
where = bei {place}
where = mit einer {strong} {feminine}
where = zwischen dem {masculine} und der {feminine}
where = {adverb}
opener = {when}
opener = in {place}
opener = nach der {feminine}
opener = während der {strong} {feminine}
opener = aus diesem Grund
opener = am Ende
opener = auf der anderen Seite
title = der {weak} {masculine} von {place}
title = warum die {feminine} den {masculine} {past}
title = {name} {surname} und das {weak} {neuter}
title = {number} Gründe für die {weak} {feminine}
title = {place} : die {feminine} und der {masculine}
title = so kann man das {neuter} {adverb} {infinitive}
""",
    words={
        "masculine": _MASCULINE,
        "feminine": _FEMININE,
        "neuter": _NEUTER,
        "past": _VERBS,
        "infinitive": words(
            "zeigen öffnen suchen besuchen erklären reparieren entdecken malen sammeln liefern verbessern ersetzen"
            " schützen untersuchen prüfen erreichen kaufen verkaufen teilen lösen lernen verändern begrüßen planen"
            " bauen reinigen beobachten brauchen bewegen ordnen pflanzen kochen übersetzen wählen"
        ),
        "stem": tuple(_ADJECTIVE_STEMS),
        "weak": tuple(stem + "e" for stem in _ADJECTIVE_STEMS),
        "strong": tuple(stem + "en" for stem in _ADJECTIVE_STEMS),
        "adverb": words("wieder oft selten gern langsam endlich plötzlich zusammen fast immer heimlich leise deutlich"),
        "when": words(
            "gestern heute damals später zuerst danach am_Montag am_Abend im_Sommer im_Winter im_Jahr_1998"
            " im_Jahr_2012 vor_einem_Jahr seit_langem"
        ),
        "number": words("zwei drei vier fünf sechs sieben acht zehn zwölf zwanzig hundert 35 150"),
        "name": words("Anna Thomas Klara Peter Lena Martin Sabine Jürgen Ulrike Stefan Greta Felix Ida Moritz"),
        "surname": words("Bergmann Steinbach Hofer Lindner Mühlbauer Kessler Brandt Vogt Reuter Seidel Thaler"),
        "place": words("Berlin Wien Hamburg Altenfeld Neustadt Rosental Grünbach Seeburg Oberwald Königstein"),
    },
    labels=phrases(
        "Startseite,Über uns,Kontakt,Nachrichten,Produkte,Leistungen,Archiv,Suche,Anmelden,Registrieren,Hilfe,"
        "Datenschutz,Impressum,Newsletter,Galerie,Termine,Karriere,Warenkorb,Kategorien,Weiterlesen,Teilen,Folgen,"
        "Übersicht,Kommentare,Beliebt,Aktuell,Reise,Kultur,Wissenschaft,Sport,Wirtschaft,Meinung,Gesundheit"
    ),
    notices=(
        "Wir verwenden Cookies, um Ihnen das beste Erlebnis auf unserer Seite zu bieten.",
        "Mit der weiteren Nutzung stimmen Sie unserer Datenschutzerklärung zu.",
        "Alle Rechte vorbehalten. Nachdruck nur mit Genehmigung.",
        "Bitte aktivieren Sie JavaScript, um alle Funktionen zu nutzen.",
        "Melden Sie sich für unseren Newsletter an.",
        "Alle Preise verstehen sich inklusive Mehrwertsteuer und zuzüglich Versand.",
    ),
    missing="Die gewünschte Seite wurde leider nicht gefunden.",
)
