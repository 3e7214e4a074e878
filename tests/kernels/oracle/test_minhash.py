import warnings

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dclm_pipeline.kernels.dedup.minhash import bands_of, permutations_of, signatures_of

SETS = st.lists(arrays(np.uint64, st.integers(0, 30), elements=st.integers(0, 2**64 - 1)), min_size=1, max_size=5)


def signed(sets, permutations):
    rows = np.cumsum([0, *map(len, sets)])
    return signatures_of(rows, np.concatenate([*sets, np.empty(0, np.uint64)]), permutations)


def datasketch_of(hashes, permutations):
    sketch = MinHash(
        len(permutations[0]),
        scheme="affine32",
        permutations=permutations,
        hashfunc=lambda value: int(value) & 0xFFFFFFFF,
    )
    for value in hashes:
        sketch.update(value)
    return sketch


@given(SETS, st.integers(1, 200), st.integers(0, 2**32 - 1))
def test_signatures_are_those_of_datasketch(sets, count, seed):
    permutations = permutations_of(seed, count)

    found = signed(sets, permutations)

    assert np.array_equal(found, np.stack([datasketch_of(one, permutations).hashvalues for one in sets]))


def test_signatures_load_into_an_index_of_datasketch():
    generator = np.random.default_rng(1)
    one = generator.integers(0, 2**63, 300, dtype=np.uint64)
    sets = [one, np.append(one[:290], generator.integers(0, 2**63, 10, dtype=np.uint64)), one[:20] + np.uint64(7)]
    permutations = permutations_of(1, 128)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        index = MinHashLSH(params=(16, 8), num_perm=128)
        sketches = [
            MinHash(hashvalues=line, permutations=permutations, scheme="affine32")
            for line in signed(sets, permutations)
        ]
        for name, sketch in enumerate(sketches):
            index.insert(name, sketch)

    assert [sorted(index.query(sketch)) for sketch in sketches] == [[0, 1], [0, 1], [2]]


@given(SETS, st.integers(1, 6), st.integers(1, 6))
def test_bands_are_equal_where_their_numbers_are(sets, bands, rows):
    signatures = signed([*sets, *sets[:1]], permutations_of(3, bands * rows + 2))
    found = bands_of(signatures, bands, rows)
    slow = [[(band, *line[band * rows : (band + 1) * rows].tolist()) for band in range(bands)] for line in signatures]

    flat = [key for line in slow for key in line]
    assert len(set(flat)) == len(np.unique(found))
    assert len(set(zip(flat, found.reshape(-1).tolist(), strict=True))) == len(set(flat))


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_permutations_are_odd_and_of_their_seed(seed):
    odd, added = permutations_of(seed, 128)

    assert (odd % 2).all()
    assert len(np.unique(np.concatenate([odd, added]))) > 250
    assert not np.array_equal(odd, permutations_of(seed + 1, 128)[0])


def test_the_permutations_of_a_seed_never_change():
    odd, added = permutations_of(1, 2)

    assert (odd.tolist(), added.tolist()) == ([641783395, 2647878151], [3925194364, 8783473])
