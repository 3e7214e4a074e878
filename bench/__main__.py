"""`python -m bench`: run every comparison, and print what each costs as a multiple of the floor.

Comparisons take turns, round by round, so that a busy spell of the machine meets all of them; of each the round that used
the fewest CPU seconds is shown. What cannot run is shown as failed, with the end of what it printed.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.comparisons import COMPARISONS, FLOOR, Comparison, Figure
from bench.ground import STREAMED_BYTES, Ground, find_ground
from bench.measure import CannotMeasureError, Measured, measure
from bench.story import first_documents, waited_share

MIB, MB = 1 << 20, 10**6
COLUMNS = ("name", "CPU s", "wall s", "largest MiB", "all MiB", "ratio", "target", "")


_SAID: set[Path] = set()


class FailedError(Exception):
    """A command ended with an error; the message holds the end of what it printed."""


@dataclass(frozen=True)
class Performed:
    """What a command used, for what share of their time its tasks waited for bytes, and when the first documents were there."""

    measured: Measured
    waited: float = 0.0
    first: float | None = None


def perform(comparison: Comparison, ground: Ground, seconds: float) -> Performed:
    """Run one comparison once, in a folder that is gone afterwards."""
    out = Path(tempfile.mkdtemp(dir=ground.scratch))
    output = out / "output.txt"
    try:
        begun = time.time()
        measured = measure(comparison.command(ground, out), output=output, seconds=seconds)
        if measured.code != 0:
            raise FailedError(f"{comparison.name} ended with code {measured.code}:\n{output.read_text()[-2000:]}")
        if comparison is FLOOR and ground.scratch not in _SAID:
            _SAID.add(ground.scratch)
            print(f"floor met {output.read_text().strip()}", flush=True)
        first = first_documents(out)
        return Performed(measured, waited_share(out / "pool"), None if first is None else first - begun)
    finally:
        shutil.rmtree(out)


def row(comparison: Comparison, best: Mapping[str, Performed]) -> tuple[str, ...]:
    """Return one line of the table."""
    measured = best[comparison.name].measured
    ratio = ratio_of(comparison, best)
    target = "" if comparison.most is None else f"<= {comparison.most:.3g}"
    verdict = "" if comparison.most is None or ratio is None else "met" if ratio <= comparison.most else "NOT MET"
    return (
        comparison.name,
        f"{measured.cpu_seconds:.2f}",
        f"{measured.wall_seconds:.2f}",
        f"{measured.peak_process / MIB:.0f}",
        f"{measured.peak_sum / MIB:.0f}",
        "" if ratio is None else f"{ratio:.2f}",
        target,
        verdict,
    )


def ratio_of(comparison: Comparison, best: Mapping[str, Performed]) -> float | None:
    """Return what is held against a comparison's target; nothing where there is no such thing, or what it needs did not run.

    A ratio is of what is left once start-ups are taken off.
    """
    base = comparison.base or FLOOR
    if comparison.figure is Figure.WAITED:
        return best[comparison.name].waited
    if comparison.figure is Figure.FIRST:
        return best[comparison.name].first
    if comparison.figure is Figure.NONE or any(
        each.name not in best for each in (*_with_less(comparison), *_with_less(base))
    ):
        return None

    def cost(one: Comparison) -> float:
        measured = best[one.name].measured
        own = measured.wall_seconds if comparison.figure is Figure.CLOCK else measured.cpu_seconds
        return own if one.less is None else own - cost(one.less)

    return cost(comparison) / cost(base)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return lines of cells, the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in rows
    )


def main() -> int:
    """Measure, print, and say 1 where a comparison failed to run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names of comparisons; default: all")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs (default 3)")
    parser.add_argument("--seconds", type=float, default=600.0, help="the most that one may take (default 600)")
    parser.add_argument(
        "--streamed-mb",
        type=int,
        default=STREAMED_BYTES // MB,
        help="size of the file that is streamed (default %(default)s)",
    )
    chosen = parser.parse_args()
    unknown = [part for part in chosen.names if not any(part in each.name for each in COMPARISONS)]
    if unknown:
        parser.error(f"no comparison has {unknown[0]!r} in its name: {', '.join(each.name for each in COMPARISONS)}")
    wanted = _needed([each for each in COMPARISONS if _is_named(each, chosen.names)])
    best: dict[str, Performed] = {}
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="dclm-bench-") as scratch, ExitStack() as stack:
        ground = find_ground(Path(scratch), stack, chosen.streamed_mb * MB)
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; crawl: {ground.name}")
        for _ in range(max(chosen.rounds, 1)):
            for comparison in wanted:
                if comparison.name in failed:
                    continue
                try:
                    performed = perform(comparison, ground, chosen.seconds)
                except (FailedError, CannotMeasureError) as error:
                    failed[comparison.name] = str(error)
                    continue
                before = best.get(comparison.name, performed)
                best[comparison.name] = min(before, performed, key=lambda each: each.measured.cpu_seconds)
    rows = [row(each, best) for each in wanted if each.name in best]
    print(table([COLUMNS, *rows]))
    for message in failed.values():
        print(message, file=sys.stderr)
    return 1 if failed else 0


def _needed(named: Sequence[Comparison]) -> list[Comparison]:
    """Return what must run for the ratios of those named, in the order of the table."""
    judged = {each for each in named if each.figure in (Figure.CPU, Figure.CLOCK)}
    bases = {each.base or FLOOR for each in judged}
    needed = {each for one in (*named, *bases) for each in _with_less(one)}
    return [each for each in COMPARISONS if each in needed]


def _with_less(comparison: Comparison) -> list[Comparison]:
    return [comparison] if comparison.less is None else [comparison, comparison.less]


def _is_named(comparison: Comparison, parts: Sequence[str]) -> bool:
    return any(part in comparison.name for part in parts) or (not parts and not comparison.on_request)


if __name__ == "__main__":
    sys.exit(main())
