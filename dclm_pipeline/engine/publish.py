"""Publishing a pool: its receipts joined into packs, then its manifest, which says that it is whole."""

from collections import deque

from dclm_pipeline.engine.phases import COLLECTED
from dclm_pipeline.engine.walk import Pool
from dclm_pipeline.errors import IncompleteError
from dclm_pipeline.pools.manifest import PATH, manifest_to_bytes, superseded
from dclm_pipeline.pools.receipt import FOLDER, JOINED, packed
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.many import at_once
from dclm_pipeline.tally import Tally

PACK_KEY_LENGTH = 16


class NothingLeftError(IncompleteError):
    """Every document was dropped or failed; `tally` says where."""

    def __init__(self, folder: str, tally: Tally) -> None:
        losing = [step for step in tally.steps if step.left < step.entered]
        lost = sorted(losing, key=lambda step: step.left - step.entered)[:3]
        told = [f"{step.name} dropped {step.dropped:,} and failed {step.failed:,} of {step.entered:,}" for step in lost]
        if not tally.source.documents:
            told = [f"of {sum(tally.source.skipped.values()):,} records none is a page that the source asks for"]
        super().__init__(
            f"{folder}: no document is left, so no pool was written: {'; '.join(told)}. Loosen those steps, or give "
            "another source"
        )
        self.tally = tally


def publish(pool: Pool) -> None:
    """Write the manifest last; join what lies in many small files, as far as full packs go."""
    if pool.manifest.rows == 0:
        raise NothingLeftError(pool.folder, pool.manifest.tally)
    storage = open_storage(pool.folder)
    old = frozenset[str]() if pool.shared else superseded(storage, pool.manifest)
    for start in range(0, len(pool.receipts) - COLLECTED + 1, COLLECTED):
        part = pool.receipts[start : start + COLLECTED]
        path = f"{FOLDER}/{start:06d}-{part[0].key[:PACK_KEY_LENGTH]}.jsonl"
        storage.put(path, packed(part))
        joined = [receipt.files[name].path for receipt in part for name in JOINED if name in receipt.files]
        deque(at_once(storage.delete, [*(receipt.path for receipt in part), *joined]), maxlen=0)
    storage.put(PATH, manifest_to_bytes(pool.manifest))
    # Another recipe's pool that lay here: its shards would be counted with ours by whoever reads the folder.
    deque(at_once(storage.delete, sorted(old)), maxlen=0)
