"""How a store that speaks S3 is reached: from the settings in a place's URL to a client of boto3.

Keys come from where boto3 finds them (environment, profile, role), or from variables of the environment that the URL
names; a URL that holds a key itself is refused, and not repeated.
"""

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urlencode

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.storage.many import AT_ONCE

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
S3Client: TypeAlias = Any  # boto3 makes its classes when it runs

# botocore tells its log who asks, with which token, and where it found keys; nobody needs that on a screen or in a file.
for _noisy in ("boto3", "botocore", "s3transfer", "urllib3"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Access:
    """The settings: `key` and `secret` are names in the environment, such as `env:NAME`."""

    endpoint: str = ""
    region: str = ""
    profile: str = ""
    key: str = ""
    secret: str = ""
    unsigned: bool = False

    @property
    def query(self) -> str:
        """Return the settings as a URL has them."""
        given = {name: "true" if value is True else value for name, value in asdict(self).items() if value}
        return f"?{urlencode(given)}" if given else ""


OPTIONS = tuple(sorted(Access.__dataclass_fields__))


def access_of(bucket: str, options: Mapping[str, str]) -> Access:
    """Read the settings of a URL; what is no setting has been refused before."""
    keys = {name: options[name] for name in ("key", "secret") if options.get(name)}
    if len(keys) == 1 or not all(_REFERENCE.fullmatch(value) for value in keys.values()):
        raise RecipeError(
            f"s3://{bucket}: keys are named, never written: `key=env:NAME&secret=env:NAME` says which variables of the "
            "environment hold them"
        )
    others = {name: value for name, value in options.items() if name != "unsigned"}
    return Access(**others, unsigned=options.get("unsigned", "false").lower() in ("true", "1", "yes", ""))


@lru_cache(maxsize=16)
def client_of(access: Access) -> S3Client:
    """Return this process's client of a store."""
    try:
        session = boto3.session.Session(profile_name=access.profile or None, region_name=access.region or None)
    except ProfileNotFound as error:
        raise RecipeError(str(error)) from error
    config = Config(
        signature_version=UNSIGNED if access.unsigned else None,
        connect_timeout=10,
        read_timeout=60,
        tcp_keepalive=True,
        max_pool_connections=AT_ONCE,
        retries={"total_max_attempts": 1, "mode": "standard"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if access.endpoint else None,
    )
    references = {"aws_access_key_id": access.key, "aws_secret_access_key": access.secret} if access.key else {}
    keys = {name: _held_by(reference) for name, reference in references.items()}
    client = session.client("s3", endpoint_url=access.endpoint or None, config=config, **keys)
    client.meta.events.register("before-send.s3.PutObject", _begin)
    return client


def _begin(request: Any, **others: object) -> None:
    """Tell what a request sends, where it wants to know, that it is sent now."""
    del others
    begin = getattr(request.body, "begin", None)
    if begin is not None:
        begin()


def _held_by(reference: str) -> str:
    """Return what a variable of the environment holds."""
    name = reference.removeprefix("env:")
    if not os.environ.get(name):
        raise RecipeError(f"{reference}: there is no variable {name} in the environment of this machine")
    return os.environ[name]
