"""Small fastText models of every sort, with weights made up; the library quantizes them."""

import random
import struct
from pathlib import Path

import numpy as np

LID = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
MAGIC, VERSION = 793712314, 12
LOSSES = {"hs": 1, "ns": 2, "softmax": 3, "ova": 4}
WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "mill",
    "river",
    "bread",
    "stone",
    "der",
    "die",
    "und",
    "das",
    "haus",
    "brot",
    "fluss",
    "le",
    "la",
    "et",
    "pain",
    "moulin",
    "мост",
    "река",
    "хлеб",
    "漢字",
    "日本語",
]
ENTRIES = ["</s>", *WORDS, *(f"wort{number}" for number in range(300))]

# Arguments of a model, then of the quantization where there is one.
SORTS = {
    "hs.bin": ({"loss": "hs", "minn": 2, "maxn": 4, "bucket": 500, "dim": 16}, None),
    "softmax.bin": ({"loss": "softmax", "minn": 1, "maxn": 3, "bucket": 97, "dim": 5}, None),
    "runs.bin": ({"loss": "softmax", "wordNgrams": 2, "bucket": 300, "dim": 7}, None),
    "all.bin": ({"loss": "hs", "wordNgrams": 3, "minn": 3, "maxn": 3, "bucket": 300, "dim": 8}, None),
    "ova.bin": ({"loss": "ova", "wordNgrams": 2, "bucket": 50, "dim": 6}, None),
    "ns.bin": ({"loss": "ns", "bucket": 50, "dim": 6}, None),
    "words.bin": ({"loss": "softmax", "dim": 6}, None),
    "hs.ftz": ({"loss": "hs", "minn": 2, "maxn": 4, "bucket": 500, "dim": 16}, {"dsub": 2}),
    "odd.ftz": ({"loss": "softmax", "minn": 2, "maxn": 3, "bucket": 400, "dim": 7}, {"dsub": 3, "qnorm": True}),
    "pruned.ftz": (
        {"loss": "hs", "minn": 2, "maxn": 4, "bucket": 2000, "dim": 16},
        {"dsub": 2, "cutoff": 700, "qnorm": True},
    ),
    "runs.ftz": (
        {"loss": "softmax", "wordNgrams": 2, "bucket": 600, "dim": 8},
        {"dsub": 2, "cutoff": 500, "qnorm": True},
    ),
    "output.ftz": ({"loss": "softmax", "bucket": 400, "minn": 2, "maxn": 2, "dim": 8, "labels": 300}, {"qout": True}),
}


def entry(word: str, count: int, label: bool = False) -> bytes:
    """Return an entry of the dictionary."""
    return word.encode() + b"\0" + struct.pack("<qB", count, label)


def matrix(rows: np.ndarray) -> bytes:
    """Return a matrix of floats as a model holds it."""
    return struct.pack("<Bqq", 0, *rows.shape) + rows.astype("<f4").tobytes()


def head(*, dim, loss, bucket=0, run=1, minn=0, maxn=0, sort=3, version=VERSION, magic=MAGIC) -> bytes:
    """Return how a model begins: what it is, and how it was trained."""
    arguments = struct.pack("<12id", dim, 5, 5, 1, 5, run, loss, sort, bucket, minn, maxn, 100, 1e-4)
    return struct.pack("<ii", magic, version) + arguments


def model_bytes(*, dim, loss, bucket=0, wordNgrams=1, minn=0, maxn=0, labels=5) -> bytes:  # noqa: N803
    """Return a model whose weights are drawn."""
    dice = np.random.default_rng(dim)
    counts = random.Random(dim)
    words = [entry(word, 2000 - number) for number, word in enumerate(ENTRIES)]
    met = sorted((counts.randrange(1, 1000) for _ in range(labels)), reverse=True)
    named = [entry(f"__label__l{number}", count, True) for number, count in enumerate(met)]
    sizes = struct.pack("<iiiqq", len(words) + labels, len(words), labels, 10_000, -1)
    begin = head(dim=dim, loss=LOSSES[loss], bucket=bucket, run=wordNgrams, minn=minn, maxn=maxn)
    rows = dice.normal(size=(len(words) + bucket, dim))
    return begin + sizes + b"".join([*words, *named]) + matrix(rows) + matrix(dice.normal(size=(labels, dim)))


def write_model(folder: Path, name: str) -> Path:
    """Write one of `SORTS` and return its file."""
    import fasttext

    arguments, quantized = SORTS[name]
    path = folder / name
    path.write_bytes(model_bytes(**arguments))
    if quantized is not None:
        model = fasttext.load_model(str(path))
        model.quantize(retrain=False, thread=1, verbose=0, **quantized)
        model.save_model(str(path))
    return path
