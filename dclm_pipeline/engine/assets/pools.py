"""Older pools as assets: named by a place, told apart by the SHA-256 of their manifest, asked for what steps have kept.

A pool is asked for the evidence of a step of the same kind: of the one with the same name, or of the only one. What
that evidence depends on must be what it depends on here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dclm_pipeline.engine.versions import libraries_of
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.pools.manifest import PATH, Evidence, Manifest, manifest_from_bytes
from dclm_pipeline.remembering import Remembering
from dclm_pipeline.storage import open_storage


@dataclass(frozen=True)
class OlderPool:
    """A whole pool: where it lies, and what its manifest says."""

    url: str
    sha256: str
    manifest: Manifest


def older_pool(place: str, url: str, sha256: str) -> OlderPool:
    """Read the manifest of a pool, which must have the digest, where one is given."""
    storage = open_storage(url)
    try:
        data = storage.read(PATH)
    except FileNotFoundError:
        raise RecipeError(
            f"{place}: no {PATH} in {storage.url}, so there is no whole pool; `against` names pools"
        ) from None
    found = hashlib.sha256(data).hexdigest()
    if sha256 not in ("", found):
        raise IntegrityError(
            f"{place}: the manifest is sha256:{found}; give that digest, or the pool whose manifest has the other"
        )
    return OlderPool(storage.url, found, manifest_from_bytes(data, f"{storage.url}/{PATH}"))


def fingerprint_of(step: Remembering) -> dict[str, Any]:
    """Return what a step's evidence depends on, the libraries among it."""
    return {**step.fingerprint(), "libraries": libraries_of(None, [step])}


def kept_for(pool: OlderPool, step: Remembering) -> tuple[Evidence, ...]:
    """Return the tables that a pool has kept for a step, or refuse it."""
    where = f"{step.name}: {pool.url}"
    of_kind = [one for one in pool.manifest.evidence if one.kind == step.kind]
    if not of_kind:
        there = ", ".join(sorted({one.step for one in pool.manifest.evidence})) or "no step"
        raise RecipeError(
            f"{where} has kept no evidence of {step.kind} (it has of {there}); set keep_evidence: true in its recipe and "
            "run that again, which does again only what keeps it"
        )
    named = [one for one in of_kind if one.step == step.name]
    if not named and len({one.step for one in of_kind}) > 1:
        several = ", ".join(sorted({one.step for one in of_kind}))
        raise RecipeError(
            f"{where} has kept evidence of several {step.kind}: {several}; name this step like one of them"
        )
    chosen = tuple(named or of_kind)
    differing = _differences(chosen[0].fingerprint, fingerprint_of(step))
    if differing:
        raise RecipeError(
            f"{where} has kept evidence that cannot be compared: {'; '.join(differing)}. Use its settings here, or run "
            "its recipe again with these"
        )
    return chosen


def _differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Say which values two fingerprints do not share."""
    names = sorted({*there, *here})
    return [
        f"{name} is {there.get(name)!r} there and {here.get(name)!r} here"
        for name in names
        if there.get(name) != here.get(name)
    ]
