"""What a step is: frozen settings, and one of seven verbs.

Steps are functions of Arrow record batches. They know no files, no network, no Ray; what they need from outside comes
through `Assets` when they are opened. The verbs are closed, the kinds are open: the engine matches on verbs alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Protocol, TypeAlias, runtime_checkable

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from dclm_pipeline.arrow import Array

Batch: TypeAlias = pa.RecordBatch


class PlaceMark:
    """Marks a setting that names a place (a path or URL): in keys and manifests its content's SHA-256 stands for it."""


Place = Annotated[str, PlaceMark()]


class Needs(BaseModel):
    """What a step asks of the machine; a segment is cut where neighbours differ. Cannot change bytes, unless a step says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: float = Field(default=1.0, gt=0, description="Cores a worker reserves.")
    memory: int = Field(default=0, ge=0, description="Bytes beyond the base of a worker.")
    gpu: float = Field(default=0.0, ge=0, description="Share of a GPU.")


class Assets(Protocol):
    """Where an opened step gets models and lists from: fetched once a machine, checked by SHA-256."""

    def path(self, place: str) -> Path:
        """Return a local file that holds what lies at `place`."""
        ...

    def digest(self, place: str) -> str:
        """Return the SHA-256 of what lies at `place`."""
        ...


@dataclass(frozen=True)
class Columns:
    """What `Annotate` and others answer: arrays by name, one value a row, and the rows that failed.

    `failed` maps a row's place in the batch to a reason (a short, countable phrase such as `too deep`), and `details`
    to whatever else a reader of the reject should know. Values of failed rows are ignored. Of rows that `keep` leaves
    out, `reasons` (few and countable: the tally counts them) and `remarks` may say more: texts, one a row, null for none.
    """

    arrays: Mapping[str, Array]
    failed: Mapping[int, str] = field(default_factory=dict)
    details: Mapping[int, str] = field(default_factory=dict)
    reasons: "Array | None" = None
    remarks: "Array | None" = None


@dataclass(frozen=True)
class Coming:
    """What a sweep is about to meet in a group of shards: how many documents, and the bytes of their texts."""

    documents: int = 0
    text_bytes: int = 0


# The `shard` and the `row` of findings that are about no document: every document of every shard is told of them.
EVERYONE = -1

# Stands among `libraries` for the running Python's tables of Unicode (`str.isalpha`, `str.lower`), new with most Pythons.
UNICODE = "unicode"
# Begin the names, among `libraries`, of files that come with this package: their versions are their SHA-256.
BUNDLED = "bundled:"


class Step(BaseModel, ABC):
    """Settings of one step of a recipe; two steps with equal settings are the same step."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Raised when the same settings would give other output.
    revision: ClassVar[int] = 1
    # Distributions, and files of this package, whose version can change what the step stores.
    libraries: ClassVar[tuple[str, ...]] = ()
    # True where the step calls Python once a row; the run prints what that costs.
    rowwise: ClassVar[bool] = False

    kind: str
    name: str = Field(default="", description="What the step is called in tallies and by --set; default: its kind.")
    save: bool = Field(default=False, description="Keep what leaves this step, for every recipe that begins alike.")
    needs: Needs = Field(default=Needs(), description="What the step asks of the machine.")
    annotate: bool = Field(
        default=False, description="Drop nothing: say in the column `passes.<name>` which documents would have stayed."
    )

    @abstractmethod
    def reads(self) -> frozenset[str]:
        """Return the columns that the step looks at."""

    def may_read(self) -> frozenset[str]:
        """Return the columns that the step looks at where documents have them; of those that all rows carry."""
        return frozenset()

    def writes(self) -> pa.Schema:
        """Return the columns that the step adds or replaces."""
        return pa.schema([])

    def made_with(self) -> tuple[str, ...]:
        """Return what, as these settings have it, can change what the step stores; `libraries`, unless they decide."""
        return self.libraries

    def computed_on(self) -> str:
        """Return on what the step computes, as its `needs` have it, where numbers differ by that; nothing where none do."""
        return ""

    def sums(self) -> Mapping[str, str]:
        """Return columns of whole numbers whose sum over the rows that leave the step is told in its tally.

        Each with a column of texts by which it is told apart, too, where rows have it; an empty one for none.
        """
        return {}

    def misfit(self, documents: pa.Schema) -> str:
        """Say what is wrong with the columns that the step reads, of documents that have them all; nothing if fit."""
        del documents
        return ""

    @classmethod
    def appendix(cls) -> str:
        """Return what the page of steps says of the kind beyond its settings, as Markdown."""
        return ""

    def open(self, assets: Assets) -> "Opened":
        """Load what is slow to load, once a worker; return what has the verb (by default the step itself)."""
        del assets
        return self


@runtime_checkable
class Keeps(Protocol):
    """Has the verb of `Filter`."""

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Say of each row whether it stays; null counts as no."""
        ...


@runtime_checkable
class Annotates(Protocol):
    """Has the verb of `Annotate`."""

    def columns(self, docs: Batch) -> Columns:
        """Return the declared columns."""
        ...


@runtime_checkable
class Rewrites(Protocol):
    """Has the verb of `Rewrite`."""

    def text(self, docs: Batch) -> Array:
        """Return new text for the same rows in the same order; null drops the row."""
        ...


@runtime_checkable
class Unfolds(Protocol):
    """Has the verb of `Unfold`."""

    def rows(self, docs: Iterator[Batch]) -> Iterator[Batch]:
        """Turn the rows of one shard into other rows."""
        ...


@runtime_checkable
class Orders(Protocol):
    """Has the verb of `Reorder`."""

    def key(self, docs: Batch) -> Array:
        """Return the uint64 by which rows are ordered; ties are broken by id."""
        ...


@runtime_checkable
class Hears(Protocol):
    """Has the verbs of `Barrier`."""

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        """Return small rows about documents: `row` (int64, the document's place in `docs`), `hash` (uint64, decides
        which partition hears of it; equal things must have equal hashes) and any columns of its own. Rows of equal hash
        are put in the order of the column `order` (uint64), where there is one. In a round that combines there is no
        `row`."""
        ...

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Look at all evidence of one partition, sorted by (hash, order, shard, row); return rows with `shard` and
        `row` of the documents that they are about, and columns of their own; both are `EVERYONE` in what all documents
        are told. Rows of a barrier that settles may have a `hash` instead: they go on to `settle`."""
        ...

    def columns(self, docs: Batch, found: Batch) -> Columns:
        """Say what to do about the findings for these documents, whose place in `docs` is `found`'s `row` (`EVERYONE`
        in what all are told, which comes first): a boolean `keep`, new `text`, or declared columns."""
        ...


@runtime_checkable
class Combines(Protocol):
    """Has the verb of a `Barrier` some of whose evidence is counts, sums or histograms."""

    def combine(self, rows: Batch) -> Batch:
        """Return fewer rows with the same columns that say the same: rows that can be added are added.

        In which order and how often rows are combined must not matter: whole numbers can be added, floats cannot."""
        ...


@runtime_checkable
class Settles(Protocol):
    """Has the verb of a `Barrier` whose rounds can go on without asking the documents again."""

    def settle(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Look at all rows that were handed on to one partition, sorted by (hash, order); return rows of findings, and
        rows with a `hash` for another pass. There are as many passes as it takes until none is handed on."""
        ...


@runtime_checkable
class Sweeps(Protocol):
    """Has the verbs of `Sweep`."""

    def start(self, coming: Coming) -> object:
        """Return the state with which a group of shards begins, of which `coming` tells; no other is alive then."""
        ...

    def columns(self, docs: Batch, state: object) -> Columns:
        """Return columns (a boolean `keep`, new `text`, or declared ones) for rows met in order, changing `state`."""
        ...


@runtime_checkable
class Concludes(Protocol):
    """Has the verb of a `Sweep` that looks at its state once a group of shards has been walked."""

    def conclude(self, state: object) -> None:
        """Raise a `RecipeError` that says why the run must not go on, if it must not."""
        ...


Opened: TypeAlias = Step | Keeps | Annotates | Rewrites | Unfolds | Orders | Hears | Sweeps


class Filter(Step):
    """Drops rows and does nothing else; has `keep`."""


class Annotate(Step):
    """Adds the columns it declares; has `columns`, which may also say `keep`, and does so where the kind `drops`."""

    drops: ClassVar[bool] = False


class Rewrite(Step):
    """Gives the same rows new text, null to drop one; has `text`."""

    def reads(self) -> frozenset[str]:
        """Return the text alone."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return the text alone."""
        return pa.schema([pa.field("text", pa.large_string())])


class Unfold(Step):
    """Turns rows into other rows within one shard; has `rows`. What it writes is the whole new schema."""

    # Whether `rows` goes by numbers and sizes, and copies values unseen: nothing in a document can do it harm, nor take it
    # long, so no guard is needed.
    unfolds_blindly: ClassVar[bool] = False


class Reorder(Step):
    """Moves whole rows to the shard that owns their key, in key order; has `key`."""


class Barrier(Step):
    """Must hear every shard before it can say what to do about one; has `evidence`, `findings` and `columns`."""

    rounds: ClassVar[int] = 1
    # Whether `columns` goes by what was found, and by no text: nothing in a document can do it harm, so no guard is needed.
    decides_blindly: ClassVar[bool] = False

    def hearings(self) -> int:
        """Return how often all documents are asked; `rounds`, unless settings decide."""
        return self.rounds

    def reads_in(self, round: int) -> frozenset[str]:
        """Return the columns that the evidence of a round is about: what is read again is what costs."""
        del round
        return self.reads()

    def asks_the_found(self, round: int) -> bool:
        """Say that a round asks only about documents of which the round before found something: no other is sent to it.

        Rows numbered `EVERYONE` are told as ever."""
        del round
        return False

    def combines(self, round: int) -> bool:
        """Say whether what is opened may `combine` the evidence of a round, which then is about no document.

        Such evidence has no `row` and its findings are for `EVERYONE`. `findings` has all rows of a hash in one batch, and
        each combined to the last."""
        del round
        return False

    def checks(self, round: int) -> bool:
        """Say whether a round only looks: it finds nothing or stops the run, and what was found before stands."""
        del round
        return False

    def onward_schema(self, round: int) -> pa.Schema | None:
        """Return the columns, beside `hash`, of rows that findings of a round hand on to `settle`; none settles none."""
        del round
        return None

    @abstractmethod
    def evidence_schema(self, round: int) -> pa.Schema:
        """Return the columns of the evidence beside `row` and `hash`."""

    @abstractmethod
    def findings_schema(self, round: int) -> pa.Schema:
        """Return the columns of the findings beside `shard` and `row`."""


class Sweep(Step):
    """Walks the shards of a group in order, carrying state; has `start` and `columns`."""

    groups: int = Field(
        default=1,
        ge=1,
        le=100_000,
        description="Sweeps side by side, each over its share of the shards and with a state of its own.",
    )


def verdict_of(step: Step) -> str:
    """Return the column in which a step that drops nothing says what it would have kept; nothing for any other."""
    drops = isinstance(step, Filter | Rewrite | Barrier | Sweep) or (isinstance(step, Annotate) and step.drops)
    return f"passes.{step.name}" if step.annotate and drops else ""


def written_by(step: Step) -> pa.Schema:
    """Return the columns that a step adds or replaces, its verdict among them."""
    name = verdict_of(step)
    return step.writes().append(pa.field(name, pa.bool_())) if name else step.writes()


VERBS: tuple[type[Step], ...] = (Filter, Annotate, Rewrite, Unfold, Reorder, Barrier, Sweep)
