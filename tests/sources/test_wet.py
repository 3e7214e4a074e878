import pytest

from dclm_pipeline.sources import Reject
from dclm_pipeline.sources.wet import Wet
from dclm_pipeline.storage.memory import MemoryStorage
from tests.sources.writing import info, packed, record, response


def conversion(word, text, *lines):
    date = "WARC-Date: 2024-05-18T00:00:00Z"
    return record("conversion", f"https://www.example.com/{word}", text, date, "Content-Type: text/plain", *lines)


def read(data, name="crawl.warc.wet.gz", **settings):
    MemoryStorage.forget("wet")
    storage = MemoryStorage("wet")
    storage.put(name, data)
    docs, rejects, tallies = [], [], []
    source = Wet(**settings)
    for shard in source.shards(storage):
        reading = source.read(storage, shard, 3, 2**20)
        for item in reading:
            rejects.append(item) if isinstance(item, Reject) else docs.extend(item.to_pylist())
        tallies.append(reading.facts.tally)
    return docs, rejects, tallies


def test_a_conversion_record_is_a_document():
    lines = ("WARC-Identified-Content-Language: eng,fra", "WARC-Record-ID: <urn:uuid:1>")
    (doc,), rejects, (tally,) = read(packed(info()) + packed(conversion("a", "Tea.\nThé.".encode(), *lines)))

    assert (doc["text"], doc["url"], doc["site"]) == ("Tea.\nThé.", "https://www.example.com/a", "example.com")
    assert (doc["crawl_languages"], doc["record_id"], doc["date"].year) == ("eng,fra", "<urn:uuid:1>", 2024)
    assert not rejects
    assert (tally.documents, dict(tally.skipped)) == (1, {"type warcinfo": 1})


def test_what_is_no_text_is_counted_by_its_reason():
    data = b"".join(map(packed, [info(), response("page"), conversion("bad", b"\xff"), conversion("big", b"x" * 2000)]))
    docs, rejects, (tally,) = read(data, most_body=1000)

    assert docs == []
    assert [reject.reason for reject in rejects] == ["not UTF-8", "body too large"]
    assert dict(tally.skipped) == {"type warcinfo": 1, "type response": 1}


@pytest.mark.parametrize("split", [100, 1000, 3000])
def test_ranges_hold_what_the_whole_file_holds(split):
    members = [packed(info()), *(packed(conversion(str(i), f"text {i} ".encode() * i)) for i in range(30))]
    whole, _, _ = read(b"".join(members), split=None)
    parts, _, tallies = read(b"".join(members), split=split)

    assert len(tallies) > 1
    assert parts == whole
    assert len(whole) == 30
