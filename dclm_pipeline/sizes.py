"""Sizes as people write them: `256MB`, `8MiB`, or a number of bytes."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator

_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([A-Za-z]*)")
_UNITS = {"": 1, "B": 1} | {
    f"{letter}{mark}": base**power
    for power, letter in enumerate("KMGT", 1)
    for mark, base in (("B", 1000), ("IB", 1024))
}


def read_size(value: object) -> object:
    """Turn sizes such as `256MB` or `8MiB` into bytes; leave everything else to pydantic."""
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None or match[2].upper() not in _UNITS:
        raise ValueError("a size is a number of bytes, or one with a unit such as 256MB or 8MiB")
    return int(Decimal(match[1]) * _UNITS[match[2].upper()])


Size = Annotated[int, BeforeValidator(read_size)]
