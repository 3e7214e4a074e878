"""Doing tasks one after the other, in this process: for tests, debuggers, and one core."""

from collections import deque
from collections.abc import Sequence

from dclm_pipeline.engine.executors import Finished
from dclm_pipeline.engine.perform import close_workshop, perform
from dclm_pipeline.engine.tasks import Conditions, Task
from dclm_pipeline.engine.underway import Hear, deaf, now_and_then
from dclm_pipeline.errors import TaskError
from dclm_pipeline.step import Needs


class InlineExecutor:
    """An executor of one slot; tasks are done while it is waited for."""

    def __init__(self, conditions: Conditions, hear: Hear = deaf) -> None:
        self._conditions = conditions
        self._hear = hear
        self._waiting: deque[Task] = deque()

    @property
    def slots(self) -> int:
        """Return one."""
        return 1

    def submit(self, task: Task, needs: Needs) -> None:
        """Take a task on."""
        del needs  # there is one process, and it has what it has
        self._waiting.append(task)

    def wait(self, seconds: float) -> Sequence[Finished]:
        """Do the oldest task, however long it takes."""
        del seconds
        if not self._waiting:
            return []
        task = self._waiting.popleft()
        try:
            tell = now_and_then(lambda reached: self._hear({task.key: reached}))
            return [Finished(task, perform(task, self._conditions, tell))]
        except TaskError as error:
            return [Finished(task, error=error)]

    def cancel(self) -> None:
        """Drop what waits, and end the guarded children."""
        self._waiting.clear()
        close_workshop(self._conditions)
