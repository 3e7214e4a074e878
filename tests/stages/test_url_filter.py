import gzip
import json
import random
import re
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.url_filter import UrlFilter


class Files:
    """Assets that are local files."""

    def path(self, place):
        return Path(place)

    def digest(self, place):
        raise NotImplementedError


def kept(urls, **settings):
    batch = pa.RecordBatch.from_arrays([pa.array(urls, pa.string())], names=["url"])
    return UrlFilter(**settings).open(Files()).keep(batch).to_pylist()


def dropped(urls, **settings):
    return [url for url, keep in zip(urls, kept(urls, **settings), strict=True) if not keep]


@pytest.mark.parametrize(
    ("url", "keep"),
    [
        ("http://bad.com/", False),
        ("https://www.bad.com", False),
        ("https://a.b.BAD.com./x", False),
        ("http://user:pass@bad.com:8080/x?y#z", False),
        ("//bad.com/", False),
        ("http://b%61d.com/", False),
        ("http://bad\u3002com/", False),
        ("http://notbad.com/", True),
        ("http://bad.com.org/", True),
        ("http://com/", True),
        ("http://other.org/bad.com", True),
        ("http://other.org?bad.com", True),
        ("http://bad.com@other.org/", True),
        ("bad.com/", True),
        ("http:///bad.com", True),
        ("http://", True),
        ("", True),
        (None, True),
    ],
)
def test_a_domain_bans_itself_and_all_below_it(url, keep):
    assert kept([url], by="domain", terms=("bad.com",)) == [keep]


def test_hosts_of_other_scripts_are_known_in_both_spellings():
    urls = ["http://bücher.example/", "http://XN--BCHER-KVA.example/", "http://日本.jp", "http://a.xn--wgv71a.jp"]

    assert dropped(urls, by="domain", terms=("BÜCHER.example", "日本.jp")) == urls
    assert dropped(urls, by="domain", terms=("xn--bcher-kva.example", "xn--wgv71a.jp")) == urls


def test_addresses_of_machines_are_hosts():
    urls = ["http://10.0.0.1/x", "http://[2001:DB8::1]:80/", "http://110.0.0.1/"]

    assert dropped(urls, by="domain", terms=("10.0.0.1", "[2001:db8::1]")) == urls[:2]


def test_a_top_level_domain_can_be_banned():
    assert kept(["http://a.xxx/", "http://xxx.com/"], by="domain", terms=("xxx",)) == [False, True]


def test_a_list_may_have_comments_dots_stars_and_windows_line_ends(tmp_path):
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbfone.com\r\n# two.com\r\n\r\n*.three.com\r\n.four.com")
    urls = [f"http://{name}.com/" for name in ("one", "two", "three", "four")]

    assert dropped(urls, by="domain", lists=(str(tmp_path / "list"),)) == [urls[0], urls[2], urls[3]]


@pytest.mark.parametrize(
    "term", ["http://bad.com", "bad.com/x", "0.0.0.0 bad.com", "bad.com:80", "me@bad.com", "*.", "."]
)
def test_what_cannot_be_a_domain_is_refused(term):
    with pytest.raises(RecipeError, match=re.escape(repr(term))):
        kept([], by="domain", terms=("good.com", term))


def test_a_list_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "list").write_bytes(b"caf\xe9")

    with pytest.raises(RecipeError, match="must be UTF-8"):
        kept([], by="word", lists=(str(tmp_path / "list"),))


@pytest.mark.parametrize("by", ["domain", "host", "substring", "word"])
def test_no_terms_ban_nobody_where_that_is_meant(by):
    assert kept(["http://bad.com/", "", None], by=by, optional=True) == [True] * 3


@pytest.mark.parametrize("optional", [True, False])
@pytest.mark.parametrize("by", ["domain", "host", "substring", "word"])
def test_a_list_that_is_named_and_lists_nothing_is_refused(tmp_path, by, optional):
    (tmp_path / "list").write_bytes(b"\n\n" + b"# bad.com\n" * (by == "domain"))

    with pytest.raises(RecipeError, match=r"list: lists nothing"):
        kept([], by=by, terms=("bad.com",), lists=(str(tmp_path / "list"),), optional=optional)


def test_what_is_optional_bans_once_it_is_named():
    assert kept(["http://bad.com/"], by="domain", terms=("bad.com",), optional=True) == [False]


@pytest.mark.parametrize(
    ("url", "keep"),
    [
        ("http://bad.com/", False),
        ("HTTP://BAD.COM", False),
        ("http://.bad.com/", True),
        ("http://www.bad.com/", True),
        ("http://www1.bad.com/", True),
        ("http://bad.com:80/", True),
        ("http://me@bad.com/", True),
        ("http://wwwbad.com/", False),
        ("bad.com", True),
        ("", True),
        (None, True),
    ],
)
def test_a_host_as_it_is_written_is_what_the_reference_bans(url, keep):
    assert kept([url], by="host", terms=("bad.com",), ignored=("www",)) == [keep]


@pytest.mark.parametrize(
    ("url", "keep"),
    [
        ("http://x.com/a-b.a.d.word", False),
        ("http://x.com/ab_adword", True),
        ("http://x.com/WORSE", False),
        ("http://worse.com/", False),
        ("http://x.com/w-o.rSe", False),
        ("", True),
        (None, True),
    ],
)
def test_one_substring_bans(url, keep):
    assert kept([url], by="substring", terms=("badword", "worse"), ignored=("-", ".")) == [keep]


def test_of_terms_nothing_is_ignored():
    assert kept(["http://x.com/bad-word"], by="substring", terms=("bad-word",), ignored=("-",)) == [True]


@pytest.mark.parametrize(
    ("url", "keep"),
    [
        ("http://x.com/bad", False),
        ("http://x.com/very-bad.html", False),
        ("http://x.com/BAD", False),
        ("http://x.com/badly", True),
        ("http://x.com/very_bad", True),
        ("http://x.com/1bad", True),
        ("http://x.com/ébad", True),
        ("http://x.com/日bad", True),
        ("http://x.com/плохой/", False),
        ("http://x.com/%D0%9F%D0%9B%D0%9E%D0%A5%D0%9E%D0%99/", False),
        ("http://x.com/%20bad", False),
        ("http://x.com/%zzbad%", True),
        ("", True),
        (None, True),
    ],
)
def test_one_whole_word_bans(url, keep):
    assert kept([url], by="word", terms=("bad", "плохой")) == [keep]


def test_escapes_stay_where_they_are_not_to_be_undone():
    assert kept(["http://x.com/%20bad", "http://x.com/%2Fbad"], by="word", terms=("bad",), decoded=False) == [
        True,
        True,
    ]


def test_so_many_different_words_ban():
    urls = ["http://x.com/bad", "http://x.com/bad/bad/BAD", "http://x.com/bad/worse", "http://bad.com/worse-worst"]

    assert dropped(urls, by="word", terms=("bad", "worse", "worst"), least=2) == urls[2:]
    assert dropped(urls, by="word", terms=("bad", "worse", "worst"), least=3) == urls[3:]


def test_letter_case_counts_where_it_is_not_to_be_ignored():
    urls = ["http://bad.com/", "http://BAD.com/"]

    assert dropped(urls, by="substring", terms=("BAD",), ignore_case=False) == urls[1:]
    assert dropped(urls, by="host", terms=("BAD.com",), ignore_case=False) == urls[1:]


def test_a_slice_is_judged_by_its_rows():
    batch = pa.RecordBatch.from_arrays([pa.array(["http://a.com", "http://bad.com", None])], names=["url"]).slice(1)

    assert UrlFilter(by="domain", terms=("bad.com",)).open(Files()).keep(batch).to_pylist() == [False, True]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"by": "domain"}, "nothing is listed"),
        ({"by": "word", "terms": (" ", "")}, "nothing is listed"),
        ({"by": "word", "terms": (" ",), "optional": True}, "nothing is listed"),
        ({"by": "domain", "terms": ("a",), "least": 2}, "leave it out"),
        ({"by": "domain", "terms": ("a",), "ignored": ("www",)}, "ignored is for"),
        ({"by": "word", "terms": ("a",), "ignored": ("",)}, "stands everywhere"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        UrlFilter(**settings)


LISTS = pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("strict", {"by": "substring", "ignored": ("-", ".")}),
        ("hard", {"by": "word"}),
        ("soft", {"by": "word", "least": 2}),
    ],
)


@LISTS
def test_real_pages_go_as_the_reference_lets_them_go(test_data, name, settings):
    place = test_data / "lists" / f"refinedweb_banned_words_{name}_reverse_engineered.txt"
    with gzip.open(test_data / "oracle" / "dclm.jsonl.gz", "rt", encoding="utf-8") as file:
        pages = [json.loads(line) for line in file]
    step = next(
        step for step in pages[0]["steps"] if step.startswith("url_substring_filter") and place.name[:38] in step
    )
    verdicts = [page["steps"][step] == "keep" for page in pages]

    assert kept([page["url"] for page in pages], lists=(str(place),), decoded=False, **settings) == verdicts


@LISTS
def test_addresses_full_of_listed_words_go_as_by_regular_expressions(test_data, name, settings):
    place = test_data / "lists" / f"refinedweb_banned_words_{name}_reverse_engineered.txt"
    terms = place.read_text(encoding="utf-8").splitlines()
    urls = made_up_addresses(terms, count=5000)
    either = "|".join(map(re.escape, sorted(terms, key=len, reverse=True)))
    pattern = re.compile(rf"\b(?:{either})\b" if settings["by"] == "word" else either, re.IGNORECASE)
    expected = [
        len(set(pattern.findall(without(url.lower(), settings.get("ignored", ()))))) < settings.get("least", 1)
        for url in urls
    ]

    assert 50 < sum(expected) < 4950
    assert kept(urls, lists=(str(place),), decoded=False, **settings) == expected


def made_up_addresses(terms, count):
    """Return addresses of listed and other words, some in capitals and some broken up, with all that may part them."""
    luck = random.Random(7)
    urls = []
    for _ in range(count):
        url = luck.choice(["http://", "https://www.", "HTTP://WWW."])
        for _ in range(luck.randint(1, 5)):
            word = luck.choice([luck.choice(terms), "news", "the", "x1", "é", "日本", "%20", "ſ"])
            word = word.upper() if luck.random() < 0.2 else word
            place = luck.randrange(len(word) + 1)
            url += word[:place] + luck.choice(["", "", "", "-", ".", "_"]) + word[place:] + luck.choice("/-._?=& ")
        urls.append(url)
    return urls


def without(text, ignored):
    for each in ignored:
        text = text.replace(each, "")
    return text
