import os
import subprocess
import sys

import pytest

DIGEST = """
import hashlib
import pyarrow as pa
from dclm_pipeline.kernels.bytes import count_controls, mark_rows
from dclm_pipeline.kernels.html.blocks import cut_pages
from dclm_pipeline.kernels.html.claims import scan_claims
from dclm_pipeline.kernels.html.markup import Limits, scan_markup
from dclm_pipeline.kernels.main_content.judging import builtin_model, score
from dclm_pipeline.kernels.marks import hashes
from dclm_pipeline.kernels.personal.found import KINDS, Wanted, find_personal
from dclm_pipeline.kernels.replacing import replaced
from dclm_pipeline.kernels.urls.domains import holds_domain, name_set
from dclm_pipeline.kernels.urls.escapes import undo_escapes
from dclm_pipeline.kernels.urls.hosts import read_hosts
from dclm_pipeline.kernels.html.markup import Limits, scan_markup
from dclm_pipeline.kernels.words.matching import find_terms, make_matcher
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words.counts import count_text

texts = ["<div class=a><p>one two<td>" * 50, "", "\\u00e9t\\u00e9 \\u6f22\\u5b57 12\\0\\x1b\\n... It's e.g. a-b, #1!", "<b id=1><svg><p></b>" * 9, None]
texts += ["a.b@c.de Tel. +49 (0)30 1234567 4111 1111 1111 1111 DE89 3704 0044 0532 0130 00 93.184.216.34 2a00:1::2 @1.2.3.4:(030"]
texts += ["<meta name=robots content=noai><footer><a rel='license' href=//creativecommons.org/licenses/by/4.0/>", "x-robots-tag: a: b"]
text = views(pa.array(texts, pa.large_string()).slice(1))
whole = views(pa.array(texts, pa.large_string()))
urls = views(pa.array(["http://a.b\\u00fccher.de:80/x", "https://u@B%61D.com./%C3%A9%", "", None, "//\\u6f22." * 40], pa.large_string()))
digest = hashlib.sha256()
for part in (hosts := read_hosts(urls), undo_escapes(urls)):
    digest.update(repr([values.tolist() for values in part]).encode())
digest.update(repr(holds_domain(name_set(hosts), hosts).tolist()).encode())
for words in (False, True):
    found = find_terms(make_matcher(["ONE", "one two", "b", "\\u6f22"], ignore_case=True, whole_words=words), text)
    digest.update(repr([values.tolist() for values in vars(found).values()]).encode())
for strings in (text, whole):
    counts, markup = count_text(strings, ("the", "\\u00e9t\\u00e9")), scan_markup(strings, Limits(40, 10, 10, 10**6))
    for part in (counts._asdict(), vars(markup)):
        for name in sorted(part):
            digest.update(repr(part[name].tolist()).encode())
    pages = cut_pages(strings, False)
    for numbers in (*vars(pages).values(), score(pages, builtin_model())):
        digest.update(repr(numbers.tolist()).encode())
    spans = find_personal(strings, Wanted(frozenset(KINDS)), hashes(["de"]))
    masked = replaced(strings, spans, list(KINDS))
    said = scan_claims(strings, strings, ["ccbot"])
    for numbers in (*vars(spans).values(), *masked, *vars(said).values()):
        digest.update(repr(numbers.tolist()).encode())
    digest.update(repr(mark_rows(strings).tolist()).encode() + repr(count_controls(strings, 50).tolist()).encode())
print(digest.hexdigest())
"""


def digest_with(**settings):
    environment = {**os.environ, **settings}
    done = subprocess.run(
        [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, timeout=550, check=True
    )
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"NUMBA_CPU_NAME": "generic"}, {"NUMBA_BOUNDSCHECK": "1"}], ids=str)
def test_kernels_agree_on_any_processor_and_keep_within_their_arrays(settings, tmp_path):
    there = digest_with(NUMBA_CACHE_DIR=str(tmp_path), **settings)

    assert there == digest_with()
