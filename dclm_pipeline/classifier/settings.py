"""What a classifier is made of, as values: groups of documents on either side, and how fastText is taught.

Defaults are those of DCLM's published classifier (Li et al. 2024, section 4.4): fastText's own, and pairs of words.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, field_validator, model_validator

from dclm_pipeline.recipe.model import Name
from dclm_pipeline.sources import Source
from dclm_pipeline.stages.decontaminate import Decontaminate
from dclm_pipeline.step import Barrier, Place, Reorder, Step, Sweep

_LABEL = r"^[A-Za-z0-9_.-]{1,64}$"


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Teaching(_Settings):
    """How fastText is taught."""

    rate: float = Field(default=0.1, gt=0, description="Learning rate at the beginning (lr).")
    dimensions: int = Field(default=100, ge=1, le=65_536, description="Numbers of a vector (dim).")
    window: int = Field(default=5, ge=1, description="Words of context (ws); without effect on labels.")
    epochs: int = Field(default=5, ge=1, description="Passes over all documents (epoch).")
    least_count: int = Field(default=1, ge=1, description="Times that a word must occur (minCount).")
    ngrams: int = Field(default=2, ge=1, le=16, description="Words of the longest run that is looked at (wordNgrams).")
    shortest_piece: int = Field(
        default=0, ge=0, le=64, description="Characters of the shortest piece of a word (minn)."
    )
    longest_piece: int = Field(default=0, ge=0, le=64, description="Characters of the longest piece; 0: none (maxn).")
    buckets: int = Field(default=2_000_000, ge=1, le=2**31 - 1, description="Slots for runs and pieces (bucket).")
    loss: Literal["softmax", "ova", "hs", "ns"] = Field(default="softmax", description="What is made small.")
    threads: int = Field(
        default=1, ge=0, le=1024, description="1: the same documents give the same model; 0: all cores, as it comes."
    )


class Group(_Settings):
    """Documents of one origin."""

    name: Name = Field(description="What the group is called in tallies and figures.")
    source: SerializeAsAny[Source]
    paths: tuple[Place, ...] = Field(default=(), description="Several places that the source reads, in place of one.")
    documents: int | None = Field(default=None, ge=1, description="How many are drawn, by seed and id; null: all.")
    steps: tuple[SerializeAsAny[Step], ...] = Field(default=(), description="What documents go through first.")

    @field_validator("steps")
    @classmethod
    def _see_a_document_at_a_time(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        for step in steps:
            if isinstance(step, Barrier | Reorder | Sweep):
                raise ValueError(f"{step.kind} must hear all documents; build a pool with it, and name the pool here")
        return steps

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if not self.paths and not self.source.path:
            raise ValueError(f"{self.name} has no place to read: give `path` under `source`, or `paths`")
        return self

    @property
    def places(self) -> tuple[str, ...]:
        """Return where the documents lie."""
        return self.paths or (self.source.path,)


class Heading(_Settings):
    """What the making of a classifier says beside its documents."""

    name: Name = Field(description="What the classifier is called.")
    seed: int = Field(
        default=42, description="What documents are drawn, held out and shuffled by; fastText's seed, too."
    )
    positive: str = Field(default="hq", pattern=_LABEL, description="The label of good documents: letters and digits.")
    negative: str = Field(default="cc", pattern=_LABEL, description="The label of the others: letters and digits.")
    balance: bool = Field(default=True, description="As many good documents as others: the larger side is thinned out.")
    held_out: float = Field(
        default=0.05, ge=0, le=0.5, description="Share of the documents that judges and does not teach."
    )

    @model_validator(mode="after")
    def _labels_differ(self) -> Self:
        if self.positive == self.negative:
            raise ValueError(f"both labels are {self.positive!r}; give two")
        return self


class Training(Heading):
    """A classifier of documents that are given as good, and others."""

    positives: tuple[Group, ...] = Field(min_length=1, description="Good documents.")
    negatives: tuple[Group, ...] = Field(min_length=1, description="Documents as they come.")
    decontaminate: Decontaminate | None = Field(
        default=None, description="Settings of the step `decontaminate`, which all documents go through."
    )
    fasttext: Teaching = Field(default=Teaching(), description="How fastText is taught.")

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return all groups, the good ones first."""
        return (*self.positives, *self.negatives)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [group.name for group in self.groups]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two groups are called {twice[0]!r}; give one another name")
        return self


class Distillation(Heading):
    """A cheap classifier that learns what a dear one chose."""

    documents: Group = Field(description="Documents with the score of the dear one in a column.")
    score: str = Field(default="quality", description="The column of that score.")
    share: float = Field(default=0.1, gt=0, lt=1, description="Share of documents, by that score, that are good.")
    decontaminate: Decontaminate | None = Field(
        default=None, description="Settings of the step `decontaminate`, which all documents go through."
    )
    fasttext: Teaching = Field(default=Teaching(), description="How fastText is taught.")
