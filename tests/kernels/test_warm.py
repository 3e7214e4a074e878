from pathlib import Path

from dclm_pipeline import kernels
from dclm_pipeline.kernels.warm import warm


def test_warm_knows_every_kernel():
    rooms = {path.stem for path in Path(kernels.__path__[0]).glob("*.py")} - {"__init__"}

    assert set(warm()) == rooms


def test_what_is_warm_is_warm_at_once():
    warm()

    assert sum(warm().values()) < 0.1
