from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.madeup.luck import Luck


def splitmix(state: int) -> int:
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) % 2**64
    return state ^ (state >> 31)


def test_is_the_same_on_every_machine():
    luck = Luck(7, "golden", 3)

    assert [luck.below(1000) for _ in range(6)] == [773, 508, 775, 228, 941, 837]
    assert luck.numbers(2).tolist() == [9722638451986498218, 1500063445476010519]


@given(st.integers(0, 2**63), st.integers(0, 5000), st.integers(0, 300))
def test_numbers_are_splitmix(seed, first, second):
    luck = Luck(seed, "law")
    state = luck._state
    found = luck.numbers(first).tolist() + luck.numbers(second).tolist()

    places = {0, 1, first - 1, first, first + second - 1} & set(range(first + second))
    assert {i: found[i] for i in places} == {
        i: splitmix((state + (i + 1) * 0x9E3779B97F4A7C15) % 2**64) for i in places
    }


@given(st.integers(), st.text(max_size=5), st.integers(1, 10**9))
def test_below_is_below(seed, name, n):
    luck = Luck(seed, name)

    assert all(0 <= luck.below(n) < n for _ in range(60))


def test_heavy_factors_have_mean_one_and_a_tail():
    luck = Luck(0, "heavy")
    factors = [luck.heavy() for _ in range(20_000)]

    assert abs(sum(factors) / len(factors) - 1) < 0.05
    assert max(factors) > 8
    assert sorted(factors)[10_000] < 0.7


def test_every_thing_is_picked_about_as_often():
    luck = Luck(0, "pick")
    counts = Counter(luck.pick("abcd") for _ in range(8000))

    assert {thing: round(count / 2000, 1) for thing, count in counts.items()} == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_other_names_and_numbers_have_other_luck():
    firsts = {Luck(seed, name, number).below(2**40) for seed in (0, 1) for name in "ab" for number in (0, 1)}

    assert len(firsts) == 8
