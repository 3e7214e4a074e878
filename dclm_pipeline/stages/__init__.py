"""Steps that need to see one shard only. `BUILTIN` lists them, one line each."""

from dclm_pipeline.stages.bad_words import BadWords
from dclm_pipeline.stages.between import Between
from dclm_pipeline.stages.decode import Decode
from dclm_pipeline.stages.decontaminate import Decontaminate
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.stages.keep_if import DropIf, KeepIf
from dclm_pipeline.stages.language import Language
from dclm_pipeline.stages.line_filter import LineFilter, LineMatches
from dclm_pipeline.stages.opt_out import OptOut
from dclm_pipeline.stages.pack import Pack
from dclm_pipeline.stages.pii import Pii
from dclm_pipeline.stages.quality import Quality
from dclm_pipeline.stages.repeat import Repeat
from dclm_pipeline.stages.repetition import Repetition
from dclm_pipeline.stages.rewrite import RewriteText
from dclm_pipeline.stages.rights import Rights
from dclm_pipeline.stages.sample import Sample
from dclm_pipeline.stages.screen_language import ScreenLanguage
from dclm_pipeline.stages.signals import Signals
from dclm_pipeline.stages.tokenize import Tokenize
from dclm_pipeline.stages.transformer_score import TransformerScore
from dclm_pipeline.stages.url_filter import UrlFilter
from dclm_pipeline.stages.words_removed import CountWords, WordsRemoved

BUILTIN = (
    BadWords,
    Between,
    CountWords,
    Decode,
    DropIf,
    Decontaminate,
    Extract,
    Language,
    KeepIf,
    OptOut,
    Pii,
    Rights,
    LineFilter,
    LineMatches,
    Quality,
    Repetition,
    RewriteText,
    Sample,
    ScreenLanguage,
    Signals,
    TransformerScore,
    UrlFilter,
    WordsRemoved,
    Pack,
    Repeat,
    Tokenize,
)
