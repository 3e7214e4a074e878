"""Counting what happened to rows, so that nothing is lost silently.

A tally is a value: tallies of tasks add up to the tally of the run. No times in it, so it is the same on every machine.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# The reason of rows of which a step made others.
UNFOLDED = "unfolded"


@dataclass(frozen=True)
class StepTally:
    """What one step did: `entered + added == left + dropped + failed`.

    Rules (filters) also count what they would have dropped had they stood alone in their run of neighbouring filters
    (`would`), and what no other rule of that run dropped (`alone`). Every step that only says what it would have dropped
    counts that in `would`. `sums` are those of columns, over the rows that left.
    """

    name: str
    kind: str
    entered: int = 0
    left: int = 0
    dropped: int = 0
    failed: int = 0
    added: int = 0
    would: int = 0
    alone: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "StepTally") -> "StepTally":
        """Return the sum of two tallies of one step."""
        if (self.name, self.kind) != (other.name, other.kind):
            raise ValueError(f"cannot add the tallies of {self.name!r} and {other.name!r}")
        counts = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        sums = _sum(self.sums, other.sums)
        return replace(self, **counts, reasons=_sum(self.reasons, other.reasons), sums=sums)

    @property
    def balances(self) -> bool:
        """Tell whether every row that entered is accounted for."""
        return self.entered + self.added == self.left + self.dropped + self.failed


_COUNTS = ("entered", "left", "dropped", "failed", "added", "would", "alone")


@dataclass(frozen=True)
class SourceTally:
    """What a source found: every record is a document, skipped by design, or failed; damage is what was no record.

    `skipped` and `failed` count records by reason, `damage` counts events and bytes by name
    (such as `bad_member`, `bytes_skipped`, `ends_early`).
    """

    documents: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    damage: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "SourceTally") -> "SourceTally":
        """Return the sum of two tallies."""
        return SourceTally(
            self.documents + other.documents,
            _sum(self.skipped, other.skipped),
            _sum(self.failed, other.failed),
            _sum(self.damage, other.damage),
        )


@dataclass(frozen=True)
class Tally:
    """What happened in a stretch of the chain: at the source where it has one, then step by step."""

    source: SourceTally = field(default_factory=SourceTally)
    steps: tuple[StepTally, ...] = ()

    def __add__(self, other: "Tally") -> "Tally":
        """Return the sum over two tasks; steps are matched by name and keep the order of their first mention."""
        steps = {step.name: step for step in self.steps}
        for step in other.steps:
            steps[step.name] = steps[step.name] + step if step.name in steps else step
        return Tally(self.source + other.source, tuple(steps.values()))

    @property
    def failed(self) -> int:
        """Count the rows that failed, at the source or at any step."""
        return sum(self.source.failed.values()) + sum(step.failed for step in self.steps)

    def imbalances(self) -> list[str]:
        """Say where rows are not accounted for; an empty list is the law."""
        found = [f"step {step.name}: {step}" for step in self.steps if not step.balances]
        found += [
            f"{later.name} entered {later.entered} of the {earlier.left} that left {earlier.name}"
            for earlier, later in zip(self.steps, self.steps[1:], strict=False)
            if later.entered != earlier.left
        ]
        return found


def total(tallies: Iterable[Tally]) -> Tally:
    """Add up the tallies of many tasks."""
    result = Tally()
    for tally in tallies:
        result = result + tally
    return result


def tally_to_json(tally: Tally) -> dict[str, Any]:
    """Return a tally as plain JSON values, zero counts of steps included, keys sorted."""
    return {
        "source": {
            "documents": tally.source.documents,
            "skipped": dict(sorted(tally.source.skipped.items())),
            "failed": dict(sorted(tally.source.failed.items())),
            "damage": dict(sorted(tally.source.damage.items())),
        },
        "steps": [
            {"name": step.name, "kind": step.kind}
            | {name: getattr(step, name) for name in _COUNTS}
            | {"reasons": dict(sorted(step.reasons.items()))}
            | ({"sums": dict(sorted(step.sums.items()))} if step.sums else {})
            for step in tally.steps
        ],
    }


def tally_from_json(values: Mapping[str, Any]) -> Tally:
    """Read what `tally_to_json` wrote."""
    return Tally(SourceTally(**values["source"]), tuple(StepTally(**step) for step in values["steps"]))


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(one) + Counter(other))
