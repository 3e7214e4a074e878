import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dclm_pipeline.kernels.marks import hashes
from dclm_pipeline.kernels.personal.found import KINDS, Wanted, find_personal
from dclm_pipeline.kernels.replacing import replaced
from dclm_pipeline.kernels.strings import views
from tests.kernels.oracle.slow_personal import slow_personal

DOMAINS = frozenset({"de", "com", "org", "рф", "xn--p1ai", "uk"})
TABLE = hashes(DOMAINS)
PIECES = [
    *"0123456789 +-./()@:,'x_%#=&\nA",
    *(
        "00",
        "030",
        "49",
        "+49",
        "(0)",
        "(030)",
        "415",
        "555",
        "2671",
        "2024",
        "12",
        "1.2.",
        "8.8.",
        "255",
        "Tel. ",
        "Fax: ",
    ),
    *("order no. ", "Nr.: ", "ISBN ", "version ", "\u00a0", "\u202f", "\u2011", "–", "：", "电话", "é", "ß", "×", "ф"),
    *(
        "foo",
        "a.b",
        "bar.de",
        ".com",
        "example.рф",
        "..",
        "2001:db8",
        "2a00:",
        "::1",
        ":f00",
        "DE89 3704 0044 0532 0130 00",
    ),
    *(
        "4111 1111 1111 1111",
        "378282246310005",
        "3782 822463 10005",
        "4111",
        "GB82WEST12345698765432",
        "192.168.1.1",
        " - ",
    ),
    *(
        "+1 415 555 2671",
        "030 / 123 45 67",
        "01 23 45 67 89",
        "01.02.2024",
        "203.0.113.9",
        "(+49)",
        "0044 20",
        "7946 0958",
    ),
]
TEXTS = st.one_of(
    st.lists(st.one_of(st.sampled_from(PIECES), st.characters(exclude_categories=["Cs"])), max_size=14).map("".join),
    st.lists(st.sampled_from(PIECES[:17]), max_size=30).map("".join),
)
WANTED = st.builds(Wanted, st.frozensets(st.sampled_from(KINDS), min_size=1), st.booleans())


def fast(array, wanted):
    spans = find_personal(views(array), wanted, TABLE)
    offsets = views(array)[0]
    return [
        [
            (int(spans.begins[place] - offsets[row]), int(spans.ends[place] - offsets[row]), KINDS[spans.kinds[place]])
            for place in range(spans.rows[row], spans.rows[row + 1])
        ]
        for row in range(len(array))
    ]


@settings(max_examples=400)
@given(st.lists(TEXTS, max_size=4), st.one_of(st.just(Wanted(frozenset(KINDS))), WANTED), st.integers(0, 2))
def test_what_is_found_agrees_with_python(texts, wanted, first):
    array = pa.array(texts, pa.large_string()).slice(first)

    assert fast(array, wanted) == [slow_personal(text, wanted, DOMAINS) for text in texts[first:]]


@given(
    st.lists(TEXTS, max_size=4),
    st.lists(st.text(max_size=5), min_size=len(KINDS), max_size=len(KINDS)),
    st.integers(0, 2),
)
def test_what_is_replaced_agrees_with_python(texts, masks, first):
    array = pa.array(texts, pa.large_string()).slice(first)
    spans = find_personal(views(array), Wanted(frozenset(KINDS)), TABLE)
    offsets, data = replaced(views(array), spans, masks)

    expected = []
    for text, found in zip(texts[first:], fast(array, Wanted(frozenset(KINDS))), strict=True):
        row = text.encode()
        for begin, end, kind in reversed(found):
            row = row[:begin] + masks[KINDS.index(kind)].encode() + row[end:]
        expected.append(row)
    assert [data[offsets[row] : offsets[row + 1]].tobytes() for row in range(len(expected))] == expected
