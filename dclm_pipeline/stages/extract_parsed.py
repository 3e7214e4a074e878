"""The engines of `extract` that parse a page to a tree, one page after the other: Resiliparse and Trafilatura.

A page is parsed once, and text, title and language are read from the same tree (the text is the same as from the
string, in less time). Of Trafilatura nothing is asked that depends on the day (dates are looked for up to today) or on
the pages before (its memory of paragraphs).
"""

from collections.abc import Callable
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.extract_limits import beyond_limits, is_plain_text
from dclm_pipeline.stages.extract_own import asked, extract_pages, options_of
from dclm_pipeline.stages.extract_settings import ExtractSettings
from dclm_pipeline.step import Batch, Columns

Parsed = tuple[str, str | None, str | None]
WRITES = pa.schema([("text", pa.large_string()), ("title", pa.string()), ("page_language", pa.string())])
_ABSENT = "extract: the engine 'trafilatura' is not installed; `pip install dclm_pipeline[extractors]`"


class NotParsedError(ValueError):
    """The library made nothing of a page."""


def parse_pages(docs: Batch, settings: ExtractSettings, parsed: Callable[[str], Parsed]) -> Columns:
    """Return the columns of every page that is within the limits."""

    html = docs["html"]
    plain = is_plain_text(docs)
    failed, details = beyond_limits(html.cast(pa.large_string()), plain, settings)
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
            texts[row], titles[row], languages[row] = parsed(page)
        except NotParsedError as error:
            failed[row], details[row] = "not parsed", str(error)
    arrays = {
        "text": pa.array(texts, pa.large_string()),
        "title": pa.array(titles, pa.string()),
        "page_language": pa.array(languages, pa.string()),
    }
    return Columns(arrays, failed, details)


def _said(text: str, title: str | None, language: str | None) -> Parsed:
    from dclm_pipeline.kernels.document.options import LONGEST_LANGUAGE, LONGEST_TITLE

    return (
        text.replace("\0", ""),
        title.strip(" ")[:LONGEST_TITLE].rstrip(" ").replace("\0", "") or None if title else None,
        language.strip()[:LONGEST_LANGUAGE].replace("\0", "") or None if language else None,
    )


@dataclass(frozen=True)
class OpenResiliparse:
    """The engine `resiliparse`."""

    settings: ExtractSettings

    def try_selectors(self) -> None:
        """Try the selectors once, so that a bad one stops the run and not every page."""
        from resiliparse.parse.html import CSSParserException

        try:
            self._parsed("<p>x</p>")
        except CSSParserException as error:
            raise RecipeError(
                f"extract: skip_elements holds {list(self.settings.skip_elements)}, of which one is no CSS selector "
                f"({error}); write selectors such as 'nav' or 'div.menu'"
            ) from error

    def columns(self, docs: Batch) -> Columns:
        """Extract every page that is within the limits."""
        options = options_of(self.settings)
        if options is None:
            return self._by_library(docs)
        return extract_pages(docs, self.settings, options, self._by_library)

    def _by_library(self, docs: Batch) -> Columns:
        return parse_pages(docs, self.settings, self._parsed)

    def _parsed(self, html: str) -> Parsed:
        from resiliparse.extract.html2text import extract_plain_text
        from resiliparse.parse.html import HTMLParserException, HTMLTree

        try:
            tree = HTMLTree.parse(html)
            text: str = extract_plain_text(
                tree, skip_elements=self.settings.skip_elements or None, **asked(self.settings)
            )
        except HTMLParserException as error:
            raise NotParsedError(str(error)) from error
        root = tree.document.document_element if tree.document is not None else None
        return _said(text, tree.title, root.getattr("lang") if root is not None else None)


@dataclass(frozen=True)
class OpenTrafilatura:
    """The engine `trafilatura`."""

    settings: ExtractSettings

    def try_paths(self) -> None:
        """Try the library and the paths once, so that what is wrong with them stops the run and not every page."""
        try:
            from lxml.etree import XPathEvalError, XPathSyntaxError
            from trafilatura import load_html
        except ImportError as error:
            raise RecipeError(_ABSENT) from error
        page = load_html("<html><body><p>x</p></body></html>")
        for path in self.settings.skip_paths:
            try:
                found = page.xpath(path)
            except (XPathSyntaxError, XPathEvalError) as error:
                raise RecipeError(
                    f"extract: skip_paths holds {path!r}, which is no XPath ({error}); write paths such as '//nav'"
                ) from error
            if not isinstance(found, list):
                raise RecipeError(
                    f"extract: skip_paths holds {path!r}, which finds no elements; write paths such as '//nav'"
                )

    def columns(self, docs: Batch) -> Columns:
        """Extract every page that is within the limits."""
        self.try_paths()
        return parse_pages(docs, self.settings, self._parsed)

    @cached_property
    def _config(self) -> ConfigParser:
        from trafilatura.settings import DEFAULT_CONFIG

        config = ConfigParser()
        config.read_dict(DEFAULT_CONFIG)
        config.set("DEFAULT", "min_extracted_size", str(self.settings.least_found))
        return config

    def _parsed(self, html: str) -> Parsed:
        from trafilatura import extract, load_html

        settings = self.settings
        tree = load_html(html)
        if tree is None:
            return "", None, None
        title, language = tree.findtext(".//title"), tree.get("lang")
        text = extract(
            tree,
            output_format="markdown" if settings.markdown else "txt",
            fast=settings.fast,
            favor_precision=settings.favor == "precision",
            favor_recall=settings.favor == "recall",
            include_comments=settings.comments,
            include_tables=settings.tables,
            include_links=settings.links,
            prune_xpath=list(settings.skip_paths) or None,
            config=self._config,
        )
        return _said(text or "", " ".join(title.split()) or None if title else None, language)
