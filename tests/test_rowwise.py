"""Steps from functions of one document."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypedDict

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import dclm_pipeline as dp
from dclm_pipeline.arrow import schema_of
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.rowwise import annotate, filter, rewrite
from dclm_pipeline.schema import DATE
from dclm_pipeline.step import Annotate, Filter, Rewrite

LOUD = re.compile("!")


def docs(**columns: list[Any]) -> pa.RecordBatch:
    """Return a batch; texts are large strings."""
    arrays = {
        name: pa.array(values, pa.large_string() if any(isinstance(value, str) for value in values) else None)
        for name, values in columns.items()
    }
    return pa.record_batch(arrays)


@filter
def calm(text: str, *, most: int = 1) -> bool:
    """Keeps what is calm."""
    return len(LOUD.findall(text)) <= most


@annotate
def marks(text: str) -> int:
    return len(LOUD.findall(text))


@rewrite
def first_word(text: str, *, between: str = " ") -> str | None:
    return text.split(between)[0] or None


def test_a_filter_is_a_step_of_its_functions_name_columns_and_settings():
    step = calm(most=2)

    assert (step.kind, step.reads(), step.model_dump()["most"], step.revision) == ("calm", {"text"}, 2, 1)
    assert (isinstance(step, Filter), type(step).rowwise, calm.__doc__) == (True, True, "Keeps what is calm.")


@pytest.mark.parametrize(("most", "kept"), [(0, [True, False, False, True]), (1, [True, True, False, True])])
def test_a_filter_asks_about_each_row(most, kept):
    assert calm(most=most).keep(docs(text=["a", "a!", "!a!", ""])).to_pylist() == kept


def test_a_null_is_handed_in_only_where_it_may_be():
    seen = []

    @filter
    def either(text: str | None, date: datetime) -> bool:
        seen.append((text, date))
        return text is None

    day = datetime(2024, 5, 1, tzinfo=UTC)
    batch = pa.record_batch({"text": pa.array(["a", None, "b"]), "date": pa.array([day, day, None], DATE)})

    assert either().keep(batch).to_pylist() == [False, True, False]
    assert seen == [("a", day), (None, day)]


def test_an_annotation_gives_a_column_of_its_name():
    step = marks()
    columns = step.columns(docs(text=["!!", None, ""]))

    assert isinstance(step, Annotate)
    assert step.writes() == schema_of(pa.field("marks", pa.int64()))
    assert (columns.arrays["marks"].to_pylist(), columns.failed) == ([2, None, 0], {})


class Ends(TypedDict):
    first: str
    last: str | None


@annotate
def ends(text: str) -> Ends:
    return {"first": text[0], "last": text[-1] if len(text) > 1 else None}


@annotate(writes={"shout": bool, "share": float}, revision=3)
def shouting(text: str) -> dict[str, Any]:
    return {"shout": text.isupper(), "share": sum(map(str.isupper, text)) / len(text)}


def test_several_columns_are_declared_by_a_typed_dict_or_by_name():
    assert ends().writes() == schema_of(pa.field("first", pa.large_string()), pa.field("last", pa.large_string()))
    assert shouting().writes() == schema_of(pa.field("shout", pa.bool_()), pa.field("share", pa.float64()))
    assert shouting.revision == 3


def test_a_row_for_which_an_annotation_raises_fails_alone():
    columns = ends().columns(docs(text=["ab", "", "c"]))

    assert (columns.arrays["first"].to_pylist(), columns.arrays["last"].to_pylist()) == (
        ["a", None, "c"],
        ["b", None, None],
    )
    assert (columns.failed, columns.details) == ({1: "IndexError"}, {1: "string index out of range"})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("x", "ArrowInvalid"),
        (2**70, "OverflowError"),
        ([1], "ArrowInvalid"),
        (None, None),
        (5, None),
        (True, "ArrowTypeError"),
    ],
)
def test_an_answer_of_another_type_fails_alone(answer, reason):
    @annotate
    def given_answer(text: str) -> int:
        return answer if text == "odd" else 1

    columns = given_answer().columns(docs(text=["a", "odd", "b"]))
    known = {1: reason} if reason is not None else {}

    assert (columns.failed, columns.arrays["given_answer"].to_pylist()[::2]) == (known, [1, 1])


def test_an_answer_that_is_no_mapping_fails_where_several_columns_are_declared():
    @annotate(writes={"a": int})
    def wrong(text: str) -> int:
        return len(text)

    assert wrong().columns(docs(text=["a"])).failed == {0: "AttributeError"}


def test_a_rewrite_gives_text_and_null_drops_the_row():
    step = first_word()

    assert isinstance(step, Rewrite)
    assert step.text(docs(text=["a b", " b", None, ""])).to_pylist() == ["a", None, None, None]
    assert step.text(docs(text=["x"])).type == pa.large_string()
    assert first_word(between="-").text(docs(text=["a-b c"])).to_pylist() == ["a"]


def test_no_rows_are_no_rows():
    nothing = docs(text=["x"]).slice(0, 0)

    assert (calm().keep(nothing).to_pylist(), first_word().text(nothing).to_pylist()) == ([], [])
    assert marks().columns(nothing).arrays["marks"].type == pa.int64()


def test_settings_are_validated_and_equal_settings_are_the_same_step():
    assert (calm(most=2) == calm(most=2), calm(most=2) == calm(most=3)) == (True, False)
    for wrong in ({"most": "x"}, {"least": 1}, {"kind": "other"}):
        with pytest.raises(ValidationError):
            calm(**wrong)


def test_a_filter_that_raises_costs_the_document_and_no_other():
    @filter
    def strict(text: str) -> bool:
        return bool(1 / len(text))

    applied = dp.apply([strict()], ["a", "", "b"])

    assert applied.docs["text"].to_pylist() == ["a", "b"]
    assert applied.rejects.select(["step", "outcome", "reason", "detail"]).to_pylist() == [
        {"step": "strict", "outcome": "failed", "reason": "ZeroDivisionError", "detail": "division by zero"}
    ]


TEXTS = st.lists(st.none() | st.text(alphabet="ab! ", max_size=6), max_size=6)


@given(TEXTS, st.integers(0, 3))
def test_the_verbs_are_what_the_functions_say_row_by_row(texts, most):
    batch = pa.record_batch({"text": pa.array(texts, pa.large_string())})

    assert calm(most=most).keep(batch).to_pylist() == [text is not None and text.count("!") <= most for text in texts]
    assert marks().columns(batch).arrays["marks"].to_pylist() == [
        None if text is None else text.count("!") for text in texts
    ]
    assert first_word().text(batch).to_pylist() == [
        None if text is None else text.split(" ")[0] or None for text in texts
    ]


def _stars(text: str, *words: str) -> bool:
    return bool(text)


def _loose(text: str, **words: str) -> bool:
    return bool(text)


def _late(text: str, most: int = 3) -> bool:
    return bool(text)


def _nothing(*, most: int = 3) -> bool:
    return bool(most)


def _taken(text: str, *, save: int = 3) -> bool:
    return bool(text)


def _shadows(text: str, *, copy: int = 3) -> bool:
    return bool(text)


def _hidden(text: str, *, _x: int = 3) -> bool:
    return bool(text)


async def _waits(text: str) -> bool:
    return bool(text)


def _yields(text: str) -> Any:
    yield bool(text)


def renamed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function under a name that a step can have."""
    function.__name__ = function.__name__.lstrip("_")
    return function


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (_stars, "stars: *words cannot be a column or a setting; name each"),
        (_loose, "loose: *words cannot be a column or a setting; name each"),
        (_late, "late: 'most' has a default; settings stand behind a `*`"),
        (_nothing, "nothing: reads no column; name at least one as a parameter, such as text: str"),
        (_taken, "taken: a setting cannot be called 'save'; use another word"),
        (_shadows, "shadows: a setting cannot be called 'copy'; use another word"),
        (_hidden, "hidden: a setting cannot be called '_x'; use another word"),
        (_waits, "waits: gives its answer later; a step needs it at once: write it with `return`"),
        (_yields, "yields: gives its answer later; a step needs it at once: write it with `return`"),
    ],
)
def test_a_function_that_makes_no_step_is_told_why(function, said):
    with pytest.raises(RecipeError) as caught:
        filter(renamed(function))
    assert str(caught.value) == said


def test_a_function_without_a_name_makes_no_step():
    with pytest.raises(RecipeError, match="<lambda>: a step is called like its function"):
        filter(lambda text: True)


@pytest.mark.parametrize(
    ("writes", "said"),
    [
        ({}, "several: writes nothing; name at least one column, and not the id"),
        ({"id": bytes}, "several: writes id; name at least one column, and not the id"),
        ({"a": list}, "several: a column cannot be of type <class 'list'>; it can be str, int, float, bool, bytes, datetime"),
        (None, "several: say what it returns, such as `-> int`, or @annotate(writes={…})"),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_are_told_why(writes, said):
    def several(text: str):
        return {}

    with pytest.raises(RecipeError) as caught:
        annotate(writes=writes)(several)
    assert str(caught.value) == said


def made(source: str, **around: object) -> Any:
    """Run a source and return the `rule` that it defines."""
    names: dict[str, Any] = {"dp": dp, "re": re, "__name__": "made_for_a_test", **around}
    exec(source, names)
    return names["rule"]


RULE = """
WORDS = {words}
def helper(text, least={least}):
    return any(word in text for word in WORDS) and len(text) > least
class Told:
    def tell(self, text):
        return text.count({told})
@dp.filter
def rule(text: str) -> bool:
    return [helper(part) and Told().tell(part) for part in text.split()] {end}
"""
SAME = {"words": "{'b', 'a'}", "least": 1, "told": "'x'", "end": "!= []"}


def test_the_digest_is_the_same_for_the_same_code():
    assert made(RULE.format(**SAME)).code == made(RULE.format(**SAME | {"words": "{'a', 'b'}"})).code


@pytest.mark.parametrize(
    "change", [{"words": "{'a'}"}, {"least": 2}, {"told": "'y'"}, {"end": "!= [1]"}, {"words": "['a', 'b']"}]
)
def test_the_digest_changes_with_what_the_function_does_and_takes_from_around_it(change):
    assert made(RULE.format(**SAME)).code != made(RULE.format(**SAME | change)).code


def test_the_digest_knows_what_a_function_closes_over():
    def limited(most: int) -> type[Filter]:
        @filter
        def short(text: str) -> bool:
            return len(text) <= most

        return short

    assert limited(1).code == limited(1).code
    assert limited(1).code != limited(2).code


def test_a_function_may_call_itself_and_what_holds_itself():
    loop: list[object] = []
    loop.append(loop)
    source = "@dp.filter\ndef rule(text: str) -> bool:\n    return bool(text and LOOP and rule)\n"

    assert made(source, LOOP=loop).code == made(source, LOOP=loop, rule=3).code


def test_the_digest_of_a_pattern_is_that_of_what_it_matches():
    source = "@dp.filter\ndef rule(text: str) -> bool:\n    return bool(LOUD.search(text))\n"
    codes = [made(source, LOUD=re.compile(pattern, flags)).code for pattern, flags in (("a", 0), ("a", re.I), ("b", 0))]

    assert len(set(codes)) == 3
