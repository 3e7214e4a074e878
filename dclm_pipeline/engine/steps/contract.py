"""What a step may look at, and how its answers are held against what it declares."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from dclm_pipeline.arrow import Array, Field, nulls
from dclm_pipeline.engine.steps.isolate import Part
from dclm_pipeline.errors import PipelineError
from dclm_pipeline.schema import with_columns as extended
from dclm_pipeline.step import Batch, Columns, Step


class ContractError(PipelineError):
    """A step broke its contract: it answered with other columns, types or row counts than it declares."""


def no_verb(step: Step, verb: str) -> ContractError:
    """Return the error for a step that opened something without the verb of its kind."""
    return ContractError(f"{step.name}: what it opened has no `{verb}`")


def seen(docs: Batch, step: Step) -> Batch:
    """Return what a step may look at: the columns that it reads, and the id."""
    reads = step.reads() | step.may_read() | {"id"}
    return docs.select([name for name in docs.schema.names if name in reads])


def declared(fields: Mapping[str, Field], name: str, step: Step) -> Field:
    """Return the field that a step declares for a column."""
    if name not in fields:
        raise ContractError(f"{step.name}: gave the column {name!r}, which it does not declare")
    return fields[name]


def assembled(parts: Sequence[Part[Columns]], name: str, kind: pa.DataType, step: Step) -> Array:
    """Join one column of all parts, null where a part failed, and hold it against its declaration."""
    pieces = []
    for part in parts:
        piece = nulls(part.rows, kind) if part.answer is None else part.answer.arrays.get(name)
        if piece is None:
            raise ContractError(f"{step.name}: gave the column {name!r} for some rows and not for others")
        if piece.type != kind or len(piece) != part.rows:
            raise ContractError(
                f"{step.name}: column {name!r} is {len(piece)} values of {piece.type}; "
                f"expected {part.rows} of {kind}, as it declares"
            )
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)


def assembled_masks(parts: Sequence[Part[pa.BooleanArray]], step: Step) -> Array:
    """Join the answers of a filter, null where a part failed."""
    as_columns: list[Part[Columns]] = [
        Part(part.start, part.rows, None if part.answer is None else Columns({"keep": part.answer})) for part in parts
    ]
    return assembled(as_columns, "keep", pa.bool_(), step)


def told_of_drops(parts: Sequence[Part[Columns]], step: Step) -> "tuple[Array | None, Array | None]":
    """Join what a step says of the rows that it drops, reasons and remarks, each nothing where it says nothing."""
    reasons = [(part, None if part.answer is None else part.answer.reasons) for part in parts]
    remarks = [(part, None if part.answer is None else part.answer.remarks) for part in parts]
    return _joined_texts(reasons, "reasons", step), _joined_texts(remarks, "remarks", step)


def _joined_texts(told: "Sequence[tuple[Part[Columns], Array | None]]", name: str, step: Step) -> "Array | None":
    if all(texts is None for _, texts in told):
        return None
    given: list[Part[Columns]] = [
        Part(part.start, part.rows, Columns({name: nulls(part.rows, pa.string()) if texts is None else texts}))
        for part, texts in told
    ]
    return assembled(given, name, pa.string(), step)


def with_column(docs: Batch, column: Field, values: Array) -> Batch:
    """Return a batch with a column more, or another one in place of that of the same name."""
    return with_columns(docs, [(column, values)])


def with_columns(docs: Batch, columns: Sequence[tuple[Field, Array]]) -> Batch:
    """Return a batch with columns in place of those of the same names, and new ones at its end."""
    if not columns:
        return docs
    schema = extended(docs.schema, pa.schema([field for field, _ in columns]))
    arrays = dict(zip(docs.schema.names, docs.columns, strict=True)) | {field.name: array for field, array in columns}
    return pa.RecordBatch.from_arrays([arrays[name] for name in schema.names], schema=schema)
