import gzip
import io
import json
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest

import dclm_pipeline as dp
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.evaluations import task_of

QUESTION = "Which of these four planets takes the longest time to go around the sun once?"
PASSAGE = " ".join(f"word{i}" for i in range(60))
RUSSIAN = "какая из этих четырёх планет дольше всех других обращается вокруг нашего солнца один раз"
CHOICES = ["Mars", "Venus", "Earth", "Saturn"]


@pytest.fixture
def sets(tmp_path):
    """Return two made-up tasks."""
    quiz = [
        {"query": QUESTION, "choices": CHOICES, "gold": 3},
        {"query": RUSSIAN, "choices": [], "gold": 0},
        {"query": "Too short a question to be found?", "gold": 1},
    ]
    (tmp_path / "quiz.jsonl").write_text("".join(json.dumps(row) + "\n" for row in quiz))
    reading = [{"context": PASSAGE, "note": {"deep": ["one two three four five six seven eight nine ten " * 2]}}]
    with gzip.open(tmp_path / "reading.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in reading)
    return [str(tmp_path / "quiz.jsonl"), str(tmp_path / "reading.jsonl.gz")]


def kept(sets, *texts, **settings):
    """Return which texts stay."""
    docs = dp.apply([dp.steps.decontaminate(evaluations=sets, annotate=True, **settings)], table(*texts)).docs
    return docs["passes.decontaminate"].to_pylist()


def table(*texts):
    return pa.table({"text": pa.array(texts, pa.large_string())})


def words(first, last):
    return " ".join(f"word{i}" for i in range(first, last))


def test_documents_that_hold_an_item_go_and_others_stay(sets):
    texts = (f"Quiz time. {QUESTION.upper()} Answer below.", "Nothing of the kind here.", "", None, f"«{RUSSIAN}»")

    assert kept(sets, *texts) == [False, True, True, True, False]


def test_thirteen_words_are_enough_and_twelve_are_not(sets):
    assert kept(sets, words(5, 18), words(5, 17), words(5, 17) + " x " + words(17, 29)) == [False, True, True]


def test_marks_and_blanks_between_words_do_not_hide_an_item(sets):
    assert kept(sets, QUESTION.replace(" ", ",\n")) == [False]


@pytest.mark.parametrize(
    ("first", "last", "stays"), [(0, 60, False), (0, 51, False), (0, 50, True), (10, 42, True), (0, 20, True)]
)
def test_by_overlap_most_of_an_item_must_be_there(sets, first, last, stays):
    # The passage has 48 n-grams, of which 39 are at least 0.8; only its own field is looked for.
    settings = {"method": "overlap", "longest": 1000, "fields": ("context",)}

    assert kept(sets[1:], words(first, last), **settings) == [stays]


@pytest.mark.parametrize(("longest", "stays"), [(30, False), (31, True)])
def test_by_overlap_a_long_stretch_is_enough(sets, longest, stays):
    assert kept(sets, f"x {words(7, 37)} y", method="overlap", longest=longest, share=1.0) == [stays]


def test_by_jaccard_both_must_be_much_the_same(sets):
    long = f"{PASSAGE} {' '.join(f'other{i}' for i in range(60))}"

    assert kept(sets[1:], PASSAGE, long, f"{PASSAGE} and a few words more", method="jaccard", fields=("context",)) == [
        False,
        True,
        False,
    ]


def test_items_are_cut_out_and_what_is_around_stays(sets):
    texts = (f"Before. {QUESTION} After it.", QUESTION, f"A b c {words(20, 40)} d e f", "clean")
    docs = dp.apply([dp.steps.decontaminate(evaluations=sets, action="cut")], table(*texts)).docs
    wider = dp.apply([dp.steps.decontaminate(evaluations=sets, action="cut", around=2)], table(*texts)).docs

    assert docs["text"].to_pylist() == ["Before. After it.", "A b c d e f", "clean"]
    assert wider["text"].to_pylist() == ["A f", "clean"]


def test_columns_name_the_worst_item(sets):
    texts = (f"{QUESTION} {words(0, 13)}", "clean", None)
    docs = dp.apply([dp.steps.decontaminate(evaluations=sets, action="mark")], table(*texts)).docs
    told = docs.select([name for name in docs.schema.names if name.startswith("contamination")]).to_pylist()

    assert told == [
        {
            "contamination_task": "quiz",
            "contamination_item": 0,
            "contamination_share": 1.0,
            "contamination_run": 15,
            "contamination_items": 2,
        },
        dict.fromkeys(told[1]) | {"contamination_items": 0},
        dict.fromkeys(told[2]),
    ]


def test_the_tally_counts_by_task_and_rejects_name_the_item(sets):
    applied = dp.apply([dp.steps.decontaminate(evaluations=sets)], table(QUESTION, RUSSIAN, words(0, 13), "clean"))

    assert dict(applied.tally.steps[0].reasons) == {"quiz": 2, "reading": 1}
    assert [(row["reason"], row["detail"]) for row in applied.rejects.to_pylist()] == [
        ("quiz", "item 0 share 1 run 15"),
        ("quiz", "item 1 share 1 run 14"),
        ("reading", "item 0 share 0.018 run 13"),
    ]


def test_short_items_are_looked_for_where_that_is_asked_for(sets):
    text = "Too short a question, to be found."

    assert kept(sets, text, "too short a question") == [True, True]
    assert kept(sets, text, "too short a question", shortest=7) == [False, True]


def test_what_stands_in_many_places_counts_for_nothing(tmp_path):
    asked = "Continue the following story in the way that makes the most sense to you now"
    rows = [json.dumps({"query": f"{asked} {' '.join(f'w{n}x{i}' for i in range(20))}"}) for n in range(10)]
    (tmp_path / "story.jsonl").write_text("\n".join(rows))
    sets = [str(tmp_path / "story.jsonl")]

    assert kept(sets, asked, most_places=10) == [False]
    assert kept(sets, asked, f"{asked} {' '.join(f'w3x{i}' for i in range(20))}", most_places=9) == [True, False]


def test_an_archive_holds_a_task_a_file(sets, tmp_path):
    with tarfile.open(tmp_path / "sets.tar.gz", "w:gz") as archive:
        for path in sets:
            archive.add(path, arcname=f"core/{Path(path).name}")
        archive.addfile(tarfile.TarInfo("README.md"), io.BytesIO())
    applied = dp.apply(
        [dp.steps.decontaminate(evaluations=[str(tmp_path / "sets.tar.gz")])], table(QUESTION, PASSAGE, "clean")
    )

    assert dict(applied.tally.steps[0].reasons) == {"quiz": 1, "reading": 1}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "line 1 is no JSON"),
        (b'{"a": "b"}\n[1]\n', "line 2 is no JSON object but list"),
        (b"\x1f\x8bno", "begins like gzip"),
        (b'{"a": 1}\n', "bad.jsonl: holds no text; name the fields"),
        (b"", "bad.jsonl: holds no text; name the fields"),
        (b"x" * 257 + b"ustar" + b"x" * 300, "begins like a tar archive"),
    ],
)
def test_a_set_that_cannot_be_read_is_named(tmp_path, data, said):
    (tmp_path / "bad.jsonl").write_bytes(data)

    with pytest.raises(RecipeError, match=said):
        kept([str(tmp_path / "bad.jsonl")], "text")


def test_a_set_without_text_is_named_though_others_have_some(sets, tmp_path):
    (tmp_path / "other.jsonl").write_text('{"question": "a text in another field"}\n')

    with pytest.raises(RecipeError, match=r"other\.jsonl: holds no text below query, context; name the fields"):
        kept([*sets, str(tmp_path / "other.jsonl")], "text", fields=("query", "context"))


def test_a_set_of_which_nothing_can_be_found_is_named(sets, tmp_path):
    (tmp_path / "short.jsonl").write_text('{"q": "too short a question"}\n{"q": "and another one"}\n')
    short = [*sets, str(tmp_path / "short.jsonl")]

    with pytest.raises(
        RecipeError, match=r"short\.jsonl: none of its texts can be found: each has fewer than 13 words"
    ):
        kept(short, "text")
    assert kept(short, "Too short a question!", shortest=3) == [False]


def test_two_sets_of_one_name_are_a_mistake(sets, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "quiz.json").write_text("{}")

    with pytest.raises(RecipeError, match="two evaluation sets are called 'quiz'"):
        kept([*sets, str(tmp_path / "more" / "quiz.json")], "text")


@pytest.mark.parametrize(
    ("place", "task"),
    [("a/b.jsonl.gz", "b"), ("asset:mmlu", "mmlu"), ("https://h/x/y.json#sha256=ab/c", "y"), ("s3://b/z", "z")],
)
def test_a_task_is_called_like_its_file(place, task):
    assert task_of(place) == task


def test_real_tasks_are_found_in_pages_that_quote_them(test_data):
    tasks = ["boolq", "arc_easy", "lambada_openai"]
    sets = [str(test_data / "eval" / "core" / f"{task}.jsonl.gz") for task in tasks]
    with gzip.open(sets[0], "rt", encoding="utf-8", newline="\n") as file:
        passages = [json.loads(next(file))["query"] for _ in range(50)]
    with gzip.open(test_data / "oracle" / "dclm.jsonl.gz", "rt", encoding="utf-8", newline="\n") as file:
        pages = [json.loads(line)["text"] for line in file]
    texts = [f"{page}\n{passage}\n{page}" for page, passage in zip(pages, passages, strict=False)] + pages
    stay = kept(sets, *texts)

    assert not any(stay[: len(passages)])
    assert stay[len(passages) :].count(False) <= 2
