"""HTML to text, by a library that was made for it, behind limits that keep hostile pages away from it, or by our own.

Knows three engines. Of Resiliparse the settings are this step's, with the values that DCLM used; Trafilatura is an
extra. Both parse a page to a tree, and stand in `extract_parsed`, their limits in `extract_limits`. The engine `blocks`
is our own, and stands in `extract_blocks`. What may be set stands in `extract_settings`.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.arrow import from_numpy
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages import extract_blocks, extract_parsed
from dclm_pipeline.stages.extract_blocks import Screen, Wish
from dclm_pipeline.stages.extract_limits import is_plain_text, unlike_text
from dclm_pipeline.stages.extract_parsed import OpenResiliparse, OpenTrafilatura
from dclm_pipeline.stages.extract_settings import ExtractSettings
from dclm_pipeline.stages.language import Language
from dclm_pipeline.step import Assets, Batch, Columns

if TYPE_CHECKING:
    from dclm_pipeline.kernels.main_content.judging import Model


class Extract(ExtractSettings):
    """Takes the main content of a page as plain text, its title, and the language that it says it is in.

    The engine `resiliparse` is that of DCLM: the text of Resiliparse 2.0.1, by a pass of our own that gives it byte for byte,
    and by the library itself where `library`, `skip_elements` or `minimal_html` ask for it, another version is installed,
    or the pass hands a page back. The engine `blocks` is our own: a model chooses among the blocks of the page;
    it takes `main_content`, `list_bullets`, `noscript` and the settings that name it, and adds columns for author, day
    of publication and canonical address, as the page says them. With `languages` it tells the language of the chosen
    text, in `language`, `language_score` and `languages_score`, before anything is written down; a text in none of them
    is null, and `between` with `column: languages_score` drops its document. The engine `trafilatura` is that of FineWeb, with
    `comments`, `links`, the limits and the settings that name it; `pip install dclm_pipeline[extractors]` brings it.
    Documents of the type text/plain are their text. A page without content has an empty text, which a filter may drop.
    """

    # 2: `blocks` has another model, drops repeats, and makes tables of Markdown whole. 3: what it asks of the first and
    # last blocks of a page no longer depends on what was in memory; the model was made anew. 4: it leaves no soft hyphens,
    # byte order marks and controls above ASCII out. 5: no title is empty or ends with a blank.
    revision: ClassVar[int] = 5

    kind: Literal["extract"] = "extract"

    def writes(self) -> pa.Schema:
        """Return the text, the title and the page's own word on its language."""
        return extract_blocks.writes(bool(self.languages)) if self.engine == "blocks" else extract_parsed.WRITES

    def open(self, assets: Assets) -> "Extract | OpenBlocks | OpenTrafilatura":
        """Load the model; or try the engine once, so that what is wrong with settings stops the run and not every page."""
        if self.engine == "blocks":
            return OpenBlocks(self, _model(self.model, assets), self._screen(assets))
        if self.engine == "trafilatura":
            opened = OpenTrafilatura(self)
            opened.try_paths()
            return opened
        OpenResiliparse(self).try_selectors()
        return self

    def columns(self, docs: Batch) -> Columns:
        """Extract every page that is within the limits."""
        if self.engine == "trafilatura":
            return OpenTrafilatura(self).columns(docs)
        if self.engine == "resiliparse":
            return OpenResiliparse(self).columns(docs)
        if self.model is not None or self.languages:
            raise RecipeError("extract: has a model of its own; call `open` first, and `columns` of what it returns")
        return OpenBlocks(self, _model(None, None), None).columns(docs)

    def _screen(self, assets: Assets) -> Screen | None:
        if not self.languages or self.language_model is None:
            return None
        language = Language(model=self.language_model, languages=self.languages)
        return Screen(language.open(assets), self.least_language)


class OpenBlocks:
    """The engine `blocks` with its model."""

    def __init__(self, settings: ExtractSettings, model: "Model", screen: Screen | None) -> None:
        """Take the settings, the model, and what tells languages."""
        self._settings, self._model, self._screen = settings, model, screen

    def columns(self, docs: Batch) -> Columns:
        """Extract every page that is text and has not too many blocks."""
        from dclm_pipeline.kernels.strings import valid_rows

        settings = self._settings
        wish = Wish(
            settings.main_content,
            settings.lean,
            settings.hidden == "judge",
            settings.noscript,
            settings.markdown,
            settings.list_bullets,
            settings.most_blocks,
            settings.repeats == "keep",
        )
        html = docs["html"].cast(pa.large_string())
        plain = np.array(is_plain_text(docs), np.bool_) & valid_rows(html)
        failed, details = unlike_text(html, settings.most_controls)
        nothing = np.array([row in failed for row in range(len(html))], np.bool_) | plain
        pages = pc.if_else(from_numpy(nothing), "", html) if nothing.any() else html
        arrays, beyond = extract_blocks.extract_blocks(pages, wish, self._model, self._screen)
        failed |= dict.fromkeys(beyond, "too many blocks")
        return Columns(extract_blocks.with_plain(arrays, html, plain, self._screen), failed, details | beyond)


def _model(place: str | None, assets: Assets | None) -> "Model":
    from dclm_pipeline.kernels.main_content.judging import NotAModelError, builtin_model, unpacked

    if place is None or assets is None:
        return builtin_model()
    try:
        return unpacked(assets.path(place).read_bytes())
    except NotAModelError as error:
        raise RecipeError(f"extract: model {place} {error}; make one with `dclm extractor train`") from error
