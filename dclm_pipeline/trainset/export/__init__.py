"""Training sets in the forms that others read: Megatron's, NumPy's, DCLM's tars, and text again."""

from dclm_pipeline.trainset.export.flat import Flat
from dclm_pipeline.trainset.export.jsonl import JsonLines
from dclm_pipeline.trainset.export.making import Exported, ExportedFile, export
from dclm_pipeline.trainset.export.megatron import Megatron
from dclm_pipeline.trainset.export.parts import Format
from dclm_pipeline.trainset.export.webdataset import WebDataset

__all__ = ["Exported", "ExportedFile", "Flat", "Format", "JsonLines", "Megatron", "WebDataset", "export"]
