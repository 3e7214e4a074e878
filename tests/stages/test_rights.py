import pyarrow as pa
import pytest

from dclm_pipeline.stages.rights import Rights

BY = "https://creativecommons.org/licenses/by/4.0/"


def rights(page, said=None, **settings):
    docs = pa.RecordBatch.from_arrays(
        [pa.array([page], pa.large_string()), pa.array([said], pa.string())], names=["html", "http_rights"]
    )
    return {name: array[0].as_py() for name, array in Rights(**settings).columns(docs).arrays.items()}


def robots(page, said=None, **settings):
    return rights(page, said, **settings)["rights_robots"]


def licence(page, said=None):
    found = rights(page, said)
    return found["licence"], found["licence_place"], found["licence_count"]


def test_a_page_that_says_nothing_says_nothing():
    assert rights("<p>Nothing.") == {
        "rights_robots": "",
        "rights_tdm_reserved": None,
        "licence": None,
        "licence_place": None,
        "licence_count": 0,
    }


def test_of_an_unknown_page_only_its_head_is_known():
    nothing = dict.fromkeys(Rights().writes().names)

    assert rights(None) == nothing
    assert rights(None, "x-robots-tag: noai\ntdm-reservation: 1") == {
        **nothing,
        "rights_robots": "noai",
        "rights_tdm_reserved": True,
    }


@pytest.mark.parametrize(
    ("page", "said", "expected"),
    [
        ("<meta name=robots content='noindex, NOFOLLOW'>", None, "noindex, nofollow"),
        ('<META CONTENT="noai;noimageai" NAME="Robots"/>', None, "noai, noimageai"),
        ("<meta name=CCBot content=noarchive>", None, "noarchive"),
        ("<meta name=googlebot content=noindex>", None, ""),
        ("<meta name='robots' content='index, follow, max-snippet:-1'>", None, ""),
        ("<p>日本語<meta name=robots content=noai>", None, "noai"),
        ("", "x-robots-tag: noindex, noai", "noai, noindex"),
        ("", "x-robots-tag: googlebot: noindex, nofollow", ""),
        ("", "x-robots-tag: googlebot: noindex, ccbot: noarchive", "noarchive"),
        ("", "x-robots-tag: unavailable_after: 25 Jun 2010 15:00:00 PST, noai", "noai"),
        ("<meta name=robots content=noai>", "x-robots-tag: noindex", "noai, noindex"),
    ],
)
def test_directives_to_robots_are_told(page, said, expected):
    assert robots(page, said) == expected


@pytest.mark.parametrize(
    "page",
    [
        "<!-- <meta name=robots content=noai> -->",
        "<script>document.write('<meta name=robots content=noai>')</script>",
        "<style><meta name=robots content=noai></style>",
        "<title><meta name=robots content=noai></title>",
        "<textarea><meta name=robots content=noai></textarea>",
        "<iframe><meta name=robots content=noai></iframe>",
        "<template><meta name=robots content=noai></template>",
        "<svg><![CDATA[<meta name=robots content=noai>]]></svg>",
        "<div title='<meta name=robots content=noai>'>",
        '<p title="><meta name=robots content=noai>">',
        "<meta name=robots name=x data-content=noai>",
        "<meta name=x name=robots content=noai>",
        "<meta name=robots content=index content=noai>",
        "<meta property=robots content=noai>",
        "&lt;meta name=robots content=noai&gt;",
        "<metal name=robots content=noai>",
        "<meta name=robots content=noai",
    ],
)
def test_what_only_looks_like_a_directive_says_nothing(page):
    assert robots(page) == ""


@pytest.mark.parametrize(
    "page",
    [
        "<!--><meta name=robots content=noai>",
        "<script></script><meta name=robots content=noai>",
        "<p title='>'><meta name=robots content=noai>",
        "<svg><title></svg><meta name=robots content=noai>",
        "<noscript><meta name=robots content=noai></noscript>",
        "<meta/name='robots'/content=noai>",
        "<meta\nname = 'robots'\n\tcontent\n=\n\"noai\"x>",
    ],
)
def test_what_only_looks_hidden_is_read(page):
    assert robots(page) == "noai"


def test_other_robots_may_matter():
    page = "<meta name=MyBot content=noindex>"

    assert (robots(page), robots(page, agents=["MyBot"])) == ("", "noindex")


@pytest.mark.parametrize(
    ("page", "said", "reserved"),
    [
        ("<meta name=tdm-reservation content=1>", None, True),
        ("<meta name='TDM-Reservation' content=' 0 '>", None, False),
        ("<meta name=tdm-reservation content=yes>", None, None),
        ("", "tdm-reservation: 1", True),
        ("<meta name=tdm-reservation content=0>", "tdm-reservation: 1", True),
        ("<meta name=tdm-reservation content=1>", "tdm-reservation: 0", True),
    ],
)
def test_reserved_rights_are_told(page, said, reserved):
    assert rights(page, said)["rights_tdm_reserved"] is reserved


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (f"<link rel=license href={BY}>", ("cc-by-4.0", "head", 1)),
        (f"<meta name=dcterms.license content='{BY}'>", ("cc-by-4.0", "head", 1)),
        (f"<a rel='nofollow License' href='{BY}deed.de'>", ("cc-by-4.0", "rel", 1)),
        (f"<footer><p><a href={BY}></footer>", ("cc-by-4.0", "footer", 1)),
        (f"<div id=site-Footer><div></div><a href={BY}></div>", ("cc-by-4.0", "footer", 1)),
        (f"<div class=footer></div><a href={BY}>", ("cc-by-4.0", "body", 1)),
        ("<a href=//creativecommons.org/publicdomain/zero/1.0/>", ("cc0-1.0", "body", 1)),
        ("<a href='http://www.creativecommons.org/licenses/by-nc-sa/2.5/ca/'>", ("cc-by-nc-sa-2.5", "body", 1)),
        (f"<a href={BY}><a rel=license href=//creativecommons.org/licenses/by-nd/3.0>", ("cc-by-nd-3.0", "rel", 2)),
        (f"<a href={BY}><a href=//creativecommons.org/licenses/by-nd/3.0>", ("cc-by-4.0", "body", 2)),
        ("<a href=https://creativecommons.org/licenses/>", (None, None, 0)),
        ("<a href=https://example.org/creativecommons.org/licenses/by/4.0/>", (None, None, 0)),
        (f"<!-- <a rel=license href={BY}> --><p title='<a href={BY}>'>", (None, None, 0)),
        (f"<p>{BY}", (None, None, 0)),
        (f"<link rel=stylesheet href={BY}>", (None, None, 0)),
    ],
)
def test_the_licence_is_that_of_the_strongest_place(page, expected):
    assert licence(page) == expected


def test_a_licence_of_the_head_comes_first():
    said = "license: https://creativecommons.org/licenses/by-sa/4.0/"

    assert licence(f"<link rel=license href={BY}>", said) == ("cc-by-sa-4.0", "header", 2)


def test_rows_and_slices_are_read_alone():
    pages = pa.array(["<meta name=robots content=noai>", None, f"<a href={BY}>", "<script>"], pa.large_string())
    docs = pa.RecordBatch.from_arrays([pages, pa.nulls(4, pa.string())], names=["html", "http_rights"])
    whole, part = Rights().columns(docs).arrays, Rights().columns(docs.slice(1, 2)).arrays

    assert whole["rights_robots"].to_pylist() == ["noai", None, "", ""]
    assert part["licence"].to_pylist() == [None, "cc-by-4.0"]
    assert pa.schema([(name, array.type) for name, array in part.items()]) == Rights().writes()
    assert [len(array) for array in Rights().columns(docs.slice(0, 0)).arrays.values()] == [0] * 5


def test_html_may_come_without_a_head():
    docs = pa.RecordBatch.from_arrays([pa.array(["<meta name=robots content=noai>"])], names=["html"])

    assert Rights(headers=False).reads() == frozenset({"html"})
    assert Rights(headers=False).columns(docs).arrays["rights_robots"].to_pylist() == ["noai"]


@pytest.mark.parametrize(
    "piece", ["<a href='", "<!--", "<a ", "<meta name=", "<svg>", "<div class=footer>", "<title>", "</", "<script><!--"]
)
def test_hostile_pages_cost_their_length(piece):
    assert rights(piece * (400_000 // len(piece)))["licence"] is None
