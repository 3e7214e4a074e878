import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.bytes import HAS_ESCAPE, HAS_MARK, HAS_NUL, count_byte, count_controls, mark_rows
from dclm_pipeline.kernels.strings import views

BODIES = st.lists(
    st.one_of(
        st.binary(),
        st.tuples(st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb"]), st.binary()).map(
            b"".join
        ),
        st.tuples(st.just(b"x" * 61), st.binary(max_size=8)).map(b"".join),
        st.lists(st.integers(0, 40), min_size=20, max_size=50).map(lambda body: bytes(body) * 3),
    )
)
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def slow_marks(body):
    return (HAS_NUL * (b"\0" in body)) | (HAS_ESCAPE * (b"\x1b" in body)) | (HAS_MARK * body.startswith(MARKS))


@given(BODIES, st.integers(0, 2))
def test_marks_agree_with_python(bodies, first):
    array = pa.array(bodies, pa.large_binary()).slice(first)

    assert mark_rows(views(array)).tolist() == [slow_marks(body) for body in bodies[first:]]


@given(BODIES, st.integers(0, 2), st.sampled_from([5, 64, 70, 1000]))
def test_control_counts_agree_with_python(bodies, first, most):
    array = pa.array(bodies, pa.large_binary()).slice(first)

    assert count_controls(views(array), most).tolist() == [
        sum(byte < 32 and byte not in b"\t\n\f\r" for byte in body[:most]) for body in bodies[first:]
    ]


@given(st.binary(max_size=200).map(lambda body: body * 3), st.integers(0, 90), st.integers(0, 90), st.integers(0, 255))
def test_bytes_are_counted_as_python_counts_them(body, first, less, byte):
    data, end = np.frombuffer(body, np.uint8), max(len(body) - less, 0)

    assert count_byte(data, first, end, byte) == body[first:end].count(byte)
