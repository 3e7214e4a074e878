"""Publishing a pool: its receipts joined into packs, then its manifest, which says that it is whole."""

from dclm_pipeline.engine.phases import COLLECTED
from dclm_pipeline.engine.walk import Pool
from dclm_pipeline.errors import IncompleteError
from dclm_pipeline.pools.manifest import PATH, manifest_to_bytes
from dclm_pipeline.pools.receipt import FOLDER, packed
from dclm_pipeline.storage import open_storage

PACK_KEY_LENGTH = 16
# Files that a task leaves beside its documents, and that have been joined with those of others.
JOINED = ("rejects", "signals")


def publish(pool: Pool) -> None:
    """Write the manifest last; join what lies in many small files, as far as full packs go."""
    if pool.manifest.rows == 0:
        raise IncompleteError(
            f"{pool.folder}: no document is left; no manifest was written. "
            "`dclm show --rejects` tells which step dropped or failed them"
        )
    storage = open_storage(pool.folder)
    for start in range(0, len(pool.receipts) - COLLECTED + 1, COLLECTED):
        part = pool.receipts[start : start + COLLECTED]
        path = f"{FOLDER}/{start:06d}-{part[0].key[:PACK_KEY_LENGTH]}.jsonl"
        storage.put(path, packed(part))
        for receipt in part:
            storage.delete(receipt.path)
            for name in JOINED:
                if name in receipt.files:
                    storage.delete(receipt.files[name].path)
    storage.put(PATH, manifest_to_bytes(pool.manifest))
