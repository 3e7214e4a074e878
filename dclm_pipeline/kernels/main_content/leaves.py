"""What trees of six levels say of 64 rows, as parts of the kernel in `forest` that are written for wide registers.

Numba finds vector code for the questions, and none for the answers: which of 64 leaves a row has come to is looked up
row by row. Where the processor can pick numbers out of registers that is done for sixteen rows at once. Nor does it for
turning rows into lines, which took as long as all trees.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once_value, for_range
from numba.extending import intrinsic

ROWS = 64
LEVELS = 6
WIDE = 16
_PIECES = ROWS // WIDE
_PICK = "llvm.x86.avx512.vpermi2var.ps.512"

_FLOATS, _PLACES = ir.VectorType(ir.FloatType(), WIDE), ir.VectorType(ir.IntType(32), WIDE)
_NUMBER, _INTEGER = ir.IntType(64), ir.IntType(32)

_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = intrinsic


@_intrinsic
def answer_trees(_typing: Any, turned: Any, asked: Any, thresholds: Any, leaves: Any, sums: Any) -> Any:
    """Write down what trees say together of 64 rows, inside a kernel.

    `turned` holds a line of 64 numbers for each feature, and `asked` nothing but such lines.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        views = [
            context.make_array(each)(context, builder, value)
            for each, value in zip(signature.args, arguments, strict=True)
        ]
        lines, questions, most, ends, out = (view.data for view in views)
        leaf_of = _picked if "+avx512f" in context.codegen().magic_tuple()[2] else _looked_up
        totals = [alloca_once_value(builder, ir.Constant(_FLOATS, None)) for _ in range(_PIECES)]
        with for_range(builder, builder.extract_value(views[1].shape, 0), intp=_NUMBER) as loop:
            first = builder.mul(loop.index, _NUMBER(LEVELS))
            answers = [
                _answers(builder, lines, questions, most, builder.add(first, _NUMBER(level))) for level in range(LEVELS)
            ]
            own = builder.gep(ends, [builder.shl(loop.index, _NUMBER(LEVELS))])
            for total, places in zip(totals, map(_places(builder), zip(*answers, strict=True)), strict=True):
                builder.store(builder.fadd(builder.load(total), leaf_of(builder, own, places)), total)
        for piece, total in enumerate(totals):
            builder.store(builder.load(total), _sixteen(builder, out, piece * WIDE), align=4)
        return context.get_dummy_value()

    return types.void(turned, asked, thresholds, leaves, sums), generate


@_intrinsic
def turn_square(_typing: Any, features: Any, row: Any, turned: Any, place: Any, feature: Any) -> Any:
    """Write sixteen features of sixteen rows into the lines of those features, from a place in each, inside a kernel."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, lines = (
            context.make_array(signature.args[number])(context, builder, arguments[number]) for number in (0, 2)
        )
        width = builder.extract_value(rows.shape, 1)
        begin = builder.gep(rows.data, [builder.add(builder.mul(arguments[1], width), arguments[4])])
        held = []
        for number in range(WIDE):
            own = builder.gep(begin, [builder.mul(width, _NUMBER(number))])
            held.append(builder.load(_sixteen(builder, own, 0), align=4))
        # Squares of 8, 4, 2 and at last 1 change places across the diagonal.
        for size in (8, 4, 2, 1):
            upper = [lane if not lane & size else WIDE + (lane ^ size) for lane in range(WIDE)]
            lower = [lane | size if not lane & size else WIDE + lane for lane in range(WIDE)]
            for number in range(WIDE):
                if not number & size:
                    pair = held[number], held[number | size]
                    held[number] = builder.shuffle_vector(*pair, ir.Constant(_PLACES, upper))
                    held[number | size] = builder.shuffle_vector(*pair, ir.Constant(_PLACES, lower))
        line = builder.gep(lines.data, [builder.add(builder.mul(arguments[4], _NUMBER(ROWS)), arguments[3])])
        for number, values in enumerate(held):
            builder.store(values, _sixteen(builder, line, number * ROWS), align=4)
        return context.get_dummy_value()

    return types.void(features, types.int64, turned, types.int64, types.int64), generate


def _sixteen(builder: Any, floats: Any, place: int) -> Any:
    """Return where sixteen floats lie."""
    return builder.bitcast(builder.gep(floats, [_NUMBER(place)]), _FLOATS.as_pointer())


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    """Return a vector that holds a value everywhere."""
    alone = builder.insert_element(ir.Constant(vector, ir.Undefined), value, _INTEGER(0))
    return builder.shuffle_vector(alone, alone, ir.Constant(_PLACES, None))


def _answers(builder: Any, lines: Any, questions: Any, most: Any, place: Any) -> list[Any]:
    """Return which rows are above what a question asks, sixteen at a time."""
    feature = builder.sext(builder.load(builder.gep(questions, [place])), _NUMBER)
    line = builder.gep(lines, [builder.mul(feature, _NUMBER(ROWS))])
    threshold = _spread(builder, builder.load(builder.gep(most, [place])), _FLOATS)
    return [
        builder.fcmp_ordered(">", builder.load(_sixteen(builder, line, piece * WIDE), align=4), threshold)
        for piece in range(_PIECES)
    ]


def _places(builder: Any) -> Callable[[tuple[Any, ...]], Any]:
    """Return what makes the places of leaves of the answers to the questions of all levels."""

    def places(answers: tuple[Any, ...]) -> Any:
        found = ir.Constant(_PLACES, None)
        for level, above in enumerate(answers):
            bit = ir.Constant(_PLACES, [1 << LEVELS - 1 - level] * WIDE)
            found = builder.or_(found, builder.select(above, bit, ir.Constant(_PLACES, None)))
        return found

    return places


def _picked(builder: Any, leaves: Any, places: Any) -> Any:
    """Return the leaves at sixteen places, out of registers that hold them all."""
    kind = ir.FunctionType(_FLOATS, [_FLOATS, _PLACES, _FLOATS])
    pick = builder.module.globals.get(_PICK) or ir.Function(builder.module, kind, _PICK)
    held = [builder.load(_sixteen(builder, leaves, piece * WIDE), align=4) for piece in range(_PIECES)]
    low, high = (builder.call(pick, [held[one], places, held[one + 1]]) for one in (0, 2))
    upper = ir.Constant(_PLACES, [ROWS // 2] * WIDE)
    return builder.select(builder.icmp_unsigned(">=", places, upper), high, low)


def _looked_up(builder: Any, leaves: Any, places: Any) -> Any:
    """Return the leaves at sixteen places, one after the other."""
    found = ir.Constant(_FLOATS, ir.Undefined)
    for lane in range(WIDE):
        place = builder.zext(builder.extract_element(places, _INTEGER(lane)), _NUMBER)
        found = builder.insert_element(found, builder.load(builder.gep(leaves, [place])), _INTEGER(lane))
    return found
