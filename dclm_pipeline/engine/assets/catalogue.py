"""Assets by name: those that come with the package, and a user's own beside and before them.

Ours are here only where address, digest and size are known for certain, from several who pin them independently.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import false_numbers, nearest, problems_of, shown
from dclm_pipeline.recipe.loading import load_yaml
from dclm_pipeline.recipe.model import NAMES, SLUG
from dclm_pipeline.recipe.problems import Problems

CATALOGUE = "DCLM_ASSETS"
DIGEST = re.compile(r"[0-9a-f]{64}\Z")
NOT_A_DIGEST = "a SHA-256 is 64 hexadecimal digits"


class Entry(BaseModel):
    """What is known of an asset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="Where it lies: https://, s3:// or hf://owner/repo@revision/path.")
    sha256: str = Field(description="The SHA-256 of its bytes.")
    size: int | None = Field(default=None, ge=0, description="Its bytes.")
    licence: str = Field(default="", description="What one may do with it.")
    origin: str = Field(default="", description="Who made it, from what.")
    used_by: str = Field(default="", description="What uses it.")

    @field_validator("url")
    @classmethod
    def _remote(cls, url: str) -> str:
        if "://" not in url or url.startswith("file://") or "#" in url:
            raise ValueError("give an https://, s3:// or hf:// address, and the digest under `sha256`")
        return url

    @field_validator("sha256")
    @classmethod
    def _digest(cls, sha256: str) -> str:
        if not DIGEST.match(sha256.lower()):
            raise ValueError(NOT_A_DIGEST)
        return sha256.lower()


_LANGUAGES = {
    "licence": "CC-BY-SA-3.0",
    "origin": "fastText, language identification of 176 languages: https://fasttext.cc/docs/en/language-identification.html",
    "used_by": "steps that tell languages apart",
}
_URL_WORDS = (
    "https://raw.githubusercontent.com/mlfoundations/dclm/main/baselines/mappers/banlists/refinedweb_banned_words_"
)


def _url_words(sort: str, sha256: str, size: int) -> Entry:
    return Entry(
        url=f"{_URL_WORDS}{sort}_reverse_engineered.txt",
        sha256=sha256,
        size=size,
        licence="MIT",
        origin="DCLM's list of words in the addresses of unwanted pages, found by what RefinedWeb lacks",
        used_by="url_filter in dclm-baseline, refinedweb and fineweb",
    )


SHIPPED: Mapping[str, Entry] = {
    "url-words.strict": _url_words("strict", "88933938dd7459c788145126dceffd3db3b856b1d091dcc1d994c417e75c35ff", 1368),
    "url-words.hard": _url_words("hard", "f3c17480a9fbe7aefbed474cb9ec1f05c5105f17b814dbbedd11c11b7b67a3ba", 1375),
    "url-words.soft": _url_words("soft", "933835a07e4bb9c50301ec6e02be2aa707256134c6e840bf12488682565ea742", 647),
    "demo-tokenizer": Entry(
        url="package://dclm_pipeline/engine/assets/demo_tokenizer.json",
        sha256="1a8b818b358ece33cc0e6725d4b144acb64071766a2594aae2aaa97f6d66ba74",
        size=117_771,
        licence="Apache-2.0",
        origin="learnt from the made-up web of `dclm sample-crawl`",
        used_by="tokenize in trainset",
    ),
    "lid.176": Entry(
        url="https://dl.fbaipublicfiles.com/fasttext/supervised-models/lid.176.bin",
        sha256="7e69ec5451bc261cc7844e49e4792a85d7f09c06789ec800fc4a44aec362764e",
        size=131_266_198,
        **_LANGUAGES,
    ),
    "lid.176.ftz": Entry(
        url="https://dl.fbaipublicfiles.com/fasttext/supervised-models/lid.176.ftz",
        sha256="8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83",
        size=938_013,
        **_LANGUAGES,
    ),
}

# Where what is known by name lies, but nobody has told us for certain which bytes it is. Whoever names it says that.
UNPINNED: Mapping[str, str] = {
    # DCLM's classifier of quality (Li et al. 2024, section 4.4): runs of two words, 2.39 GB, MIT.
    "dclm-oh-eli5": "hf://mlfoundations/fasttext-oh-eli5@main/openhermes_reddit_eli5_vs_rw_v2_bigram_200k_train.bin",
}


@dataclass(frozen=True)
class Catalogue:
    """Assets by name."""

    entries: Mapping[str, Entry] = field(default_factory=lambda: SHIPPED)

    def entry(self, name: str) -> Entry:
        """Return what is known of an asset."""
        if name not in self.entries and name in UNPINNED:
            raise RecipeError(
                f"asset:{name}: lies at {UNPINNED[name]}, and which bytes these are is known to nobody here: put "
                f"`#sha256=` and the digest that the hub shows on its page behind the name (asset:{name}#sha256=…), or "
                "name another file in its place, as in --set quality.model=FILE"
            )
        if name not in self.entries:
            known = ", ".join(self.entries) or "none"
            raise RecipeError(
                f"asset:{name}: no catalogue has it{nearest(name, self.entries)} Known: {known}. A catalogue of your own "
                f"is named by --catalogue or {CATALOGUE}"
            )
        return self.entries[name]


def catalogue_of(file: str = "") -> Catalogue:
    """Return our catalogue and, before it, the user's: a file, or the one that `DCLM_ASSETS` names."""
    own = file or os.environ.get(CATALOGUE, "")
    return Catalogue({**SHIPPED, **load_catalogue(Path(own))}) if own else Catalogue()


def load_catalogue(file: Path) -> dict[str, Entry]:
    """Read a user's catalogue, YAML or JSON: `assets`, by name; every problem of it is told at once."""
    try:
        loaded = load_yaml(file.read_bytes(), str(file))
    except OSError as error:
        raise RecipeError(f"{file}: the catalogue of assets cannot be read: {error.strerror}") from error
    values = loaded.values
    assets = values.get("assets") if isinstance(values, dict) else None
    if not isinstance(values, dict) or not isinstance(assets, dict) or len(values) > 1:
        raise RecipeError(
            f"{file}: a catalogue is `assets:` and below it names, each with {', '.join(Entry.model_fields)}"
        )
    problems = Problems(loaded)
    entries: dict[str, Entry] = {}
    for name, settings in assets.items():
        path = ("assets", name)
        if not SLUG.match(name):
            problems.add(path, f"{shown(name)}: a name is {NAMES}")
        if not isinstance(settings, dict):
            problems.add(path, f"{name}: is {shown(settings)}; expected {', '.join(Entry.model_fields)}")
            continue
        found = false_numbers(Entry, settings, path, name)
        try:
            entries[name] = Entry.model_validate(settings)
        except ValidationError as error:
            found += problems_of(error, Entry, path, name)
        for where, message in found:
            problems.add(where, message)
    problems.raise_if_any()
    return entries
