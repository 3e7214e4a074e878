"""Recipes of tests know nothing of each other's kinds."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def nothing_brought(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget the kinds that a test registers."""
    with monkeypatch.context() as patch:
        patch.setattr("dclm_pipeline.recipe.kinds._BROUGHT", {})
        yield
