"""The commands, as somebody at a terminal meets them."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.terminal import dclm, dclm_from_nothing
from tests.engine.crawls import EVERYTHING, recipe

QUICKSTART = Path("pipelines/quickstart.yaml").absolute()


@pytest.fixture(scope="module")
def made(crawl, tmp_path_factory):
    """Return a pool that the quickstart recipe made, and what was said when it was made."""
    pool = tmp_path_factory.mktemp("pools") / "pool"
    done = dclm_from_nothing("run", QUICKSTART, "--source", crawl, "--out", pool, "--executor", "inline")
    return pool, done.stdout


@pytest.fixture(scope="module")
def pool(made):
    """Return a pool that the quickstart recipe made."""
    return made[0]


def test_run_ends_with_the_funnel(made):
    for step in ("(records)", "extract", "signals", "enough_words", "usual_words", "exact_dedup"):
        assert step in made[1]


def test_plan_says_what_is_done_and_run_does_the_rest(crawl, pool):
    planned = json.loads(dclm("plan", QUICKSTART, "--source", crawl, "--out", pool, "--json").stdout)
    again = json.loads(
        dclm("run", QUICKSTART, "--source", crawl, "--out", pool, "--executor", "inline", "--json").stdout
    )

    assert planned["whole"]
    assert (again["whole_before"], again["tasks_performed"]) == (True, 0)


def test_another_last_filter_opens_no_warc(crawl, pool):
    other = pool.parent / "other"
    words = ["--set", "enough_words.low=100", "--source", crawl, "--out", other]
    planned = json.loads(dclm("plan", QUICKSTART, *words, "--json").stdout)
    ran = json.loads(dclm("run", QUICKSTART, *words, "--executor", "inline", "--json").stdout)

    first = planned["phases"][0]
    assert first["known"] == first["tasks"] == planned["shards"]
    assert ran["tasks_known"] >= planned["shards"]


def test_check_lists_steps_and_columns():
    done = dclm("check", QUICKSTART)

    assert "enough_words" in done.stdout
    assert "text (large_string)" in done.stdout


@pytest.mark.parametrize("words", [[], ["--rows", "2"], ["--rejects"]])
def test_show_prints_text_and_json(pool, words):
    assert dclm("show", pool, *words).stdout
    for line in dclm("show", pool, *words, "--json").stdout.splitlines():
        assert isinstance(json.loads(line), dict)


def test_show_finds_a_document_by_its_id(pool):
    row = json.loads(dclm("show", pool, "--rows", "1", "--json").stdout)

    assert json.loads(dclm("show", pool, "--row", row["id"], "--json").stdout) == row


def test_verify_finds_a_flipped_byte(crawl, pool, tmp_path):
    copy = tmp_path / "pool"
    shutil.copytree(pool, copy)
    shard = next((copy / "shards").glob("*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)

    assert "good" in dclm("verify", pool, "--source", crawl).stdout
    assert shard.name in dclm("verify", copy, code=4).stderr


def test_verify_finds_an_input_that_changed(crawl, pool, tmp_path):
    copy = tmp_path / "crawl"
    shutil.copytree(crawl, copy)
    warc = sorted(copy.rglob("*.warc.gz"))[0]
    data = bytearray(warc.read_bytes())
    data[len(data) // 2] ^= 1
    warc.write_bytes(data)

    assert "other bytes" in dclm("verify", pool, "--source", copy, code=4).stderr


def test_clean_removes_what_no_named_recipe_reaches(crawl, pool, tmp_path):
    folder = tmp_path / "pools"
    shutil.copytree(pool.parent, folder)
    recipe(EVERYTHING, tmp_path)
    words = [tmp_path / "recipe.yaml", "--source", crawl, "--out", folder / "none"]

    assert "would remove" in dclm("clean", *words).stdout
    assert any((folder / "saved").rglob("*.parquet"))
    dclm("clean", QUICKSTART, "--source", crawl, "--out", folder / "pool", "--yes")
    assert any((folder / "saved").rglob("*.parquet"))
    assert "good" in dclm("verify", folder / "pool").stdout


def test_sample_crawl_is_the_same_twice(tmp_path):
    for name in ("one", "two"):
        dclm("sample-crawl", tmp_path / name, "--pages", "200", "--json")
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())

    assert files
    assert [(tmp_path / "one" / file).read_bytes() for file in files] == [
        (tmp_path / "two" / file).read_bytes() for file in files
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "nowhere.yaml", "--source", "x", "--out", "y"], 2, "nowhere.yaml"),
        (["run", QUICKSTART, "--source", "/nowhere/at/all", "--out", "/nowhere/pool"], 2, "/nowhere/at/all"),
        (["run", QUICKSTART], 2, "--out"),
        (["show", "/nowhere/pool"], 2, "nothing lies there"),
        (["verify", "/nowhere/pool"], 2, "nothing lies there"),
        (["show", "/nowhere/pool", "--rows", "1", "--rejects"], 2, "give one of them"),
        (["run", QUICKSTART, "--source", "x", "--out", "y", "--executor", "inline", "--workers", "3"], 2, "--workers"),
        (["frobnicate"], 2, "frobnicate"),
        (["show", "/nowhere/pool", "--rowz", "1"], 2, "--rowz"),
        (["run", QUICKSTART, "--set", "nothing.low=1", "--source", "x", "--out", "y"], 2, "nothing"),
    ],
)
def test_wrong_words_are_answered_with_a_way_out(words, code, said):
    done = dclm(*words, code=code)

    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_is_enough_to_begin_with():
    done = dclm_from_nothing("--help")

    assert done.stdout == dclm("--help").stdout
    for command in ("run", "plan", "check", "show", "verify", "clean", "sample-crawl", "130"):
        assert command in done.stdout


def test_an_empty_result_ends_with_the_funnel(crawl, pool):
    words = ["--set", "enough_words.low=99999", "--source", crawl, "--out", pool.parent / "empty"]
    done = dclm("run", QUICKSTART, *words, "--executor", "inline", code=3)

    assert "enough_words" in done.stdout
    assert "enough_words dropped" in done.stderr


def test_a_command_that_lacks_its_subcommand_shows_its_help_as_it_is():
    for words in ((), ("trainset",)):
        done = dclm(*words, code=2)

        assert "\nUsage: " in f"\n{done.stderr}"
        assert "Try:" not in done.stderr


def test_help_lists_commands_in_whole_sentences():
    for words in ((), ("assets",), ("classifier",), ("extractor",), ("tokenizer",), ("trainset",)):
        assert "...\n" not in dclm(*words, "--help").stdout.partition("Commands:")[2]


def test_a_place_where_nothing_lies_is_no_pool_that_stopped(tmp_path):
    assert "nothing lies there" in dclm("show", tmp_path / "nowhere", code=2).stderr


def test_a_file_is_no_pool(tmp_path):
    (tmp_path / "file").write_text("mine")

    assert "is a file and no pool" in dclm("show", tmp_path / "file", code=2).stderr


def test_a_place_that_the_system_refuses_is_named_with_a_way_out(tmp_path):
    (tmp_path / "file").write_text("mine")
    said = dclm("sample-crawl", tmp_path / "file" / "crawl", "--pages", 1, code=2).stderr

    assert said == f"dclm: {tmp_path}/file/crawl: Not a directory; name a place that is not below a file\n"


def test_one_is_told_of_as_one(tmp_path):
    assert "1 page in 1 WARC file," in dclm("sample-crawl", tmp_path / "one", "--pages", 1, "--shards", 1).stdout


def test_check_looks_for_the_source_that_it_is_told(tmp_path):
    assert "no such place" in dclm("check", QUICKSTART, "--source", tmp_path / "nowhere", code=2).stderr


def test_text_is_not_compared_with_numbers(crawl, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("name: wrong\nsource: warc\nsteps: [extract, {kind: between, column: title, low: 1}]\n")

    assert "'title' is string" in dclm("check", path, code=2).stderr


def test_an_address_at_which_nobody_listens_is_told_at_once(crawl, tmp_path):
    words = ["--source", crawl, "--out", tmp_path / "pool", "--address"]

    assert "no Ray cluster answers" in dclm("run", QUICKSTART, *words, "127.0.0.1:9", code=2).stderr
    assert "is no HOST:PORT" in dclm("run", QUICKSTART, *words, "somewhere", code=2).stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_again_and_again_leaves_nothing_on_scratch(crawl, tmp_path, number):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = tmp_path / "recipe.yaml"
    words = ["run", path, "--source", crawl, "--out", tmp_path / "pool", "--allow-custom-code"]
    words += ["--executor", "inline", "--scratch", scratch]
    (tmp_path / "slow_step.py").write_text(
        "import time\nimport dclm_pipeline as dp\n\n"
        "@dp.filter\ndef slow(text: str) -> bool:\n    time.sleep(0.5)\n    return True\n"
    )
    path.write_text("name: slow\nsource: warc\nuses: [slow_step]\nsteps: [extract, slow]\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "dclm_pipeline.cli", *map(str, words)], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    while not list(scratch.rglob("*.parquet")):
        time.sleep(0.05)
    for _ in range(3):
        process.send_signal(number)
        time.sleep(0.05)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert "run the same command to go on" in said
    assert not list(scratch.iterdir())


def test_stages_tells_of_every_kind_and_of_one():
    from dclm_pipeline.recipe import builtin_kinds, source_kinds

    listed = dclm("stages").stdout
    one = dclm("stages", "between", "warc").stdout

    assert all(kind in listed for kind in (*builtin_kinds(), *source_kinds()))
    assert "low (a number or null; default null)" in one
    assert "most_body" in one
    assert json.loads(dclm("stages", "between", "--json").stdout)["between"]["properties"]["low"]
    assert "there is no nonsense" in dclm("stages", "nonsense", code=2).stderr
    assert "there is no langage; did you mean 'language'?" in dclm("stages", "langage", code=2).stderr


def test_schema_is_the_one_of_the_repository():
    assert json.loads(dclm("schema").stdout) == json.loads(Path("schemas/recipe.json").read_text())
