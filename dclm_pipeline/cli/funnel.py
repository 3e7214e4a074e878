"""The funnel: what became of every record, step by step, as a table for people."""

from collections.abc import Mapping, Sequence

from dclm_pipeline.tally import UNFOLDED, StepTally, Tally

MOST_REASONS = 8
# Tables with more steps are without those that did nothing, if they are so many, and cost at most this share of all.
MOST_ROWS = 20
LEAST_FOLDED = 4
DEAR_SHARE = 0.01


def funnel(tally: Tally, seconds: Mapping[str, float] | None = None) -> str:
    """Return the table of a whole pool's tally; with `seconds`, what each step cost in this run.

    Rows that a step makes others of are not dropped, and those that it makes are no share of all. What steps would have
    dropped is shown where one drops nothing that it would have. A long table is without the rows of
    cheap steps that did nothing; a line below names them.
    """
    tells = any(step.would and not step.dropped for step in tally.steps)
    folded = _folded(tally.steps, seconds or {})
    rows: list[tuple[str, ...]] = [
        ("step", "entered", "dropped", "would", "failed", "left", "of all", "alone", "CPU s" if seconds else "")
    ]
    documents = tally.source.documents
    skipped, failed = sum(tally.source.skipped.values()), sum(tally.source.failed.values())
    records = documents + skipped + failed
    if records:
        rows.append(("(records)", f"{records:,}", f"{skipped:,}", "", _some(failed), f"{documents:,}", "", "", ""))
    first = max(documents, tally.steps[0].entered if tally.steps else 0, 1)
    made = False
    for step in tally.steps:
        made = made or step.added > 0
        if (step.kind == "guard" and not step.failed) or step.name in folded:
            continue
        cost = f"{seconds[step.name]:.2f}" if seconds and step.name in seconds else ""
        rows.append(
            (
                step.name,
                f"{step.entered:,}",
                _some(_lost(step)),
                _some(step.would) if tells else "",
                _some(step.failed),
                f"{step.left:,}",
                "" if made else f"{step.left / first:.1%}",
                _some(step.alone),
                cost,
            )
        )
    lines = _aligned(rows)
    if folded:
        spent = f" ({sum(seconds.get(name, 0.0) for name in folded):.2f} CPU s)" if seconds else ""
        lines.append(f"  {len(folded)} steps dropped nothing{spent}: {', '.join(folded)}")
    lines += [
        f"  {step.name}: {_reasons(step)}" for step in tally.steps if step.reasons and UNFOLDED not in step.reasons
    ]
    lines += [
        f"  {step.name}: made {step.added:,} rows of {step.entered - step.failed:,}"
        for step in tally.steps
        if step.added
    ]
    told = {"skipped": tally.source.skipped, "failed": tally.source.failed, "damage": tally.source.damage}
    lines += [f"  records {name}: {_counts(counts)}" for name, counts in told.items() if counts]
    stopped = sum(
        count
        for step in tally.steps
        if step.kind == "guard"
        for reason, count in step.reasons.items()
        if "limit" in reason
    )
    if stopped:
        lines.append(
            f"  {stopped} documents were stopped by a CPU, memory or wall-clock limit: on another machine it may be others"
        )
    return "\n".join(lines)


def _lost(step: StepTally) -> int:
    """Return how many rows a step dropped, less those of which it made others."""
    return step.dropped - step.reasons.get(UNFOLDED, 0)


def _folded(steps: Sequence[StepTally], seconds: Mapping[str, float]) -> list[str]:
    """Return the steps whose rows a long table can do without: of those left out, none did or cost anything to speak of."""
    shown = [step for step in steps if step.kind != "guard" or step.failed]
    dear = DEAR_SHARE * sum(seconds.values())
    idle = [
        step.name
        for step in shown[:-1]
        if not (step.dropped or step.failed or step.added or step.would or step.reasons)
        and seconds.get(step.name, 0.0) <= dear
    ]
    return idle if len(shown) > MOST_ROWS and len(idle) >= LEAST_FOLDED else []


def counted(number: int, thing: str) -> str:
    """Return a number of things in words: 1 shard, 2 shards."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def rowwise_costs(tally: Tally, seconds: Mapping[str, float], rowwise: frozenset[str]) -> list[str]:
    """Say what steps that call Python once a document cost, beside the columnar ones."""
    entered = {step.name: step.entered for step in tally.steps}
    cost = {name: 1e6 * spent / entered[name] for name, spent in seconds.items() if entered.get(name)}
    columnar = [spent for name, spent in cost.items() if name not in rowwise and name not in ("extract", "decode")]
    usual = f"; columnar steps here cost {sum(columnar) / len(columnar):.1f}" if columnar else ""
    return [
        f"{name} calls Python once a document: {cost[name]:.1f} microseconds each{usual}"
        for name in sorted(rowwise)
        if name in cost
    ]


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    used = [column for column in range(len(widths)) if any(row[column] for row in rows[1:])]
    lines = []
    for row in rows:
        cells = [
            row[column].ljust(widths[column]) if column == 0 else row[column].rjust(widths[column]) for column in used
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _some(count: int) -> str:
    return f"{count:,}" if count else ""


def _reasons(step: StepTally) -> str:
    what = "failed" if step.failed else "dropped"
    return f"{what}: {_counts(step.reasons)}"


def _counts(counts: Mapping[str, int]) -> str:
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{name} {count:,}" for name, count in most[:MOST_REASONS])
    return told if len(most) <= MOST_REASONS else f"{told} and {len(most) - MOST_REASONS} more"
