"""What a run leaves behind of its own course: how long its tasks waited for bytes, when the first documents were there."""

import json
from pathlib import Path


def waited_share(pool: Path) -> float:
    """Return the share of their time that the tasks of a pool's one run waited; 0 where no run was."""
    waited = all_of_it = 0.0
    for told in pool.glob("runs/*/run.json"):
        story = json.loads(told.read_text())["story"]
        waited, all_of_it = waited + story["waited_seconds"], all_of_it + story["task_seconds"]
    return waited / all_of_it if all_of_it else 0.0


def first_documents(folder: Path) -> float | None:
    """Return when the oldest file of documents below a folder was written, in seconds since the epoch, if there is one."""
    return min((file.stat().st_mtime for file in folder.rglob("*.parquet")), default=None)
