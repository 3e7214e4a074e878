import pyarrow as pa

from dclm_pipeline.stages.signals import SIGNALS, Signals


def signals(*texts):
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    arrays = Signals().columns(batch).arrays
    return [{name: array[row].as_py() for name, array in arrays.items()} for row in range(len(texts))]


def test_a_text_is_counted():
    assert signals("Two words\n42 é.") == [
        {
            "word_count": 4,
            "character_count": 15,
            "line_count": 2,
            "letter_share": round(9 / 15 * 2**20) / 2**20,
            "digit_share": round(2 / 15 * 2**20) / 2**20,
            "mean_word_length": 3.0,
        }
    ]


def test_an_empty_text_counts_nothing():
    assert signals("") == [{signal.name: 0 for signal in SIGNALS}]


def test_of_an_unknown_text_nothing_is_known():
    assert signals(None) == [{signal.name: None for signal in SIGNALS}]


def test_blanks_alone_are_lines_without_words():
    found = signals(" \n\t\n ")[0]

    assert (found["word_count"], found["line_count"], found["mean_word_length"]) == (0, 3, 0.0)


def test_letters_of_any_script_are_letters():
    assert [row["letter_share"] for row in signals("日本語", "рус", "تنص", "12")] == [1.0, 1.0, 1.0, 0.0]


def test_types_are_those_declared():
    batch = pa.RecordBatch.from_arrays([pa.array(["x", None], pa.large_string())], names=["text"])
    arrays = Signals().columns(batch.slice(1)).arrays

    assert pa.schema([(name, array.type) for name, array in arrays.items()]) == Signals().writes()


def test_no_rows_are_no_rows():
    assert signals() == []


def test_every_signal_says_what_it_is_and_who_uses_it():
    assert [signal.name for signal in SIGNALS if not (signal.about and signal.source)] == []
