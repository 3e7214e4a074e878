"""What can go wrong, one class for each answer to "and now?".

Every class has one catcher: the command line catches `PipelineError`, the run catches `TaskError`.
A message says what, where, what was expected, and what to do.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells the shell."""

    WHOLE = 0
    BUG = 1
    RECIPE = 2
    INCOMPLETE = 3
    INTEGRITY = 4
    INTERRUPTED = 130


class PipelineError(Exception):
    """Anything that this package says on purpose."""

    exit_code: ExitCode = ExitCode.BUG


class RecipeError(PipelineError):
    """What the user wrote cannot be run; nothing ran."""

    exit_code = ExitCode.RECIPE


class TaskError(PipelineError):
    """One task failed; the others go on."""

    exit_code: ExitCode = ExitCode.INCOMPLETE


class TransientError(TaskError):
    """Trying again later may help."""


class ShardError(TaskError):
    """Trying again will not help: the shard is set aside by name."""


class UnforeseenError(TaskError):
    """A task raised what should not be raised: a bug of this package or of a custom step. It is set aside by name."""

    exit_code: ExitCode = ExitCode.BUG


class IncompleteError(PipelineError):
    """It came to its end, but not well: shards set aside, nothing kept, a limit passed, or a store's promise broken."""

    exit_code: ExitCode = ExitCode.INCOMPLETE


class IntegrityError(PipelineError):
    """Bytes contradict facts that were written down about them; stop."""

    exit_code = ExitCode.INTEGRITY
