"""What is particular to S3: how places are written, large objects, stores that are busy, and secrets."""

import logging
import os

import pytest

from dclm_pipeline.errors import RecipeError, ShardError
from dclm_pipeline.storage import Entry, open_storage, patience, remote, s3, writing
from dclm_pipeline.storage.many import at_once
from stand_ins.stores import new_bucket

# Some stores round the time of an upload up to whole seconds.
NOW = -2.0


@pytest.fixture(params=["store", pytest.param("swift", marks=pytest.mark.slow)])
def storage(request, monkeypatch):
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.0)
    return open_storage(new_bucket(request.getfixturevalue(request.param)))


class Refusing:
    """A client that refuses some calls before it lets them through."""

    def __init__(self, client, *statuses):
        self._client, self._statuses = client, list(statuses)
        self.calls = 0

    def __getattr__(self, name):
        from botocore.exceptions import ClientError

        def call(**arguments):
            self.calls += 1
            if self._statuses:
                status = self._statuses.pop(0)
                facts = {
                    "Error": {"Code": "Refused"},
                    "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}},
                }
                raise ClientError(facts, name)
            return getattr(self._client, name)(**arguments)

        return call


@pytest.fixture
def refusing(storage, monkeypatch):
    def with_statuses(*statuses):
        client = Refusing(s3.client_of(storage._access), *statuses)
        monkeypatch.setattr(s3, "client_of", lambda access: client)
        return client

    return with_statuses


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_store_is_asked_again(storage, refusing, status):
    storage.put("a", b"123")
    client = refusing(status, status)

    assert (storage.read("a"), client.calls) == (b"123", 3)


def test_a_store_that_refuses_is_not_asked_again(storage, refusing):
    client = refusing(403)

    with pytest.raises(ShardError, match="look at the keys"):
        storage.put("a", b"123")
    assert client.calls == 1


def test_large_objects_go_up_in_parts(storage, tmp_path, monkeypatch):
    monkeypatch.setattr(s3, "PART_BYTES", 5 * 2**20)
    (tmp_path / "large").write_bytes(bytes(12 * 2**20))
    before = remote.requests["s3 put"]
    storage.put_file("a/large", tmp_path / "large")

    assert remote.requests["s3 put"] - before == len(["begin", "5 MiB", "5 MiB", "2 MiB", "end"])


def test_an_upload_that_breaks_off_leaves_nothing(storage, refusing, tmp_path, monkeypatch):
    monkeypatch.setattr(s3, "PART_BYTES", 5 * 2**20)
    (tmp_path / "large").write_bytes(bytes(12 * 2**20))

    class BrokenError(Exception):
        pass

    def broken(data):
        raise BrokenError

    monkeypatch.setattr(writing, "md5", broken)
    with pytest.raises(BrokenError):
        storage.put_file("large", tmp_path / "large")

    assert (list(storage.entries()), storage.sweep(NOW)) == ([], 0)


def test_uploads_of_killed_processes_are_given_up(storage, monkeypatch):
    monkeypatch.setattr(s3, "PAGE_KEYS", 2)
    for key in ("a/orphan", "b", "b", "c", "d"):
        s3.client_of(storage._access).create_multipart_upload(Bucket=storage._bucket, Key=key)

    assert (storage.sweep(1e9), storage.sweep(NOW), storage.sweep(NOW)) == (0, 5, 0)


def test_one_object_is_named_by_its_url(storage):
    storage.put("folder/a.warc.gz", b"123")
    place, _, options = storage.url.partition("?")
    single = open_storage(f"{place}/folder/a.warc.gz?{options}")

    assert list(single.entries()) == [Entry("a.warc.gz", 3)]
    assert open_storage(single.url).url == single.url


def test_keys_that_are_no_paths_are_not_listed(storage):
    for key in ("folder/", "a//b", "good"):
        s3.client_of(storage._access).put_object(Bucket=storage._bucket, Key=key, Body=b"")

    assert [entry.path for entry in storage.entries()] == ["good"]


@pytest.mark.parametrize("url", ["s3://", "s3://bucket?secret=hidden", "s3://key:hidden@bucket/a", "s3://bucket/../a"])
def test_places_that_cannot_be_are_refused_without_their_secrets(url):
    with pytest.raises(RecipeError) as told:
        open_storage(url)
    assert "hidden" not in str(told.value)


def test_missing_keys_are_told(monkeypatch, store):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    s3.client_of.cache_clear()
    try:
        with pytest.raises(RecipeError, match="no keys were found"):
            open_storage(f"s3://bucket/folder?endpoint={store}&region=us-east-1").size("a")
    finally:
        s3.client_of.cache_clear()


def test_nothing_secret_is_logged(storage, caplog):
    with caplog.at_level(logging.DEBUG):
        storage.put("a", b"1")

    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in caplog.text
    assert os.environ["AWS_ACCESS_KEY_ID"] not in caplog.text


@pytest.mark.slow
def test_many_requests_at_once_keep_their_connections_and_say_nothing(storage, caplog):
    with caplog.at_level(logging.INFO):
        s3.client_of.cache_clear()
        for _ in at_once(lambda number: storage.put(f"{number}", b"1"), range(200)):
            pass

    assert caplog.messages == []


def test_keys_are_named_and_never_written(store, monkeypatch):
    bucket, _, options = new_bucket(store).partition("?")
    monkeypatch.setenv("MY_KEY", "AKIDOTHER")
    monkeypatch.setenv("MY_SECRET", "hush")
    storage = open_storage(f"{bucket}/x?{options}&key=env:MY_KEY&secret=env:MY_SECRET")
    storage.put("a", b"1")

    assert open_storage(storage.url).read("a") == b"1"
    assert "hush" not in storage.url
    assert "AKIDOTHER" not in storage.url


@pytest.mark.parametrize("options", ["key=AKID&secret=hush", "key=env:MY_KEY", "secret=hush", "key=env:&secret=env:X"])
def test_keys_in_a_url_are_refused_and_not_repeated(options):
    with pytest.raises(RecipeError, match="keys are named, never written") as raised:
        open_storage(f"s3://bucket/x?{options}")

    assert "hush" not in str(raised.value)


def test_a_key_that_is_not_in_the_environment_is_named(store, monkeypatch):
    monkeypatch.delenv("NOT_THERE", raising=False)
    bucket, _, options = new_bucket(store).partition("?")

    with pytest.raises(RecipeError, match="no variable NOT_THERE"):
        open_storage(f"{bucket}/x?{options}&key=env:NOT_THERE&secret=env:NOT_THERE").put("a", b"1")
