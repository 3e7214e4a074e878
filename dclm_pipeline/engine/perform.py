"""Performing one task, wherever that is: the function that executors call."""

import errno
import os
import resource
import time
import traceback
from pathlib import Path

from dclm_pipeline.engine.jobs.collect import perform_collect, perform_keep
from dclm_pipeline.engine.jobs.exchange import perform_evidence, perform_findings, perform_merge
from dclm_pipeline.engine.jobs.segment import Performed, perform_segment
from dclm_pipeline.engine.outputs import commit
from dclm_pipeline.engine.tasks import (
    CollectWork,
    Conditions,
    Done,
    EvidenceWork,
    FindingsWork,
    KeepWork,
    MergeWork,
    SegmentWork,
    Task,
)
from dclm_pipeline.engine.underway import Tell, untold
from dclm_pipeline.engine.workshop import Workshop
from dclm_pipeline.errors import IntegrityError, PipelineError, ShardError, TransientError, UnforeseenError
from dclm_pipeline.pools.receipt import Receipt
from dclm_pipeline.storage.remote import requests, waiting

# What a machine may have more of a while later: space, open files, processes.
PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EAGAIN})

_WORKSHOPS: dict[Conditions, Workshop] = {}


def workshop_of(conditions: Conditions) -> Workshop:
    """Return this process's workshop for the given conditions."""
    if conditions not in _WORKSHOPS:
        _WORKSHOPS[conditions] = Workshop(conditions)
    return _WORKSHOPS[conditions]


def close_workshop(conditions: Conditions) -> None:
    """End what this process keeps running for the given conditions, if anything."""
    workshop = _WORKSHOPS.pop(conditions, None)
    if workshop is not None:
        workshop.close()


def perform(task: Task, conditions: Conditions, tell: Tell = untold) -> Done:
    """Do a task and commit its receipt; a pure function of the task, whatever the conditions and whoever is told."""
    begun, cpu, asked, waited = time.perf_counter(), _cpu_seconds(), requests.copy(), waiting.seconds
    workshop = workshop_of(conditions)
    with workshop.scratch() as scratch:
        try:
            performed = _performed(task, workshop, scratch, tell)
            receipt = _receipt(task, performed)
            fresh = commit(workshop.storage(task.folder), receipt)
        except PipelineError:
            raise
        except FileNotFoundError as error:
            raise ShardError(f"{task.label}: {error}; it was there when the run was planned") from error
        except MemoryError as error:
            raise TransientError(f"{task.label}: its worker has no memory left") from error
        except OSError as error:
            if error.errno not in PASSING:
                raise UnforeseenError(_told(task, error)) from error
            raise TransientError(f"{task.label}: {error}") from error
        except Exception as error:
            raise UnforeseenError(_told(task, error)) from error
    wall = time.perf_counter() - begun
    return Done(
        receipt, performed.seconds, _cpu_seconds() - cpu, wall, fresh, dict(requests - asked), waiting.seconds - waited
    )


def _performed(task: Task, workshop: Workshop, scratch: Path, tell: Tell) -> Performed:
    match task.work:
        case SegmentWork():
            return perform_segment(task, task.work, workshop, scratch, tell)
        case EvidenceWork():
            return perform_evidence(task, task.work, workshop, scratch)
        case MergeWork():
            return perform_merge(task, task.work, workshop, scratch)
        case FindingsWork():
            return perform_findings(task, task.work, workshop, scratch)
        case CollectWork():
            return perform_collect(task, task.work, workshop, scratch)
        case KeepWork():
            return perform_keep(task, task.work, workshop, scratch)


def _receipt(task: Task, performed: Performed) -> Receipt:
    wrong = performed.tally.imbalances()
    if wrong:
        raise IntegrityError(f"{task.label}: rows do not balance, which is a bug of this package: {'; '.join(wrong)}")
    return Receipt(
        task.key, task.phase, task.ordinal, performed.inputs, performed.files, performed.tally, dict(task.libraries)
    )


def _told(task: Task, error: Exception) -> str:
    """Say what was raised and where: the traceback goes no further than this process."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{task.label}: {type(error).__name__}: {error} ({last.filename}:{last.lineno}, in {last.name})"


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of the children it has waited for."""
    own, children = os.times(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.user + own.system + children.ru_utime + children.ru_stime
