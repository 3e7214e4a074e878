"""`python -m bench.minhash`: what near deduplication costs, and what it finds, on made-up documents.

Three parts. `signatures`: megabytes of text a second from text to bands, on one core. `found`: of pairs of documents of
known similarity, how many are found, by similarity, and how many of those that are removed should be; 30 % of the
documents are in pairs whose similarities are even between 0.5 and 1. `datasketch`: documents a second of the whole
step in memory, as a multiple of a plain loop over datasketch's MinHash and MinHashLSH with the same permutations.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import dclm_pipeline as dp
from dclm_pipeline.barriers.minhash_dedup import MinhashDedup

WORDS = 480  # about 3 KB
NGRAM = 13
VOCABULARY = 20_000


def vocabulary(luck: np.random.Generator) -> NDArray[np.str_]:
    """Return made-up words of two to nine letters."""
    letters = luck.integers(97, 123, (VOCABULARY, 9)).astype(np.uint8)
    lengths = luck.integers(2, 10, VOCABULARY)
    return np.array([bytes(row[:length]).decode() for row, length in zip(letters, lengths, strict=True)])


def runs_of(numbers: NDArray[np.int64]) -> set[bytes]:
    """Return the runs of words of a document told by numbers."""
    return {numbers[i : i + NGRAM].tobytes() for i in range(len(numbers) - NGRAM + 1)}


def changed(numbers: NDArray[np.int64], wanted: float, luck: np.random.Generator) -> tuple[NDArray[np.int64], float]:
    """Return a document with another beginning, so that it shares about the `wanted` part of all runs, and how much."""
    # Of n runs each k that differ leave (n - k) of (n + k).
    runs = len(numbers) - NGRAM + 1
    other = numbers.copy()
    first = max(round(runs * (1 - wanted) / (1 + wanted)), 0)
    other[:first] = luck.integers(0, VOCABULARY, first)
    one, two = runs_of(numbers), runs_of(other)
    return other, len(one & two) / len(one | two)


def documents(count: int, luck: np.random.Generator) -> tuple[list[str], list[tuple[int, int, float]]]:
    """Return texts, and the pairs among them with their similarities."""
    words = vocabulary(luck)
    texts: list[str] = []
    pairs: list[tuple[int, int, float]] = []
    while len(texts) < count:
        numbers = luck.integers(0, VOCABULARY, WORDS)
        texts.append(" ".join(words[numbers]))
        if luck.random() < 0.3 / 1.7:  # a pair in so many draws puts 30 % of all documents in pairs
            other, similarity = changed(numbers, luck.uniform(0.5, 1.0), luck)
            pairs.append((len(texts) - 1, len(texts), similarity))
            texts.append(" ".join(words[other]))
    return texts, pairs


def signatures(texts: list[str]) -> Iterator[str]:
    """Yield how fast text becomes bands, on one core."""
    from dclm_pipeline.kernels.dedup.minhash import bands_of, permutations_of, signatures_of
    from dclm_pipeline.kernels.strings import views
    from dclm_pipeline.kernels.words.shingles import shingles_of

    strings = views(pa.array(texts, pa.large_string()))
    permutations = permutations_of(1, 128)
    size = len(strings[1]) / 1e6
    best = [float("inf")] * 3
    for _ in range(5):
        times = [time.process_time()]
        runs = shingles_of(strings, NGRAM)
        times.append(time.process_time())
        signed = signatures_of(runs.rows, runs.hashes, permutations)
        times.append(time.process_time())
        bands_of(signed, 16, 8)
        times.append(time.process_time())
        best = [min(old, new) for old, new in zip(best, np.diff(times).tolist(), strict=True)]
    for what, seconds in zip(("runs of words", "signatures", "bands"), best, strict=True):
        yield f"{what}: {size / seconds:.0f} MB/s"
    yield f"from text to bands: {size / sum(best):.0f} MB/s a core ({size:.0f} MB)"


def removed(texts: list[str], step: MinhashDedup) -> tuple[NDArray[np.bool_], float, float]:
    """Return which texts are removed in memory, and the seconds of the wall and of the CPU that it takes."""
    dp.apply([step], texts[:50])
    begun, cpu = time.perf_counter(), time.process_time()
    applied = dp.apply([step.model_copy(update={"annotate": True})], texts)
    took = time.perf_counter() - begun, time.process_time() - cpu
    return ~np.asarray(applied.docs["passes.minhash_dedup"].to_numpy(), np.bool_), *took


def found(texts: list[str], pairs: list[tuple[int, int, float]]) -> Iterator[str]:
    """Yield what share of pairs is found by similarity, and what share of what is removed should be."""
    gone, wall, _ = removed(texts, MinhashDedup())
    bins: dict[int, list[bool]] = defaultdict(list)
    for one, other, similarity in pairs:
        bins[min(int(similarity * 20), 19)].append(bool(gone[one] or gone[other]))
    for place in sorted(bins):
        share = sum(bins[place]) / len(bins[place])
        yield f"similarity {place / 20:.2f} to {(place + 1) / 20:.2f}: {share:.1%} of {len(bins[place]):,} pairs removed"
    right = sum(bool(gone[one] or gone[other]) for one, other, similarity in pairs if similarity >= 0.8)
    yield f"precision: {right} of {int(gone.sum())} removed are of a pair of similarity 0.8 or more"
    yield f"{len(texts):,} documents in {wall:.1f} s"


def plain_loop(texts: Iterable[str]) -> tuple[int, float, float]:
    """Take texts through a loop over datasketch; return how many, and the seconds of the wall and of the CPU."""
    from datasketch import MinHash, MinHashLSH

    begun, cpu = time.perf_counter(), time.process_time()
    index = MinHashLSH(params=(16, 8), num_perm=128)
    place = 0
    for place, text in enumerate(texts, 1):
        words = text.lower().split()
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(words[i : i + NGRAM]).encode() for i in range(max(len(words) - NGRAM + 1, 1))])
        if not index.query(sketch):
            index.insert(place, sketch)
    return place, time.perf_counter() - begun, time.process_time() - cpu


def datasketch(texts: list[str]) -> Iterator[str]:
    """Yield how much faster the step is than a loop over datasketch."""
    _, wall, cpu = removed(texts, MinhashDedup())
    count, slow_wall, slow_cpu = plain_loop(texts)
    yield f"this: {count / wall:,.0f} documents/s ({count / cpu:,.0f} a CPU second), in memory, verified"
    yield f"datasketch: {count / slow_wall:,.0f} documents/s ({count / slow_cpu:,.0f} a CPU second), not verified"
    yield f"ratio: {slow_wall / wall:.1f} by the clock, {slow_cpu / cpu:.1f} in CPU seconds"


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.minhash", description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000, help="made-up documents for `found` (default 20000)")
    parser.add_argument("--compared", type=int, default=3_000, help="documents for `datasketch` (default 3000)")
    chosen = parser.parse_args()
    texts, pairs = documents(chosen.documents, np.random.default_rng(1))
    for title, lines in (
        ("signatures", signatures(texts[:5000])),
        ("found", found(texts, pairs)),
        ("datasketch", datasketch(texts[: chosen.compared])),
    ):
        print(title)
        for line in lines:
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
