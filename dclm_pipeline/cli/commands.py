"""All commands, and the one place where errors become messages and exit codes."""

import errno
import logging
import os
import sys

import click

from dclm_pipeline import __version__
from dclm_pipeline.cli import (
    assets,
    build,
    catalogue,
    classifier,
    crawl,
    dedup_sweep,
    extractor,
    language_profile,
    pool,
    reproduce,
    store,
    tokenizer,
    trainset,
    trial,
)
from dclm_pipeline.cli.listing import Listing
from dclm_pipeline.cli.stopping import said_of_stop
from dclm_pipeline.errors import ExitCode, PipelineError

EXIT_CODES = (
    "Exit codes: 0 whole; 1 a bug of ours; 2 the recipe or the command line; 3 shards set aside, nothing left, a limit "
    "passed, or a store that breaks a promise; 4 bytes contradict what was written down about them; 130 interrupted."
)

# What is wrong with places that somebody named, and the way out; other trouble of the system is not foreseen.
OF_PLACES = {
    errno.EACCES: "name a place that you may use, or have it opened to you",
    errno.EPERM: "name a place that you may use, or have it opened to you",
    errno.EROFS: "name a place that can be written to",
    errno.ENOENT: "name a place that is there",
    errno.ENOTDIR: "name a place that is not below a file",
    errno.EISDIR: "name a file",
    errno.ENOSPC: "make room, or name a place that has some",
    errno.EDQUOT: "make room, or name a place that has some",
    errno.ENAMETOOLONG: "name a shorter one",
    errno.ELOOP: "its links lead in a circle",
}


@click.group(
    cls=Listing, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="dclm")
def app() -> None:
    """Turn Common Crawl into training data, and keep the receipts.

    Start with a made-up crawl, and go on with your own:

    \b
      dclm sample-crawl crawl/
      dclm run pipelines/quickstart.yaml --source crawl/ --out pool/
      dclm show pool/
    """


for command in (
    build.run,
    build.plan,
    build.check,
    pool.show,
    pool.verify,
    pool.clean,
    crawl.sample_crawl,
    language_profile.language_profile,
    dedup_sweep.dedup_sweep,
    trial.attempt,
    store.storage_check,
    assets.assets,
    extractor.extractor,
    classifier.classifier,
    reproduce.reproduce,
    tokenizer.tokenizer,
    trainset.trainset,
    catalogue.stages,
    catalogue.schema,
    catalogue.docs,
):
    app.add_command(command)


def answer() -> int:
    """Run a command and return its exit code; whatever goes wrong on purpose is one message."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        app(standalone_mode=False)
    except PipelineError as error:
        return _said(str(error), error.exit_code)
    except click.exceptions.Exit as done:
        return done.exit_code
    except (KeyboardInterrupt, click.Abort) as stop:
        return _said(said_of_stop(stop), ExitCode.INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return int(ExitCode.RECIPE)
    except click.ClickException as error:
        where = f"\nTry: {error.ctx.command_path} --help" if isinstance(error, click.UsageError) and error.ctx else ""
        return _said(error.format_message() + where, ExitCode.RECIPE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read our output has gone
    except OSError as error:
        if error.errno not in OF_PLACES or error.filename is None:
            raise
        return _said(f"{error.filename}: {error.strerror}; {OF_PLACES[error.errno]}", ExitCode.RECIPE)
    return int(ExitCode.WHOLE)


def _said(message: str, code: ExitCode) -> int:
    print(f"dclm: {message}", file=sys.stderr)
    return int(code)
