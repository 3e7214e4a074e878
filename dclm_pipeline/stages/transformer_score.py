"""How good a text is, by a transformer: a model that classifies whole texts, or one of vectors and a linear layer.

The model is three or four files, each an asset of its own, so that what decided is known byte for byte. Slow: tens of
texts a second and core, thousands on a GPU; it stands behind what drops most texts.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from dclm_pipeline.arrow import from_numpy
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.step import Annotate, Assets, Batch, Columns, Needs, Place

if TYPE_CHECKING:
    from dclm_pipeline.stages.transformer_model import Transformer

EXTRA = "dclm-pipeline[transformers]"


class TransformerScore(Annotate):
    """Scores texts by a transformer: the number that it was trained to give, or the probability of one of its labels.

    `config`, `weights` and `tokenizer` are the files `config.json`, `model.safetensors` and `tokenizer.json` of a model
    for classification, such as FineWeb-Edu's, by path or on the hub. With `head` the model gives vectors, and that file
    (`.safetensors` with `weight` and `bias`) makes numbers of them. A text without a score is a reject. Runs in a
    segment of its own, on a GPU with `needs: {gpu: 1}`; other machines may give other last digits.
    """

    libraries: ClassVar[tuple[str, ...]] = ("tokenizers", "torch", "transformers")
    rowwise: ClassVar[bool] = True

    kind: Literal["transformer_score"] = "transformer_score"
    needs: Needs = Field(default=Needs(memory=2**31), description="What the step asks of the machine.")
    config: Place = Field(min_length=1, description="`config.json` of the model.")
    weights: Place = Field(min_length=1, description="`model.safetensors` of the model.")
    tokenizer: Place = Field(min_length=1, description="`tokenizer.json` of the model.")
    head: Place = Field(default="", description="The linear layer of a model that gives vectors.")
    pooling: Literal["first", "mean"] = Field(
        default="first", description="With `head`, the vector of a text: that of its first token, or the mean of all."
    )
    column: str = Field(default="transformer_score", min_length=1, description="The column to write.")
    label: str = Field(default="", description="Of a model with several outputs, the label whose probability counts.")
    tokens: int = Field(default=512, ge=8, le=2**20, description="Tokens of a text that are looked at.")
    rows: int = Field(default=8, ge=1, le=4096, description="Texts of about one length that are run together.")

    def computed_on(self) -> str:
        """Return the sort of processor, and the cores: sums that are parted otherwise have other last digits."""
        if self.needs.gpu > 0:
            return "gpu"
        return f"{self.cores()} cores" if self.cores() > 1 else ""

    def cores(self) -> int:
        """Return the cores that the model runs on."""
        return max(1, int(self.needs.cpu))

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return the score."""
        return pa.schema([(self.column, pa.float64())])

    def open(self, assets: Assets) -> "OpenedTransformerScore":
        """Load the model; it goes to a GPU when it is first used."""
        try:
            from dclm_pipeline.stages.transformer_model import Files, Shape, Transformer
        except ModuleNotFoundError as error:
            raise RecipeError(f"{self.name or self.kind}: {error.name} is not installed; install {EXTRA}") from error
        head = assets.path(self.head) if self.head else None
        files = Files(assets.path(self.config), assets.path(self.weights), assets.path(self.tokenizer), head)
        shape = Shape(self.tokens, self.rows, self.pooling, self.cores(), self.needs.gpu > 0)
        model = Transformer(files, shape)
        labels = model.labels()
        if (self.label or len(labels) > 1) and self.label not in labels:
            raise RecipeError(
                f"{self.name or self.kind}: set `label` to one of {', '.join(labels)}; it is {self.label!r}"
            )
        return OpenedTransformerScore(self, model, labels.index(self.label) if self.label else -1)


@dataclass(frozen=True)
class OpenedTransformerScore:
    """The settings with their model, and the number of a label, -1: its one output is the score."""

    settings: TransformerScore
    model: "Transformer"
    label: int

    def columns(self, docs: Batch) -> Columns:
        """Score each text."""
        from dclm_pipeline.kernels.strings import grained

        texts = docs["text"].to_pylist()
        places = [row for row, text in enumerate(texts) if text is not None]
        scores = np.full(len(texts), np.nan)
        outputs = self.model.outputs([text for text in texts if text is not None])
        if self.label < 0:
            scores[places] = outputs[:, 0]
        else:
            spread = np.exp(outputs - outputs.max(axis=1, keepdims=True, initial=-np.inf))
            scores[places] = (spread / spread.sum(axis=1, keepdims=True))[:, self.label]
        failed = {
            row: "no text to score" if texts[row] is None else "no score"
            for row in np.flatnonzero(~np.isfinite(scores)).tolist()
        }
        return Columns({self.settings.column: from_numpy(grained(scores))}, failed=failed)
