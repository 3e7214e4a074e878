"""What near deduplication is told, and what its rounds exchange by it: the settings that every round goes by.

Imports no kernels: a recipe is checked by these alone.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import pyarrow as pa
from pydantic import Field, model_validator

from dclm_pipeline.arrow import schema_of
from dclm_pipeline.barriers.keeping import ByDocument, check_sources
from dclm_pipeline.barriers.near.schemas import (
    BAND,
    CANDIDATES,
    CLUSTERS,
    CLUSTERS_AGAINST,
    EDGES,
    FOLLOWERS,
    KEPT,
    MEMBERS,
    MEMBERS_AGAINST,
    SETS,
    TIES,
    Round,
)
from dclm_pipeline.barriers.rails import LimitedClusters
from dclm_pipeline.ids import ID
from dclm_pipeline.remembering import Remembering
from dclm_pipeline.schema import is_number
from dclm_pipeline.step import UNICODE, Barrier

_MOST_BANDS = 127


class NearSettings(ByDocument, LimitedClusters, Remembering, Barrier):
    """How documents are found to be nearly the same, and which of them stays."""

    # How many documents that go one task remembers of a component; what is more takes another pass. No setting: it
    # cannot change what stays.
    held: ClassVar[int] = 2**22
    decides_blindly: ClassVar[bool] = True

    compared_by: ClassVar[tuple[str, ...]] = (
        *("ngram", "words", "lower", "characters", "short"),
        *("bands", "rows", "permutations", "seed", "cluster"),
    )
    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    ngram: int = Field(
        default=13, ge=1, le=1000, description="Words of a run; documents are alike by the runs they share."
    )
    words: Literal["unicode", "blanks"] = Field(
        default="unicode", description="What parts words: the rules of Unicode (UAX #29), or blanks alone."
    )
    lower: bool = Field(default=True, description="Whether capitals and small letters are the same.")
    characters: bool = Field(
        default=False,
        description="Whether each character of a script without blanks is a word, also where blanks part.",
    )
    short: Literal["whole", "alone"] = Field(
        default="whole",
        description="Documents with fewer words than a run: all their words are one run, or they are left alone.",
    )
    bands: int = Field(
        default=16, ge=1, le=_MOST_BANDS, description="Parts of a signature, one of which must be equal."
    )
    rows: int = Field(default=8, ge=1, le=1000, description="Numbers in each part.")
    permutations: int = Field(
        default=128, ge=1, le=10_000, description="Numbers of a signature; bands times rows at least."
    )
    threshold: float = Field(
        default=0.8, ge=0, le=1, description="The share of common runs from which on two documents are alike."
    )
    verify: bool = Field(
        default=True, description="Whether candidates are compared; if not, all that share a band count as alike."
    )
    cluster: Literal["stars", "chains"] = Field(
        default="stars",
        description="A document goes if an earlier one that stays is like it; or if it is tied to an earlier one by "
        "any chain of documents that are alike.",
    )
    keep: Literal["smallest_id", "oldest", "newest", "longest", "best", "source"] = Field(
        default="smallest_id", description="Which comes first, and stays: ties go to the smallest id."
    )
    column: str = Field(
        default="", description="For `keep: best`, the column of numbers of which the greatest is best."
    )
    seed: int = Field(default=1, ge=0, lt=2**32, description="Other permutations for another seed.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.bands * self.rows > self.permutations:
            raise ValueError(
                f"{self.bands} bands of {self.rows} rows take {self.bands * self.rows} permutations, of which there "
                f"are {self.permutations}; raise permutations or lower bands"
            )
        if (self.keep == "best") != bool(self.column):
            raise ValueError("`column` names what `keep: best` goes by; give both or neither")
        check_sources(self.keep, self.sources)
        return self

    def plan(self) -> tuple[Round, ...]:
        """Return the rounds that the settings need."""
        looks = (Round.BANDS, Round.SETS) if self.verify else (Round.BANDS,)
        return (*looks, Round.STARS, Round.AUDIT) if self.cluster == "stars" else (*looks, Round.AUDIT)

    def hearings(self) -> int:
        """Return how often documents are asked."""
        return len(self.plan())

    def reads(self) -> frozenset[str]:
        """Return the text, and the column that decides who stays."""
        return frozenset({"id", "text"} | ({self.column} if self.column else set()))

    def reads_in(self, round: int) -> frozenset[str]:
        """Return nothing but the id once texts have been compared."""
        return self.reads() if self.plan()[round] in (Round.BANDS, Round.SETS) else frozenset({"id"})

    def asks_the_found(self, round: int) -> bool:
        """Say that candidates alone are looked at again, and of them those that are alike."""
        return self.plan()[round] in (Round.SETS, Round.STARS)

    def misfit(self, documents: pa.Schema) -> str:
        """Want numbers to go by."""
        if self.column and not is_number(documents.field(self.column)):
            return (
                f"keeps the best by {self.column!r}, which is {documents.field(self.column).type}: it must be a number"
            )
        return ""

    def writes(self) -> pa.Schema:
        """Return the cluster, told by the document that stays, its size, and how like that one a document is."""
        fields = (
            pa.field("cluster", ID),
            pa.field("cluster_size", pa.int64()),
            pa.field("cluster_similarity", pa.float64()),
        )
        return schema_of(*fields)

    def evidence_schema(self, round: int) -> pa.Schema:
        """Return bands, sets, ties, members."""
        members = MEMBERS_AGAINST if self.against else MEMBERS
        return {Round.BANDS: BAND, Round.SETS: SETS, Round.STARS: FOLLOWERS, Round.AUDIT: members}[self.plan()[round]]

    def findings_schema(self, round: int) -> pa.Schema:
        """Return candidates, ties, ties, clusters."""
        if self.plan()[round] == Round.BANDS and self.verify:
            return CANDIDATES
        if self.plan()[round] != Round.AUDIT:
            return TIES
        return CLUSTERS_AGAINST if self.against else CLUSTERS

    def kept_tables(self) -> Mapping[str, pa.Schema]:
        """Return bands, signatures, clusters."""
        return KEPT

    def recalled_in(self, round: int) -> str:
        """Return bands, to find candidates, and signatures, to compare them."""
        return {Round.BANDS: "bands", Round.SETS: "signatures"}.get(self.plan()[round], "")

    def onward_schema(self, round: int) -> pa.Schema | None:
        """Return edges, where what is alike is known, followers, where a component is too large for one pass, and sums."""
        what = self.plan()[round]
        if what == (Round.SETS if self.verify else Round.BANDS):
            return EDGES
        return {Round.STARS: FOLLOWERS, Round.AUDIT: MEMBERS}.get(what)
