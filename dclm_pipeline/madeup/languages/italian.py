"""Italian, as the made-up web writes it; nouns that would take "lo" or "l'" are left out but for a small class."""

from dclm_pipeline.madeup.voice import Language
from dclm_pipeline.madeup.words import phrases, words

_MASCULINE = words("""
giardino fiume mercato villaggio ponte castello museo teatro porto cammino viaggio vento bosco campo tetto muro
salotto divano tappeto cassetto bicchiere coltello martello treno battello biglietto disegno quadro concerto ballo
film romanzo poema capitolo corso risultato modello sistema programma giornale lettore dibattito voto prezzo costo
cliente prodotto pacco cotone cuoio metallo rame medico fornaio pittore cantante giudice vicino contadino marinaio
capitano consiglio comitato negozio ristorante pane formaggio dolce limone burro forno cane gatto cavallo lupo pesce
fiore suolo clima segreto sogno progetto problema cambiamento dettaglio motore cavo tubo cappotto cappello guanto
calendario libro metodo racconto tempo mattino motivo palazzo parco paese bambino maestro
""")
_FEMININE = words("""
casa città strada cucina finestra lettera macchina domanda risposta foresta montagna stazione biblioteca stagione
tempesta valle torre fattoria porta lampada tavola sedia bottiglia tazza zuppa mela pera ciliegia patata cipolla
carota ricetta bottega banca fattura tassa legge regola politica lingua frase lezione teoria misura prova carta
fotografia pittura canzone melodia chitarra danza festa scena pagina novella rivista riunione decisione soluzione
ragione differenza promessa memoria garanzia consegna marca lana pietra terrazza fontana statua piazza piscina corsa
medaglia pecora capra rosa foglia radice pioggia neve luna stella batteria pompa tasca giacca chiave scuola chiesa
storia notte settimana mattina voce famiglia collina barca qualità
""")
_VOWEL = words("""
albero estate inverno autunno orologio articolo esempio oggetto uccello argento oro avvocato ingegnere amico isola idea
acqua erba immagine abitudine opinione esperienza orto ufficio
""")
_STEMS = words("""
piccol antic nuov vecchi famos modern strett lung cort rapid lent sicur pericolos pulit ross giall ner bianc scur
chiar fredd fresc secc vuot pien tranquill curios seri stanc rar perfett apert nascost rott cald necessari pratic
tecnic storic politic giuridic elettric meccanic timid lontan sincer
""")

ITALIAN = Language(
    code="it",
    rules="""
sentence = <thing> ha {done} <thing> <where> .
sentence = <thing> ha {done} <thing> , e <thing> {verb} <thing> <where> .
sentence = <opener> , <thing> {verb} <thing> , ma nessuno {verb} <thing> .
sentence = <thing> {verb} <thing> perché <person> ha {done} <thing> {when} .
sentence = <opener> , <thing> è più {masculine_adjective} di <thing> che {verb} <thing> .
sentence = non è facile {infinitive} <thing> senza {infinitive} <thing> .
sentence = <person> ha detto che <thing> {verb} <thing> da {number} anni .
sentence = quando <thing> {verb} <thing> , si può {infinitive} <thing> <where> .
sentence = nella {feminine} <of> ci sono {number} persone che vogliono {infinitive} <thing> .
sentence = abbiamo {done} <thing> con <thing> , il che è molto {masculine_adjective} per <thing> .
sentence = perché <person> {verb} <thing> {when} ?
sentence = per {infinitive} <thing> , bisogna prima {infinitive} <thing> <of> .
sentence = anche se <thing> era {masculine_adjective} , <person> {verb} {adverb} <thing> .
thing = il {masculine}
thing = la {feminine}
thing = {elided}
thing = il {masculine} {masculine_adjective}
thing = la {feminine} {feminine_adjective}
thing = una {feminine} {feminine_adjective}
thing = un {masculine} {masculine_adjective}
thing = la {feminine} <of>
of = della {feminine}
of = del {masculine}
of = di {place}
person = {name}
person = {name} {surname}
person = il {masculine} di {place}
where = nel {masculine}
where = dietro la {feminine}
where = vicino a {place}
where = tra il {masculine} e la {feminine}
where = con {elided}
where = {adverb}
opener = {when}
opener = dopo la {feminine}
opener = a {place}
opener = per questa ragione
opener = senza il {masculine}
opener = tuttavia
title = il {masculine} {masculine_adjective} di {place}
title = perché la {feminine} {verb} il {masculine}
title = {name} {surname} e la {feminine} {feminine_adjective}
title = {number} idee per {infinitive} la {feminine}
title = {place} : il {masculine} e la {feminine}
""",
    words={
        "masculine": _MASCULINE,
        "feminine": _FEMININE,
        "elided": tuple(f"l'{word}" for word in _VOWEL),
        "masculine_adjective": tuple(stem + "o" for stem in _STEMS),
        "feminine_adjective": tuple(stem + "a" for stem in _STEMS),
        "verb": words(
            "mostra guarda cerca trova visita spiega ripara prepara disegna protegge cambia accetta ammira annuncia"
            " confronta considera corregge coltiva esplora chiude conserva ignora immagina inventa consegna misura"
            " pulisce osserva organizza apre condivide propone pubblica lascia racconta rispetta trasforma attraversa"
            " usa vende compra sceglie costruisce"
        ),
        "done": words(
            "mostrato guardato cercato trovato visitato spiegato riparato preparato disegnato protetto cambiato"
            " accettato ammirato confrontato corretto coltivato esplorato chiuso conservato inventato consegnato"
            " misurato pulito osservato organizzato aperto condiviso proposto pubblicato raccontato venduto"
        ),
        "infinitive": words(
            "mostrare guardare cercare trovare visitare spiegare riparare preparare disegnare proteggere cambiare"
            " confrontare correggere coltivare chiudere inventare misurare pulire osservare aprire condividere"
            " pubblicare raccontare vendere comprare scegliere capire costruire"
        ),
        "adverb": words("sempre spesso mai presto insieme lentamente ancora quasi appena di_nuovo ovunque"),
        "when": words(
            "ieri oggi domani d'estate d'inverno stamattina lunedì nel_1998 nel_2012 nel_2019 la_settimana_scorsa"
            " di_notte prima_di_mezzogiorno"
        ),
        "number": words("due tre quattro cinque sei sette otto dieci dodici venti cento 35 150"),
        "name": words("Anna Tommaso Chiara Pietro Lucia Martino Elena Giulio Carla Diego Ines Ugo Paola"),
        "surname": words("Monti Ferri Fontana Campi Valli Marini Riva Serra Conti Bosco Salvi Bellini"),
        "place": words("Roma Torino Bologna Montefiore Rocca_Alta Portochiaro Valdoro Santa_Lucia Borgonovo"),
    },
    labels=phrases(
        "Home,Chi siamo,Contatti,Notizie,Prodotti,Servizi,Archivio,Cerca,Accedi,Registrati,Aiuto,Privacy,Note legali,"
        "Newsletter,Galleria,Eventi,Lavora con noi,Negozio,Carrello,Categorie,Leggi tutto,Condividi,Mappa del sito,"
        "Commenti,Popolari,Viaggi,Cultura,Scienza,Sport,Economia,Opinioni,Salute"
    ),
    notices=(
        "Utilizziamo i cookie per migliorare la tua esperienza su questo sito.",
        "Continuando la navigazione accetti la nostra informativa sulla privacy.",
        "Tutti i diritti riservati. Vietata la riproduzione senza autorizzazione.",
        "Attiva JavaScript per usare tutte le funzioni di questa pagina.",
        "Iscriviti alla nostra newsletter.",
        "I prezzi comprendono le imposte; la spedizione si aggiunge alla cassa.",
    ),
    missing="La pagina che cerchi non è stata trovata.",
)
