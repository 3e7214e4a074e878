import json

from dclm_pipeline.cli.rows import print_row

ROW = {"id": b"\x01\xff", "doc_ids": [b"\x02", b"\xab"], "starts": [0, 3], "text": "a\x1b[0m", "none": None}


def test_ids_are_printed_as_they_are_asked_for(capsys):
    print_row(ROW, as_json=False, whole=True)

    assert capsys.readouterr().out.splitlines() == [
        "id: 01ff",
        "doc_ids: ['02', 'ab']",
        "starts: [0, 3]",
        "text: a\N{REPLACEMENT CHARACTER}[0m",
        "none: -",
        "",
    ]


def test_a_row_as_json_holds_the_same_ids(capsys):
    print_row(ROW, as_json=True, whole=True)

    assert json.loads(capsys.readouterr().out) == ROW | {"id": "01ff", "doc_ids": ["02", "ab"]}
