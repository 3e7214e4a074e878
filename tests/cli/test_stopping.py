"""What is said when somebody presses Ctrl-C: where it ends, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from dclm_pipeline.cli.stopping import GOES_ON, said_of_stop, stopping_once


def test_a_stop_while_commands_are_imported_is_one_line(tmp_path):
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", "from dclm_pipeline.cli.__main__ import main; main()"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "dclm: interrupted\n")


@pytest.mark.parametrize(("leaving", "said"), [(GOES_ON, f"interrupted; {GOES_ON}"), ("", "interrupted")])
def test_a_stop_says_what_it_leaves_behind(leaving, said):
    with pytest.raises(KeyboardInterrupt) as stopped, stopping_once(leaving):
        signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    assert said_of_stop(stopped.value) == said


def test_a_crawl_that_is_stopped_does_not_claim_to_go_on(tmp_path):
    words = ["sample-crawl", str(tmp_path / "crawl"), "--pages", "1000000"]
    process = subprocess.Popen([sys.executable, "-m", "dclm_pipeline.cli", *words], stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.rglob("*.warc.gz*")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert "no whole crawl: run the same command again, which begins anew" in said
    assert GOES_ON not in said
