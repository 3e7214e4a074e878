"""Classifiers from a configuration to a card: what is drawn, what teaches, what is held out, what is refused."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dclm_pipeline.classifier.configuration import load_distillation, load_training
from dclm_pipeline.classifier.distilling import distill
from dclm_pipeline.classifier.drawing import Smallest, shared_out
from dclm_pipeline.classifier.evaluating import evaluate
from dclm_pipeline.classifier.labelled import Fields
from dclm_pipeline.classifier.lines import prepared, write_lines
from dclm_pipeline.classifier.making import Surroundings, train, whole_or_nothing
from dclm_pipeline.engine.assets import assets_below
from dclm_pipeline.errors import IncompleteError, RecipeError
from dclm_pipeline.storage.paths import last_name

GOOD, BAD = ("winter", "river", "reader", "question"), ("casino", "bonus", "jackpot", "spins")
FASTTEXT = "fasttext: {dimensions: 10, buckets: 1000, epochs: 20, rate: 0.5}\n"


def texts(words, count):
    return [" ".join(words[(i * 7 + j * j) % len(words)] for j in range(8)) + f"\n{i}" for i in range(count)]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    """Return a folder with good and bad texts and a configuration."""
    write(
        tmp_path / "good.jsonl",
        [{"text": text, "url": f"http://good.example/{i}"} for i, text in enumerate(texts(GOOD, 60))],
    )
    write(
        tmp_path / "bad.jsonl",
        [{"text": text, "url": f"http://bad.example/{i}"} for i, text in enumerate(texts(BAD, 90))],
    )
    configure(tmp_path)
    return tmp_path


def configure(folder, more="", extra=""):
    lines = [
        "name: tiny",
        f"positives: [{{name: good, source: {{kind: jsonl, path: '{folder}/good.jsonl'}}{extra}}}]",
        f"negatives: [{{name: bad, source: {{kind: jsonl, path: '{folder}/bad.jsonl'}}}}]",
        "held_out: 0.3",
        more,
    ]
    (folder / "tiny.yaml").write_text("\n".join(lines) + "\n" + FASTTEXT)


def made(folder, out="out", overrides=()):
    around = Surroundings(assets_below(str(folder)))
    return train(load_training(folder / "tiny.yaml", overrides), folder / out, around)


def test_a_classifier_is_trained_judged_and_described(folder):
    card = made(folder)
    held = pq.read_table(folder / "out" / "held_out.parquet")

    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "card.json",
        "held_out.parquet",
        "model.bin",
        "model.folded",
    ]
    assert card["figures"]["auc"] == 1.0
    assert sum(card["taught"].values()) + sum(card["held_out"].values()) == 120
    assert held.num_rows == sum(card["held_out"].values())
    assert [group["drawn"] for group in card["groups"]] == [60, 60]
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_the_same_files_give_the_same_classifier(folder):
    first = made(folder)
    again = made(folder, "again")

    assert first == again
    assert (folder / "out" / "model.bin").read_bytes() == (folder / "again" / "model.bin").read_bytes()
    assert made(folder)["whole_before"]


def test_other_documents_at_the_same_place_are_another_classifier(folder):
    made(folder)
    write(folder / "bad.jsonl", [{"text": text} for text in texts(BAD, 80)])

    with pytest.raises(RecipeError, match="other settings, documents or libraries"):
        made(folder)


def test_the_same_documents_elsewhere_are_the_same_classifier(folder, tmp_path_factory):
    first = made(folder)
    moved = tmp_path_factory.mktemp("moved") / "moved"
    folder.rename(moved)
    configure(moved)

    assert made(moved) == first | {"whole_before": True}


def test_another_configuration_does_not_take_the_place_of_a_classifier(folder):
    made(folder)

    with pytest.raises(RecipeError, match="holds another classifier"):
        made(folder, overrides=["fasttext.epochs=3"])


def test_two_do_not_write_one_classifier(folder):
    def work(scratch):
        (folder / "out").mkdir(exist_ok=True)
        (folder / "out" / "other").touch()
        return {}

    with pytest.raises(RecipeError, match="out: somebody wrote there meanwhile"):
        whole_or_nothing(folder / "out", {"name": "one"}, [], work)
    assert [path.name for path in (folder / "out").iterdir()] == ["other"]
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_group_gives_as_many_documents_as_are_asked_for(folder):
    card = made(folder, overrides=["bad.documents=20", "balance=false"])

    assert [group["drawn"] for group in card["groups"]] == [60, 20]


def test_what_is_in_an_evaluation_set_does_not_teach(folder):
    write(folder / "task.jsonl", [{"question": texts(GOOD, 5)[4]}])
    configure(folder, more="decontaminate: {evaluations: [task.jsonl], ngram: 8}")
    card = made(folder)
    (clean, _) = (group["tally"]["steps"][-1] for group in card["groups"])

    assert clean["name"] == "decontaminate"
    assert clean["dropped"] >= 1


def test_files_of_one_name_in_several_places_are_all_told_of(folder):
    paths = []
    for place in ("one", "two"):
        (folder / place).mkdir()
        path = write(folder / place / "more.jsonl", [{"text": f"{place} {text}"} for text in texts(BAD, 30)])
        paths.append(str(path))
    configure(folder)
    wanted = f"{{kind: jsonl, path: '{folder}/bad.jsonl'}}"
    written = (folder / "tiny.yaml").read_text().replace(wanted, f"{{kind: jsonl}}, paths: {json.dumps(paths)}")
    (folder / "tiny.yaml").write_text(written)
    bad = made(folder)["groups"][1]

    assert list(bad["files"]) == ["1, more.jsonl: more.jsonl", "2, more.jsonl: more.jsonl"]
    assert bad["tally"]["source"]["documents"] == 60


def test_a_place_in_a_card_is_its_last_name_and_nothing_of_its_server():
    assert last_name("s3://bucket/texts/?endpoint=http://host:9000") == "texts"
    assert last_name("folder/texts.jsonl") == "texts.jsonl"


def test_steps_choose_among_the_documents_of_a_group(folder):
    configure(folder, extra=", steps: [{kind: sample, share: 0.5}]")
    card = made(folder)

    assert 0 < card["groups"][0]["drawn"] < 60


def test_nothing_is_left_where_nothing_can_teach(folder):
    write(folder / "good.jsonl", [{"text": "  \n "}, {"text": ""}])

    with pytest.raises(IncompleteError, match="no document is left to teach 'hq'"):
        made(folder)
    assert not (folder / "out").exists()
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name: tiny", "nam: tiny"), "did you mean 'name'"),
        (("kind: jsonl", "kind: jsnl"), "did you mean 'jsonl'"),
        (("held_out: 0.3", "held_out: 3"), "held_out is 3"),
        (("name: bad", "name: good"), "two groups are called 'good'"),
        (("dimensions: 10", "dimension: 10"), "did you mean 'dimensions'"),
        (("positives:", "positive:"), "needs 'positives'"),
        (("epochs: 20", "epochs: true"), "epochs is true"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_said_with_a_way_out(folder, change, said):
    path = folder / "tiny.yaml"
    path.write_text(path.read_text().replace(*change))

    with pytest.raises(RecipeError, match=said):
        load_training(path)


@pytest.mark.parametrize(
    ("step", "said"),
    [("{kind: exact_dedup}", "must hear all documents"), ("{kind: between, column: word_count, low: 1}", "word_count")],
)
def test_steps_of_a_group_are_checked(folder, step, said):
    configure(folder, extra=f", steps: [{step}]")

    with pytest.raises(RecipeError, match=said):
        load_training(folder / "tiny.yaml")


@pytest.mark.parametrize("words", ["fasttext.epochs", "nobody.documents=3", "good.documents=0", "seed=[x"])
def test_words_of_a_command_that_change_nothing_are_refused(folder, words):
    with pytest.raises(RecipeError, match="--set"):
        load_training(folder / "tiny.yaml", [words])


def test_words_of_a_command_reach_into_lists_and_add_to_them(folder):
    configure(folder, extra=", steps: [{kind: signals, only: [word_count]}]")
    words = ["good.steps.0.only=[letter_share]", "good.steps+={kind: between, column: letter_share, low: 0.2}"]
    steps = load_training(folder / "tiny.yaml", words).positives[0].steps

    assert [step.kind for step in steps] == ["signals", "between"]
    for wrong in ("good.steps.1.only=[dclm]", "good.steps.only=[dclm]", "name.first=x", "good.steps.0.only.x=1"):
        with pytest.raises(RecipeError, match=f"--set {wrong.partition('=')[0]}"):
            load_training(folder / "tiny.yaml", [wrong])


def test_words_of_a_command_name_settings_that_the_file_leaves_out(folder):
    source = f"{{kind: jsonl, path: '{folder}/good.jsonl', columns: {{mark: float}}}}"
    (folder / "cheap.yaml").write_text(f"name: cheap\ndocuments: {{name: scored, source: {source}}}\n")
    settings = load_distillation(folder / "cheap.yaml", ["score=mark", "share=0.5", "fasttext.epochs=3"])

    assert (settings.score, settings.share, settings.fasttext.epochs) == ("mark", 0.5, 3)


def test_published_recipes_load():
    for path in sorted(Path("baselines/dclm-fasttext").glob("*.yaml")):
        assert load_training(path).groups


def test_lines_hold_no_label_or_end_of_line_of_a_page(tmp_path):
    given = pa.array(["a __label__hq\nb </s> c", "", "ж\r\n日本"], pa.large_string())
    counted = write_lines(tmp_path / "lines", [(given, np.array([True, False, False]))], "hq", "cc")

    assert counted == (1, 2)
    assert (tmp_path / "lines").read_bytes().decode().split("\n") == [
        "__label__hq a __ label__hq b < /s> c",
        "__label__cc ",
        "__label__cc ж\r 日本",
        "",
    ]
    assert prepared(given[:0]).to_pylist() == []


def test_the_smallest_are_found_without_keeping_the_rest():
    numbers = np.random.default_rng(1).permutation(np.arange(400_000, dtype=np.uint64))
    smallest = Smallest(100)
    admitted = np.concatenate([part[smallest.admit(part)] for part in np.array_split(numbers, 40)])

    assert set(range(100)) <= set(admitted.tolist())
    assert len(admitted) < 200_000


def test_a_number_is_shared_out_without_a_remainder():
    assert shared_out(10, [1, 1, 1]) == [4, 3, 3]
    assert shared_out(0, [5, 5]) == [0, 0]
    assert shared_out(7, [0, 70]) == [0, 7]


def test_a_cheap_classifier_keeps_what_a_dear_one_chose(folder):
    rows = [{"text": text, "quality": 0.9 + i / 1000} for i, text in enumerate(texts(GOOD, 40))]
    rows += [{"text": text, "quality": i / 1000} for i, text in enumerate(texts(BAD, 120))]
    write(folder / "scored.jsonl", [*rows, {"text": "unknown"}])
    source = f"{{kind: jsonl, path: '{folder}/scored.jsonl', columns: [quality]}}"
    (folder / "cheap.yaml").write_text(
        f"name: cheap\ndocuments: {{name: scored, source: {source}}}\nshare: 0.25\nheld_out: 0.3\n{FASTTEXT}"
    )
    card = distill(load_distillation(folder / "cheap.yaml"), folder / "cheap", Surroundings(assets_below(str(folder))))
    kept = {row["share"]: row["kept"] for row in card["distilled"]["kept_of_choice"]}

    assert card["figures"]["auc"] == 1.0
    assert (card["distilled"]["unscored"], card["distilled"]["threshold"]) == (1, 0.9)
    assert kept[0.2] > 0.5


def test_a_column_of_scores_that_nobody_named_is_missed(folder):
    source = f"{{kind: jsonl, path: '{folder}/good.jsonl'}}"
    (folder / "cheap.yaml").write_text(f"name: cheap\ndocuments: {{name: scored, source: {source}}}\n")

    with pytest.raises(RecipeError, match="score is 'quality', which is no column of the source"):
        load_distillation(folder / "cheap.yaml")


def test_two_classifiers_are_judged_side_by_side(folder):
    made(folder)
    models = [folder / "out" / "model.bin", folder / "out" / "model.folded"]
    found = evaluate(models, [str(folder / "out" / "held_out.parquet")], Fields())
    first, second = found["models"]

    assert first["auc"] == second["auc"] == 1.0
    assert first["histograms"].keys() == {"good", "bad"}
    assert found["compared"]["correlation"] == pytest.approx(1.0, abs=1e-3)
    assert found["compared"]["auc_difference"] == pytest.approx(0.0)
    assert first["sites"]["sites"] == 2


@pytest.mark.parametrize("labels", [[1, 0], ["good", "bad"], [True, False], [1.0, 0.0]])
def test_labels_are_read_as_people_write_them(folder, labels):
    made(folder)
    rows = [
        {"text": "winter river", "label": labels[0]},
        {"text": "casino bonus", "label": labels[1]},
        {"text": "none"},
    ]
    found = evaluate([folder / "out" / "model.bin"], [str(write(folder / "labels.jsonl", rows))], Fields())

    assert (found["unlabelled"], found["models"][0]["auc"]) == (1, 1.0)


def test_groups_that_are_no_texts_are_told(folder):
    made(folder)
    write(folder / "labels.jsonl", [{"text": "winter", "label": 1, "group": 7}])

    with pytest.raises(RecipeError, match=r"'group' of groups holds something that is no text .* --group"):
        evaluate([folder / "out" / "model.bin"], [str(folder / "labels.jsonl")], Fields())


def test_labels_that_nobody_can_know_are_asked_about(folder):
    made(folder)
    path = str(write(folder / "labels.jsonl", [{"text": "winter", "label": "blue"}, {"text": "bonus", "label": "red"}]))

    with pytest.raises(RecipeError, match="which labels are those of good texts"):
        evaluate([folder / "out" / "model.bin"], [path], Fields())
    assert evaluate([folder / "out" / "model.bin"], [path], Fields(good=("blue",)))["models"][0]["auc"] == 1.0
    with pytest.raises(RecipeError, match="no text has the label 'green'"):
        evaluate([folder / "out" / "model.bin"], [path], Fields(good=("green",)))


def test_people_agree_with_figures(test_data, folder):
    made(folder)
    found = evaluate(
        [folder / "out" / "model.bin"], [str(test_data / "human_labels" / "agreement_data.jsonl")], Fields()
    )

    assert (found["models"][0]["documents"], found["models"][0]["good"]) == (281, 152)
