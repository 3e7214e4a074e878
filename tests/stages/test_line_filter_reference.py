import pyarrow as pa
import pytest

from dclm_pipeline.stages.line_filter import LineFilter
from tests.stages.reference_verdicts import expected, verdicts

DCLM = {
    "uppercase_ratio_line_modifier": [{"rule": "uppercase", "most": 0.5}],
    "numeric_ratio_line_modifier": [{"rule": "digits", "most": 0.999999}],
    "counter_line_modifier": [{"rule": "counters"}],
    "line_length_modifier": [{"rule": "words", "least": 2}],
    "substring_line_modifier:items in cart": [
        {"rule": "phrases", "phrases": ["items in cart"], "remove": "match", "most_words": 10}
    ],
    "substring_line_modifier:suffix": [
        {
            "rule": "phrases",
            "phrases": ["Read more..."],
            "wildcard": ".",
            "place": "suffix",
            "remove": "match",
            "most_words": 10,
        }
    ],
    "substring_line_modifier:prefix": [
        {"rule": "phrases", "phrases": ["Sign-in"], "place": "prefix", "remove": "match", "most_words": 10}
    ],
}
C4 = [
    {"rule": "longest_word", "most": 1000},
    {"rule": "citations"},
    {"rule": "punctuation", "ellipses": False},
    {"rule": "words", "least": 5},
    {"rule": "phrases", "phrases": ["lorem ipsum"], "remove": "page", "trim": False},
    {"rule": "phrases", "phrases": ["javascript"]},
    {"rule": "phrases", "phrases": ["{"], "remove": "page", "trim": False},
    {
        "rule": "phrases",
        "phrases": [
            "terms of use",
            "privacy policy",
            "cookie policy",
            "uses cookies",
            "use of cookies",
            "use cookies",
        ],
    },
]
DATATROVE_C4 = [
    {"rule": "trim"},
    {"rule": "longest_word", "most": 1000},
    {"rule": "words", "least": 3, "keep_empty": False},
    *[rule for rule in C4 if rule["rule"] in ("citations", "phrases")],
]


def left(rules, texts, **settings):
    step = LineFilter(rules=rules, **settings).open(None)
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    return step.text(batch).to_pylist()


@pytest.mark.parametrize("step", DCLM)
def test_a_rule_leaves_what_the_reference_mapper_leaves(step, test_data):
    pages = verdicts(test_data, "dclm")
    found = left(DCLM[step], [page["text"] for page in pages])

    different = [page["record_id"] for page, text in zip(pages, found, strict=True) if text != expected(page, step)]
    assert different == []


def test_the_rules_of_c4_leave_what_the_reference_mappers_leave(test_data):
    pages = verdicts(test_data, "dclm")
    found = left(C4, [page["text"] for page in pages])

    assert [page["record_id"] for page, text in zip(pages, found, strict=True) if text != page.get("c4_text")] == []


def test_the_rules_of_c4_leave_what_datatrove_leaves(test_data):
    texts = {page["record_id"]: page["text"] for page in verdicts(test_data, "dclm")}
    pages = verdicts(test_data, "datatrove")
    kept = [page for page in pages if page["c4_quality"] == "keep"]
    dropped = [page for page in pages if page["c4_quality"] in ("lorem_ipsum", "curly_bracket")]
    found = left(DATATROVE_C4, [texts[page["record_id"]] for page in kept], breaks="any")
    gone = left(DATATROVE_C4, [texts[page["record_id"]] for page in dropped], breaks="any")

    assert [page["record_id"] for page, text in zip(kept, found, strict=True) if text != page["c4_text"]] == []
    assert gone == [None] * len(dropped)
