"""The places that settings name, wherever in them they stand."""

from typing import Literal

import pytest
from pydantic import Field

from dclm_pipeline.engine.keys import describe
from dclm_pipeline.recipe.places import places_of
from dclm_pipeline.step import Filter, Place
from tests.recipe.steps import Edges, Longer


class Many(Filter):
    """Names places in every way."""

    kind: Literal["many"] = "many"
    word: str = "x"
    one: Place = ""
    more: tuple[Place, ...] = ()
    maybe: tuple[Place, ...] | None = None
    named: dict[str, Place] = Field(default_factory=dict)

    def reads(self) -> frozenset[str]:
        return frozenset()


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        (Longer(model="a", words=("b",), edges=Edges(list="c")), [("edges.list", "c"), ("model", "a")]),
        (Longer(), []),
        (
            Many(one="a", more=("b", "c"), maybe=("d",), named={"e": "f"}),
            [("one", "a"), ("more.0", "b"), ("more.1", "c"), ("maybe.0", "d"), ("named.e", "f")],
        ),
        (Many(), []),
    ],
)
def test_places_are_found_with_the_settings_that_name_them(settings, places):
    assert list(places_of(settings)) == places


def test_in_keys_the_digest_stands_for_every_place():
    described = describe(Many(one="a", more=("b",), named={"c": "d"}), str.upper)

    assert described == {
        "kind": "many",
        "name": "",
        "annotate": False,
        "word": "x",
        "one": "sha256:A",
        "more": ["sha256:B"],
        "maybe": None,
        "named": {"c": "sha256:D"},
    }
