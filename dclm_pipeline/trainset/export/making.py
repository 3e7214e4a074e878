"""Making an export: part by part, each of its files whole or not there, and again from the part where it stopped.

`export.json` is written last and names every file with its SHA-256; it depends on the rows and the format alone. Until
then `export-begun.json` says whose files lie there, and `export-part-…` which parts are done.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dclm_pipeline.engine.assets.cache import sha256_of
from dclm_pipeline.engine.scratch import PrivateFolder
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.storage import Storage, open_storage
from dclm_pipeline.trainset.export.parts import Format, Part, Rows, parts_of, rows_of
from dclm_pipeline.trainset.packed import PackedPool

MADE, BEGUN, PARTS = "export.json", "export-begun.json", "export-part-"
_SCRATCH = ".tmp-dclm-export-"
Advance = Callable[[int], None]


@dataclass(frozen=True)
class ExportedFile:
    """One file of an export."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Exported:
    """What an export says about itself: which rows it has, in which form, and its files."""

    content: str
    format: Mapping[str, str | int]
    part_rows: int
    rows: int
    sequence_length: int
    dtype: str
    files: tuple[ExportedFile, ...]

    @property
    def bytes(self) -> int:
        """Return the size of all files."""
        return sum(file.bytes for file in self.files)


def export(
    pool: PackedPool, out: str, form: Format, advance: Advance = lambda rows: None, scratch: str = ""
) -> Exported:
    """Write the rows of a training set in another form; performs only the parts that are not done yet.

    Files are made in `scratch`, by default beside where they are to lie, or in the system's folder for such; it must
    have room for one part.
    """
    storage = open_storage(out)
    made = _described(pool, form)
    key = hashlib.sha256(json.dumps(asdict(made), sort_keys=True).encode()).hexdigest()
    whole = _begin(storage, key)
    if whole is not None:
        advance(made.rows)
        return whole
    local = storage.url.startswith("/")
    if local:
        Path(storage.url).mkdir(parents=True, exist_ok=True)
    folder = PrivateFolder(_SCRATCH, scratch or (storage.url if local else None))
    files: list[ExportedFile] = []
    try:
        parts = parts_of(pool.manifest, form.part_rows)
        for part in parts:
            files += _done(storage, part, key) or _perform(pool, storage, form, part, key, folder.path, advance)
            advance(part.first + part.rows)
    finally:
        folder.remove()
    for name, data in form.closing(parts).items():
        storage.put(name, data)
        files.append(ExportedFile(name, len(data), hashlib.sha256(data).hexdigest()))
    whole = Exported(**{**vars(made), "files": tuple(files)})
    storage.put(MADE, json.dumps(asdict(whole) | {"key": key}, indent=1, sort_keys=True).encode() + b"\n")
    for entry in [*storage.entries(PARTS)]:
        storage.delete(entry.path)
    storage.delete(BEGUN)
    return whole


def _described(pool: PackedPool, form: Format) -> Exported:
    """Return what is known before any file is made."""
    geometry = pool.geometry
    rows, length, dtype = pool.manifest.rows, geometry.sequence_length, geometry.dtype.str
    return Exported(pool.content, dict(form.facts()), form.part_rows, rows, length, dtype, ())


def _begin(storage: Storage, key: str) -> Exported | None:
    """Return the export if it is whole; refuse a place that holds something else."""
    whole = _read(storage, MADE)
    if whole is not None:
        if whole.pop("key", "") != key:
            raise RecipeError(f"{storage.url}: holds another export; name an empty place")
        return Exported(**{**whole, "files": _files(whole["files"])})
    begun = _read(storage, BEGUN)
    if begun is None:
        first = next(storage.entries(), None)
        if first is not None:
            raise RecipeError(f"{storage.url}: is not empty ({first.path}), and no export of ours; name an empty place")
        storage.put(BEGUN, json.dumps({"key": key}).encode())
    elif begun.get("key") != key:
        raise RecipeError(
            f"{storage.url}: another export was begun here and not finished; finish that, or name an empty place"
        )
    return None


def _perform(
    pool: PackedPool, storage: Storage, form: Format, part: Part, key: str, folder: Path, advance: Advance
) -> list[ExportedFile]:
    """Make the files of a part, and write down that they are there."""
    names = form.write(part, pool.geometry, _counted(pool, form, part, advance), folder)
    files = []
    for name in names:
        path = folder / name
        files.append(ExportedFile(name, path.stat().st_size, sha256_of(path)))
        storage.put_file(name, path)
        path.unlink(missing_ok=True)
    storage.put(_receipt(part), json.dumps({"key": key, "files": [asdict(file) for file in files]}).encode())
    return files


def _counted(pool: PackedPool, form: Format, part: Part, advance: Advance) -> Iterator[Rows]:
    """Yield the rows of a part, and hold their number against what it should be."""
    seen = 0
    for rows in rows_of(pool.storage, pool.manifest, pool.geometry, part, form.columns):
        yield rows
        seen += len(rows.tokens)
        advance(part.first + seen)
    if seen != part.rows:
        raise IntegrityError(
            f"{pool.storage.url}: has {seen:,} of {part.rows:,} rows from row {part.first:,} on; `dclm verify` tells more"
        )


def _done(storage: Storage, part: Part, key: str) -> list[ExportedFile]:
    """Return the files of a part that was made before; none where it was not, or a file has gone."""
    receipt = _read(storage, _receipt(part))
    if receipt is None or receipt.get("key") != key:
        return []
    files = _files(receipt["files"])
    try:
        return list(files) if all(storage.size(file.path) == file.bytes for file in files) else []
    except FileNotFoundError:
        return []


def _receipt(part: Part) -> str:
    return f"{PARTS}{part.number:08d}.json"


def _read(storage: Storage, path: str) -> dict[str, Any] | None:
    try:
        data = storage.read(path)
    except FileNotFoundError:
        return None
    try:
        values = json.loads(data)
    except ValueError as error:
        raise IntegrityError(f"{storage.url}/{path}: is no JSON ({error}); name an empty place") from error
    return values if isinstance(values, dict) else {}


def _files(values: list[dict[str, Any]]) -> tuple[ExportedFile, ...]:
    return tuple(ExportedFile(**value) for value in values)
