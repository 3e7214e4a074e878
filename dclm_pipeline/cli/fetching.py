"""What a user may say of how files are fetched from servers: the same words for every command that fetches some."""

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class Fetching(TypedDict):
    """What was said, by the names that the settings of a run have for it."""

    most_requests: float | None
    most_bytes: int | None
    cache: str | None


class _Bytes(click.ParamType[int]):
    """A size as recipes write it, such as 50MB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        from dclm_pipeline.sizes import read_size

        try:
            size = read_size(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not isinstance(size, int) or size < 1:
            self.fail("at least one byte", param, ctx)
        return size


def fetching_options(command: Command) -> Command:
    """Give a command what says how much servers are asked, and where what they send is kept."""
    for option in (
        click.option(
            "--cache", default=None, metavar="FOLDER", help="Keep what is read of files on servers; may be shared."
        ),
        click.option(
            "--most-bandwidth",
            "most_bytes",
            type=_Bytes(),
            default=None,
            metavar="SIZE",
            help="Bytes a second from all servers.",
        ),
        click.option(
            "--most-requests", type=click.FloatRange(0.1), default=None, help="Requests a second to each server."
        ),
    ):
        command = option(command)
    return command
