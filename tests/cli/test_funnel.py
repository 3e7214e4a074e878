"""The table of what became of every record."""

from dclm_pipeline.cli.funnel import LEAST_FOLDED, MOST_ROWS, funnel
from dclm_pipeline.tally import StepTally, Tally


def chain(*dropped: int, would: int = 0) -> Tally:
    """Return the tally of rules that drop so many of 100 documents, one after the other."""
    steps, left = [], 100
    for place, count in enumerate(dropped):
        steps.append(StepTally(f"rule-{place}", "between", left, left - count, count, would=would or count))
        left -= count
    return Tally(steps=tuple(steps))


def test_what_annotating_steps_would_drop_is_a_column():
    assert funnel(chain(0, 0, would=7)).splitlines() == [
        "step    entered  would  left  of all",
        "rule-0      100      7   100  100.0%",
        "rule-1      100      7   100  100.0%",
    ]


def test_what_rules_that_drop_would_have_dropped_is_none():
    assert funnel(chain(3)).splitlines()[0].split() == ["step", "entered", "dropped", "left", "of", "all"]


def test_a_long_table_names_the_steps_that_did_nothing_in_one_line():
    dropped = [1] * (MOST_ROWS - LEAST_FOLDED) + [0] * LEAST_FOLDED + [1]
    lines = funnel(chain(*dropped)).splitlines()

    assert len(lines) == 1 + len(dropped) - LEAST_FOLDED + 1
    assert lines[-1] == "  4 steps dropped nothing: rule-16, rule-17, rule-18, rule-19"


def test_a_short_table_has_all_rows():
    dropped = [1] * (MOST_ROWS - LEAST_FOLDED - 1) + [0] * LEAST_FOLDED + [1]

    assert len(funnel(chain(*dropped)).splitlines()) == 1 + len(dropped)


def test_a_step_that_costs_something_keeps_its_row():
    dropped = [0] * 30
    seconds = {f"rule-{place}": 0.001 for place in range(30)} | {"rule-4": 1.0}
    lines = funnel(chain(*dropped), seconds).splitlines()

    assert [line.split()[0] for line in lines[1:3]] == ["rule-4", "rule-29"]
    assert lines[3].startswith("  28 steps dropped nothing (0.03 CPU s): rule-0, rule-1, ")


def test_what_fails_would_drop_or_gives_reasons_is_never_folded():
    odd = (
        StepTally("fails", "between", 100, 99, failed=1),
        StepTally("would", "between", 99, 99, would=5),
        StepTally("says", "pii", 99, 99, reasons={"x": 1}),
    )
    said = funnel(Tally(steps=(*odd, *chain(*[0] * 30).steps)))

    assert [name for name in ("fails", "would", "says") if f"\n{name} " not in said] == []


def test_rows_of_which_others_are_made_are_not_dropped():
    steps = (
        StepTally("pack", "pack", 100, 30, dropped=99, failed=1, added=30, reasons={"unfolded": 99}),
        StepTally("budget", "token_budget", 30, 20, dropped=10),
    )

    assert funnel(Tally(steps=steps)).splitlines() == [
        "step    entered  dropped  failed  left",
        "pack        100                1    30",
        "budget       30       10            20",
        "  pack: made 30 rows of 99",
    ]
