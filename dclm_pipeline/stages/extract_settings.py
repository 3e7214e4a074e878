"""The settings of `extract`: what each engine of it knows, and what decides its outcome beside them.

Knows no engine by its code, so that engines can know their settings; `extract` opens them.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from dclm_pipeline.step import BUNDLED, UNICODE, Annotate, Place

_LIMITS = frozenset({"most_depth", "most_attributes", "most_options", "most_steps"})
# The settings of which at least one engine knows nothing, by the engines that know them.
_OWN: Mapping[str, frozenset[str]] = {
    "resiliparse": _LIMITS
    | set(
        str.split(
            "main_content preserve_formatting list_bullets alt_texts links form_fields noscript comments post_meta "
            "hidden_elements skip_elements library"
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


class ExtractSettings(Annotate):
    """What is wanted of a page, and how much a page may cost."""

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
    library: bool = Field(
        default=False,
        description="Of `resiliparse`: have the library do every page; our own pass gives the same text, in less time.",
    )
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
        own = (
            (f"{BUNDLED}kernels/main_content/extractor-4.npz",)
            if self.engine == "blocks" and self.model is None
            else ()
        )
        return _LIBRARIES[self.engine] + own

    def reads(self) -> frozenset[str]:
        """Return the page, and the type that its server gave it."""
        return frozenset({"html", "content_type"})
