"""Addresses are read as the library for addresses reads them, in less time; sites are those of the public suffix list."""

import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from dclm_pipeline.sources.addresses import read_address, site_of

SUFFIXES = PublicSuffixList(only_icann=True)
HOSTS = st.lists(
    st.sampled_from(
        ["example", "com", "co", "uk", "EXAMPLE", "a-b", "1", "127", "0", "é", "xn--p1ai", "", "::1", "[", "]"]
    ),
    max_size=5,
).map(".".join)
BEHIND = st.sampled_from(["", ":80", ":", ":x", "/a b?c#d", "?x", "#", "@b.com/", " ", "\\a", "\n/", "\u00a0", "%41"])


def site(host):
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return SUFFIXES.privatesuffix(host.rstrip(".")) or host


@given(st.sampled_from(["http://", "HTTPS://", "http:", "http:/", "https:///"]), HOSTS, BEHIND)
@example("http://", "user:word@example.com", "/")
@example("http://", "[::1]", ":80/")
@example("http://", "exa mple.com", "")
def test_the_host_is_that_of_the_library(scheme, host, behind):
    url = f"{scheme}{host}{behind}"
    try:
        known = urlsplit("".join(letter for letter in url.strip() if letter not in " \n\u00a0")).hostname
    except ValueError:
        known = None
    address = read_address(url)

    assert (address.site, address.trouble) == ((site(known), "") if known else ("", "bad address"))


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("a.b.example.co.uk", "example.co.uk"),
        ("someone.github.io", "github.io"),
        ("127.0.0.1", "127.0.0.1"),
        ("::0001", "::1"),
        ("example.com.", "example.com"),
        ("co.uk", "co.uk"),
        ("host1", "host1"),
    ],
)
def test_the_site_is_what_was_registered(host, known):
    assert site_of(host) == known
