import pytest

from dclm_pipeline.stages.charset import declared_charset, decode, detected_charset, known_charset, marked_charset


@pytest.mark.parametrize(
    ("label", "charset"),
    [
        ("UTF-8", "utf-8"),
        (" utf8\n", "utf-8"),
        ("latin1", "windows-1252"),
        ("us-ascii", "windows-1252"),
        ("iso-8859-1", "windows-1252"),
        ("iso-8859-9", "windows-1254"),
        ("GB2312", "gbk"),
        ("gb18030", "gb18030"),
        ("x-sjis", "shift_jis"),
        ("ks_c_5601-1987", "euc-kr"),
        ("tis-620", "windows-874"),
        ("cp866", "ibm866"),
        ("x-mac-ukrainian", "x-mac-cyrillic"),
        ("logical", "iso-8859-8"),
        ("unicode", "utf-16le"),
        ("iso-2022-kr", None),
        ("hz-gb-2312", None),
        ("utf-7", None),
        ("bogus", None),
        ("", None),
        (None, None),
    ],
)
def test_labels_have_the_standards_names(label, charset):
    assert known_charset(label) == charset


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        (b"<meta charset=koi8-r>", "koi8-r"),
        (b"<META  CHARSET = 'KOI8-R' />", "koi8-r"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2">', "iso-8859-2"),
        (b"<meta content='text/html;charset=\"big5\"' http-equiv=content-type>", "big5"),
        (b'<?xml version="1.0" encoding="Shift_JIS"?>', "shift_jis"),
        (b"<!-- <meta charset=koi8-r> --><meta charset=big5>", "big5"),
        (b"<!--><meta charset=big5>", "big5"),
        (b"<p title='<meta charset=koi8-r>'><meta charset=big5>", "big5"),
        (b"<meta charset=bogus><meta charset=big5>", "big5"),
        (b"<meta name=x content='charset=big5'>", None),
        (b"<meta charset=utf-16>", "utf-8"),
        (b"<meta charset=x-user-defined>", "windows-1252"),
        (b"<metal charset=big5>", None),
        (b"<!-- <meta charset=big5>", None),
        (b"<meta charset=big5", "big5"),
        (b"x" * 5000 + b"<meta charset=big5>", None),
        (b"<" * 5000, None),
        (b"", None),
    ],
)
def test_a_page_declares_its_charset_outside_comments(head, charset):
    assert declared_charset(head) == charset


@pytest.mark.parametrize(
    ("body", "mark"),
    [
        (b"\xef\xbb\xbfx", ("utf-8", 3)),
        (b"\xff\xfex\0", ("utf-16le", 2)),
        (b"\xfe\xff\0x", ("utf-16be", 2)),
        (b"\xef\xbbx", None),
        (b"", None),
    ],
)
def test_byte_order_marks_name_a_charset(body, mark):
    assert marked_charset(body) == mark


@pytest.mark.parametrize(("charset", "codec"), [("utf-16le", "utf-16-le"), ("utf-16be", "utf-16-be")])
def test_utf16_is_told_by_its_zeros(charset, codec):
    assert detected_charset("An old mill by the river".encode(codec)) == charset


def test_broken_characters_are_counted_save_a_last_one():
    found = decode("é".encode() * 8 + b"\xff" + b"\xc3", "utf-8")

    assert (found.text, found.broken, found.beyond_ascii) == ("é" * 8 + "\ufffd\ufffd", 1, 10)


def test_replacement_characters_of_the_author_are_not_broken():
    assert decode("\ufffd\ufffd x".encode(), "utf-8").broken == 0


def test_no_lone_surrogate_is_left():
    found = decode(b"\x00\xd8x\x00", "utf-16le")

    assert found.text == "\ufffdx"
