"""Latin-looking filler, as unfinished sites have it; its first words are the usual ones."""

from dclm_pipeline.madeup.languages.english import ENGLISH
from dclm_pipeline.madeup.voice import Language
from dclm_pipeline.madeup.words import words

PLACEHOLDER = Language(
    code="la",
    rules="""
sentence = lorem ipsum {word} {word} {word} , {word} {word} {word} {word} .
sentence = {word} {word} {word} {word} {word} , {word} {word} {word} {word} {word} .
sentence = {word} {word} {word} {word} {word} {word} {word} .
sentence = {word} et {word} {word} in {word} {word} , {word} {word} non {word} {word} {word} .
title = lorem ipsum {word} {word}
title = {word} {word} {word}
""",
    words={
        "word": words(
            "dolor sit amet elit tempor labore magna aliqua minim veniam nostrud ullamco nisi commodo consequat aute"
            " irure velit esse cillum fugiat nulla pariatur sint sunt culpa officia mollit anim laborum varius nunc"
            " vitae felis justo donec mauris lectus ornare tellus risus viverra massa porta semper quam augue leo"
            " turpis metus purus odio ante diam erat neque pulvinar sapien tortor"
        )
    },
    labels=ENGLISH.labels,
    notices=ENGLISH.notices,
    missing=ENGLISH.missing,
)
