import json

import pytest

from dclm_pipeline.stages.profile import read_profile
from tests.cli.terminal import dclm

pytestmark = pytest.mark.slow  # commands that read a crawl first

RECIPE = "name: texts\nsource: {kind: jsonl, columns: [language]}\nsteps:\n  - {kind: signals, only: [word_count]}\n"


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Return a pool of texts in German, and of one in French."""
    folder = tmp_path_factory.mktemp("texts")
    lines = [{"language": "de", "text": f"der Hund {i} und die Katze und der Vogel."} for i in range(20)]
    with (folder / "texts.jsonl").open("w") as file:
        file.writelines(json.dumps(line) + "\n" for line in [*lines, {"language": "fr", "text": "le chat"}])
    (folder / "texts.yaml").write_text(RECIPE)
    places = ["--source", folder / "texts.jsonl", "--out", folder / "pool", "--executor", "inline"]
    dclm("run", folder / "texts.yaml", *places)
    return folder / "pool"


def test_a_profile_is_written_and_what_is_missing_is_told(texts, tmp_path):
    settings = ["--least", 20, "--least-words", 50, "--share", 0.2, "--words", 2]
    done = dclm("language-profile", texts, "--out", tmp_path / "profile.json", *settings)
    profile = read_profile(tmp_path / "profile.json", "profile.json")

    assert "de: 20 documents, bands, 2 stop words: der und" in done.stdout
    assert "fr: no bands and no stop words" in done.stderr
    assert profile.stop_words == {"de": ("der", "und")}
    assert [path.name for path in tmp_path.iterdir()] == ["profile.json"]


def test_json_tells_the_same(texts, tmp_path):
    settings = ["--least", 20, "--json", "--origin", "tests"]
    done = dclm("language-profile", texts, "--out", tmp_path / "profile.json", *settings)

    assert json.loads(done.stdout)["bands"] == ["de"]
    assert json.loads((tmp_path / "profile.json").read_text())["origin"] == "tests"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "tongue"], "has no column 'tongue' of texts. It has"),
        (["--low", 0.9, "--high", 0.1], "swap them"),
        (["--share", 0], "--share: "),
        (["--low", 2], "--low: low is 2"),
        (["--out", "no/profile.json"], "there is no folder no"),
        ([], "no language has 100 documents"),
    ],
)
def test_what_cannot_be_is_refused(texts, tmp_path, words, said):
    done = dclm("language-profile", texts, "--out", tmp_path / "profile.json", *words, code=2)

    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []
