"""A folder of labelled pages, made up: articles between chrome, on several sites."""

import gzip
import json

from tests.sources.writing import info, packed, response

WORDS = [
    "bread",
    "flour",
    "water",
    "oven",
    "time",
    "people",
    "bake",
    "warm",
    "crust",
    "loaf",
    "yeast",
    "salt",
    "early",
    "village",
    "stone",
    "market",
]


def write_labels(folder, sites=12, pages=3):
    """Write a WARC file and expected.jsonl.gz of as many pages; return the folder."""
    members, lines = [packed(info())], []
    for site in range(sites):
        for page in range(pages):
            number = site * pages + page
            body = [
                " ".join(WORDS[(number + i * 7 + k * (i + 3)) % len(WORDS)] for k in range(30)).capitalize() + "."
                for i in range(5)
            ]
            html = (
                "<nav class=menu><a href=/>Home</a> <a href=/shop>Shop</a></nav><div class=content>"
                + "".join(f"<p>{text}</p>" for text in body)
                + "</div><div class=footer><p>All rights reserved by the owner of this site since long ago</p></div>"
            )
            record = f"<urn:uuid:00000000-0000-4000-8000-{number + 1:012}>"
            members.append(packed(response(f"{site}-{page}", html.encode(), f"WARC-Record-ID: {record}")))
            lines.append(
                {
                    "record_id": record,
                    "url": f"https://site{site}.example/{page}",
                    "domain": f"site{site}.example",
                    "page_type": "article",
                    "html_lang": "en-US",
                    "source": "made up",
                    "gt_kind": "snippets" if page == 2 else "full",
                    "coverage": 1.0,
                    "text": "" if page == 2 else "\n".join(body),
                    "with": [body[0]],
                    "without": ["All rights reserved"],
                }
            )
    (folder / "labels.warc.gz").write_bytes(b"".join(members))
    with gzip.open(folder / "expected.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    return folder
