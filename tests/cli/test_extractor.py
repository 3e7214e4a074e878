"""`dclm extractor` on a few labelled pages."""

import json

import pytest

from tests.cli.terminal import dclm
from tests.extractor.labelled import write_labels

pytestmark = pytest.mark.slow  # commands that teach


@pytest.fixture
def labels(tmp_path):
    folder = tmp_path / "labels"
    folder.mkdir()
    return write_labels(folder)


@pytest.mark.slow
def test_a_model_is_made_and_judged(labels, tmp_path):
    done = dclm("extractor", "train", labels, "--out", tmp_path / "model.npz")
    judged = dclm(
        "extractor", "evaluate", labels, "--model", tmp_path / "model.npz", "--json", "--worst", tmp_path / "worst.html"
    )
    figures = json.loads(judged.stdout)

    assert "sha256:" in done.stdout
    assert set(figures) == {"blocks", "resiliparse"}
    assert figures["blocks"][0]["f1"] > 0.9
    assert "<h1>Worst pages</h1>" in (tmp_path / "worst.html").read_text()


def test_the_model_of_the_package_is_judged(labels):
    shown = dclm("extractor", "evaluate", labels).stdout

    assert "resiliparse" in shown
    assert "type article" in shown


def test_a_file_that_is_no_model_is_refused(labels, tmp_path):
    (tmp_path / "model.npz").write_bytes(b"x")
    done = dclm("extractor", "evaluate", labels, "--model", tmp_path / "model.npz", code=2)

    assert "holds no model" in done.stderr
