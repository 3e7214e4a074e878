"""HTML to text, by a library that was made for it, behind limits that keep hostile pages away from it, or by our own.

Knows three engines. Of Resiliparse the settings are this step's, with the values that DCLM used; Trafilatura is an
extra. Both parse a page to a tree, and stand in `extract_parsed`, their limits in `extract_limits`. The engine `blocks`
is our own, and stands in `extract_blocks`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from dclm_pipeline.arrow import from_numpy
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages import extract_blocks, extract_parsed
from dclm_pipeline.stages.extract_blocks import Screen, Wish
from dclm_pipeline.stages.extract_limits import is_plain_text, unlike_text
from dclm_pipeline.stages.extract_parsed import OpenResiliparse, OpenTrafilatura
from dclm_pipeline.stages.language import Language
from dclm_pipeline.step import BUNDLED, UNICODE, Annotate, Assets, Batch, Columns, Place

if TYPE_CHECKING:
    from dclm_pipeline.kernels.judging import Model


class Extract(Annotate):
    """Takes the main content of a page as plain text, its title, and the language that it says it is in.

    The engine `resiliparse` is that of DCLM. The engine `blocks` is our own: a model chooses among the blocks of the page;
    it takes `main_content`, `list_bullets`, `noscript` and the settings that name it, and adds columns for author, day
    of publication and canonical address, as the page says them. With `languages` it tells the language of the chosen
    text, in `language`, `language_score` and `languages_score`, before anything is written down; a text in none of them
    is null, and `between` with `column: languages_score` drops its document. The engine `trafilatura` is that of FineWeb, with
    `comments`, `links`, the limits and the settings that name it; `pip install dclm_pipeline[extractors]` brings it.
    Documents of the type text/plain are their text. A page without content has an empty text, which a filter may drop.
    """

    # 2: `blocks` has another model, drops repeats, and makes tables of Markdown whole. 3: what it asks of the first and
    # last blocks of a page no longer depends on what was in memory; the model was made anew. 4: it leaves no soft hyphens,
    # byte order marks and controls above ASCII out.
    revision: ClassVar[int] = 4

    kind: Literal["extract"] = "extract"
    save: bool = Field(default=True, description="Keep what leaves this step, for every recipe that begins alike.")
    engine: Literal["resiliparse", "blocks", "trafilatura"] = Field(default="resiliparse", description="What extracts.")
    main_content: bool = Field(default=True, description="Leave out navigation, headers, footers and the like.")
    preserve_formatting: bool | Literal["minimal_html"] = Field(
        default=True, description="Keep lines and paragraphs; `minimal_html` marks headings, lists and the like up."
    )
    list_bullets: bool = Field(default=True, description="Begin items of lists with bullets or numbers.")
    alt_texts: bool = Field(default=True, description="Keep what stands in for pictures.")
    links: bool = Field(default=False, description="Keep the addresses of links.")
    form_fields: bool = Field(default=False, description="Keep form fields and what is in them.")
    noscript: bool = Field(default=False, description="Keep what is shown where scripts do not run.")
    comments: bool = Field(default=True, description="Count readers' comments as main content.")
    post_meta: bool = Field(default=True, description="Count dates, authors and the like as main content.")
    hidden_elements: bool = Field(default=False, description="Keep elements whose class says that they are hidden.")
    skip_elements: tuple[str, ...] = Field(default=(), description="CSS selectors of elements to leave out.")
    most_depth: int = Field(default=512, ge=1, le=100_000, description="Elements inside one another.")
    most_attributes: int = Field(default=1000, ge=1, description="Attributes on one element.")
    most_options: int = Field(default=10_000, ge=1, description="Options of a page's select elements.")
    most_steps: int = Field(
        default=100_000_000, ge=1, description="Estimated work, in steps of about 30 nanoseconds of one core."
    )
    most_controls: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Share of control characters in the first 16 KiB; pictures and archives have 0.06.",
    )

    lean: float = Field(
        default=0.8,
        ge=0.01,
        le=100,
        description="Of `blocks`: what a wanted word that is missing counts, as a multiple of an unwanted one.",
    )
    hidden: Literal["judge", "drop"] = Field(
        default="judge", description="Of `blocks`: whether text that the page hides can be main content."
    )
    repeats: Literal["drop", "keep"] = Field(
        default="drop",
        description="Of `blocks`: what becomes of a paragraph of eight words or more that stood on the page before.",
    )
    markdown: bool = Field(
        default=False, description="Of `blocks` and `trafilatura`: mark headings, tables, code and quotes up."
    )
    model: Place | None = Field(
        default=None,
        description="Of `blocks`: a file that `dclm extractor train` made; default: the one of this package.",
    )
    languages: tuple[str, ...] = Field(
        default=(),
        description="Of `blocks`: tell the language of the chosen text, and leave out texts in none of these languages.",
    )
    language_model: Place | None = Field(
        default=None, description="Of `blocks`: the fastText model that knows `languages`, such as `asset:lid.176.ftz`."
    )
    least_language: float = Field(
        default=0.65, ge=0, description="Of `blocks`: the probability that `languages` must have together."
    )
    most_blocks: int = Field(default=50_000, ge=1, description="Of `blocks`: pieces of text that a page may have.")

    favor: Literal["balance", "precision", "recall"] = Field(
        default="balance", description="Of `trafilatura`: whether in doubt less or more is kept."
    )
    fast: bool = Field(default=False, description="Of `trafilatura`: do without the two other extractors it asks.")
    tables: bool = Field(default=True, description="Of `trafilatura`: keep what stands in tables.")
    skip_paths: tuple[str, ...] = Field(default=(), description="Of `trafilatura`: XPaths of elements to leave out.")
    least_found: int = Field(
        default=250, ge=0, description="Of `trafilatura`: characters; where fewer are found, other ways are tried."
    )

    libraries: ClassVar[tuple[str, ...]] = ("resiliparse",)
    rowwise: ClassVar[bool] = True

    @model_validator(mode="after")
    def _belongs_to_its_engine(self) -> Self:
        others = frozenset[str]().union(*_OWN.values()) - _OWN[self.engine]
        strange = sorted(self.model_fields_set & others)
        unlike = [name for name in strange if getattr(self, name) != type(self).model_fields[name].default]
        if unlike:
            raise ValueError(
                f"the engine {self.engine!r} knows no {', '.join(unlike)}; leave it out, or take the other"
            )
        if self.languages and self.language_model is None:
            raise ValueError("languages needs a model that knows them; add `language_model: asset:lid.176.ftz`")
        return self

    def made_with(self) -> tuple[str, ...]:
        """Return the engine: a library, or kernels that know characters, and the model unless it is the user's."""
        own = (f"{BUNDLED}kernels/extractor-3.npz",) if self.engine == "blocks" and self.model is None else ()
        return _LIBRARIES[self.engine] + own

    def reads(self) -> frozenset[str]:
        """Return the page, and the type that its server gave it."""
        return frozenset({"html", "content_type"})

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


_LIMITS = frozenset({"most_depth", "most_attributes", "most_options", "most_steps"})
# The settings of which at least one engine knows nothing, by the engines that know them.
_OWN: Mapping[str, frozenset[str]] = {
    "resiliparse": _LIMITS
    | set(
        str.split(
            "main_content preserve_formatting list_bullets alt_texts links form_fields noscript comments post_meta "
            "hidden_elements skip_elements"
        )
    ),
    "blocks": frozenset(
        str.split("main_content list_bullets noscript lean hidden repeats markdown model most_blocks")
        + str.split("languages language_model least_language")
    ),
    "trafilatura": _LIMITS | set(str.split("links comments markdown favor fast tables skip_paths least_found")),
}
_LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "resiliparse": ("resiliparse",),
    "blocks": (UNICODE,),
    "trafilatura": ("trafilatura", "lxml", "justext", UNICODE),
}


class OpenBlocks:
    """The engine `blocks` with its model."""

    def __init__(self, settings: Extract, model: "Model", screen: Screen | None) -> None:
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
    from dclm_pipeline.kernels.judging import NotAModelError, builtin_model, unpacked

    if place is None or assets is None:
        return builtin_model()
    try:
        return unpacked(assets.path(place).read_bytes())
    except NotAModelError as error:
        raise RecipeError(f"extract: model {place} {error}; make one with `dclm extractor train`") from error
