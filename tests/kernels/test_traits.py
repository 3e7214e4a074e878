import numpy as np
import pytest
import regex

from dclm_pipeline.kernels.words import traits


def having(bit):
    return {chr(code) for code in np.flatnonzero(traits.text_table() & np.uint32(bit))}


def test_terminals_are_those_of_unicode():
    if regex.fullmatch(r"\p{STerm}", "\U00016e98") is None:
        pytest.skip("the installed regex knows an older Unicode")

    everything = "".join(map(chr, range(0x110000)))

    assert [found.start() for found in regex.finditer(r"\p{STerm}", everything)] == traits.terminals()


def test_lines_break_where_python_breaks_them():
    assert having(traits.BREAK) == {chr(code) for code in range(0x110000) if len(f"a{chr(code)}b".splitlines()) > 1}


@pytest.mark.parametrize(
    ("character", "is_cjk"), [("漢", True), ("カ", True), ("한", True), ("ก", False), ("a", False)]
)
def test_scripts_of_east_asia_are_known(character, is_cjk):
    assert (character in having(traits.CJK)) == is_cjk
