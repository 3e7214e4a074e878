from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.assets.bundled import _BUNDLED, find_bundled
from dclm_pipeline.engine.assets.cache import sha256_of
from dclm_pipeline.engine.assets.catalogue import SHIPPED
from dclm_pipeline.stages.language import Language


def test_what_comes_with_the_package_is_what_its_name_says():
    assert {sha256_of(find_bundled(sha256)) for sha256 in _BUNDLED} == set(_BUNDLED)


def test_nothing_else_is_found():
    assert find_bundled("0" * 64) is None


def test_what_comes_with_the_package_need_not_be_pulled(cache):
    assets = FetchedAssets()
    step = Language()
    assets.require([step])

    assert assets.path(step.model).stat().st_size == SHIPPED["lid.176.ftz"].size
    assert assets.needed_by([step]).at_hand().path(step.model) == assets.path(step.model)
    assert assets.digest(step.model) == SHIPPED["lid.176.ftz"].sha256
    assert not cache.exists()
