"""Training sets in PyTorch: the reader's batches, whatever the workers, and states that resume them exactly."""

import json
from itertools import pairwise

import pytest

import dclm_pipeline as dp
from dclm_pipeline.errors import RecipeError
from tests.trainset.packs import write_pack

torch = pytest.importorskip("torch", reason="PyTorch is not installed; the extra `train` brings it")
from torch.utils.data import DataLoader  # noqa: E402

from dclm_pipeline.trainset.torch import TokenDataset  # noqa: E402

# Machines with fewer cores than workers are no matter here.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:This DataLoader will create")]

SMALL = {"rows": 3, "seed": 5, "block_bytes": 9 * 2 * 4, "lanes": 3}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """Return a training set of 58 rows; nobody may write there."""
    return write_pack(tmp_path_factory.mktemp("pack") / "pool", [37, 0, 5, 16])


def plain(batch) -> dict[str, object]:
    return {name: value.tolist() if isinstance(value, torch.Tensor) else value for name, value in batch.items()}


def expected(batch, within: bool) -> dict[str, object]:
    """Return what PyTorch should see of a batch of the reader."""
    labels = batch.labels_within_documents() if within else batch.labels()
    found = {"inputs": batch.inputs().tolist(), "labels": labels.tolist(), "position": batch.position}
    if within:
        bounds = batch.cu_seqlens().tolist()
        sizes = [end - start for start, end in pairwise(bounds)]
        found |= {"cu_seqlens": bounds, "max_seqlen": max(sizes), "position_ids": batch.position_ids().tolist()}
    return found


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_loader_hands_out_the_batches_of_the_reader(pack, workers, within):
    dataset = TokenDataset(pack, rank=1, ranks=2, within_documents=within, **SMALL)
    loaded = [plain(batch) for batch in DataLoader(dataset, batch_size=None, num_workers=workers)]

    assert loaded == [expected(batch, within) for batch in dp.read_tokens(pack, rank=1, ranks=2, **SMALL)]
    assert loaded


def test_labels_ask_for_tokens_as_pytorch_counts_them(pack):
    batch = next(iter(TokenDataset(pack, **SMALL)))

    assert batch["inputs"].dtype == batch["labels"].dtype == torch.int64
    assert batch["labels"].shape == (3, 8)


@pytest.mark.parametrize(("workers", "later"), [(0, 2), (2, 3), (3, 0)])
def test_training_goes_on_behind_the_batch_that_a_checkpoint_is_of(pack, workers, later):
    dataset = TokenDataset(pack, epochs=3, **SMALL)
    whole = [plain(batch) for batch in dataset]
    stream = iter(DataLoader(dataset, batch_size=None, num_workers=workers))
    for _ in range(7):
        batch = next(stream)
    state = json.loads(json.dumps(dataset.state_after(batch)))
    del stream
    resumed = TokenDataset(pack, epochs=3, **SMALL)
    resumed.load_state_dict(state)

    assert [plain(batch) for batch in DataLoader(resumed, batch_size=None, num_workers=later)] == whole[7:]
    assert resumed.state_dict() == state


def test_what_cannot_be_read_is_refused_at_once(pack, tmp_path):
    with pytest.raises(RecipeError, match=r"no manifest\.json"):
        TokenDataset(tmp_path)
    with pytest.raises(RecipeError, match="no state of a reader"):
        TokenDataset(pack).load_state_dict({})
