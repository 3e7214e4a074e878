"""Users' modules: found beside the recipe, imported from what travels, and told apart by their source."""

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.recipe import load_recipe, step_kinds
from dclm_pipeline.recipe.bundles import bundle, import_bundle, imported_bundle, register_steps

FILTER = """
import dclm_pipeline as dp


@dp.filter
def {kind}(text: str, *, most: int = {most}) -> bool:
    return len(text) <= most
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder for modules; what is imported from it is forgotten behind the test."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    place = tmp_path / "recipes"
    place.mkdir()
    before = set(sys.modules)
    yield place
    for name in set(sys.modules) - before:
        if name.startswith("bundled_"):
            del sys.modules[name]


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_module_is_bundled_with_its_digest(folder):
    write(folder, "bundled_a.py", "X = 1\n")
    code = bundle("bundled_a", str(folder))

    assert (code.module, code.files) == ("bundled_a", (("bundled_a.py", b"X = 1\n"),))
    assert code.sha256 == code.code_digest() == bundle("bundled_a", str(folder)).sha256
    assert code.sha256 != replace(code, files=(("bundled_a.py", b"X = 2\n"),)).code_digest()


def test_of_a_package_all_modules_travel_in_the_order_of_their_names(folder):
    write(folder, "bundled_b/__init__.py", "")
    write(folder, "bundled_b/z.py", "from bundled_b.inner.y import Y\n")
    write(folder, "bundled_b/inner/__init__.py", "")
    write(folder, "bundled_b/inner/y.py", "Y = 3\n")
    write(folder, "bundled_b/words.txt", "not sent")
    code = bundle("bundled_b.z", str(folder))
    names = [name for name, _ in code.files]
    module = import_bundle(code)

    assert sorted(names) == [
        "bundled_b/__init__.py",
        "bundled_b/inner/__init__.py",
        "bundled_b/inner/y.py",
        "bundled_b/z.py",
    ]
    assert names == [name for name, _ in bundle("bundled_b.z", str(folder)).files]
    assert (module.__name__, vars(module)["Y"]) == ("bundled_b.z", 3)


def test_a_package_without_an_init_is_found_too(folder):
    write(folder, "bundled_c/steps.py", "X = 5\n")

    assert vars(import_bundle(bundle("bundled_c.steps", str(folder))))["X"] == 5


def test_importing_leaves_the_path_as_it_was(folder):
    write(folder, "bundled_d.py", "import sys\nPATH = list(sys.path)\n")
    before = list(sys.path)
    import_bundle(bundle("bundled_d", str(folder)))

    assert sys.path == before


def test_the_folder_of_the_recipe_comes_first(folder, monkeypatch):
    write(folder, "elsewhere/bundled_e.py", "X = 'elsewhere'\n")
    write(folder, "bundled_e.py", "X = 'beside'\n")
    monkeypatch.syspath_prepend(str(folder / "elsewhere"))

    assert vars(import_bundle(bundle("bundled_e", str(folder))))["X"] == "beside"


def test_a_module_where_python_looks_is_found(folder, monkeypatch):
    write(folder, "elsewhere/bundled_f.py", "X = 'elsewhere'\n")
    monkeypatch.syspath_prepend(str(folder / "elsewhere"))

    assert vars(import_bundle(bundle("bundled_f", str(folder))))["X"] == "elsewhere"


def test_a_module_that_was_changed_is_read_and_imported_anew(folder):
    write(folder, "bundled_g.py", "X = 1\n")
    first = import_bundle(bundle("bundled_g", str(folder)))
    write(folder, "bundled_g.py", "X = 22\n")
    second = import_bundle(bundle("bundled_g", str(folder)))

    assert [vars(module)["X"] for module in (first, second)] == [1, 22]


def test_the_same_files_are_imported_once_and_unpacked_once(folder):
    write(folder, "bundled_h/__init__.py", "")
    write(folder, "bundled_h/a.py", "X = object()\n")
    write(folder, "bundled_h/b.py", "from bundled_h.a import X\n")
    one, other = (import_bundle(bundle(f"bundled_h.{name}", str(folder))) for name in "ab")
    import_bundle(bundle("bundled_h.a", str(folder)))
    shelf = Path(tempfile.gettempdir()) / f"dclm-uses-{os.getuid()}"

    assert vars(one)["X"] is vars(other)["X"]
    assert [path.name for path in shelf.iterdir()] == [bundle("bundled_h", str(folder)).sha256]
    assert imported_bundle("bundled_h.b") == bundle("bundled_h.a", str(folder))


def test_what_was_tampered_with_where_it_is_unpacked_is_not_imported(folder):
    write(folder, "bundled_i.py", "X = 1\n")
    code = bundle("bundled_i", str(folder))
    import_bundle(code)
    place = Path(tempfile.gettempdir()) / f"dclm-uses-{os.getuid()}" / code.sha256 / "bundled_i.py"
    place.write_text("X = 'bad'\n")
    del sys.modules["bundled_i"]

    assert vars(import_bundle(code))["X"] == 1


def test_a_shelf_that_others_can_write_to_is_refused(folder):
    write(folder, "bundled_j.py", "X = 1\n")
    shelf = Path(tempfile.gettempdir()) / f"dclm-uses-{os.getuid()}"
    shelf.mkdir()
    shelf.chmod(0o777)

    with pytest.raises(RecipeError, match="can be written by others"):
        import_bundle(bundle("bundled_j", str(folder)))


def test_a_bundle_that_is_not_what_its_digest_says_is_refused(folder):
    write(folder, "bundled_k.py", "X = 1\n")
    code = replace(bundle("bundled_k", str(folder)), files=(("bundled_k.py", b"X = 2\n"),))

    with pytest.raises(IntegrityError, match="not what its digest says"):
        import_bundle(code)


def test_a_bundle_cannot_leave_its_folder(folder):
    write(folder, "bundled_l.py", "X = 1\n")
    code = replace(bundle("bundled_l", str(folder)), files=(("../bundled_l.py", b""),))

    with pytest.raises(RecipeError, match="outside of its own folder"):
        import_bundle(replace(code, sha256=code.code_digest()))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\ndef f(:\n", "uses: 'bundled_m' fails at bundled_m.py:2: SyntaxError: invalid syntax (bundled_m.py, line 2)"),
        ("\n\nint('x')\n", "uses: 'bundled_m' fails at bundled_m.py:3: ValueError: invalid literal for int() with base 10: 'x'"),
        ("import json\njson.loads('{')\n", "uses: 'bundled_m' fails at bundled_m.py:2: JSONDecodeError: "),
        ("import sys\nsys.exit(0)\n", "uses: 'bundled_m' fails at bundled_m.py:2: SystemExit: 0"),
        ("import bundled_m_helper\n", "No module named 'bundled_m_helper'; 'bundled_m' alone is sent to workers"),
        (b"\xff", "uses: 'bundled_m' fails at "),
    ],
)  # fmt: skip
def test_what_a_module_does_wrong_is_told_with_its_line(folder, source, said):
    path = folder / "bundled_m.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())

    with pytest.raises(RecipeError) as caught:
        import_bundle(bundle("bundled_m", str(folder)))
    assert said in str(caught.value)


def test_a_module_that_fails_leaves_the_one_before_in_its_place(folder):
    write(folder, "bundled_n.py", "X = 1\n")
    before = import_bundle(bundle("bundled_n", str(folder)))
    write(folder, "bundled_n.py", "raise ValueError\n")
    with pytest.raises(RecipeError):
        import_bundle(bundle("bundled_n", str(folder)))

    assert sys.modules["bundled_n"] is before


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("sys", "'sys' is a module that is there already; give yours another name"),
        ("json.decoder", "'json' is a module that is there already"),
        ("dclm_pipeline.stages", "'dclm_pipeline' is a module that is there already"),
        ("../evil", "no name of a Python module"),
        ("a b", "no name of a Python module"),
        ("", "no name of a Python module"),
        ("bundled_missing", "there is no module 'bundled_missing' in "),
    ],
)
def test_what_cannot_be_a_users_module_is_refused(folder, module, said):
    with pytest.raises(RecipeError) as caught:
        bundle(module, str(folder))

    assert said in str(caught.value)


def test_more_than_can_be_sent_is_refused(folder):
    write(folder, "bundled_o.py", "#" * (4 * 2**20 + 1))

    with pytest.raises(RecipeError, match="has 4,194,305 bytes of source; 4,194,304 can be sent"):
        bundle("bundled_o", str(folder))


def test_the_steps_of_a_module_and_of_those_within_it_are_registered(folder):
    write(
        folder,
        "bundled_p/__init__.py",
        "from bundled_p.one import bundled_p_one\nfrom dclm_pipeline.step import Filter\n",
    )
    write(folder, "bundled_p/one.py", FILTER.format(kind="bundled_p_one", most=3))
    steps = register_steps(bundle("bundled_p", str(folder)))

    assert [step.__name__ for step in steps] == ["bundled_p_one"]
    assert step_kinds()["bundled_p_one"] is steps[0]


def test_a_recipe_names_the_steps_of_its_modules_and_their_mistakes_have_its_lines(folder, monkeypatch):
    write(folder, "bundled_q.py", FILTER.format(kind="bundled_q", most=3))
    write(folder, "bundled_bad.py", "1 / 0\n")
    head = (
        "name: a\nsource: warc\nsteps: [extract, {kind: bundled_q, most: 4}, {kind: bundled_z}]\nuses:\n  - bundled_q\n"
    )
    write(folder, "good.yaml", head.replace(", {kind: bundled_z}", ""))
    write(folder, "bad.yaml", f"{head}  - bundled_bad\n  - sys\nseed: x\n")
    monkeypatch.chdir(folder)
    recipe = load_recipe("good.yaml", allow_custom_code=True)
    with pytest.raises(RecipeError) as caught:
        load_recipe("bad.yaml", allow_custom_code=True)

    assert recipe.steps[-1].model_dump()["most"] == 4
    assert str(caught.value).splitlines() == [
        "bad.yaml:6: uses: 'bundled_bad' fails at bundled_bad.py:1: ZeroDivisionError: division by zero",
        "bad.yaml:7: uses: 'sys' is a module that is there already; give yours another name",
        "bad.yaml:8: recipe: seed is 'x'; expected a whole number",
    ]


def test_without_leave_no_code_is_run_and_its_kinds_are_no_mistake(folder, monkeypatch):
    write(folder, "bundled_r.py", "1 / 0\n")
    write(folder, "r.yaml", "name: a\nsource: warc\nsteps: [extract, bundled_r]\nuses: [bundled_r]\nseed: x\n")
    monkeypatch.chdir(folder)
    with pytest.raises(RecipeError) as caught:
        load_recipe("r.yaml")

    assert str(caught.value).splitlines() == [
        "r.yaml:4: uses names Python code (bundled_r); read it, then say --allow-custom-code to run it",
        "r.yaml:5: recipe: seed is 'x'; expected a whole number",
    ]


def test_a_kind_that_is_there_already_is_refused(folder):
    write(folder, "bundled_s.py", FILTER.format(kind="signals", most=3))

    with pytest.raises(RecipeError, match=r"bundled_s\.signals: there is a step of kind 'signals' already"):
        register_steps(bundle("bundled_s", str(folder)))
