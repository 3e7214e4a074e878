"""An exchange in two steps, where one would be made of very many, very small pieces.

Whoever works on a range asks every file for its piece: of 90,000 files in 512 ranges that is 46 million requests. So
neighbouring files are joined first, until a piece is large enough to be worth asking for. Rows keep their order and the
number of their shard: what is found is the same.
"""

from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.keys import describe_step, key_of
from dclm_pipeline.engine.phases import Phase, regrouped
from dclm_pipeline.engine.segments import Segment
from dclm_pipeline.engine.stored import Listed, identity_of
from dclm_pipeline.engine.tasks import MergeWork, Task
from dclm_pipeline.engine.versions import libraries_of
from dclm_pipeline.recipe.shipping import pack
from dclm_pipeline.step import Barrier
from dclm_pipeline.storage.paths import below

# More pieces than the one, which on average are smaller than the other, are too many and too small.
MOST_PIECES = 100_000
LEAST_PIECE_BYTES = 2**20


def merge_phase(
    job: Job, segment: Segment, barrier: Barrier, round: int, passing: int, evidence: Listed, ranges: int
) -> Phase | None:
    """Return the tasks that join neighbouring files of rows; nothing where their pieces are few or large as they are."""
    files = evidence.files
    size = sum(one.file.bytes for one in files)
    if len(files) * ranges <= MOST_PIECES or size >= len(files) * ranges * LEAST_PIECE_BYTES:
        return None
    described = [describe_step(barrier, job.assets.digest, job.codes), libraries_of(None, [barrier])]
    folder = below(job.out, f"work/{segment.number}-{barrier.name}-merged-{round}{f'-{passing}' if passing else ''}")
    packed, assets = pack((barrier,)), job.assets.needed_by([barrier])
    combines = passing == 0 and barrier.combines(round)
    tasks: list[Task] = []
    for ordinal, group in enumerate(regrouped([one.file.bytes for one in files], ranges * LEAST_PIECE_BYTES)):
        stored = tuple(files[place] for place in group)
        first = None if passing or combines else group[0]
        key = key_of("merge", described, round, passing, ranges, first, identity_of(stored))
        work = MergeWork(packed, assets, round, ranges, first, combines, stored)
        paths = tuple(one.file.path for one in stored)
        tasks.append(Task(key, f"{barrier.name} merging", ordinal, folder, work, paths))
    return Phase(f"{barrier.name} merging", folder, tuple(tasks), barrier.needs)
