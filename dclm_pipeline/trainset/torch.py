"""A training set as PyTorch reads it: a dataset of whole batches, shared out to ranks and the loader's workers.

    dataset = TokenDataset("s3://bucket/trainset", rows=8, seed=0, rank=rank, ranks=world_size)
    for batch in DataLoader(dataset, batch_size=None, num_workers=1):
        loss = model(batch["inputs"], batch["labels"])
        checkpoint["data"] = dataset.state_after(batch)

A state is taken of the batch that was trained on, not of the dataset: workers are ahead of the training. It can be
loaded by any rank, of any number of ranks and workers. Needs the extra `train`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch.utils.data import IterableDataset, get_worker_info

from dclm_pipeline.trainset.reading import State, read_tokens
from dclm_pipeline.trainset.rows import TokenBatch

TorchBatch: TypeAlias = dict[str, torch.Tensor | int]


class TokenDataset(IterableDataset[TorchBatch]):
    """Batches of one rank: `inputs` and `labels`, rows by tokens less one, and `position`, where the order stands then.

    With `within_documents` there are also `cu_seqlens`, `max_seqlen` and `position_ids` for attention that ends where
    documents do, and labels ask nobody how the next document begins. Padding is labelled -100. Give it to a
    `DataLoader` with `batch_size=None`. Other arguments are those of `read_tokens`.
    """

    def __init__(
        self,
        pool: str | Path,
        *,
        rows: int = 8,
        seed: int | None = 0,
        epochs: int | None = 1,
        rank: int = 0,
        ranks: int = 1,
        within_documents: bool = False,
        **more: Any,
    ) -> None:
        """Open the training set once, to refuse now what cannot be read; each worker opens it for itself."""
        super().__init__()
        self._within_documents = within_documents
        self._arguments: dict[str, Any] = {
            "pool": str(pool),
            "rows": rows,
            "seed": seed,
            "epochs": epochs,
            "rank": rank,
            "ranks": ranks,
            **more,
        }
        self._state = read_tokens(**self._arguments).state_dict()

    def __iter__(self) -> Iterator[TorchBatch]:
        """Yield batches from the state on; in a worker of a loader, those of its turn."""
        info = get_worker_info()
        worker, workers = (0, 1) if info is None else (info.id, info.num_workers)
        for batch in read_tokens(**self._arguments, worker=worker, workers=workers, state=self._state):
            yield self._as_tensors(batch)

    def state_dict(self) -> State:
        """Return the state that reading begins with."""
        return self._state

    def state_after(self, batch: Mapping[str, Any]) -> State:
        """Return the state behind a batch: what a checkpoint should hold."""
        return {**self._state, "position": int(batch["position"])}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Begin behind the batch that a state is of; for iterators that are made from now on."""
        self._state = read_tokens(**self._arguments, state=state).state_dict()

    def _as_tensors(self, batch: TokenBatch) -> TorchBatch:
        inputs = torch.from_numpy(batch.inputs())
        if not self._within_documents:
            return {"inputs": inputs, "labels": torch.from_numpy(batch.labels()), "position": batch.position}
        bounds = batch.cu_seqlens()
        return {
            "inputs": inputs,
            "labels": torch.from_numpy(batch.labels_within_documents()),
            "position": batch.position,
            "cu_seqlens": torch.from_numpy(bounds),
            "max_seqlen": int((bounds[1:] - bounds[:-1]).max()),
            "position_ids": torch.from_numpy(batch.position_ids()),
        }
