"""HTML to text, by a library that was made for it, behind limits that keep hostile pages away from it.

Knows two engines. Of Resiliparse the settings are this step's, with the values that DCLM used. A page is parsed once, and
text, title and language are read from the same tree (the text is the same as from the string, in less time). The engine
`blocks` is our own, and stands in `extract_blocks`.

What makes pages slow was measured with Resiliparse 2.0.1. Time grows with the number of elements times the blocks
around each, and with the squares of: attributes on one element, options, lists side by side, unclosed formatting before
many paragraphs, text between ignored tags. `kernels.markup` estimates all that, for an eighth of what extraction costs.
Of pages of 8 MiB that pass the default limits, the slowest that was found takes four seconds; of 1,635 real pages none
came to a tenth of any limit. Text is not cut here.
"""

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from dclm_pipeline.arrow import from_numpy
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.extract_blocks import WRITES, Wish, extract_blocks
from dclm_pipeline.step import BUNDLED, UNICODE, Annotate, Assets, Batch, Columns, Place

if TYPE_CHECKING:
    from dclm_pipeline.kernels.judging import Model
    from dclm_pipeline.kernels.strings import LargeArray

# A page may call itself or its language anything; longer ones are cut.
LONGEST_TITLE = 4096
LONGEST_LANGUAGE = 64

# How much of a page is searched for control characters.
LOOKED_AT = 16_384


class Extract(Annotate):
    """Takes the main content of a page as plain text, its title, and the language that it says it is in.

    The engine `resiliparse` is that of DCLM. The engine `blocks` is our own: a model chooses among the blocks of the page;
    it takes `main_content`, `list_bullets`, `noscript` and the settings that name it, and adds columns for author, day
    of publication and canonical address, as the page says them. Documents of the type text/plain are their text. A page without content has an empty text, which a filter may drop.
    """

    kind: Literal["extract"] = "extract"
    save: bool = Field(default=True, description="Keep what leaves this step, for every recipe that begins alike.")
    engine: Literal["resiliparse", "blocks"] = Field(default="resiliparse", description="What extracts.")
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
        default=1.0,
        ge=0.01,
        le=100,
        description="Of `blocks`: what a wanted word that is missing counts, as a multiple of an unwanted one.",
    )
    hidden: Literal["judge", "drop"] = Field(
        default="judge", description="Of `blocks`: whether text that the page hides can be main content."
    )
    markdown: bool = Field(default=False, description="Of `blocks`: mark headings, tables, code and quotes up.")
    model: Place | None = Field(
        default=None,
        description="Of `blocks`: a file that `dclm extractor train` made; default: the one of this package.",
    )
    most_blocks: int = Field(default=50_000, ge=1, description="Of `blocks`: pieces of text that a page may have.")

    libraries: ClassVar[tuple[str, ...]] = ("resiliparse",)
    rowwise: ClassVar[bool] = True

    @model_validator(mode="after")
    def _belongs_to_its_engine(self) -> Self:
        strange = sorted(self.model_fields_set & (_OF_RESILIPARSE if self.engine == "blocks" else _OF_BLOCKS))
        unlike = [name for name in strange if getattr(self, name) != type(self).model_fields[name].default]
        if unlike:
            raise ValueError(
                f"the engine {self.engine!r} knows no {', '.join(unlike)}; leave it out, or take the other"
            )
        return self

    def made_with(self) -> tuple[str, ...]:
        """Return the engine: a library, or kernels that know characters, and the model unless it is the user's."""
        if self.engine != "blocks":
            return self.libraries
        return (UNICODE,) if self.model is not None else (UNICODE, f"{BUNDLED}kernels/extractor-1.npz")

    def reads(self) -> frozenset[str]:
        """Return the page, and the type that its server gave it."""
        return frozenset({"html", "content_type"})

    def writes(self) -> pa.Schema:
        """Return the text, the title and the page's own word on its language."""
        if self.engine == "blocks":
            return WRITES
        return pa.schema([("text", pa.large_string()), ("title", pa.string()), ("page_language", pa.string())])

    def open(self, assets: Assets) -> "Extract | OpenBlocks":
        """Load the model; or try the selectors once, so that a bad one stops the run and not every page."""
        if self.engine == "blocks":
            return OpenBlocks(self, _model(self.model, assets))
        from resiliparse.parse.html import CSSParserException

        try:
            self._extracted("<p>x</p>")
        except CSSParserException as error:
            raise RecipeError(
                f"extract: skip_elements holds {list(self.skip_elements)}, of which one is no CSS selector ({error}); "
                "write selectors such as 'nav' or 'div.menu'"
            ) from error
        return self

    def columns(self, docs: Batch) -> Columns:
        """Extract every page that is within the limits."""
        if self.engine == "blocks":
            if self.model is not None:
                raise RecipeError(
                    "extract: has a model of its own; call `open` first, and `columns` of what it returns"
                )
            return OpenBlocks(self, _model(None, None)).columns(docs)
        from resiliparse.parse.html import HTMLParserException

        html = docs["html"]
        plain = _is_plain_text(docs)
        failed, details = self._beyond_limits(html.cast(pa.large_string()), plain)
        texts = [""] * len(html)
        titles: list[str | None] = [None] * len(html)
        languages: list[str | None] = [None] * len(html)
        for row in range(len(html)):
            if row in failed:
                continue
            page = html[row].as_py()
            if plain[row]:
                texts[row] = page
                continue
            try:
                texts[row], titles[row], languages[row] = self._extracted(page)
            except HTMLParserException as error:
                failed[row], details[row] = "not parsed", str(error)
        arrays = {
            "text": pa.array(texts, pa.large_string()),
            "title": pa.array(titles, pa.string()),
            "page_language": pa.array(languages, pa.string()),
        }
        return Columns(arrays, failed, details)

    def _extracted(self, html: str) -> tuple[str, str | None, str | None]:
        from resiliparse.extract.html2text import extract_plain_text
        from resiliparse.parse.html import HTMLTree

        tree = HTMLTree.parse(html)
        text: str = extract_plain_text(
            tree,
            preserve_formatting=self.preserve_formatting,
            main_content=self.main_content,
            list_bullets=self.list_bullets,
            alt_texts=self.alt_texts,
            links=self.links,
            form_fields=self.form_fields,
            noscript=self.noscript,
            comments=self.comments,
            post_meta=self.post_meta,
            hidden_elements=self.hidden_elements,
            skip_elements=self.skip_elements or None,
        )
        title: str | None = tree.title
        root = tree.document.document_element if tree.document is not None else None
        language = root.getattr("lang") if root is not None else None
        return (
            text.replace("\0", ""),
            title[:LONGEST_TITLE].replace("\0", "") if title is not None else None,
            language.strip()[:LONGEST_LANGUAGE].replace("\0", "") or None if language else None,
        )

    def _beyond_limits(self, html: "LargeArray", plain: list[bool]) -> tuple[dict[int, str], dict[int, str]]:
        """Return the rows that are not to be parsed, with the reason and the number that passed a limit."""
        from dclm_pipeline.kernels.markup import Limits, scan_markup
        from dclm_pipeline.kernels.strings import views

        failed, details = _unlike_text(html, self.most_controls)
        limits = Limits(self.most_depth, self.most_attributes, self.most_options, self.most_steps)
        markup = scan_markup(views(html), limits)
        past = (
            ("too deep", markup.depth > limits.depth, markup.depth),
            ("too many attributes", markup.attributes > limits.attributes, markup.attributes),
            ("too many options", markup.options > limits.options, markup.options),
            ("too much work", markup.steps > limits.steps, markup.steps),
        )
        for reason, stopped, found in past:
            for row in np.flatnonzero(stopped).tolist():
                if row not in failed and not plain[row]:
                    failed[row], details[row] = reason, str(found[row])
        return failed, details


# What says nothing to one of the engines.
_OF_BLOCKS = frozenset({"lean", "hidden", "markdown", "model", "most_blocks"})
_OF_RESILIPARSE = frozenset(
    str.split(
        "preserve_formatting alt_texts links form_fields comments post_meta hidden_elements skip_elements most_depth "
        "most_attributes most_options most_steps"
    )
)


class OpenBlocks:
    """The engine `blocks` with its model."""

    def __init__(self, settings: Extract, model: "Model") -> None:
        """Take the settings and the model."""
        self._settings, self._model = settings, model

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
        )
        html = docs["html"].cast(pa.large_string())
        plain = np.array(_is_plain_text(docs), np.bool_) & valid_rows(html)
        failed, details = _unlike_text(html, settings.most_controls)
        nothing = np.array([row in failed for row in range(len(html))], np.bool_) | plain
        pages = pc.if_else(from_numpy(nothing), "", html)
        arrays, beyond = extract_blocks(pages, wish, self._model)
        failed |= dict.fromkeys(beyond, "too many blocks")
        if plain.any():
            arrays["text"] = pc.if_else(from_numpy(plain), html, arrays["text"])
        return Columns(arrays, failed, details | beyond)


def _model(place: str | None, assets: Assets | None) -> "Model":
    from dclm_pipeline.kernels.judging import NotAModelError, builtin_model, unpacked

    if place is None or assets is None:
        return builtin_model()
    try:
        return unpacked(assets.path(place).read_bytes())
    except NotAModelError as error:
        raise RecipeError(f"extract: model {place} {error}; make one with `dclm extractor train`") from error


def _unlike_text(html: "LargeArray", most: float) -> tuple[dict[int, str], dict[int, str]]:
    """Return the rows that hold no page, with the reason and what was found."""
    from dclm_pipeline.kernels.bytes import count_controls
    from dclm_pipeline.kernels.strings import valid_rows, views

    pages = views(html)
    controls = count_controls(pages, LOOKED_AT)
    sizes = np.minimum(np.diff(pages[0]), LOOKED_AT)
    failed = dict.fromkeys(np.flatnonzero(~valid_rows(html)).tolist(), "no html")
    details = {}
    for row in np.flatnonzero(controls > most * sizes).tolist():
        if row not in failed:
            failed[row] = "not text"
            details[row] = f"{controls[row]} of {sizes[row]} bytes"
    return failed, details


def _is_plain_text(docs: Batch) -> list[bool]:
    if "content_type" not in docs.schema.names:
        return [False] * docs.num_rows
    types = docs["content_type"].to_pylist()
    return [kind is not None and kind.split(";")[0].strip().lower() == "text/plain" for kind in types]
