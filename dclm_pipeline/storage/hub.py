"""Files of repositories on the Hugging Face hub: `hf://owner/repo@revision/path`, read behind HTTPS.

Read only, and without listings, like the web. `HF_ENDPOINT` names another hub; the token of `HF_TOKEN` goes to the hub,
never to the servers that it sends us to, and is nowhere kept: it is read from the environment for each request.
"""

import os
import re
from urllib.parse import quote, unquote

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.storage.answers import Answer
from dclm_pipeline.storage.http import HttpStorage, UnknownCallerError
from dclm_pipeline.storage.paths import check_path

ENDPOINT, TOKEN = "HF_ENDPOINT", "HF_TOKEN"
HUB = "https://huggingface.co"
_PLACE = re.compile(
    r"hf://(?P<repo>(?:(?:datasets|spaces)/)?[\w.-]+/[\w.-]+)@(?P<revision>[\w.%-]+)(?:/(?P<path>[^?#]*))?"
)


class HubStorage(HttpStorage):
    """The files of a repository at one revision, below a folder of it; built for one file, that one alone."""

    def __init__(self, place: str, root: str, only: str | None = None) -> None:
        """Reach what the hub has at `root` and what `place`, which ends in `/`, stands for."""
        super().__init__(root, only)
        self._place = place

    @classmethod
    def at(cls, url: str) -> "HubStorage":
        """Build the storage for a place; asks the hub nothing."""
        found = _PLACE.fullmatch(url)
        if found is None:
            raise RecipeError(
                f"{url}: is no place on the hub; write it like hf://owner/repo@revision/path/in/repo, with a commit or "
                "`main` for the revision"
            )
        folder, slash, name = (found["path"] or "").rpartition("/")
        below = quote(check_path(unquote(folder))) + slash if folder else ""
        hub = (os.environ.get(ENDPOINT) or HUB).rstrip("/")
        if not hub.startswith(("https://", "http://")) or "@" in hub:
            raise RecipeError(f"{ENDPOINT}: must be the https:// address of a hub, without a password in it")
        place = f"hf://{found['repo']}@{found['revision']}/{below}"
        revision = quote(unquote(found["revision"]), safe="")
        root = f"{hub}/{found['repo']}/resolve/{revision}/{below}"
        return cls(place, root, check_path(unquote(name)) if name else None)

    @property
    def url(self) -> str:
        """Return the place on the hub, whichever hub is asked."""
        return self._place if self._only is None else self._place + quote(self._only)

    def _version(self, url: str) -> tuple[int, str]:
        """Ask for a byte of a file, as the servers that the hub sends us to want a GET."""
        answer = self._fetch(url, 0, 1, "")
        answer.close()
        return answer.size, answer.tag

    def _fetch(self, url: str, start: int, end: int | None, tag: str) -> Answer:
        try:
            return super()._fetch(url, start, end, tag)
        except UnknownCallerError as error:
            way_out = "is not one that may read it" if self._secret() else "is not set; set it to a token that may"
            raise UnknownCallerError(f"{error}; {TOKEN} {way_out}") from error

    def _secret(self) -> str:
        token = os.environ.get(TOKEN, "").strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise RecipeError(f"{TOKEN}: is no token; it holds characters that no token has")
        return token
