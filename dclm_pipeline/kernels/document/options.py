"""Which of a page's text Resiliparse is asked for; the names are those of the library."""

from typing import NamedTuple

# A page may call itself or its language anything; in characters.
LONGEST_TITLE, LONGEST_LANGUAGE = 4096, 64


class Options(NamedTuple):
    """What to leave out, and how to set the rest."""

    preserve_formatting: bool = True
    main_content: bool = True
    list_bullets: bool = True
    alt_texts: bool = True
    links: bool = False
    form_fields: bool = False
    noscript: bool = False
    comments: bool = True
    post_meta: bool = True
    hidden_elements: bool = False
