"""`dclm storage-check` on places that keep their promises, places that do not, and places that are none."""

import json
import signal
import subprocess
import sys
import time

import pytest

from dclm_pipeline.cli.__main__ import main
from dclm_pipeline.storage import open_storage, patience, s3
from dclm_pipeline.storage.contract import PROMISES, PROMISES_OF_READING
from dclm_pipeline.storage.memory import MemoryStorage
from tests.cli.terminal import dclm
from tests.storage.serving import serving

SMALL = ["--many", "5", "--large", "1MB"]


@pytest.fixture
def check(monkeypatch, capsys):
    """Return what runs the command in this process; its exit code must be the one named."""
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.0)

    def run(*words, code=0):
        monkeypatch.setattr(sys, "argv", ["dclm", "storage-check", *map(str, words)])
        left = 0
        try:
            main()
        except SystemExit as done:
            left = done.code
        said = capsys.readouterr()
        assert (left, "Traceback" in said.err) == (code, False), said.err
        return said

    return run


def test_a_folder_keeps_its_promises(tmp_path):
    (tmp_path / "mine").write_bytes(b"1")
    done = dclm("storage-check", tmp_path, *SMALL)

    lines = done.stdout.splitlines()
    assert [line.split(":")[0].split()[-1] for line in lines[: len(PROMISES)]] == [each.name for each in PROMISES]
    assert {line.split()[0] for line in lines[: len(PROMISES)]} == {"ok", "-"}
    assert [line.split(": ")[0] for line in lines[len(PROMISES) : -1]] == [
        "put of 1 KB",
        "put of 1 MB",
        "get of 1 KB",
        "get of 1 MB",
    ]
    assert lines[-1].startswith(f"{tmp_path}: keeps {len(PROMISES) - 1} promises of {len(PROMISES)}")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


def test_json_says_the_same(check, tmp_path):
    facts = json.loads(check(tmp_path / "new" / "folder", *SMALL, "--json").out)

    assert (facts["good"], facts["object"], facts["not_tried"]) == (True, "", ["goes-on"])
    assert [promise["name"] for promise in facts["promises"]] == [each.name for each in PROMISES]
    assert facts["figures"].keys() == {
        *(f"{way}_small{what}_ms" for way in ("put", "get") for what in ("", "_slowest")),
        *("put_large_mb_per_s", "get_large_mb_per_s", "large_mb"),
    }
    assert list(tmp_path.iterdir()) == []


def test_a_promise_that_is_broken_is_named_with_who_needs_it_and_the_way_out(check, monkeypatch):
    def put_if_absent(self, path, data):
        self.put(path, data)
        return True

    monkeypatch.setattr(MemoryStorage, "put_if_absent", put_if_absent)
    said = check("memory://forgetful", *SMALL, code=3)

    assert "breaks 3 promises" in said.err
    assert "writes-once, one-of-two-wins, one-of-many-wins" in said.err
    (line,) = [number for number, line in enumerate(said.out.splitlines()) if "one-of-two-wins" in line]
    told = said.out.splitlines()[line : line + 5]
    assert [words.split()[0] for words in told] == ["FAILED", "seen:", "expected:", "needed", "way"]
    assert "2 of 2" in told[1]
    assert "one run at a time" in told[4]
    facts = json.loads(check("memory://forgetful", *SMALL, "--json", code=3).out)
    assert (facts["good"], sum(promise["kept"] is False for promise in facts["promises"])) == (False, 3)
    assert list(open_storage("memory://forgetful").entries()) == []
    MemoryStorage.forget("forgetful")


@pytest.mark.parametrize(("place", "words"), [("folder/", ["--object", "a b"]), ("folder/a%20b", [])])
def test_the_web_is_only_read(check, place, words):
    with serving({"folder/a b": bytes(range(256)) * 8000}) as served:
        said = check(f"{served.url}{place}", *words)

    assert {method for method, _, _ in served.asked} == {"HEAD", "GET"}
    lines = said.out.splitlines()
    assert len([line for line in lines if line.startswith(("ok", "- "))]) == len(PROMISES_OF_READING)
    assert "get of 2.05 MB" in said.out
    assert "put of" not in said.out
    assert lines[-2].startswith("not tried, for nothing is written where one object is named: lists-nothing")


def test_what_is_named_as_an_object_is_only_read_anywhere(check, tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789abcdef")
    check(tmp_path, "--object", "a")

    assert [(path.name, path.read_bytes()) for path in tmp_path.rglob("*")] == [("a", b"0123456789abcdef")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nope://a"], "no storage knows the scheme 'nope'"),
        (["https://"], "no place on the web"),
        (["{file}/below"], "a file lies where a folder is needed"),
        (["{web}folder/"], "the web is read only"),
        (["{web}folder/"], "name an object with --object"),
        (["{web}folder/", "--object", "nothing"], "name an object that is there"),
        (["{web}folder/nothing"], "name an object that is there"),
        (["{web}folder/", "--object", "tiny"], "name a larger object"),
        (["s3://no-such-bucket-here/a?endpoint={store}&region=us-east-1"], "no such bucket; make it first"),
        (["s3://bucket/a?endpoint={refusing}&region=us-east-1"], "look at the keys and what they may do"),
        (["s3://bucket/a?endpoint=http://127.0.0.1:9&region=us-east-1"], "cannot be reached"),
        (["s3://bucket/a?profile=nobody"], "nobody"),
        (["{file}", "--large", "much"], "a size is a number of bytes"),
        (["{file}", "--large", "0"], "must be 1 or more"),
    ],
)
def test_what_cannot_be_tried_is_said_in_one_message(check, store, tmp_path, words, said):
    (tmp_path / "file").write_bytes(b"")
    with serving({"folder/tiny": b"123"}) as web, serving({}) as refusing:
        refusing.refusing = 403
        places = {"file": tmp_path / "file", "web": web.url, "store": store, "refusing": refusing.url.rstrip("/")}
        told = check(*(word.format(**places) for word in words), code=2)

    assert (said in " ".join(told.err.split()), told.out) == (True, ""), told.err


def test_missing_keys_are_told(check, store, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    s3.client_of.cache_clear()
    try:
        assert "no keys were found" in check(f"s3://bucket/a?endpoint={store}&region=us-east-1", code=2).err
    finally:
        s3.client_of.cache_clear()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_check_that_is_stopped_leaves_nothing(tmp_path, monkeypatch, number):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    words = ["storage-check", tmp_path / "place", "--many", "1000000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dclm_pipeline.cli", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob("place/*/lists-many/*/*")):
        time.sleep(0.05)
    for _ in range(3):
        process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert (list(scratch.iterdir()), list(tmp_path.iterdir())) == ([], [scratch])
