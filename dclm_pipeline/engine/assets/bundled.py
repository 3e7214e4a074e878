"""Assets that come with the package, so that its defaults work where nothing can be fetched.

`lid.176.ftz` is the smaller of fastText's models that tell 176 languages apart, as its makers published it: Joulin et
al. 2016, CC BY-SA 3.0, https://fasttext.cc/docs/en/language-identification.html

`demo_tokenizer.json` is byte-level byte-pair encoding of 4,096 tokens, learnt by `dclm tokenizer train` from the made-up
web of `dclm sample-crawl --pages 1500 --seed 7` behind `quickstart`: for demonstrations and tests, not for models.

`url_words_*.txt` are the words by which DCLM (Li et al. 2024, MIT, https://github.com/mlfoundations/dclm) drops pages for
what stands in their address, found by what RefinedWeb lacks.
"""

from pathlib import Path

_BUNDLED = {
    "1a8b818b358ece33cc0e6725d4b144acb64071766a2594aae2aaa97f6d66ba74": "demo_tokenizer.json",
    "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83": "lid.176.ftz",
    "88933938dd7459c788145126dceffd3db3b856b1d091dcc1d994c417e75c35ff": "url_words_strict.txt",
    "f3c17480a9fbe7aefbed474cb9ec1f05c5105f17b814dbbedd11c11b7b67a3ba": "url_words_hard.txt",
    "933835a07e4bb9c50301ec6e02be2aa707256134c6e840bf12488682565ea742": "url_words_soft.txt",
}


def find_bundled(sha256: str) -> Path | None:
    """Return the file of a digest, if it came with the package."""
    name = _BUNDLED.get(sha256)
    return None if name is None else Path(__file__).with_name(name)
