import os
import subprocess
import sys
import time
from pathlib import Path

from dclm_pipeline.engine.scratch import FORSAKEN_SECONDS, PrivateFolder, remove_forsaken

MAKE = """
import sys, time
from dclm_pipeline.engine.scratch import PrivateFolder
print(PrivateFolder("dclm-x-", sys.argv[1]).path, flush=True)
time.sleep(60)
"""


def made_by_another_process(parent):
    process = subprocess.Popen([sys.executable, "-c", MAKE, str(parent)], stdout=subprocess.PIPE, text=True)
    with process.stdout as told:
        return process, told.readline().strip()


def age(path):
    past = time.time() - 2 * FORSAKEN_SECONDS
    os.utime(path, (past, past))


def test_the_folder_of_a_killed_process_goes_when_the_next_is_made(tmp_path):
    process, left = made_by_another_process(tmp_path)
    process.kill()
    process.wait()
    age(left)

    mine = PrivateFolder("dclm-x-", str(tmp_path))

    assert [mine.path] == list(tmp_path.iterdir())
    mine.remove()
    assert not list(tmp_path.iterdir())


def test_the_folder_of_a_living_process_stays(tmp_path):
    process, kept = made_by_another_process(tmp_path)
    age(kept)
    try:
        remove_forsaken(tmp_path, "dclm-x-")
        assert Path(kept).is_dir()
    finally:
        process.kill()
        process.wait()


def test_what_is_young_or_no_folder_of_ours_stays(tmp_path):
    (tmp_path / "dclm-x-young").mkdir()
    (tmp_path / "dclm-x-file").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "dclm-x-link").symlink_to(tmp_path / "elsewhere")
    age(tmp_path / "dclm-x-file")
    age(tmp_path / "elsewhere")

    remove_forsaken(tmp_path, "dclm-x-")

    assert len(list(tmp_path.iterdir())) == 4
