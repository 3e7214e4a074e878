"""`dclm`: where it begins. Imports next to nothing before it can answer to Ctrl-C: the commands take a moment."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run a command, and end with its exit code."""
    try:
        from dclm_pipeline.cli.commands import answer

        code = answer()
    except KeyboardInterrupt:
        print("dclm: interrupted", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
