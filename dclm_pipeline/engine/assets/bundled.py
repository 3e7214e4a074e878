"""Assets that come with the package, so that its defaults work where nothing can be fetched.

`lid.176.ftz` is the smaller of fastText's models that tell 176 languages apart, as its makers published it: Joulin et
al. 2016, CC BY-SA 3.0, https://fasttext.cc/docs/en/language-identification.html
"""

from pathlib import Path

_BUNDLED = {"8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83": "lid.176.ftz"}


def find_bundled(sha256: str) -> Path | None:
    """Return the file of a digest, if it came with the package."""
    name = _BUNDLED.get(sha256)
    return None if name is None else Path(__file__).with_name(name)
