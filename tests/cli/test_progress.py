"""How long something will take, told only once it can be."""

from dclm_pipeline.cli.progress import LEAST_DONE, Line, TimeLeft


def told(ends: list[float], todo: int) -> list[float | None]:
    """Return what is said as parts end at these seconds."""
    left = TimeLeft(0.0)
    return [left.after(done, todo, now) for done, now in enumerate(ends, 1)]


def test_parts_that_end_evenly_are_told_of_exactly():
    said = told([float(second) for second in range(1, 11)], 10)

    assert said[: LEAST_DONE - 1] == [None] * (LEAST_DONE - 1)
    assert [None if left is None else round(left) for left in said[LEAST_DONE - 1 :]] == [6, 5, 4, 3, 2, 1, 0]


def test_nothing_is_said_while_the_first_parts_wait_for_a_slow_start():
    # A minute of starting and compiling, then a part a second on each of four workers at once.
    ends = [60 + second for second in range(1, 200) for _ in range(4)]
    said = told([float(end) for end in ends], len(ends))
    first = next(place for place, left in enumerate(said) if left is not None)

    assert said[:100] == [None] * 100
    assert all(
        left is None or abs(left - (260 - end)) < 0.35 * (260 - end) + 20 for left, end in zip(said, ends, strict=True)
    )
    assert all(left is not None for left in said[first:])


def test_parts_that_all_end_at_once_say_nothing():
    assert told([5.0] * 8, 100) == [None] * 8


def test_one_slow_part_changes_little():
    ends = [float(second) for second in range(1, 51)]
    before = told(ends, 100)[-1]
    left = TimeLeft(0.0)
    for done, now in enumerate(ends, 1):
        left.after(done, 100, now)
    after = left.after(51, 100, 65.0)

    assert before is not None
    assert after is not None
    assert abs(after - (before - 15)) < 6


def test_a_single_part_says_nothing():
    assert told([3.0], 1) == [None]


def test_what_begins_is_shown_at_once_and_what_comes_soon_after_is_not(capsys):
    line = Line()
    line.show("too soon")
    line.begin("reading")
    line.show("0 of 3")
    line.begin("teaching")

    assert capsys.readouterr().err == "reading\nteaching\n"


def test_a_quiet_line_says_nothing_of_what_begins(capsys):
    Line(quiet=True).begin("reading")

    assert capsys.readouterr().err == ""
