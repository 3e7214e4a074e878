"""The table of `make bench`: ratios of CPU seconds to the floor's, and whether they meet their targets."""

import os
import re
import subprocess
import sys

import pytest

from bench.__main__ import Performed, row, table
from bench.comparisons import FLOOR, Comparison, Figure
from bench.measure import Measured


def measured(cpu_seconds, waited=0.0):
    return Performed(Measured(0, cpu_seconds, 0.0, 2.0, 64 << 20, 96 << 20, 0), waited)


@pytest.mark.parametrize(("cpu_seconds", "verdict"), [(4.0, "met"), (5.0, "met"), (5.2, "NOT MET")])
def test_a_target_is_met_up_to_its_edge(cpu_seconds, verdict):
    comparison = Comparison("something", FLOOR.command, most=1.25)
    cells = row(comparison, {"something": measured(cpu_seconds), "floor": measured(4.0)})

    assert cells == (
        "something",
        f"{cpu_seconds:.2f}",
        "2.00",
        "64",
        "96",
        f"{cpu_seconds / 4:.2f}",
        "<= 1.25",
        verdict,
    )


def test_without_a_target_or_a_floor_nothing_is_judged():
    other = Comparison("other", FLOOR.command)

    assert row(FLOOR, {"floor": measured(4.0)}) == ("floor", "4.00", "2.00", "64", "96", "1.00", "", "")
    assert row(other, {"other": measured(4.0)}) == ("other", "4.00", "2.00", "64", "96", "", "", "")


def test_start_up_is_taken_off_where_a_comparison_says_so():
    start = Comparison("start", FLOOR.command)
    comparison = Comparison("something", FLOOR.command, most=1.25, less=start)
    best = {"something": measured(6.0), "start": measured(1.0), "floor": measured(4.0)}

    assert row(comparison, best)[5:] == ("1.25", "<= 1.25", "met")


def test_the_start_up_of_what_is_compared_with_is_taken_off_too():
    start, base_start = Comparison("start", FLOOR.command), Comparison("base start", FLOOR.command)
    base = Comparison("base", FLOOR.command, less=base_start, figure=Figure.NONE)
    comparison = Comparison("something", FLOOR.command, less=start, base=base)
    best = {
        "something": measured(7.0),
        "start": measured(1.0),
        "base": measured(6.0),
        "base start": measured(2.0),
        "floor": measured(4.0),
    }

    assert (row(comparison, best)[5], row(base, best)[5]) == ("1.50", "")


def test_what_is_waited_for_bytes_is_compared_with_nothing():
    comparison = Comparison("something", FLOOR.command, most=0.05, figure=Figure.WAITED)

    assert row(comparison, {"something": measured(7.0, 0.04)})[5:] == ("0.04", "<= 0.05", "met")
    assert row(comparison, {"something": measured(7.0, 0.06)})[5:] == ("0.06", "<= 0.05", "NOT MET")


def test_names_stand_to_the_left_and_numbers_to_the_right():
    assert table([("name", "CPU s"), ("floor", "12.00")]) == "name   CPU s\nfloor  12.00"


@pytest.mark.slow
def test_comparisons_of_extraction_run_over_a_made_up_crawl():
    environment = {name: value for name, value in os.environ.items() if name != "DCLM_TEST_DATA"}
    done = subprocess.run(
        [sys.executable, "-m", "bench", "extract, inline", "--rounds", "1"],
        capture_output=True,
        text=True,
        timeout=500,
        env=environment,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^floor met .*\"documents\": \d{3}", done.stdout, re.MULTILINE)
    assert re.search(
        r"^extract, inline +[0-9.]+ +[0-9.]+ +\d+ +\d+ +[0-9.]+ +<= [0-9.]+ +(NOT )?MET$",
        done.stdout,
        re.MULTILINE | re.IGNORECASE,
    )
