"""`dclm classifier` and `dclm reproduce`, as somebody at a terminal meets them."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.terminal import dclm

pytestmark = pytest.mark.slow  # commands that teach

GOOD, BAD = "the river was calm in winter and nobody asked why", "casino bonus jackpot free spins win cash today"
MORE = "held_out: 0.3\nfasttext: {dimensions: 10, buckets: 1000, epochs: 20, rate: 0.5}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with texts, a configuration and the classifier that was made of them."""
    folder = tmp_path_factory.mktemp("classifier")
    for name, text in (("good", GOOD), ("bad", BAD)):
        rows = [{"text": f"{text} {i}", "url": f"http://{name}.example/{i}"} for i in range(40)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    configure(folder / "tiny.yaml", folder, MORE)
    folder.joinpath("said").write_text(
        dclm("classifier", "train", folder / "tiny.yaml", "--out", folder / "out").stdout
    )
    return folder


def configure(path, folder, more):
    """Write a configuration over the texts of a folder."""
    groups = [
        f"{side}: [{{name: {name}, source: {{kind: jsonl, path: '{folder}/{name}.jsonl'}}}}]"
        for side, name in (("positives", "good"), ("negatives", "bad"))
    ]
    path.write_text("\n".join(["name: tiny", *groups, more]))


def test_training_says_what_taught_and_what_it_is_worth(folder):
    said = (folder / "said").read_text()

    assert "good: 40 read, 40 drawn" in said
    assert "AUC 1.000" in said
    assert "threshold" in said


def test_what_nothing_judges_says_so(folder, tmp_path):
    said = dclm("classifier", "train", folder / "tiny.yaml", "--out", tmp_path / "out", "--set", "held_out=0").stdout

    assert "no labelled texts, so nothing is known of how good it is" in said
    assert "AUC" not in said


def test_places_that_hold_no_labelled_texts_are_named(folder, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("name: good\nsource: jsonl\nsteps: [{kind: sample, share: 1.0}]\n")
    dclm("run", recipe, "--source", folder / "good.jsonl", "--out", tmp_path / "pool", "--executor", "inline")
    for place, said in ((tmp_path / "nothing.jsonl", "there is nothing to read"), (tmp_path / "pool", "is a pool")):
        assert said in dclm("classifier", "evaluate", folder / "out" / "model.folded", place, code=2).stderr


def test_what_is_whole_is_not_made_again(folder):
    again = json.loads(dclm("classifier", "train", folder / "tiny.yaml", "--out", folder / "out", "--json").stdout)

    assert again["whole_before"]
    assert (
        "holds another"
        in dclm("classifier", "train", folder / "tiny.yaml", "--out", folder / "out", "--set", "seed=1", code=2).stderr
    )


def test_problems_are_told_at_once_with_their_lines(folder, tmp_path):
    configure(tmp_path / "wrong.yaml", folder, "held_out: 2\nfasttext: {epochs: 0}\n")
    said = dclm("classifier", "train", tmp_path / "wrong.yaml", "--out", tmp_path / "out", code=2).stderr

    assert "wrong.yaml:4: classifier: held_out is 2" in said
    assert "wrong.yaml:5: fasttext: epochs is 0" in said


def test_a_model_is_judged_folded_and_compared(folder, tmp_path):
    model, held = folder / "out" / "model.bin", folder / "out" / "held_out.parquet"
    folded = json.loads(dclm("classifier", "fold", model, "--out", tmp_path / "model.folded", "--json").stdout)
    shown = dclm(
        "classifier",
        "evaluate",
        model,
        held,
        "--against",
        tmp_path / "model.folded",
        "--review",
        tmp_path / "review.md",
    ).stdout
    told = json.loads(dclm("classifier", "evaluate", model, held, "--json").stdout)

    assert folded["sha256"] == json.loads((folder / "out" / "card.json").read_text())["folded"]["sha256"]
    assert "the first and the second" in shown
    assert "# Mistakes to read" in (tmp_path / "review.md").read_text()
    assert told["models"][0]["auc"] == 1.0


def test_what_cannot_be_written_is_refused_before_any_work(folder, tmp_path):
    model, held = folder / "out" / "model.bin", folder / "out" / "held_out.parquet"

    said = dclm("classifier", "evaluate", model, held, "--review", tmp_path / "no" / "mistakes.md", code=2).stderr
    assert f"there is no folder {tmp_path}/no; make it first" in said


def test_a_stop_ends_teaching_and_leaves_nothing_behind(folder, tmp_path):
    configure(tmp_path / "long.yaml", folder, "fasttext: {dimensions: 10, buckets: 1000, epochs: 10000000}\n")
    words = ["classifier", "train", tmp_path / "long.yaml", "--out", tmp_path / "out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dclm_pipeline.cli", *map(str, words)], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".out-*/lines.txt")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert [path.name for path in tmp_path.iterdir()] == ["long.yaml"]
    assert "interrupted; nothing is kept of it" in said


def test_distilling_tells_what_is_kept(folder, tmp_path):
    rows = [
        {"text": f"{text} {i}", "quality": low + i / 1000} for text, low in ((GOOD, 0.9), (BAD, 0.1)) for i in range(40)
    ]
    (tmp_path / "scored.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = f"{{kind: jsonl, path: '{tmp_path}/scored.jsonl', columns: [quality]}}"
    (tmp_path / "cheap.yaml").write_text(
        f"name: cheap\ndocuments: {{name: scored, source: {source}}}\nshare: 0.5\n{MORE}"
    )
    said = dclm("classifier", "distill", tmp_path / "cheap.yaml", "--out", tmp_path / "cheap").stdout

    assert "of its choice" in said


@pytest.mark.slow
def test_a_pool_is_compared_with_a_published_one(folder, tmp_path):
    (tmp_path / "recipe.yaml").write_text(
        "name: ours\nsource: {kind: jsonl}\nsteps:\n  - {kind: signals, only: [word_count]}\n  - {kind: between, column: word_count, low: 9}\n"
    )
    dclm(
        "run",
        tmp_path / "recipe.yaml",
        "--source",
        folder / "good.jsonl",
        "--out",
        tmp_path / "pool",
        "--executor",
        "inline",
    )
    hostile = {"text": "other", "url": "http://other.example/\x1b]0;x\x07\u202e"}
    rows = [{"text": GOOD, "url": "http://good.example/1"}, hostile]
    (tmp_path / "theirs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = dclm("reproduce", tmp_path / "pool", "--published", tmp_path / "theirs.jsonl").stdout
    told = json.loads(dclm("reproduce", tmp_path / "pool", "--published", tmp_path / "theirs.jsonl", "--json").stdout)

    assert "never seen" in shown
    assert not set(shown) & set("\x1b\x07\u202e")
    assert (told["both"], told["only_theirs"]) == (1, 1)
    assert "there is nothing" in dclm("reproduce", tmp_path / "pool", "--published", tmp_path / "none", code=2).stderr

    (tmp_path / "others.jsonl").write_text(json.dumps({"text": GOOD, "url": "http://nobody.example/"}) + "\n")
    apart = dclm("reproduce", tmp_path / "pool", "--published", tmp_path / "others.jsonl", code=3)
    assert "both" in apart.stdout
    assert "nothing was compared" in apart.stderr
