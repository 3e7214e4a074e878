"""Making a classifier: documents drawn, lines written, fastText taught, the held-out documents judged, a card written.

Everything lies in a folder that appears when it is whole: the card is put there last.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy, schema_of
from dclm_pipeline.classifier.drawing import Drawing, Drawn, Smallest, balanced, chosen, read_rows
from dclm_pipeline.classifier.figures import Sample, figures_of
from dclm_pipeline.classifier.files import sha256_of_file
from dclm_pipeline.classifier.folding import fold
from dclm_pipeline.classifier.identity import documents_of
from dclm_pipeline.classifier.lines import write_lines
from dclm_pipeline.classifier.measures import SHARES, Kept, kept_at
from dclm_pipeline.classifier.reading import Documents, Opener, Read, Told, silent
from dclm_pipeline.classifier.scoring import Scorer
from dclm_pipeline.classifier.settings import Group, Heading, Teaching, Training
from dclm_pipeline.classifier.training import require_fasttext, teach
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.keys import key_of
from dclm_pipeline.engine.versions import library_version
from dclm_pipeline.errors import IncompleteError, RecipeError
from dclm_pipeline.recipe.places import with_places
from dclm_pipeline.stages.decontaminate import Decontaminate
from dclm_pipeline.step import Step
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.paths import last_name
from dclm_pipeline.tally import tally_to_json

MODEL, FOLDED, HELD_OUT, CARD = "model.bin", "model.folded", "held_out.parquet", "card.json"
REVISION = 2
FASTTEXT = "fasttext-numpy2"
# Documents that teach on either side; fewer teach nothing.
_LEAST = 1

HELD_OUT_SCHEMA = schema_of(
    pa.field("text", pa.large_string()),
    pa.field("label", pa.string()),
    pa.field("score", pa.float64()),
    pa.field("group", pa.string()),
    pa.field("url", pa.string()),
    pa.field("site", pa.string()),
    pa.field("dear_score", pa.float64()),
)


@dataclass(frozen=True)
class Surroundings:
    """What making a classifier needs from outside: assets, storages, and somebody who hears what begins and how far it is."""

    assets: FetchedAssets
    open_place: Opener = open_storage
    told: Told = silent
    begun: Told = silent


@dataclass(frozen=True)
class Gathered:
    """The drawn rows of all groups: where they lie, what is known of each, and what reading came to."""

    rows: Path
    drawn: Drawn
    reads: tuple[Read, ...]


def train(training: Training, out: Path, around: Surroundings) -> dict[str, Any]:
    """Make a classifier in the folder `out`; return its card."""
    positives = range(len(training.positives))
    negatives = range(len(training.positives), len(training.groups))

    def work(scratch: Path) -> dict[str, Any]:
        gathered = gather(training, training.groups, training.decontaminate, scratch, around)
        counts = {place: group.documents for place, group in enumerate(training.groups)}
        mask = chosen(gathered.drawn, counts)
        if training.balance:
            mask = balanced(gathered.drawn, mask, (positives, negatives))
        good = np.isin(gathered.drawn.group, positives)
        return make(training, training.fasttext, training.groups, gathered, mask, good, scratch, around)

    documents = documents_of(training.groups, training.decontaminate, around.assets, around.open_place)
    return whole_or_nothing(out, described(training, around), documents, work)


def gather(
    heading: Heading,
    groups: Sequence[Group],
    clean: Decontaminate | None,
    scratch: Path,
    around: Surroundings,
    score: str = "",
) -> Gathered:
    """Read all groups, and keep what may be drawn of them."""
    steps: tuple[Step, ...] = () if clean is None else (clean,)
    around.assets.require([step for group in groups for step in (*group.steps, *steps)])
    rows = scratch / "rows.arrow"
    reads = []
    with Drawing(rows, heading.seed) as drawing:
        for place, group in enumerate(groups):
            around.begun(f"reading {group.name}")
            documents = Documents(
                group.source,
                group.places,
                steps=(*group.steps, *steps),
                assets=around.assets,
                seed=heading.seed,
                open_place=around.open_place,
                told=around.told,
                label=group.name,
            )
            smallest = Smallest(group.documents)
            for number, docs in documents:
                drawing.add(place, f"{group.name}/{number}", docs, smallest, score)
            reads.append(documents.read)
        drawn = drawing.finish()
    return Gathered(rows, drawn, tuple(reads))


def make(
    heading: Heading,
    teaching: Teaching,
    groups: Sequence[Group],
    gathered: Gathered,
    mask: NDArray[np.bool_],
    good: NDArray[np.bool_],
    scratch: Path,
    around: Surroundings,
) -> dict[str, Any]:
    """Teach by the rows of a mask, those that are `good` as such; judge by those that are held out."""
    drawn = gathered.drawn
    held = mask & (drawn.luck < heading.held_out)
    taught = mask & ~held
    for side, label in ((good, heading.positive), (~good, heading.negative)):
        if int((taught & side).sum()) < _LEAST:
            raise IncompleteError(
                f"no document is left to teach {label!r}; see what reading says of the groups: {_told(groups, gathered)}"
            )
    lines, model = scratch / "lines.txt", scratch / MODEL

    def batches() -> Iterator[tuple[Array, NDArray[np.bool_]]]:
        order = shuffled(drawn, taught)
        done = 0
        for rows in read_rows(gathered.rows, order):
            yield rows["text"], good[order[done : done + rows.num_rows]]
            done += rows.num_rows

    around.begun("writing the lines that teach")
    goods, bads = write_lines(lines, batches(), heading.positive, heading.negative)
    around.begun(f"fastText is reading {goods + bads:,} documents")
    teach(teaching, lines, model, heading.seed, lambda share: around.told(f"teaching fastText: {share:.1%}"))
    lines.unlink()
    around.begun("judging by the held-out documents")
    # Models of other losses than softmax have nothing that could be folded.
    folded = fold(model, scratch / FOLDED) if teaching.loss == "softmax" else None
    scorer = Scorer(model if folded is None else scratch / FOLDED, heading.positive)
    sample, table = _held_out(heading, groups, gathered, shuffled(drawn, held), good, scorer)
    pq.write_table(table, scratch / HELD_OUT)
    figures = figures_of(sample, label=heading.positive)
    facts = {
        "taught": {heading.positive: goods, heading.negative: bads},
        "held_out": {heading.positive: int((held & good).sum()), heading.negative: int((held & ~good).sum())},
        "groups": [
            {
                "name": group.name,
                "drawn": int((mask & (drawn.group == place)).sum()),
                "wordless": gathered.reads[place].wordless,
                "failures": gathered.reads[place].failures,
                "files": gathered.reads[place].files,
                "tally": tally_to_json(gathered.reads[place].tally),
            }
            for place, group in enumerate(groups)
        ],
        "figures": figures,
        # What is not chosen stands for the texts that a threshold will be applied to.
        "thresholds": [asdict(kept) for kept in _thresholds(sample)],
        "model": {
            "file": MODEL,
            "bytes": model.stat().st_size,
            "sha256": sha256_of_file(model) if folded is None else folded["parent"],
        },
        "folded": folded,
    }
    gathered.rows.unlink()
    return facts


def shuffled(drawn: Drawn, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the rows of a mask in an order that depends on seed and ids alone."""
    rows = np.flatnonzero(mask)
    return rows[np.lexsort((drawn.order[rows], drawn.shuffle[rows]))]


def described(settings: Heading, around: Surroundings) -> dict[str, Any]:
    """Return settings as plain values: assets by their digests, the names of source files for their places."""
    values = settings.model_dump(mode="json")
    return with_places(settings, values, lambda setting, place: _place(setting, place, around))


def _place(setting: str, place: str, around: Surroundings) -> str:
    if setting.endswith(".path") or ".paths." in setting:
        return last_name(place)
    return f"sha256:{around.assets.digest(place)}"


def whole_or_nothing(
    out: Path, settings: dict[str, Any], documents: list[object], work: Callable[[Path], dict[str, Any]]
) -> dict[str, Any]:
    """Do work in a folder beside `out`, and put what it leaves there with a card; a classifier that is whole stands.

    What is whole stands if it is of the same settings and of the same `documents`, which `documents_of` tells.
    """
    libraries = {FASTTEXT: library_version(FASTTEXT)}
    key = key_of(REVISION, settings, documents, libraries)
    if (out / CARD).is_file():
        card = read_card(out)
        if card.get("key") == key:
            return card | {"whole_before": True}
        raise RecipeError(
            f"{out}: holds another classifier ({card.get('name')}), of other settings, documents or libraries; name "
            "another folder with --out"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RecipeError(f"{out}: is there already and holds no classifier; name a folder that is empty or not there")
    require_fasttext()
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        facts = work(scratch)
        card = {"name": settings["name"], "key": key, "settings": settings, "libraries": libraries, **facts}
        (scratch / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        scratch.chmod(0o755)
        try:
            scratch.rename(out)  # in the place of an empty folder, too
        except OSError as error:
            raise RecipeError(
                f"{out}: somebody wrote there meanwhile ({error.strerror}); name another folder with --out"
            ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return card


def read_card(folder: Path) -> dict[str, Any]:
    """Read the card of a classifier."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"{folder / CARD}: is no card of a classifier ({error}); name another folder") from error
    if not isinstance(card, dict):
        raise RecipeError(f"{folder / CARD}: is no card of a classifier; name another folder")
    return card


def _held_out(
    heading: Heading,
    groups: Sequence[Group],
    gathered: Gathered,
    order: NDArray[np.int64],
    good: NDArray[np.bool_],
    scorer: Scorer,
) -> tuple[Sample, pa.Table]:
    names = pa.array([group.name for group in groups], pa.string())
    labels = pa.array([heading.negative, heading.positive], pa.string())
    pieces = []
    done = 0
    for rows in read_rows(gathered.rows, order):
        own = order[done : done + rows.num_rows]
        done += rows.num_rows
        arrays: list[Array] = [
            rows["text"],
            labels.take(from_numpy(good[own].astype(np.int64))),
            from_numpy(scorer.scores(rows["text"])),
            names.take(rows["group"]),
            rows["url"],
            rows["site"],
            rows["score"],
        ]
        pieces.append(pa.RecordBatch.from_arrays(arrays, schema=HELD_OUT_SCHEMA))
    table = pa.Table.from_batches(pieces, schema=HELD_OUT_SCHEMA)
    scores = np.asarray(table["score"].to_numpy(), np.float64)
    return Sample(table, good[order], scores), table


def _thresholds(sample: Sample) -> list[Kept]:
    others = ~sample.good
    return kept_at(sample.scores[others], None, SHARES) if others.any() else []


def _told(groups: Sequence[Group], gathered: Gathered) -> str:
    told = []
    for group, read in zip(groups, gathered.reads, strict=True):
        steps = "".join(f", {step.name} dropped {step.dropped:,}" for step in read.tally.steps if step.dropped)
        failed = sum(read.tally.source.failed.values())
        first = f" ({'; '.join(read.failures)})" if read.failures else ""
        told.append(f"{group.name}: {read.tally.source.documents:,} read, {failed:,} failed{first}{steps}")
    return "; ".join(told)
