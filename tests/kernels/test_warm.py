from concurrent.futures import Future
from pathlib import Path

from dclm_pipeline import kernels
from dclm_pipeline.kernels import warm as warming
from dclm_pipeline.kernels.compiled import part
from dclm_pipeline.kernels.warm import warm


class Told:
    """Does nothing, but notes what it was told to do."""

    def __init__(self, begun):
        self.begun = begun

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, _, name):
        self.begun.append(name)
        done = Future()
        done.set_result(None)
        return done


def test_warm_knows_every_kernel():
    here = Path(kernels.__path__[0])
    rooms = {".".join(path.relative_to(here).with_suffix("").parts) for path in here.rglob("*.py")}
    rooms = {room for room in rooms if not room.endswith("__init__")}

    assert set(warm()) == rooms


def test_what_is_warm_is_warm_at_once():
    warm()

    assert sum(warm().values()) < 0.1


def test_what_was_never_compiled_seems_cold(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(warming, "__file__", str(tmp_path / "warm.py"))
    cold = warming.seems_cold()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "bytes.nbi").write_bytes(b"")

    assert cold
    assert not warming.seems_cold()


def test_several_processes_compile_every_room_once(monkeypatch):
    monkeypatch.setattr(warming, "modules", lambda: ("bytes", "personal.calling", "strings"))

    assert list(warming.compile_all(2)) == [(1, 3), (2, 3), (3, 3)]


def test_a_module_needs_what_it_imports_first():
    needed = warming.needs(["compiled", "bytes", "words.repetition", "words.recurring", "interning", "strings"])

    assert needed["words.repetition"] == {"compiled", "interning", "words.recurring", "strings"}
    assert needed["compiled"] == set()


def test_what_others_wait_for_is_begun_before_them(monkeypatch):
    begun = []
    monkeypatch.setattr(warming, "modules", lambda: ["words.repetition", "bytes", "words.segmentation", "strings"])
    monkeypatch.setattr(warming, "ProcessPoolExecutor", lambda *_: Told(begun))

    assert [done for done, _ in warming.compile_all(4)] == [1, 2, 3, 4]
    assert begun.index("words.repetition") > begun.index("words.segmentation") > begun.index("strings")


def test_where_the_cache_lies_elsewhere_nothing_is_claimed(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(warming, "__file__", str(tmp_path / "warm.py"))

    assert not warming.seems_cold()


def test_a_part_is_compiled_once_whatever_constants_it_is_called_with():
    @part
    def total(one, other):
        return one + other

    @part
    def totals(one):
        return total(one, 1) + total(one, 2) + total(3, one) + total(4, 5)

    assert totals(4) == 27
    assert len(total.signatures) == 1
