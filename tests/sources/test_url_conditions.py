"""What rows of a crawl's index must fulfil: each found, also by what a row group says of itself, however many are asked for."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.sources.index_file import NUMBER, TEXT
from dclm_pipeline.sources.url_conditions import Addressed, Between, Languages, OneOf, sort_key

LABELS = st.sampled_from(["a", "ab", "a-b", "a0", "b", "www", "www2", "example", "x-y"])
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


AFTER_HOST = st.sampled_from([")/path", ":8080)/", ")/"])


@given(
    st.lists(HOSTS, min_size=1, max_size=4),
    st.lists(st.tuples(HOSTS, AFTER_HOST), min_size=1, max_size=8),
    st.booleans(),
)
def test_row_groups_with_a_match_are_never_passed_by(wanted, rows, below_too):
    condition = Addressed("url_host_name", tuple(wanted), below=below_too)
    keys = sorted(f"{sort_key(host)}{after}" for host, after in rows)
    there = [host for host, _ in rows]
    matches = condition.holds(pa.array(there, pa.large_string()).cast(TEXT))

    assert condition.may_hold(keys[0], keys[-1]) or not matches.any()


def test_a_host_on_another_port_lies_behind_hosts_that_are_longer_than_it():
    condition = Addressed("url_host_name", ("example.com",))

    assert condition.may_hold("com,example-foo)/", "com,examplf)/")


def test_hosts_are_known_with_a_dot_behind_them_and_in_letters_of_their_own():
    assert sort_key("www.example.org.") == "org,example"
    assert sort_key("bücher.example") == "example,xn--bcher-kva"
    assert Addressed("url_host_name", ("example.org",), below=True).holds(pa.array([b"a.example.org."], TEXT)).all()


@given(st.lists(st.integers(-9, 9), min_size=1), st.integers(-9, 9), st.integers(0, 9))
def test_numbers_between_two_are_never_passed_by(values, least, more):
    assert OneOf("x", tuple(values)).may_hold(least, least + more) == any(least <= v <= least + more for v in values)


def texts(*values: str | bytes | None) -> pa.Array:
    """Return values as a condition is given them."""
    return pa.array([value.encode() if isinstance(value, str) else value for value in values], TEXT)


ODD_HOSTS = st.one_of(HOSTS, HOSTS.map(lambda host: f"{host}."), st.text(alphabet="ab.", max_size=6))


@given(st.lists(HOSTS, min_size=1, max_size=4), st.lists(ODD_HOSTS, max_size=8))
def test_hosts_are_below_domains_by_their_whole_parts(domains, hosts):
    pattern = re.compile(rf"(^|\.)({'|'.join(map(re.escape, domains))})\.?$")

    found = Addressed("url_host_name", tuple(domains), below=True).holds(texts(*hosts))

    assert found.tolist() == [pattern.search(host) is not None for host in hosts]


@given(
    st.lists(st.sampled_from(["eng", "deu", "en"]), min_size=1, max_size=2),
    st.lists(st.lists(st.sampled_from(["eng", "deu", "fra", ""]), max_size=3).map(",".join), max_size=8),
    st.booleans(),
)
def test_languages_are_whole_parts_of_a_list(wanted, lists, in_part):
    pattern = re.compile(f"{'(^|,)' if in_part else '^'}({'|'.join(wanted)})(,|$)")

    found = Languages(tuple(wanted), in_part).holds(texts(*lists))

    assert found.tolist() == [pattern.search(told) is not None for told in lists]


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        (OneOf("x", (200, 404)), pa.array([404, None, 7], NUMBER), [True, False, False]),
        (OneOf("x", ("org",)), texts("org", None, b"\xff", "or"), [True, False, False, False]),
        (Between("x", 2, 5), pa.array([1, 2, 5, 6, None], NUMBER), [False, True, True, False, False]),
        (Languages(("eng",)), texts("eng,deu", "deu,eng", None, ""), [True, False, False, False]),
        (Addressed("url", ("http://a/",)), texts("http://a/", "http://a", None), [True, False, False]),
        (Addressed("x", ("a.b",), below=True), texts("c.a.b", "b", None, "a.b.c", ""), [True, *[False] * 4]),
    ],
)
def test_null_is_no_match_and_neither_is_what_is_nearly_one(condition, values, expected):
    assert condition.holds(values).tolist() == expected
    assert condition.holds(values[:0]).tolist() == []


def test_many_thousand_domains_are_looked_up_as_ten_are():
    domains = tuple(f"site{number}.example" for number in range(0, 100_000, 2))
    hosts = [f"www.site{number}.example" for number in range(2_000)]

    found = Addressed("url_host_name", domains, below=True).holds(texts(*hosts))

    assert np.flatnonzero(found).tolist() == list(range(0, 2_000, 2))


def test_a_host_of_a_million_parts_is_no_host():
    assert not Addressed("url_host_name", ("example",), below=True).holds(texts("a." * 1_000_000 + "example")).any()


def test_a_host_of_numbers_is_sought_both_ways_round():
    condition = Addressed("url_host_name", ("206.19.227.1",))

    assert condition.may_hold("206.19.227.1)/", "206.19.227.1)/x")
    assert condition.may_hold("1,227,19,206)/", "1,227,19,206)/x")
    assert not condition.may_hold("2,227,19,206)/", "2,227,19,206)/x")
