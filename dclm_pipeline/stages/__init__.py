"""Steps that need to see one shard only. `BUILTIN` lists them, one line each."""

from dclm_pipeline.stages.between import Between
from dclm_pipeline.stages.decode import Decode
from dclm_pipeline.stages.decontaminate import Decontaminate
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.stages.repetition import Repetition
from dclm_pipeline.stages.sample import Sample
from dclm_pipeline.stages.signals import Signals

BUILTIN = (
    Between,
    Decode,
    Decontaminate,
    Extract,
    Repetition,
    Sample,
    Signals,
)
