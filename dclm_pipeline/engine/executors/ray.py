"""Doing tasks on Ray: an embedded one on this machine, or a cluster by its address.

Of Ray only `init`, `remote`, `wait`, `get`, `cancel` and `shutdown` are used, and one actor, for the budget of requests
where places are remote. Bulk data never enters its object store,
and it retries nothing (`max_retries=0`): it would retry a task that was killed for memory without end.
"""

import os
import re
import secrets
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

# Ray reads these when it is imported; what the user has set stays.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray

from dclm_pipeline.engine.child.nurseries import Nurseries
from dclm_pipeline.engine.child.process import settle
from dclm_pipeline.engine.executors import Finished, Pace, WorkerLostError, WorkerMemoryError
from dclm_pipeline.engine.perform import perform
from dclm_pipeline.engine.scratch import PrivateFolder
from dclm_pipeline.engine.tasks import Conditions, Done, Task
from dclm_pipeline.engine.underway import Hear, Listening, deaf, telling_by_file
from dclm_pipeline.errors import IncompleteError, RecipeError, TaskError
from dclm_pipeline.step import Needs
from dclm_pipeline.storage.budget import FREE_SECONDS, Budget, Lease, account, deal_with

# Ray's own least size: we keep nothing in the store but answers of a few kilobytes.
OBJECT_STORE_BYTES = 80 * 2**20
# A worker process is replaced after so many tasks, so that what libraries leak does not grow.
TASKS_PER_WORKER = 500
# Ray puts sockets below this folder, and the kernel allows a path of 107 bytes for one.
MOST_FOLDER_LENGTH = 40
# Ray itself waits for minutes for a cluster that is not there.
ADDRESS_SECONDS = 10.0
Told = TypeVar("Told")


class FarKeeper:
    """The budget of a run, kept by an actor. While that is being started again after a fault, nothing is limited."""

    def __init__(self, actor: Any) -> None:
        """Ask `actor`."""
        self._actor = actor
        # Ray takes a task that waits in its main thread for idle, and starts another one on its core.
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="keeper")

    def ask(self, host: str, made: int) -> Lease:
        """Return when a request may be made."""
        return self._answer(lambda: self._actor.ask.remote(host, made), Lease(0.0, free=FREE_SECONDS))

    def refused(self, host: str, seconds: float, age: float, made: int) -> None:
        """Tell of a refusal."""
        self._actor.refused.remote(host, seconds, age, made)

    def gave(self, host: str) -> None:
        """Tell that a server gave something."""
        self._actor.gave.remote(host)

    def doubted(self, host: str, name: str) -> bool:
        """Return whether a server that refuses without a reason seems to be asked too often."""
        return self._answer(lambda: self._actor.doubted.remote(host, name), False)

    def spend(self, size: int) -> float:
        """Return how long to wait for having taken so many bytes."""
        return self._answer(lambda: self._actor.spend.remote(size), 0.0)

    def _answer(self, ask: Callable[[], "ray.ObjectRef[Told]"], otherwise: Told) -> Told:
        """Return what the actor answers, or something else where it cannot."""
        try:
            answer: Told = self._aside.submit(ray.get, ask()).result()
        except ray.exceptions.RayError:
            return otherwise
        return answer


@lru_cache(maxsize=1)
def _settled(keeper: Any, counts_bytes: bool) -> None:
    settle()
    if keeper is not None:
        deal_with(FarKeeper(keeper), counts_bytes=counts_bytes)


def _perform(task: Task, conditions: Conditions, keeper: Any, counts_bytes: bool, folder: str | None) -> Done:
    _settled(keeper, counts_bytes)
    with telling_by_file(folder, task.key) as tell:
        return perform(task, conditions, tell)


class RayExecutor:
    """An executor on Ray; embedded where no address is given."""

    def __init__(
        self,
        conditions: Conditions,
        workers: int,
        address: str | None = None,
        pace: Pace | None = None,
        hear: Hear = deaf,
    ) -> None:
        self._conditions = conditions
        self._folder: PrivateFolder | None = None
        self._listening: Listening | None = None
        self._told: str | None = None
        Nurseries.end()  # workers have their own
        if ray.is_initialized():
            raise RecipeError("Ray runs in this process already; call ray.shutdown() first, or use executor='inline'")
        if address is None:
            self._told = str(self._embedded(workers) / "underway")
            self._listening = Listening(Path(self._told), hear)
        else:
            _check_address(address)
            ray.init(address=address, log_to_driver=False, logging_level="error")
        self._slots = workers if address is None else max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._remote = ray.remote(max_calls=TASKS_PER_WORKER)(_perform)
        self._counts_bytes = pace is not None and pace.bytes is not None
        self._keeper: Any = None
        if pace is not None:
            actor = ray.remote(num_cpus=0, max_restarts=-1)(Budget)
            self._keeper = actor.remote(pace.requests, pace.bytes)
            for host in account().givers():  # what planning the run was given
                self._keeper.gave.remote(host)
        self._running: dict[ray.ObjectRef[Done], Task] = {}

    @property
    def slots(self) -> int:
        """Return the number of cores: each task takes one unless its steps need more."""
        return self._slots

    def submit(self, task: Task, needs: Needs) -> None:
        """Hand a task to Ray."""
        options = self._remote.options(
            name=task.label,
            num_cpus=needs.cpu,
            num_gpus=needs.gpu or None,
            memory=needs.memory or None,
            max_retries=0,
            scheduling_strategy="SPREAD",
        )
        self._running[options.remote(task, self._conditions, self._keeper, self._counts_bytes, self._told)] = task

    def wait(self, seconds: float) -> Sequence[Finished]:
        """Return tasks that ended."""
        if not self._running:
            return []
        if self._listening is not None:
            self._listening.listen()
        ready, _ = ray.wait(list(self._running), num_returns=1, timeout=seconds, fetch_local=False)
        return [self._finished(reference) for reference in ready]

    def cancel(self) -> None:
        """Let go of all tasks and leave Ray; an embedded one ends with all its workers."""
        for reference in self._running:
            ray.cancel(reference, force=True)
        self._running.clear()
        ray.shutdown()
        if self._folder is not None:
            self._folder.remove()

    def _embedded(self, workers: int) -> Path:
        """Start Ray on this machine: no dashboard, no usage reports, and nobody without the token gets in.

        Returns the folder that it and its workers share.
        """
        parent = tempfile.gettempdir()
        folder = parent if len(parent) <= MOST_FOLDER_LENGTH else str(Path(os.sep, "tmp"))
        # Ray makes its own folders open to everybody; a parent that is not keeps them private.
        self._folder = PrivateFolder("dclm-ray-", folder)
        token = self._folder.path / "token"
        descriptor = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(_token())
        os.environ["RAY_AUTH_TOKEN_PATH"] = str(token)
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        on_terminate = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(
                address="local",  # whatever RAY_ADDRESS says
                num_cpus=workers,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                _temp_dir=str(self._folder.path / "ray"),
                log_to_driver=False,
                logging_level="error",
                configure_logging=False,
            )
        except Exception as error:  # Ray raises no class of its own where it does not come up in time
            said = str(error).strip().partition("\n")[0]
            raise IncompleteError(
                f"Ray did not start on this machine ({said}); it may be too busy, or have too little memory: run the "
                "same command again, or with --executor inline, which is one process"
            ) from error
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, on_terminate)  # Ray takes it, to leave by sys.exit
        return self._folder.path

    def _finished(self, reference: "ray.ObjectRef[Done]") -> Finished:
        task = self._running.pop(reference)
        if self._listening is not None:
            self._listening.forget(task.key)
        try:
            return Finished(task, ray.get(reference))
        except ray.exceptions.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, TaskError):
                return Finished(task, error=cause)
            raise cause if isinstance(cause, Exception) else error from error
        except ray.exceptions.OutOfMemoryError as error:
            return Finished(task, error=WorkerMemoryError(f"{task.label}: its worker was stopped for memory: {error}"))
        except ray.exceptions.RayError as error:
            return Finished(task, error=WorkerLostError(f"{task.label}: its worker is gone: {error}"))


@lru_cache(maxsize=1)
def _token() -> str:
    """Return this process's token: Ray keeps the first one that it reads, also for clusters that come later."""
    return secrets.token_hex(32)


def _check_address(address: str) -> None:
    """Refuse an address that nobody listens at; `auto` and Ray Client's own are left to Ray."""
    found = re.fullmatch(r"(?:ray://)?(?P<host>[^/:]+|\[[^]]+\]):(?P<port>\d{1,5})", address)
    if found is None:
        if address != "auto":
            raise RecipeError(f"--address {address}: is no HOST:PORT, such as 10.0.0.1:6379, and not 'auto'")
        return
    try:
        socket.create_connection((found["host"].strip("[]"), int(found["port"])), ADDRESS_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise RecipeError(
            f"--address {address}: no Ray cluster answers there ({error}); start one with `ray start --head`, or leave "
            "--address out for one on this machine"
        ) from error
