"""Benchmarks that are called wrongly say how they are called, and measure nothing."""

import sys

import pytest

from bench import __main__ as comparing
from bench import blocks


@pytest.mark.parametrize(
    ("main", "words", "said"),
    [
        (comparing.main, ["nonsense"], "no comparison has 'nonsense' in its name: floor, "),
        (blocks.main, [], "the following arguments are required: WARC"),
        (blocks.main, ["nowhere.warc.gz"], "nowhere.warc.gz: there is no such file"),
    ],
)
def test_what_cannot_be_measured_is_refused(monkeypatch, capsys, main, words, said):
    monkeypatch.setattr(sys, "argv", ["bench", *words])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert said in capsys.readouterr().err
