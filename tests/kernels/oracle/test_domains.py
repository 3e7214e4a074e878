import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.urls.domains import holds_domain, holds_name, name_set

NAMES = st.lists(
    st.one_of(
        st.lists(st.sampled_from(["a", "b", "ab", "com", "", "é"]), min_size=1, max_size=4).map(".".join),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    ),
    max_size=40,
)


def strings(names):
    return views(pa.array(["x", *names], pa.large_string()).slice(1))


def parents(host):
    labels = host.split(".")
    return {".".join(labels[place:]) for place in range(len(labels))}


@given(NAMES, NAMES)
def test_names_are_found_as_in_a_set(names, asked):
    held = set(names) - {""}

    assert holds_name(name_set(strings(names)), strings(asked)).tolist() == [name in held for name in asked]


@given(NAMES, NAMES)
def test_domains_are_found_as_by_all_their_parents(names, asked):
    held = set(names) - {""}

    assert holds_domain(name_set(strings(names)), strings(asked)).tolist() == [
        bool(parents(name) & held) for name in asked
    ]


def test_many_names_are_all_found_and_no_others():
    names = [f"host{number}.example" for number in range(100_000)]
    held = name_set(strings(names))

    assert holds_name(held, strings(names)).all()
    assert not holds_name(held, strings([name + "s" for name in names])).any()
    assert held.nbytes < 100_000 * 40
