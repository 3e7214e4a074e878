import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.stages.line_filter import LineFilter, LineMatches


def docs(*texts):
    return pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])


def left(rule, *texts, **settings):
    return LineFilter(rules=[rule], **settings).open(None).text(docs(*texts)).to_pylist()


@pytest.mark.parametrize(
    ("rule", "text", "kept"),
    [
        ({"rule": "uppercase"}, "Quiet words\nLOUD WORDS", "Quiet words"),
        ({"rule": "uppercase"}, "ABcd\nABCd", "ABcd"),
        ({"rule": "uppercase"}, "ПРИВЕТ\nпривет\n日本語", "привет\n日本語"),
        ({"rule": "digits"}, "12 34\n1234\n٣٤\nx", "12 34\nx"),
        ({"rule": "counters"}, "3 likes\n12K views\n1,234 comments!\ntext", "text"),
        (
            {"rule": "counters"},
            "1 comment\n3 likes today\n3 likesome\n日本 3 likes",
            "1 comment\n3 likes today\n3 likesome\n日本 3 likes",
        ),
        ({"rule": "counters", "singular": True}, "1 comment\n1 comments\n1 commen", "1 commen"),
        ({"rule": "counters", "words_after": 1}, "3 likes today\n3 likes so far\n3 likes - today!", "3 likes so far"),
        ({"rule": "words", "least": 2}, "one\n\n \ntwo words\n日本語", "\ntwo words"),
        ({"rule": "words", "most": 1}, "one\ntwo words", "one"),
        ({"rule": "words", "least": 1, "keep_empty": False}, "\none\n", "one"),
        ({"rule": "longest_word", "most": 3}, "abc abc\nabcd\n日本語\n日本語話", "abc abc\n日本語"),
        ({"rule": "phrases", "phrases": ["cookie policy"]}, "Our Cookie Policy\ntext", "text"),
        ({"rule": "phrases", "phrases": ["Cookie"], "case": True}, "Cookie\ncookie", "cookie"),
        ({"rule": "phrases", "phrases": ["sign-in"], "place": "prefix"}, "Sign-in\nno sign-in", "no sign-in"),
        ({"rule": "phrases", "phrases": ["more"], "place": "suffix"}, "read more\nmore to read", "more to read"),
        (
            {"rule": "phrases", "phrases": ["more"], "place": "suffix", "remove": "match"},
            "a more\nmore\nmore b",
            "a\nmore b",
        ),
        ({"rule": "phrases", "phrases": ["more"], "remove": "match"}, "a more b more c\n日more本", "a b c\n日本"),
        ({"rule": "phrases", "phrases": ["x"], "remove": "match", "most_words": 2}, "a x\na x b", "a\na x b"),
        (
            {"rule": "phrases", "phrases": ["more..."], "wildcard": ".", "place": "suffix", "remove": "match"},
            "a more日本語",
            "a",
        ),
        (
            {"rule": "phrases", "phrases": ["more..."], "place": "suffix", "remove": "match"},
            "a more日本語\nb more...",
            "a more日本語\nb",
        ),
        ({"rule": "phrases", "phrases": ["{"], "remove": "page"}, "text\na {", None),
        ({"rule": "punctuation"}, 'One.\nTwo! \nthree\n"Four"\n\nFive…\n六。', 'One.\nTwo! \n"Four"\n\nFive…'),
        ({"rule": "punctuation", "ellipses": False}, "One.\nTwo...\nThree…", "One."),
        ({"rule": "punctuation", "ends": "。", "blanks_after": False}, "六。\n六。 \nsix.", "六。"),
        ({"rule": "punctuation", "keep_empty": False}, "\nOne.\n", "One."),
        ({"rule": "repeats"}, "One\n\ntwo\n one\n\nONE\nΟΔΟΣ\nοδος", "One\n\ntwo\n\nΟΔΟΣ"),
        ({"rule": "repeats", "exact": True}, "One\none\nOne", "One\none"),
        ({"rule": "repeats", "unit": "paragraph"}, "a\nb\n\nc\n\nA\nb\n\n\n\nd", "a\nb\n\nc\n\n\n\nd"),
        ({"rule": "trim"}, " a \n\t\n日 ", "a\n\n日"),
        ({"rule": "citations"}, "a[1] b[] c[edit] d[citation needed] e[x] f[٣]", "a b c d e[x] f"),
    ],
)
def test_a_rule_leaves_the_lines_that_it_should(rule, text, kept):
    assert left(rule, text) == [kept]


@pytest.mark.parametrize(
    "rule", ["uppercase", "digits", "counters", "words", "repeats", "trim", "citations", "punctuation"]
)
def test_empty_and_unknown_texts_are_dropped(rule):
    assert left({"rule": rule}, "", None, "Text stays.") == [None, None, "Text stays."]


def test_a_page_of_which_nothing_is_left_is_dropped():
    assert left({"rule": "uppercase"}, "LOUD", "quiet") == [None, "quiet"]


def test_rules_see_what_the_one_before_has_left():
    rules = [{"rule": "phrases", "phrases": ["share"], "remove": "match"}, {"rule": "words", "least": 2}]
    step = LineFilter(rules=rules).open(None)

    assert step.text(docs("one share\ntwo words")).to_pylist() == ["two words"]
    assert LineFilter(rules=rules[::-1]).open(None).text(docs("one share\ntwo words")).to_pylist() == ["one\ntwo words"]


def test_lines_end_where_the_setting_says():
    rule = {"rule": "words", "least": 2}

    assert left(rule, "one\rtwo words\u2028three") == ["one\rtwo words\u2028three"]
    assert left(rule, "one\rtwo words\u2028three", breaks="any") == ["two words"]


def test_a_slice_of_a_batch_is_what_is_changed():
    step = LineFilter(rules=[{"rule": "words", "least": 2}]).open(None)

    assert step.text(docs("one", "two words\none", "three").slice(1, 1)).to_pylist() == ["two words"]


def test_one_page_of_repeated_hashes_or_many_lines_is_no_slower():
    page = "\n".join(str(i % 7) for i in range(50_000))

    assert left({"rule": "repeats"}, page) == ["\n".join(map(str, range(7)))]


def test_matches_are_counted_by_rule():
    rules = [{"rule": "words", "least": 2}, {"rule": "counters"}, {"rule": "words", "least": 3}]
    step = LineMatches(rules=rules)
    found = step.open(None).columns(docs("one\n3 likes\ntwo words\nthree whole words", None, "")).arrays

    assert pa.schema([(name, array.type) for name, array in found.items()]) == step.writes()
    assert {name: array.to_pylist() for name, array in found.items()} == {
        "lines_words": [1, None, 0],
        "lines_counters": [1, None, 0],
        "lines_words_2": [1, None, 0],
    }


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{"rule": "phrases", "phrases": []}],
        [{"rule": "phrases", "phrases": [""]}],
        [{"rule": "phrases", "phrases": ["a\nb"]}],
        [{"rule": "uppercase", "most": 2}],
        [{"rule": "unheard of"}],
    ],
)
def test_rules_that_make_no_sense_are_refused(rules):
    with pytest.raises(ValidationError):
        LineFilter(rules=rules)
