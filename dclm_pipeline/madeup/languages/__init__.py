"""The languages of the made-up web, and how often each is written.

The word lists are plain dictionary words, the rules small. Enough to be told apart by a language identifier and to
have the stop words that heuristics look for; not enough to be right: agreement is kept where it is cheap to keep.
"""

from dclm_pipeline.madeup.languages.english import ENGLISH
from dclm_pipeline.madeup.languages.french import FRENCH
from dclm_pipeline.madeup.languages.german import GERMAN
from dclm_pipeline.madeup.languages.italian import ITALIAN
from dclm_pipeline.madeup.languages.japanese import JAPANESE
from dclm_pipeline.madeup.languages.placeholder import PLACEHOLDER
from dclm_pipeline.madeup.languages.polish import POLISH
from dclm_pipeline.madeup.languages.russian import RUSSIAN
from dclm_pipeline.madeup.languages.spanish import SPANISH
from dclm_pipeline.madeup.voice import Language

# One place in this row is one site in twenty. Interleaved, because sites with small numbers have the most pages.
BY_SITE: tuple[Language, ...] = (
    ENGLISH,
    GERMAN,
    ENGLISH,
    FRENCH,
    ENGLISH,
    SPANISH,
    ENGLISH,
    RUSSIAN,
    ENGLISH,
    JAPANESE,
    ENGLISH,
    POLISH,
    GERMAN,
    ENGLISH,
    ITALIAN,
    FRENCH,
    ENGLISH,
    SPANISH,
    RUSSIAN,
    ENGLISH,
)

__all__ = ["BY_SITE", "ENGLISH", "PLACEHOLDER", "Language"]
