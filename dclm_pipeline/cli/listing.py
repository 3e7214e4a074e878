"""Groups of commands whose help lists each command with its whole first sentence, where click cuts it to a line."""

import click

_MOST = 1000


class Listing(click.Group):
    """A group of commands that lists them in whole sentences."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list; sentences are wrapped, not cut."""
        named = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, command.get_short_help_str(_MOST)) for name, command in named if command and not command.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)
