"""Keeping evaluation sets out of training data: documents that hold items of them, found by runs of words.

The sets are assets, and their runs are looked up in one table; see `kernels.dedup.contamination`. Similarity is exact, by an
inverted index of all runs, and not estimated: at the size of evaluation sets that costs less than MinHash and misses
nothing.

Known gaps: what was translated or said in other words; items that are shorter than a run, unless `shortest` admits
them.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array, from_numpy, schema_of
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ngrams import check_shortest
from dclm_pipeline.stages.evaluations import Item, read_items, task_of
from dclm_pipeline.step import UNICODE, Annotate, Assets, Batch, Columns, Place

if TYPE_CHECKING:
    from dclm_pipeline.kernels.dedup.contamination import Searcher

METHODS = ("collision", "overlap", "jaccard")


class Decontaminate(Annotate):
    """Finds documents that hold items of evaluation sets, and drops them, cuts the items out, or only says so.

    A set is a file of JSON lines (or a tar archive of such files), a task called like the file; an item is a line, and
    all texts in it, or those below `fields`, are looked for, by n-grams of `ngram` words regardless of case. By
    `collision` an item is in a document if one of its n-grams is (Brown et al. 2020, appendix C, before their rules on
    length). By `overlap`, if at least `share` of its n-grams are, or if the two have a stretch of `longest` words in
    common (Shao et al. 2024: 32 words). By `jaccard`, if of all n-grams of either at least `share` are in both
    (Borgeaud et al. 2022: 13-grams, 0.8). N-grams that stand in more than `most_places` places of the sets count for
    nothing: they are how a task asks, not what it asks.

    Writes the worst item (`contamination_task`, `contamination_item`, counted from 0), the share of its n-grams that
    are in the document (by `jaccard` the similarity), the longest stretch in common, in words, and how many items are
    in the document. The tally counts documents that were dropped by task, and rejects name the item.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["decontaminate"] = "decontaminate"
    drops: ClassVar[bool] = True
    evaluations: tuple[Place, ...] = Field(min_length=1, description="The evaluation sets.")
    fields: tuple[str, ...] = Field(default=(), description="The fields of an item that are looked for; none: all.")
    method: Literal["collision", "overlap", "jaccard"] = Field(
        default="collision", description="What it takes for an item to be in a document."
    )
    action: Literal["drop", "cut", "mark"] = Field(
        default="drop", description="Drop the document, cut out the n-grams that it shares with such items, or neither."
    )
    ngram: int = Field(default=13, ge=2, le=1000, description="Words of an n-gram.")
    shortest: int | None = Field(
        default=None,
        ge=2,
        description="Words from which on a shorter text is one n-gram as a whole; null: `ngram`, none is.",
    )
    share: float = Field(default=0.8, gt=0, le=1, description="Share of n-grams; for `overlap` and `jaccard`.")
    longest: int = Field(default=32, ge=2, description="Words of a stretch in common; for `overlap`.")
    most_places: int = Field(default=64, ge=1, le=10_000, description="Places where an n-gram that counts may stand.")
    around: int = Field(default=0, ge=0, le=10_000, description="Words that are cut out with an n-gram on either side.")

    @model_validator(mode="after")
    def _shortest_is_shorter(self) -> "Decontaminate":
        check_shortest(self.shortest, self.ngram)
        return self

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return what is told of the worst item, and the text where it may be cut."""
        told = (
            pa.field("contamination_task", pa.string()),
            pa.field("contamination_item", pa.int64()),
            pa.field("contamination_share", pa.float64()),
            pa.field("contamination_run", pa.int64()),
            pa.field("contamination_items", pa.int64()),
        )
        return schema_of(pa.field("text", pa.large_string()), *told) if self.action == "cut" else schema_of(*told)

    def open(self, assets: Assets) -> "Decontaminator":
        """Read the sets, and make the table of their runs."""
        names = [task_of(place) for place in self.evaluations]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise RecipeError(f"{self.name}: two evaluation sets are called {twice[0]!r}; give one another file name")
        items: list[Item] = []
        ends = []
        for place in self.evaluations:
            own = list(read_items(place, assets.path(place), self.fields))
            if not any(item.texts for item in own):
                fields = f" below {', '.join(self.fields)}" if self.fields else ""
                raise RecipeError(f"{place}: holds no text{fields}; name the fields that it has, or leave the set out")
            items += own
            ends.append(len(items))
        opened = Decontaminator(self, items)
        for place, found in zip(self.evaluations, np.add.reduceat(opened.runs, [0, *ends[:-1]]).tolist(), strict=True):
            if not found:
                raise RecipeError(
                    f"{place}: none of its texts can be found: each has fewer than {self.shortest or self.ngram} words, or "
                    f"stands in more than {self.most_places} places; set `shortest` or `most_places`, or leave the set out"
                )
        return opened


class Decontaminator:
    """The table of the sets' runs, and what was met where."""

    def __init__(self, settings: Decontaminate, items: list[Item]) -> None:
        self._settings = settings
        self._searcher, self.runs = _searcher(settings, items)
        self._tasks = pa.array([item.task for item in items], pa.string())
        self._numbers = np.array([item.number for item in items], np.int64)

    def columns(self, docs: Batch) -> Columns:
        """Look for items in each text; of an unknown text nothing is known."""
        from dclm_pipeline.kernels.dedup.contamination import ITEM, ITEMS, STRETCH, Rule
        from dclm_pipeline.kernels.strings import array_of, grained, valid_rows, views

        settings = self._settings
        cut = settings.action == "cut"
        rule = Rule(METHODS.index(settings.method), settings.share, settings.longest, cut, settings.around)
        text = docs["text"].fill_null("").cast(pa.large_string())
        found = self._searcher.search(views(text), rule, settings.ngram)
        known = valid_rows(docs["text"].cast(pa.large_string()))
        item, held = found.facts[:, ITEM], found.facts[:, ITEMS] > 0
        met = item >= 0
        arrays: dict[str, Array] = {
            "contamination_task": self._tasks.take(_masked(np.maximum(item, 0), ~met)),
            "contamination_item": _masked(self._numbers[np.maximum(item, 0)], ~met),
            "contamination_share": _masked(grained(found.shares), ~met),
            "contamination_run": _masked(found.facts[:, STRETCH].copy(), ~met),
            "contamination_items": _masked(found.facts[:, ITEMS].copy(), ~known),
        }
        if cut:
            from dclm_pipeline.kernels.words.counts import count_text

            left = array_of(found.texts, known)
            arrays["text"] = left
            keep = ~held | (count_text(found.texts).words > 0)
            return self._told(arrays, keep)
        return self._told(arrays, ~held if settings.action == "drop" else np.ones(docs.num_rows, np.bool_))

    def _told(self, arrays: dict[str, Array], keep: NDArray[np.bool_]) -> Columns:
        """Return columns, with what is said of documents that are dropped."""
        share = pc.round(arrays["contamination_share"], 3).cast(pa.string())
        number, run = (arrays[name].cast(pa.string()) for name in ("contamination_item", "contamination_run"))
        words = (pa.repeat(pa.scalar(word, pa.string()), len(share)) for word in ("item", "share", "run", " "))
        item, of, longest, blank = words
        remarks = pc.binary_join_element_wise(item, number, of, share, longest, run, blank)
        reasons = arrays["contamination_task"]
        return Columns({**arrays, "keep": from_numpy(keep)}, reasons=reasons, remarks=remarks)


def _searcher(settings: Decontaminate, items: list[Item]) -> "tuple[Searcher, NDArray[np.int64]]":
    """Return what finds items, and how many n-grams each of them has."""
    from dclm_pipeline.kernels.dedup.contamination import Searcher
    from dclm_pipeline.kernels.dedup.known_runs import known_runs
    from dclm_pipeline.kernels.strings import views

    texts = pa.array([text for item in items for text in item.texts], pa.large_string())
    item_of = np.repeat(np.arange(len(items)), [len(item.texts) for item in items]).astype(np.int64)
    known = known_runs(views(texts), item_of, settings.ngram, settings.shortest or settings.ngram, settings.most_places)
    return Searcher(known), known.totals


def _masked(values: NDArray[np.int64] | NDArray[np.float64], missing: NDArray[np.bool_]) -> Array:
    array: Array = pa.array(values, mask=missing)
    return array
