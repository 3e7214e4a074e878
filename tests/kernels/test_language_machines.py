import pytest

from tests.kernels.elsewhere import said_by

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
import pyarrow as pa
from dclm_pipeline.engine.assets.bundled import find_bundled
from dclm_pipeline.kernels.fasttext.file import load_model
from dclm_pipeline.kernels.fasttext.predict import predict
from dclm_pipeline.kernels.words.prefixes import first_characters, wordless_rows
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.html.visible import sample_visible
from tests.kernels.models import LID, SORTS, model_bytes

texts = ["the old mill </s> stands", "", "\\u00e9t\\u00e9 \\u6f22\\u5b57 12\\0\\x1b\\n", "der wort7 die und " * 300, "x" * 999, None]
pages = ["<p>one &eacute;&#9999;<script>1<2</script><td a='>'>two" * 50, "", "<", "<title>t&am", "<!--", "\\u6f22" * 900, None]
html = views(pa.array(pages, pa.large_string()).slice(1))
for pieces, width in ((1, 16), (8, 250)):
    sample = sample_visible(html, pieces, width)
    print([bytes(sample.data[i:j]) for i, j in zip(sample.begins, sample.stops)], sample.letters.tolist())
for first in (0, 1):
    offsets, data = strings = views(pa.array(texts, pa.large_string()).slice(first))
    cuts = first_characters(strings, 9)
    print(cuts.tolist(), wordless_rows(strings).tolist())
    paths = [find_bundled(LID)]
    for name, (arguments, quantized) in SORTS.items():
        if quantized is None:
            paths.append(Path(sys.argv[1], name))
            paths[-1].write_bytes(model_bytes(**arguments))
    for path in paths:
        model = load_model(path)
        for stops in (cuts, offsets[1:]):
            found = predict(model, offsets[:-1], stops, data, np.arange(len(model.labels)))
            print(found.best.tolist(), (found.best_scores * 2**20).round().tolist(), (found.scores * 2**20).round().tolist())
"""


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"NUMBA_CPU_NAME": "generic"}, {"NUMBA_BOUNDSCHECK": "1"}], ids=str)
def test_answers_are_the_same_on_any_processor_and_no_array_is_left(settings, tmp_path):
    there = said_by(PROGRAM, tmp_path, NUMBA_CACHE_DIR=str(tmp_path), **settings)

    assert there == said_by(PROGRAM, tmp_path)
