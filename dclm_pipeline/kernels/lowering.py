"""How kernels and their parts become machine code: a part only where it ends up, in the kernels that it is compiled into.

By itself numba makes each function ready to be called: it wraps it for Python and for C, optimizes it as far as it goes and
writes machine code, which for a part nobody ever runs; that was half of the time. Here a part is made no more than fit to
be compiled into others, and is optimized as a piece of each kernel.

Knows the inside of numba: what it overrides is not among what numba promises to keep.
"""

import operator
from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, Flags
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering
from numba.core.types.functions import BaseFunction

# What operators make of types; numba looks through all definitions of an operator for each place that it stands at.
_OPERATORS = frozenset(each for each in vars(operator).values() if callable(each))
_look_up = BaseFunction.get_call_type
_looked_up: dict[tuple[Any, ...], tuple[Any, Any]] = {}


def _call_type(function: Any, context: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Return the signature of a call, of an operator from memory if it was asked for before."""
    if named or function.typing_key not in _OPERATORS:
        return _look_up(function, context, arguments, named)
    asked = (context, function.key, arguments)
    if asked not in _looked_up:
        signature = _look_up(function, context, arguments, named)
        _looked_up[asked] = signature, function.get_impl_key(signature)
    signature, function._impl_keys[signature.args] = _looked_up[asked]
    return signature


_functions: Any = BaseFunction
_functions.get_call_type = _call_type


class _Options(Flags):
    """Options that are compared by what was set: numba looks its own functions up by them at every operator."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(frozenset(self._values))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Options) and bool(self._values == other._values)


class _PartLibrary(JITCodeLibrary):
    """Code that is only ever linked into other code."""

    def _optimize_final_module(self) -> None:
        # What numba does itself ahead of its full optimization: what is called is put in place, and put plainly.
        passes, builder = self._codegen._module_pass_manager(
            loop_vectorize=False, slp_vectorize=False, opt=0, cost="cheap"
        )
        passes.run(self._final_module, builder)

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _KernelLowering(NativeLowering):
    """Lower what Python calls."""

    _name = "kernel_lowering"

    def run_pass(self, state: Any) -> bool:
        state.flags.forceinline = False
        state.flags.no_cfunc_wrapper = True
        lowered: bool = super().run_pass(state)
        return lowered


@register_pass(mutates_CFG=True, analysis_only=False)
class _PartLowering(NativeLowering):
    """Lower what is called from kernels alone, and is put in the place of each call."""

    _name = "part_lowering"
    put_in_place = True

    def run_pass(self, state: Any) -> bool:
        state.flags.forceinline = self.put_in_place
        state.library = _PartLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = state.flags.no_cpython_wrapper = state.flags.no_cfunc_wrapper = True
        lowered: bool = super().run_pass(state)
        # There is nothing to call; those who compile it in know it by this.
        entry = object()
        state.cr = state.cr._replace(cfunc=entry)
        state.targetctx.insert_user_function(entry, state.cr.fndesc, [state.library])
        state.reload_init.extend(state.library._reload_init)
        return lowered


@register_pass(mutates_CFG=True, analysis_only=False)
class _RoutineLowering(_PartLowering):
    """Lower what is called from kernels alone, and stays a function of its own."""

    _name = "routine_lowering"
    put_in_place = False


class KernelCompiler(CompilerBase):
    """Compiles a kernel."""

    lowering = _KernelLowering

    def __init__(
        self, typing: Any, target: Any, library: Any, arguments: Any, returned: Any, flags: Flags, variables: Any
    ) -> None:
        options = _Options(flags)
        # The same for kernels and parts until they are lowered: what they use of numba is compiled once for both.
        options.forceinline = True
        super().__init__(typing, target, library, arguments, returned, options, variables)

    def define_pipelines(self) -> list[Any]:
        """Return numba's own passes, but for the last but one."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.passes = [(self.lowering if each is NativeLowering else each, why) for each, why in manager.passes]
        manager.finalize()
        return [manager]


class PartCompiler(KernelCompiler):
    """Compiles a part of kernels."""

    lowering = _PartLowering


class RoutineCompiler(KernelCompiler):
    """Compiles a part that is called where it is used."""

    lowering = _RoutineLowering
