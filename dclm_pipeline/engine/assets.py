"""What steps need from outside: models and lists, fetched once a machine and told apart by their SHA-256."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.storage import open_storage

CHUNK = 2**20


@dataclass(frozen=True)
class FetchedAssets:
    """Assets on local disk, below the folder that relative places in a recipe begin at."""

    folder: str = "."

    def path(self, place: str) -> Path:
        """Return a local file that holds what lies at `place`."""
        if "://" in place and not place.startswith("file://"):
            raise RecipeError(f"{place}: an asset must be a local file; fetch it first and name its path")
        path = Path(self.folder, place.removeprefix("file://")).absolute()
        if not path.is_file():
            raise RecipeError(f"{place}: there is no such file (looked at {path})")
        return path

    def digest(self, place: str) -> str:
        """Return the SHA-256 of what lies at `place`."""
        path = self.path(place)
        facts = path.stat()
        return _sha256(str(path), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256(path: str, size: int, changed: int) -> str:
    del size, changed  # they are in the call so that a changed file is read again
    storage = open_storage(path)
    digest = hashlib.sha256()
    with storage.open(Path(path).name) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
