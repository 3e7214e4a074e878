"""Which pages are surely not in a wanted language, told from raw HTML: spares their extraction, the dearest step of all.

A scan takes pieces of visible text from all over the page, and a fastText model says how likely they are in one of the
languages. Whether that is enough is for a rule to say: `between` with `column: screen_score` and `low: 0.01` drops about
eight in ten of the pages that are in other languages, and of 1,078 real pages whose extracted text is English (score above
0.65) none. `python -m bench.language` tells these numbers.

A page that begins in a wanted language is not read on: of those English ones 94 %. Nothing is dropped for its
beginning alone.

Menus and footers are text like any other here, so that a page in a language that is not that of its site may score low.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.stages.language import DEFAULT_MODEL, labels_of
from dclm_pipeline.step import Annotate, Assets, Batch, Columns, Place

if TYPE_CHECKING:
    from dclm_pipeline.kernels.fasttext.file import FastText
    from dclm_pipeline.kernels.html.visible import Sample


class ScreenLanguage(Annotate):
    """Tells before extraction how likely a page is in one of some languages, for a rule to drop those that are not.

    A page with too little text to tell gets the score 1, as nothing speaks against it.
    """

    # 2: references without a semicolon, and all names of HTML. 3: the beginning first.
    revision: ClassVar[int] = 3

    kind: Literal["screen_language"] = "screen_language"
    languages: tuple[str, ...] = Field(
        default=("en",), min_length=1, description="The wanted languages, by the model's names for them."
    )
    model: Place = Field(
        default=DEFAULT_MODEL, description="A fastText model, `.bin` or `.ftz`, whose labels are languages."
    )
    first_bytes: int = Field(
        default=300,
        ge=0,
        le=100_000,
        description="Bytes of text at the beginning that are looked at first; 0 looks at the pieces at once.",
    )
    sure: float = Field(
        default=0.5,
        ge=0,
        description="The score from which on the answer for the beginning stands; below it, the pieces are looked at.",
    )
    pieces: int = Field(default=8, ge=1, le=1000, description="Places of the page that text is taken from.")
    piece_bytes: int = Field(default=250, ge=16, le=100_000, description="Bytes of text from each of these places.")
    least_letters: int = Field(
        default=50, ge=0, description="Letters that the sample must have for the model to be asked."
    )

    def reads(self) -> frozenset[str]:
        """Return the page."""
        return frozenset({"html"})

    def writes(self) -> pa.Schema:
        """Return the score."""
        return pa.schema([("screen_score", pa.float64())])

    def open(self, assets: Assets) -> "OpenedScreen":
        """Load the model; languages that it does not know are refused."""
        from dclm_pipeline.kernels.fasttext.file import load_model

        model = load_model(assets.path(self.model))
        return OpenedScreen(self, model, labels_of(self.kind, model, self.languages))


@dataclass(frozen=True)
class OpenedScreen:
    """The settings with their model, and which of its labels are wanted."""

    settings: ScreenLanguage
    model: "FastText"
    wanted: NDArray[np.int64]

    def columns(self, docs: Batch) -> Columns:
        """Say how likely each page is in one of the wanted languages; of no page nothing is known."""
        from dclm_pipeline.kernels.html.visible import first_visible, sample_visible
        from dclm_pipeline.kernels.strings import valid_rows, views

        settings = self.settings
        html = docs["html"].cast(pa.large_string())
        pages, unsure = views(html), np.arange(len(html))
        scores = np.ones(len(html), np.float64)
        if settings.first_bytes:
            scores, told = self._told(first_visible(pages, settings.first_bytes))
            unsure = np.flatnonzero(~told | (scores < settings.sure))
        scores[unsure], _ = self._told(sample_visible(pages, settings.pieces, settings.piece_bytes, unsure))
        return Columns({"screen_score": pa.array(scores, mask=~valid_rows(html))})

    def _told(self, sample: "Sample") -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the score of each sample, 1 where there is too little to tell, and whether there is not."""
        from dclm_pipeline.kernels.fasttext.predict import predict
        from dclm_pipeline.kernels.strings import grained

        found = predict(self.model, sample.begins, sample.stops, sample.data, self.wanted)
        told = (sample.letters >= self.settings.least_letters) & (found.best >= 0)
        return np.where(told, grained(found.scores.sum(axis=1)), 1.0), told
