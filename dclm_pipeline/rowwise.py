"""Steps from functions of one document, for what is easier said in plain Python.

    @filter
    def calm(text: str, *, most: int = 3) -> bool:
        return text.count("!") <= most

Positional parameters are the columns read, keyword-only ones with defaults are settings. What comes out is a class of
steps like any other: validated, tallied, resumed; `calm(most=1)` is a step of a chain. A document for which the
function raises is rejected with the exception's name. A null is handed in as None only where the parameter says that
it may be (`str | None`); else a filter drops the row, an annotation is null, and a rewrite drops the row.

What the function does is known by its source and by what it takes from around it: values, and functions and classes of
its own module. Costs a Python call a document; the run prints how much. Known gap: a change of an object of another
kind that the function uses, or of another module, is not seen; raise `revision`.
"""

import hashlib
import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import CellType, CodeType, FunctionType, ModuleType, NoneType, UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
from pydantic import Field, create_model

from dclm_pipeline.arrow import Array
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.schema import DATE
from dclm_pipeline.step import Annotate, Batch, Columns, Filter, Rewrite, Step

_TYPES: Mapping[Any, pa.DataType] = {
    str: pa.large_string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.large_binary(),
    datetime: DATE,
}
MOST_DETAIL = 500
_EMPTY = CellType()
_MOST_DEPTH = 20  # values can hold themselves
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
Made = TypeVar("Made", bound=Step)
Function = Callable[..., Any]


class _Rowwise(Step):
    """What steps from functions have in common."""

    rowwise: ClassVar[bool] = True
    code: ClassVar[str] = ""
    function: ClassVar[Function]
    parameters: ClassVar[tuple[str, ...]] = ()
    nullable: ClassVar[frozenset[str]] = frozenset()
    said: ClassVar[Mapping[str, type]] = {}

    def reads(self) -> frozenset[str]:
        """Return the columns that the function's parameters name."""
        return frozenset(self.parameters)

    def misfit(self, documents: pa.Schema) -> str:
        """Say which column is of another type than its parameter."""
        for name in self.parameters:
            said, there = self.said.get(name), documents.field(name).type
            if said is not None and not _holds(there, said):
                return f"says {name}: {said.__name__}, and the column {name!r} is {there}"
        return ""

    def arguments(self, docs: Batch) -> list[tuple[Any, ...] | None]:
        """Return the function's arguments for each row; None where a column is null that may not be."""
        columns = [docs[name].to_pylist() for name in self.parameters]
        strict = [place for place, name in enumerate(self.parameters) if name not in self.nullable]
        return [None if any(row[place] is None for place in strict) else row for row in zip(*columns, strict=True)]

    def call(self, row: tuple[Any, ...]) -> Any:
        """Call the function with this step's settings."""
        return type(self).function(*row, **self.settings())

    def settings(self) -> dict[str, Any]:
        """Return the function's keyword arguments."""
        return {name: getattr(self, name) for name in type(self).model_fields if name not in Step.model_fields}


class RowFilter(_Rowwise, Filter):
    """A filter from a function."""

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Ask the function about each row."""
        return pa.array([row is not None and bool(self.call(row)) for row in self.arguments(docs)], pa.bool_())


class RowRewrite(_Rowwise, Rewrite):
    """A rewrite from a function."""

    def reads(self) -> frozenset[str]:
        """Return the columns that the function's parameters name."""
        return frozenset(self.parameters)

    def text(self, docs: Batch) -> Array:
        """Ask the function for each row's new text."""
        texts = [None if row is None else self.call(row) for row in self.arguments(docs)]
        return pa.array(texts, pa.large_string())


class RowAnnotate(_Rowwise, Annotate):
    """An annotation from a function."""

    written: ClassVar[pa.Schema] = pa.schema([])
    single: ClassVar[bool] = True

    def writes(self) -> pa.Schema:
        """Return the columns that the function was declared to give."""
        return self.written

    def columns(self, docs: Batch) -> Columns:
        """Ask the function about each row; a row for which it raises fails by the exception's name."""
        values: dict[str, list[Any]] = {name: [] for name in self.written.names}
        failed: dict[int, str] = {}
        details: dict[int, str] = {}
        for place, row in enumerate(self.arguments(docs)):
            answer: Mapping[str, Any] = {}
            if row is not None:
                try:
                    given = self.call(row)
                    answer = {self.written.names[0]: given} if self.single else given
                    for field in self.written:
                        pa.scalar(answer.get(field.name), field.type)
                except Exception as error:  # noqa: BLE001 - a user's function may raise anything; it costs that row
                    failed[place] = type(error).__name__
                    details[place] = str(error)[:MOST_DETAIL]
                    answer = {}
            for name in values:
                values[name].append(answer.get(name))
        return Columns(
            {name: pa.array(values[name], self.written.field(name).type) for name in values}, failed, details
        )


@typing.overload
def filter(function: Function) -> type[RowFilter]: ...


@typing.overload
def filter(*, revision: int = 1) -> Callable[[Function], type[RowFilter]]: ...


def filter(
    function: Function | None = None, *, revision: int = 1
) -> type[RowFilter] | Callable[[Function], type[RowFilter]]:
    """Make a filter of a function that says whether a document stays."""

    def made(function: Function) -> type[RowFilter]:
        return _step(function, RowFilter, revision, {})

    return made if function is None else made(function)


@typing.overload
def rewrite(function: Function) -> type[RowRewrite]: ...


@typing.overload
def rewrite(*, revision: int = 1) -> Callable[[Function], type[RowRewrite]]: ...


def rewrite(
    function: Function | None = None, *, revision: int = 1
) -> type[RowRewrite] | Callable[[Function], type[RowRewrite]]:
    """Make a rewrite of a function that gives a document's new text, or None to drop it."""

    def made(function: Function) -> type[RowRewrite]:
        return _step(function, RowRewrite, revision, {})

    return made if function is None else made(function)


@typing.overload
def annotate(function: Function) -> type[RowAnnotate]: ...


@typing.overload
def annotate(
    *, writes: Mapping[str, type] | None = None, revision: int = 1
) -> Callable[[Function], type[RowAnnotate]]: ...


def annotate(
    function: Function | None = None, *, writes: Mapping[str, type] | None = None, revision: int = 1
) -> type[RowAnnotate] | Callable[[Function], type[RowAnnotate]]:
    """Make an annotation of a function that gives a value (a column of the function's name), or several by name.

    Several columns are declared by `writes={"name": type}` or by a TypedDict as what the function returns.
    """

    def made(function: Function) -> type[RowAnnotate]:
        written, single = _written(function, writes)
        return _step(function, RowAnnotate, revision, {"written": written, "single": single})

    return made if function is None else made(function)


def _step(function: Function, base: type[Made], revision: int, more: Mapping[str, Any]) -> type[Made]:
    name = function.__name__
    if not _NAME.match(name):
        raise RecipeError(f"{name}: a step is called like its function: letters, digits and '_', a letter first")
    if any(test(function) for test in (inspect.iscoroutinefunction, inspect.isgeneratorfunction)):
        raise RecipeError(f"{name}: gives its answer later; a step needs it at once: write it with `return`")
    parameters, settings = _parameters(function, base)
    made = create_model(
        name,
        __base__=base,
        __module__=function.__module__,
        __doc__=function.__doc__,
        kind=(str, Field(default=name, pattern=f"^{name}$")),
        **settings,
    )
    made.__qualname__ = function.__qualname__
    hints = _hints(function)
    nullable = frozenset(column for column in parameters if _may_be_null(hints.get(column)))
    facts = {"revision": revision, "code": _Code(function), "function": staticmethod(function)}
    said = {column: kind for column in parameters if (kind := _plain(hints.get(column))) in _TYPES}
    facts |= {"parameters": parameters, "nullable": nullable, "said": said}
    for attribute, value in {**facts, **more}.items():
        setattr(made, attribute, value)
    return made


def _parameters(function: Function, base: type[Step]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the columns that a function reads, and its settings as fields."""
    name = function.__name__
    hints = _hints(function)
    columns: list[str] = []
    settings: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        default = parameter.default
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise RecipeError(f"{name}: *{parameter.name} cannot be a column or a setting; name each")
        if parameter.kind is not parameter.KEYWORD_ONLY:
            if default is not parameter.empty:
                raise RecipeError(f"{name}: {parameter.name!r} has a default; settings stand behind a `*`")
            columns.append(parameter.name)
        elif parameter.name in base.model_fields or hasattr(base, parameter.name) or not _NAME.match(parameter.name):
            raise RecipeError(f"{name}: a setting cannot be called {parameter.name!r}; use another word")
        else:
            unsaid = Any if default is parameter.empty or default is None else type(default)
            given = ... if default is parameter.empty else default
            settings[parameter.name] = (hints.get(parameter.name, unsaid), given)
    if not columns:
        raise RecipeError(f"{name}: reads no column; name at least one as a parameter, such as text: str")
    return tuple(columns), settings


def _hints(function: Function) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except NameError as error:
        raise RecipeError(f"{function.__name__}: {error} in its annotations") from error


def _may_be_null(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)


def _written(function: Function, writes: Mapping[str, type] | None) -> tuple[pa.Schema, bool]:
    name = function.__name__
    if writes is None:
        returned = _hints(function).get("return")
        if typing.is_typeddict(returned):
            writes = get_type_hints(returned)
        elif returned is None:
            raise RecipeError(f"{name}: say what it returns, such as `-> int`, or @annotate(writes={{…}})")
        else:
            return pa.schema([pa.field(name, _arrow(name, returned))]), True
    if not writes or "id" in writes:
        raise RecipeError(f"{name}: writes {', '.join(writes) or 'nothing'}; name at least one column, and not the id")
    return pa.schema([pa.field(column, _arrow(name, kind)) for column, kind in writes.items()]), False


def _plain(kind: Any) -> Any:
    """Return what a type is beside None; None itself where that is several."""
    plain: Sequence[Any] = [part for part in get_args(kind) if part is not NoneType] if _may_be_null(kind) else [kind]
    return plain[0] if len(plain) == 1 else None


def _holds(column: pa.DataType, kind: type) -> bool:
    """Tell whether values of a column arrive as this type of Python."""
    if kind in (int, float):
        return pa.types.is_integer(column) or (kind is float and pa.types.is_floating(column))
    tests = {
        str: (pa.types.is_string, pa.types.is_large_string),
        bytes: (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary),
        bool: (pa.types.is_boolean,),
        datetime: (pa.types.is_timestamp,),
    }
    return any(test(column) for test in tests[kind])


def _arrow(name: str, kind: Any) -> pa.DataType:
    if _plain(kind) in _TYPES:
        return _TYPES[_plain(kind)]
    listed = ", ".join(known.__name__ for known in _TYPES)
    raise RecipeError(f"{name}: a column cannot be of type {kind!r}; it can be {listed}")


class _Code:
    """The digest of what a function does, as an attribute of its step's class.

    Found out when asked, not before: what the function calls may be defined after it.
    """

    def __init__(self, function: Function) -> None:
        """Take the source as it is now: later the file may hold another."""
        self._function = function
        try:
            self._source = inspect.getsource(function).encode()
        except (OSError, TypeError):
            self._source = b""

    def __get__(self, step: Step | None, kind: type) -> str:
        """Return the digest."""
        return self._digest()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Send the digest alone: where it arrives there is no source to take it from."""
        return str, (self._digest(),)

    def _digest(self) -> str:
        own = self._source or _told(self._function.__code__)
        around = _around(self._function, self._function.__module__, {id(self._function)})
        return hashlib.sha256(b"\0".join([own, *around])).hexdigest()


def _around(function: Function, module: str, seen: set[int]) -> Iterator[bytes]:
    """Yield what a function takes from around it, each by its name."""
    names = set(_names(function.__code__))
    values = {name: value for name, value in function.__globals__.items() if name in names}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    values |= {name: cell.cell_contents for name, cell in cells if cell != _EMPTY}
    values.pop(function.__name__, None)  # itself, or what bore its name before
    for name, value in sorted(values.items()):
        yield name.encode()
        if isinstance(value, FunctionType) and value.__module__ == module:
            if id(value) not in seen:
                seen.add(id(value))
                yield _told(value.__code__)
                yield _told((value.__defaults__, value.__kwdefaults__))
                yield from _around(value, module, seen)
        elif isinstance(value, type):
            yield _told_class(value, module)
        else:
            yield _told(value)


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that code looks up, also within its inner functions."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _told_class(value: type, module: str) -> bytes:
    code = getattr(value, "code", "")
    if value.__module__ != module or code:
        return f"{value.__module__}.{value.__qualname__} {code}".encode()
    methods = [method for _, method in sorted(vars(value).items()) if isinstance(method, FunctionType)]
    return b"\0".join([value.__qualname__.encode(), *(_told(method.__code__) for method in methods)])


def _told(value: object, depth: int = 0) -> bytes:
    """Return plain values, and byte code, as bytes that are the same in every process."""
    if isinstance(value, CodeType):
        parts = (value.co_consts, value.co_names, value.co_varnames)
        return b"\0".join([value.co_code, *(_told(part, depth) for part in parts)])
    if depth < _MOST_DEPTH and isinstance(value, set | frozenset):
        return b"{" + b",".join(sorted(_told(inner, depth + 1) for inner in value)) + b"}"
    if depth < _MOST_DEPTH and isinstance(value, dict):
        return _told([*value.items()], depth + 1)
    if depth < _MOST_DEPTH and isinstance(value, list | tuple):
        return b"(" + b",".join(_told(inner, depth + 1) for inner in value) + b")"
    if isinstance(value, ModuleType):
        return value.__name__.encode()
    if value is None or isinstance(value, str | bytes | int | float | datetime | re.Pattern):
        return ascii(value).encode()
    # By its type alone: what `repr` says of it may hold an address.
    return f"{type(value).__module__}.{type(value).__qualname__}".encode()
