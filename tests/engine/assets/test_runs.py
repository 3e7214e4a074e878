"""Runs over recipes that name assets: nothing is fetched, nothing is done twice, nothing is told to who need not know."""

import pickle
from urllib.parse import urlsplit

import pytest

import dclm_pipeline as dp
from dclm_pipeline.engine.assets import FetchedAssets, assets_below
from dclm_pipeline.engine.assets.cache import object_path
from dclm_pipeline.engine.assets.pull import copy_to_mirror, pull
from dclm_pipeline.engine.executors import Pace
from dclm_pipeline.engine.run import Settings, job_of, offer_of, pace_of
from dclm_pipeline.engine.survey import survey
from dclm_pipeline.engine.walk import walk
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.storage.budget import Lease, deal_with
from tests.engine.assets.conftest import WORDS, digest
from tests.engine.kinds import Listed
from tests.storage.serving import serving

SHA = digest(WORDS)


class Asked:
    """A keeper that allows everything, and notes whom it was asked about."""

    def __init__(self):
        self.hosts = []

    def ask(self, host, made):
        self.hosts.append(host)
        return Lease(0.0)

    def gave(self, host):
        pass

    def spend(self, size):
        return 0.0


def recipe(place: str) -> Recipe:
    """Return a recipe with a step that needs a list of words."""
    return Recipe(name="listed", source=Warc(), steps=[Extract(save=False), Listed(words=place)])


def fetch(place: str):
    return pull(assets_below(".").asset(place), "", lambda size, whole: None)


def tasks_of(job) -> bytes:
    """Return the first tasks of a job as they are sent to workers."""
    sent = []

    def look(phase, *, again=False):
        sent.append(pickle.dumps(phase.tasks))
        raise StopIteration

    with pytest.raises(StopIteration):
        walk(job, offer_of(job).shards, look, print)
    return sent[0]


def test_a_run_with_what_was_fetched_asks_nobody(crawl, served, place, tmp_path):
    fetch(place)
    served.asked.clear()
    ran = dp.run(recipe(place), crawl, tmp_path / "pool", executor="inline")

    assert ran.manifest.rows > 0
    assert ran.manifest.recipe["steps"][-1]["words"] == f"sha256:{SHA}"
    assert served.asked == []


def test_a_run_with_what_was_not_fetched_fails_before_anything_and_asks_nobody(crawl, served, place, tmp_path):
    job = job_of(recipe(place), str(crawl), str(tmp_path / "pool"), Settings())

    for attempt in (
        lambda: dp.run(recipe(place), crawl, tmp_path / "pool", executor="inline"),
        lambda: survey(job, offer_of(job)),
    ):
        with pytest.raises(RecipeError, match=r"listed\.words: http.*\n.*`dclm assets pull RECIPE`"):
            attempt()
    assert served.asked == []
    assert not (tmp_path / "pool").exists()


def test_a_worker_without_it_asks_nobody_and_names_the_command(served, place):
    carried = pickle.loads(pickle.dumps(FetchedAssets().needed_by([Listed(words=place)])))

    with pytest.raises(RecipeError) as told:
        carried.at_hand()
    assert f"`dclm assets pull '{place}'`" in str(told.value)
    assert served.asked == []


def test_a_worker_without_it_copies_it_from_the_mirror(crawl, served, place, tmp_path, cache, monkeypatch):
    mirror = tmp_path / "mirror"
    copy_to_mirror(fetch(place), str(mirror))
    (cache / object_path(SHA)).unlink()
    served.asked.clear()
    monkeypatch.setenv("DCLM_ASSET_MIRROR", str(mirror))
    dp.run(recipe(place), crawl, tmp_path / "pool", executor="inline", guard=False)

    assert (cache / object_path(SHA)).read_bytes() == WORDS
    assert served.asked == []


def test_a_mirror_of_the_plan_reaches_workers_that_know_of_none(served, place, tmp_path, cache):
    mirror = tmp_path / "mirror"
    copy_to_mirror(fetch(place), str(mirror))
    (cache / object_path(SHA)).unlink()
    carried = FetchedAssets(mirror=str(mirror)).needed_by([Listed(words=place)]).at_hand()

    assert carried.path(place).read_bytes() == WORDS


def test_what_a_worker_copies_from_a_mirror_counts_against_the_budget(served, place, cache):
    words = fetch(place).path.read_bytes()
    (cache / object_path(SHA)).unlink()
    keeper = Asked()
    deal_with(keeper)
    with serving({object_path(SHA): words}) as web:
        FetchedAssets(mirror=web.url).needed_by([Listed(words=place)]).at_hand()

        assert keeper.hosts == [urlsplit(web.url).netloc] * len(web.asked)


@pytest.mark.parametrize(
    ("mirror", "address", "shared"),
    [
        ("", None, False),
        ("/folder", None, False),
        ("https://host/folder/", None, True),
        ("s3://bucket", None, True),
        ("", "host:1", True),
    ],
)
def test_workers_keep_one_budget_where_a_mirror_is_on_a_server(crawl, tmp_path, mirror, address, shared, monkeypatch):
    monkeypatch.setenv("DCLM_ASSET_MIRROR", mirror)
    settings = Settings(address=address, most_requests=5.0)
    job = job_of(recipe(str(tmp_path / "words.txt")), str(crawl), str(tmp_path / "pool"), settings)

    assert pace_of(job, settings) == (Pace(5.0) if shared else None)


def test_the_same_bytes_from_elsewhere_are_the_same_work(crawl, place, tmp_path):
    (tmp_path / "words.txt").write_bytes(WORDS)
    dp.run(recipe(str(tmp_path / "words.txt")), crawl, tmp_path / "pool", executor="inline", guard=False)
    fetch(place)

    assert dp.run(recipe(place), crawl, tmp_path / "pool", executor="inline", guard=False).whole_before


def test_a_whole_pool_needs_no_assets(crawl, place, tmp_path, cache):
    fetch(place)
    dp.run(recipe(place), crawl, tmp_path / "pool", executor="inline", guard=False)
    (cache / object_path(SHA)).unlink()

    assert dp.run(recipe(place), crawl, tmp_path / "pool", executor="inline", guard=False).whole_before


def test_a_local_file_that_changes_after_the_plan_is_found_by_the_worker(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(b"one")
    carried = FetchedAssets(str(tmp_path)).needed_by([Listed(words="words.txt")])
    path.write_bytes(b"other")

    with pytest.raises(IntegrityError, match=digest(b"one")):
        carried.at_hand()


def test_steps_are_given_what_their_settings_name_and_nothing_else(tmp_path):
    (tmp_path / "words.txt").write_bytes(b"one")
    (tmp_path / "other.txt").write_bytes(b"two")
    carried = FetchedAssets(str(tmp_path)).needed_by([Listed(words="words.txt")])

    assert (carried.path("words.txt"), carried.digest("words.txt")) == (tmp_path / "words.txt", digest(b"one"))
    with pytest.raises(RecipeError, match="as a `Place`"):
        carried.path("other.txt")


def test_steps_in_memory_find_what_was_fetched(place):
    with pytest.raises(RecipeError, match="dclm assets pull"):
        dp.apply([Listed(words=place)], ["the", "xyz"])
    fetch(place)

    assert dp.apply([Listed(words=place)], ["the", "xyz"]).docs["text"].to_pylist() == ["the"]


def test_a_token_is_in_no_task_and_in_no_file(crawl, served, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", served.url)
    monkeypatch.setenv("HF_TOKEN", "hf_nobody_may_read_this")
    served.objects["maker/lists/resolve/main/words.txt"] = WORDS
    place = f"hf://maker/lists@main/words.txt#sha256={SHA}"
    fetch(place)
    job = job_of(recipe(place), str(crawl), str(tmp_path / "pool"), Settings())
    sent = tasks_of(job)
    dp.run(recipe(place), crawl, tmp_path / "pool", executor="inline", guard=False)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert "Bearer hf_nobody_may_read_this" in served.secrets
    assert b"hf_nobody" not in sent
    assert SHA.encode() in sent
    assert [path for path in written if b"hf_nobody" in path.read_bytes()] == []
    assert any(path.name == "run.json" for path in written)


@pytest.mark.slow
def test_workers_of_an_embedded_ray_have_the_cache_of_who_started_it(crawl, served, place, tmp_path):
    fetch(place)
    dp.run(recipe(place), crawl, tmp_path / "ray" / "pool", executor="ray", workers=2)
    ran = dp.run(recipe(place), crawl, tmp_path / "inline" / "pool", executor="inline")

    assert dp.open(tmp_path / "ray" / "pool").count_rows() == ran.manifest.rows
