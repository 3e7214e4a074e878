import gzip
import hashlib
import tracemalloc
from collections import Counter

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.madeup import write_crawl
from dclm_pipeline.madeup.copies import shared_grams

# Of all records of 200 pages, not compressed: raise it knowingly, for other people's tests count these pages.
GOLDEN = "c493be2a5d3067514405b671162098c841f499fb73f70bf4252477dd57cee8c2"


def records(folder, path):
    with (folder / path).open("rb") as stream:
        yield from ArchiveIterator(stream, parse_http=False)


def test_two_runs_write_the_same_bytes(tmp_path, written):
    one = written(tmp_path / "one", 200)
    other = written(tmp_path / "other", 200)

    assert one.facts == other.facts
    assert one.truth == other.truth
    assert [(one.folder / path).read_bytes() for path in one.facts.paths] == [
        (other.folder / path).read_bytes() for path in other.facts.paths
    ]


def test_records_are_what_they_were(tmp_path, written):
    one = written(tmp_path, 200)
    digest = hashlib.sha256()
    for path in one.facts.paths:
        digest.update(gzip.decompress((one.folder / path).read_bytes()))

    assert digest.hexdigest() == GOLDEN


def test_files_are_named_as_the_crawls_are(crawl):
    assert crawl.facts.paths == tuple(
        f"CC-MAIN-2025-00/segments/1735689600000.00/warc/CC-MAIN-20250101000000-20250101030000-0000{n}.warc.gz"
        for n in range(4)
    )
    assert crawl.facts.bytes == sum((crawl.folder / path).stat().st_size for path in crawl.facts.paths)
    assert sorted(path.name for path in crawl.folder.iterdir()) == ["CC-MAIN-2025-00", "truth.jsonl"]


def test_records_come_in_threes_after_their_warcinfo(crawl):
    for path in crawl.facts.paths:
        kinds = [record.record_type for record in records(crawl.folder, path)]

        three = [WarcRecordType.request, WarcRecordType.response, WarcRecordType.metadata]
        assert kinds == [WarcRecordType.warcinfo] + three * 100


def test_records_name_each_other(crawl):
    path = crawl.facts.paths[1]
    headers = [dict(record.headers) for record in records(crawl.folder, path)]
    info, rest = headers[0], headers[1:]
    requests, responses, metadata = rest[0::3], rest[1::3], rest[2::3]

    assert {one["WARC-Warcinfo-ID"] for one in rest} == {info["WARC-Record-ID"]}
    assert [one["WARC-Concurrent-To"] for one in responses] == [one["WARC-Record-ID"] for one in requests]
    assert [one["WARC-Concurrent-To"] for one in metadata] == [one["WARC-Record-ID"] for one in responses]
    assert len({one["WARC-Record-ID"] for one in headers}) == len(headers)


def test_all_digests_are_right(crawl):
    blocks = Counter(
        record.verify_block_digest() for path in crawl.facts.paths for record in records(crawl.folder, path)
    )
    payloads: Counter[bool] = Counter()
    for path in crawl.facts.paths:
        with (crawl.folder / path).open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                payloads[record.verify_payload_digest()] += 1

    assert blocks == {True: 4 + 3 * 400}
    assert payloads == {True: 400}


def test_truth_points_at_the_responses(crawl):
    found = []
    for line in crawl.truth:
        with (crawl.folder / line["warc"]).open("rb") as stream:
            stream.seek(line["offset"])
            record = next(iter(ArchiveIterator(stream, parse_http=False)))
        found.append((record.record_type, record.headers["WARC-Record-ID"], record.headers["WARC-Target-URI"]))

    assert found == [(WarcRecordType.response, line["record_id"], line["url"]) for line in crawl.truth]


def test_truth_says_how_alike_copies_are(crawl):
    texts = {line["url"]: line for line in crawl.truth}
    copies = [line for line in crawl.truth if line["duplicate_of"]]
    measured = [
        shared_grams(texts[line["duplicate_of"]]["text"], line["text"], "" if line["language"] == "ja" else " ")
        for line in copies
    ]

    assert [line["jaccard"] for line in copies] == [round(one, 4) for one in measured]
    assert {line["duplicate_kind"] for line in copies} == {"exact", "near"}


def test_pages_do_not_depend_on_the_number_of_shards(tmp_path, written):
    crawls = [written(tmp_path / str(shards), 100, seed=4, shards=shards) for shards in (1, 7)]
    bodies = [
        [
            (record.headers["WARC-Target-URI"], record.reader.read())
            for path in crawl.facts.paths
            for record in records(crawl.folder, path)
            if record.record_type == WarcRecordType.response
        ]
        for crawl in crawls
    ]
    places = {"warc", "offset"}
    truths = [[{k: v for k, v in line.items() if k not in places} for line in crawl.truth] for crawl in crawls]

    assert [crawl.facts.shards for crawl in crawls] == [1, 7]
    assert bodies[0] == bodies[1]
    assert truths[0] == truths[1]


def test_a_smaller_crawl_is_the_beginning_of_a_larger_one(crawl, tmp_path, written):
    small = written(tmp_path, 50)

    assert [line["url"] for line in small.truth] == [line["url"] for line in crawl.truth[:50]]
    assert [line["text"] for line in small.truth] == [line["text"] for line in crawl.truth[:50]]


def test_a_new_crawl_takes_the_place_of_the_old_one(tmp_path):
    write_crawl(tmp_path, 30, shards=9)
    facts = write_crawl(tmp_path, 30, shards=2)

    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*") if path.is_file()) == [
        *facts.paths,
        "truth.jsonl",
    ]


def test_progress_ends_at_the_last_page(tmp_path):
    told: list[int] = []
    write_crawl(tmp_path, 260, shards=2, progress=told.append)

    assert told == [250, 260]


@pytest.mark.parametrize(("pages", "shards"), [(1, 1), (3, 3), (200, 4)])
def test_there_are_at_least_four_shards_where_there_are_pages(tmp_path, pages, shards):
    assert write_crawl(tmp_path, pages).shards == shards


@pytest.mark.parametrize("settings", [{"pages": 0}, {"pages": 5, "shards": 6}, {"pages": 5, "mean_bytes": 100}])
def test_what_cannot_be_made_up_is_refused(tmp_path, settings):
    with pytest.raises(RecipeError, match="ask for"):
        write_crawl(tmp_path, **settings)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_which_something_else_lies_is_refused_and_left_alone(tmp_path):
    (tmp_path / "manifest.json").write_text("of a pool")

    with pytest.raises(RecipeError, match=r"is not empty \(manifest.json\)"):
        write_crawl(tmp_path, 5)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_crawl_that_broke_off_is_begun_anew(tmp_path):
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_crawl(tmp_path / "crawl", 5, shards=1, progress=stop)
    write_crawl(tmp_path / "crawl", 5, shards=1)
    write_crawl(tmp_path / "other", 5, shards=1)

    one, other = (
        sorted(p.read_bytes() for p in (tmp_path / name).rglob("*.*") if p.is_file()) for name in ("crawl", "other")
    )
    assert one == other


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")

    with pytest.raises(RecipeError, match="name a folder"):
        write_crawl(tmp_path / "file", 5)


def test_memory_does_not_grow_with_the_crawl(tmp_path):
    write_crawl(tmp_path, 120, shards=1)
    peaks = []
    for pages in (30, 120):
        tracemalloc.start()
        write_crawl(tmp_path, pages, shards=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    # Of 1.8 MB of pages and their truth; the largest page and its compressor are all that is held.
    assert peaks[1] < peaks[0] + 600_000
