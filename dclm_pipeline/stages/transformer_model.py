"""Models of transformers and their tokenizers: texts in, numbers out. What `transformer_score` loads when it is opened.

Texts are run in blocks of one shape for each length, filled up with nothing, so that what comes out does not depend on
which texts were next to each other. Nothing is fetched, and no code that comes with a model is run.
"""

import json
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModel, AutoModelForSequenceClassification

from dclm_pipeline.errors import RecipeError

# Characters a token that are looked at, so that a huge page costs no more than a long one.
_CHARACTERS = 64
# Lengths that texts are filled up to.
_LENGTHS = sorted({factor << power for factor in (2, 3) for power in range(3, 20)})
_POOLS = "pooler."


class Files(NamedTuple):
    """The files of a model; no `head`: it classifies by itself."""

    config: Path
    weights: Path
    tokenizer: Path
    head: Path | None


class Shape(NamedTuple):
    """How texts are run: tokens of the longest, texts of a block, what a vector of a text is, cores, on a GPU or not."""

    tokens: int
    rows: int
    pooling: Literal["first", "mean"]
    cores: int
    gpu: bool


class Transformer:
    """A model with its tokenizer, and the linear layer on top of it where it has none."""

    def __init__(self, files: Files, shape: Shape) -> None:
        self._shape = shape
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=shape.tokens)
        self._model = _load(files)
        self._head = None if files.head is None else _load_head(files.head)
        self._padding = self._model.config.pad_token_id or 0
        self._device = ""

    def labels(self) -> tuple[str, ...]:
        """Return what the model calls its outputs."""
        if self._head is not None:
            return tuple(f"LABEL_{number}" for number in range(self._head[0].shape[0]))
        named = self._model.config.id2label
        return tuple(str(named[number]) for number in range(self._model.config.num_labels))

    def outputs(self, texts: list[str]) -> NDArray[np.float64]:
        """Return the outputs (logits) of each text, no numbers where it has no token."""
        cut = [text[: _CHARACTERS * self._shape.tokens] for text in texts]
        tokens = [np.array(self._tokenizer.encode(text).ids, np.int64) for text in cut]
        found = np.full((len(texts), len(self.labels())), np.nan)
        lengths = np.array([len(one) for one in tokens], np.int64)
        widths = np.array(_LENGTHS)[np.searchsorted(_LENGTHS, lengths)]
        for width in np.unique(widths[lengths > 0]).tolist():
            members = np.flatnonzero((widths == width) & (lengths > 0))
            for start in range(0, len(members), self._shape.rows):
                block = members[start : start + self._shape.rows]
                found[block] = self._run([tokens[row] for row in block.tolist()], width)[: len(block)]
        return found

    def _run(self, tokens: list[NDArray[np.int64]], width: int) -> NDArray[np.float64]:
        """Return the outputs of a block; rows that are not there are of one token."""
        device = self._ready()
        width = min(width, self._shape.tokens)
        ids = np.full((self._shape.rows, width), self._padding, np.int64)
        mask = np.zeros((self._shape.rows, width), np.int64)
        mask[:, 0] = 1
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        given = {"input_ids": torch.from_numpy(ids).to(device), "attention_mask": torch.from_numpy(mask).to(device)}
        with torch.inference_mode():
            said = self._model(**given)
            outputs = said.logits if self._head is None else self._through_head(said, given["attention_mask"])
        numbers: NDArray[np.float64] = outputs.to("cpu", torch.float64).numpy()
        return numbers

    def _through_head(self, said: "torch.nn.Module", mask: "torch.Tensor") -> "torch.Tensor":
        assert self._head is not None
        weight, bias = (table.to(mask.device) for table in self._head)
        vectors = said.last_hidden_state
        if self._shape.pooling == "first":
            pooled = vectors[:, 0]
        else:
            shares = mask[:, :, None].to(vectors.dtype)
            pooled = (vectors * shares).sum(1) / shares.sum(1)
        return pooled @ weight.T + bias

    def _ready(self) -> str:
        """Return the device, with the model on it; only now, as a process that has a GPU cannot be forked."""
        if not self._device:
            if self._shape.gpu and not torch.cuda.is_available():
                raise RecipeError(
                    f"transformer_score: needs.gpu is set, and torch {torch.__version__} sees no GPU here"
                )
            torch.set_num_threads(self._shape.cores)
            self._device = "cuda" if self._shape.gpu else "cpu"
            self._model.to(self._device)
        return self._device


def _load(files: Files) -> "torch.nn.Module":
    """Load a model with all its weights."""
    kind = AutoModelForSequenceClassification if files.head is None else AutoModel
    with tempfile.TemporaryDirectory(prefix="dclm-model-") as folder:
        # The library wants a folder; assets are files by their digests.
        Path(folder, "config.json").symlink_to(files.config.absolute())
        Path(folder, "model.safetensors").symlink_to(files.weights.absolute())
        try:
            json.loads(files.config.read_bytes())
            model, loading = kind.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise RecipeError(f"{files.config}, {files.weights}: are no model that can be used: {error}") from error
    missing = sorted(name for name in loading["missing_keys"] if files.head is None or not name.startswith(_POOLS))
    if missing or loading["mismatched_keys"]:
        raise RecipeError(f"{files.weights}: has no weights for {', '.join(missing[:5]) or 'some of its layers'}")
    return model.to(torch.float32).eval()


def _load_head(path: Path) -> "tuple[torch.Tensor, torch.Tensor]":
    """Load a linear layer: `weight`, outputs by inputs, and `bias`."""
    tables = load_file(path)
    if {"weight", "bias"} - set(tables) or tables["weight"].ndim != 2 or tables["bias"].ndim != 1:
        raise RecipeError(f"{path}: a linear layer is `weight`, a table, and `bias`, a row; there is {sorted(tables)}")
    return tables["weight"].to(torch.float32), tables["bias"].to(torch.float32)
