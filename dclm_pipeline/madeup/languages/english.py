"""English, as the made-up web writes it."""

from dclm_pipeline.madeup.voice import Language
from dclm_pipeline.madeup.words import phrases, words

_NOUNS = words("""
house garden river market school story teacher village kitchen window letter machine project question answer bridge
island engine forest mountain station library museum theatre harbour journey meeting morning evening summer winter
season weather storm valley road path corner square tower castle church farm field meadow orchard barn fence gate
neighbour visitor traveller painter writer singer doctor nurse farmer baker carpenter engineer student professor
scientist sailor captain soldier lawyer judge mayor council committee company factory workshop office store
restaurant hotel bakery recipe dinner breakfast bread cheese soup salad apple pear cherry lemon potato tomato onion
carrot mushroom pepper spice sugar butter oven table chair lamp carpet curtain mirror shelf drawer basket bottle
glass plate spoon knife hammer ladder rope wheel bicycle car train boat ship plane ticket passport map guide camera
picture painting drawing sculpture song melody violin piano guitar drum concert festival dance film novel poem
chapter page sentence word language grammar lesson exam degree theory experiment result method model sample measure
number pattern signal system network computer keyboard screen program database report article newspaper magazine
editor reader interview opinion debate election vote law rule policy budget tax price cost profit loan bank
customer product service brand quality warranty delivery package design material cotton wool leather paper metal
copper silver gold stone brick timber concrete roof wall floor ceiling stair balcony terrace fountain statue park
playground stadium team player coach match race medal record bird horse dog cat sheep goat rabbit fox wolf bear
whale fish insect flower rose tulip oak maple leaf root seed soil harvest rain snow wind cloud star planet moon
telescope battery circuit sensor cable pump valve pipe tank tool pocket coat hat shoe glove ring clock calendar
promise secret memory dream habit idea plan problem solution reason detail example difference change choice chance
""")

_VERBS = words("""
describe explain prepare repair discover visit paint record measure compare support collect deliver design improve
replace protect notice remember mention discuss explore examine follow finish publish present prove question reach
receive reduce refuse remove request rescue restore return review share sketch solve study suggest surprise teach_in
test trace train transform translate trust update value vanish_from view wait_for walk_through warn watch welcome
accept admire adopt announce answer approach approve arrange ask_about assemble borrow change check clean climb close
consider convince create cross deny destroy double-check earn enjoy enter establish expect face gather handle
ignore imagine inspect install inspire introduce invent invite join launch learn_from limit list load locate look_at
manage mark mend mix move name need observe offer open order organise own pass perform photograph place plant polish
""")

_ADJECTIVES = words("""
old small quiet early late careful bright narrow wide gentle strange famous modern ancient simple complex local
foreign public private useful heavy light warm cold fresh dry wet clean dusty green red blue yellow grey golden
silver wooden broken empty full busy calm clever brave patient honest curious serious cheerful tired hungry proud
rare common perfect rough smooth soft hard sharp sweet bitter rich poor cheap expensive safe dangerous slow quick
sudden steady distant nearby hidden open secret visible popular lonely friendly royal rural urban coastal northern
southern eastern western annual weekly daily final first second last whole single double main minor major natural
artificial electric digital mechanical musical political social medical legal financial technical historic
reliable remarkable ordinary surprising practical elegant
""")

_ADVERBS = words("""
quickly slowly carefully quietly suddenly finally usually often rarely almost again together openly gladly mostly
partly clearly simply easily hardly gently politely proudly secretly eagerly calmly barely recently generally
""")


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return {"knife": "knives", "wolf": "wolves", "shelf": "shelves", "leaf": "leaves"}.get(noun, noun + "s")


def _bend(verb: str, ending: str) -> str:
    verb, _, rest = verb.partition("_")
    if verb.endswith("e"):
        verb = verb[:-1]
    elif verb.endswith("y") and verb[-2] not in "aeiou" and ending == "ed":
        verb = verb[:-1] + "i"
    return verb + ending + (f"_{rest}" if rest else "")


_TAUGHT = {"teach_in": "taught_in"}

ENGLISH = Language(
    code="en",
    rules="""
sentence = <thing> {past} <thing> <where> .
sentence = <thing> {past} <thing> , and <thing> {past} {adverb} <where> .
sentence = <thing> {past} <thing> because <thing> had {past} <thing> <where> .
sentence = <opener> , <thing> {past} <thing> <where> , but nobody {past} the {noun} .
sentence = <opener> , <thing> was more {adjective} than <thing> that we had {past} .
sentence = it is not easy to {verb} <thing> without {gerund} the {noun} of <thing> .
sentence = <person> hoped that the {noun} of the {noun} would {verb} <thing> <when> .
sentence = there were {number} {plural} <where> , and most of them were {adjective} or {adjective} .
sentence = when <thing> {past} <thing> , <person> {past} the {adjective} {plural} <where> .
sentence = they have {past} <thing> with {adjective} {plural} , which is what <person> {past} <when> .
sentence = although <thing> was {adjective} , the {noun} {adverb} {past} <thing> .
sentence = if you want to {verb} <thing> , you should {verb} the {plural} of the {noun} first .
sentence = <person> said that <thing> {past} {number} {plural} <when> .
sentence = in {place} , the {plural} are {adjective} and the {plural} have a {adjective} {noun} .
sentence = how could <thing> {verb} <thing> <when> ?
sentence = what is it that the {plural} of {place} {adverb} {past} <where> ?
sentence = this is the {noun} that <person> and the {noun} {past} with <thing> <when> .
sentence = to be {adjective} , the {noun} has to {verb} more than {number} {plural} <where> .
thing = the {noun}
thing = the {adjective} {noun}
thing = a {adjective_c} {noun}
thing = the {noun} of the {noun}
thing = her {noun}
thing = their {adjective} {plural}
thing = the {plural} from {place}
thing = every {noun} in {place}
thing = one of the {adjective} {plural}
person = {name}
person = {name} {surname}
person = the {noun} from {place}
where = in the {noun}
where = behind the {adjective} {noun}
where = near {place}
where = at the end of the {noun}
where = between the {noun} and the {noun}
where = with the {plural}
where = {adverb}
when = in {year}
when = after the {noun}
when = before the {adjective} {noun}
when = on {weekday}
when = for {number} years
opener = after the {noun}
opener = in {year}
opener = on {weekday}
opener = at first
opener = for this reason
opener = in the end
opener = during the {adjective} {noun}
opener = without the {noun}
opener = on the other hand
title = the {adjective} {noun} of {place}
title = why the {noun} {past} the {adjective} {plural}
title = how to {verb} a {adjective_c} {noun} in {number} steps
title = {name} {surname} and the {adjective} {noun}
title = {number} {plural} that {past} {place}
title = {place} : the {noun} , the {noun} and the {plural}
title = what the {adjective} {plural} of {year} {past}
title = a {adjective_c} {noun} for every {noun}
""",
    words={
        "noun": _NOUNS,
        "plural": tuple(_plural(noun) for noun in _NOUNS[::-1]),
        "verb": _VERBS,
        "past": tuple(_TAUGHT.get(verb, _bend(verb, "ed")) for verb in _VERBS),
        "gerund": tuple(_bend(verb, "ing") for verb in _VERBS),
        "adjective": _ADJECTIVES,
        "adjective_c": tuple(word for word in _ADJECTIVES if word[0] not in "aeiou" and word != "honest"),
        "adverb": _ADVERBS,
        "number": words("two three four five six seven nine ten twelve fifteen twenty thirty 40 75 120 300"),
        "year": tuple(str(year) for year in (*range(2024, 1989, -1), 1975, 1968, 1923, 1899, 1850)),
        "weekday": words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
        "name": words(
            "Anna Thomas Maria John Clara Peter Laura Martin Alice Robert Helen Simon Julia David Emma Frank Nora"
            " Oscar Ruth Henry Grace Victor Irene Walter Edith Leo Martha Hugo Stella Arthur"
        ),
        "surname": words(
            "Miller Harper Stone Fletcher Marsh Field Cooper Wells Thorne Barrow Hale Finch Lowe Carver Brook Ashby"
            " Dale Penrose Whitlock Rowan Fairley Holt Merrow Tilden Quill Sedge"
        ),
        "place": words(
            "London Dublin Ashford Millbrook Oldbridge Westhaven Northfield Greymouth Eastmere Fernhill Kingsdale"
            " Riverton Stonegate Larkhill Wetherby Harrowdene Brightsea Coldwater Elmstead Saltmarsh"
        ),
    },
    labels=phrases(
        "Home,About us,Contact,News,Products,Services,Blog,Archive,Search,Log in,Register,Help,Privacy,Terms of use,"
        "Subscribe,Newsletter,Gallery,Events,Careers,Shop,Cart,Categories,Read more,Share,Follow us,Sitemap,Support,"
        "Downloads,Comments,Popular,Latest,Travel,Culture,Science,Sport,Business,Opinion,Food,Health,Weather"
    ),
    notices=(
        "We use cookies to improve your experience on this site.",
        "By continuing to browse you accept our privacy policy.",
        "All rights reserved. No part of this site may be reproduced without permission.",
        "Please enable JavaScript to use all functions of this page.",
        "Sign up for our newsletter and never miss an update.",
        "You must be logged in to post a comment.",
        "Prices include tax. Delivery costs are added at checkout.",
        "This page may contain links to our partners.",
    ),
    missing="The page you are looking for could not be found.",
)
