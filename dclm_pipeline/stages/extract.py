"""HTML to text, by a library that was made for it, behind limits that keep hostile pages away from it.

Knows one engine, Resiliparse; its settings are this step's, with the values that DCLM used. A page is parsed once, and
text, title and language are read from the same tree (the text is the same as from the string, in less time).

What makes pages slow was measured with Resiliparse 2.0.1. Time grows with the number of elements times the blocks
around each, and with the squares of: attributes on one element, options, lists side by side, unclosed formatting before
many paragraphs, text between ignored tags. `kernels.markup` estimates all that, for an eighth of what extraction costs.
Of pages of 8 MiB that pass the default limits, the slowest that was found takes four seconds; of 1,635 real pages none
came to a tenth of any limit. Text is not cut here.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.step import Annotate, Assets, Batch, Columns

if TYPE_CHECKING:
    from dclm_pipeline.kernels.strings import LargeArray

# A page may call itself or its language anything; longer ones are cut.
LONGEST_TITLE = 4096
LONGEST_LANGUAGE = 64

# How much of a page is searched for control characters.
LOOKED_AT = 16_384


class Extract(Annotate):
    """Takes the main content of a page as plain text, its title, and the language that it says it is in.

    Documents of the type text/plain are their text. A page without content has an empty text, which a filter may drop.
    """

    kind: Literal["extract"] = "extract"
    save: bool = Field(default=True, description="Keep what leaves this step, for every recipe that begins alike.")
    engine: Literal["resiliparse"] = Field(default="resiliparse", description="What extracts.")
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

    libraries: ClassVar[tuple[str, ...]] = ("resiliparse",)
    rowwise: ClassVar[bool] = True

    def reads(self) -> frozenset[str]:
        """Return the page, and the type that its server gave it."""
        return frozenset({"html", "content_type"})

    def writes(self) -> pa.Schema:
        """Return the text, the title and the page's own word on its language."""
        return pa.schema([("text", pa.large_string()), ("title", pa.string()), ("page_language", pa.string())])

    def open(self, assets: Assets) -> "Extract":
        """Try the selectors once, so that a bad one stops the run and not every page."""
        from resiliparse.parse.html import CSSParserException

        del assets
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
        from dclm_pipeline.kernels.bytes import count_controls
        from dclm_pipeline.kernels.markup import Limits, scan_markup
        from dclm_pipeline.kernels.strings import valid_rows, views

        pages = views(html)
        limits = Limits(self.most_depth, self.most_attributes, self.most_options, self.most_steps)
        markup = scan_markup(pages, limits)
        controls = count_controls(pages, LOOKED_AT)
        sizes = np.minimum(np.diff(pages[0]), LOOKED_AT)
        past = (
            ("not text", controls > self.most_controls * sizes, controls),
            ("too deep", markup.depth > limits.depth, markup.depth),
            ("too many attributes", markup.attributes > limits.attributes, markup.attributes),
            ("too many options", markup.options > limits.options, markup.options),
            ("too much work", markup.steps > limits.steps, markup.steps),
        )
        failed = dict.fromkeys(np.flatnonzero(~valid_rows(html)).tolist(), "no html")
        details = {}
        for reason, stopped, found in past:
            for row in np.flatnonzero(stopped).tolist():
                if row not in failed and (reason == "not text" or not plain[row]):
                    failed[row] = reason
                    details[row] = f"{found[row]} of {sizes[row]} bytes" if reason == "not text" else str(found[row])
        return failed, details


def _is_plain_text(docs: Batch) -> list[bool]:
    if "content_type" not in docs.schema.names:
        return [False] * docs.num_rows
    types = docs["content_type"].to_pylist()
    return [kind is not None and kind.split(";")[0].strip().lower() == "text/plain" for kind in types]
