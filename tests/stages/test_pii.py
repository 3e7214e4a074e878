import gzip
import json
import re

import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.kernels.personal.found import KINDS
from dclm_pipeline.stages.pii import Pii, top_level_domains


def columns(*texts, **settings):
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    step = Pii(**settings)
    return {name: array.to_pylist() for name, array in step.columns(batch).arrays.items()}


def masked(text, **settings):
    return columns(text, **settings)["text"][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jane.doe@example.com.", "Write to <EMAIL>."),
        ("Mail:O'Brien+news@Mail.Example.CO.UK!", "Mail:<EMAIL>!"),
        ("<a_b@example.org>,'c-d@example.org'", "<<EMAIL>>,'<EMAIL>'"),
        ("Kontakt......müller@böse.de.Danke", "Kontakt......<EMAIL>.Danke"),
        ("пиши: почта@пример.рф", "пиши: <EMAIL>"),
        ("お問い合わせはinfo@example.jpまで", "お問い合わせは<EMAIL>まで"),
        ("a@b.de", "<EMAIL>"),
        ("x" * 64 + "@example.com", "<EMAIL>"),
    ],
)
def test_e_mail_addresses_are_masked(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "logo@2x.png and icon@3x.min.js",
        "npm install left-pad@1.3.0 or vue@^2.6",
        "@user, user@localhost, user@example.notadomain",
        "name at example dot com",
        "a @ b.de, @b.de, a@.de, a@b..de",
        "https://www.google.com/maps/@48.8582,2.2945,17z",
        "def f(x): @property",
        "x" * 65 + "@example.com",
        "a@" + "b" * 64 + ".de",
    ],
)
def test_what_only_looks_like_an_e_mail_address_stays(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call +49 (0)30 1234567 now", "Call <PHONE> now"),
        ("+44 20 7946 0958, +1-415-555-2671;", "<PHONE>, <PHONE>;"),
        ("(+1) 650 534-0325 or 0044 20 7946 0958.", "<PHONE> or <PHONE>."),
        ("(415) 555-2671 or 1.415.555.2671x12", "<PHONE> or <PHONE>x12"),
        ("030 / 123 45 67, 0171-1234567", "<PHONE>, <PHONE>"),
        ("(030) 78 95 47 78\nFax: (030) 78 95 47 79", "<PHONE>\nFax: <PHONE>"),
        ("Appelez le 01 23 45 67 89 !", "Appelez le <PHONE> !"),
        ("TEL：03-5829-8082（代表）", "TEL：<PHONE>（代表）"),
        ("Tel. 91 123 45 67, Telefon-Nr.: 1234567", "Tel. <PHONE>, Telefon-Nr.: <PHONE>"),
        ("тел.: 8 800 555 35 35", "тел.: <PHONE>"),
        ("0800\u00a0138\u202f1016", "<PHONE>"),
    ],
)
def test_telephone_numbers_are_masked(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Python 3.11.4, Chrome/120.0.6099.109, v1.2.3.4 and version 10.20.30.40",
        "On 2024-05-18 at 10:20:30, 18.05.2024 08:30, 01.02.2024 - 03.04.2024, 5/18/2024 and 05/2024-06/2024",
        "Timestamps 1700000000, 1700000000123 and 20240518102030",
        "ISBN 978-3-16-148410-0, ISBN 0-306-40615-2, ISSN 0378-5955, ISBN: 03064 06152",
        "Order 0123 456 7890, Bestell-Nr. 0123-456-789, Art. no. 030 1234567, #0301-234-567",
        "pi is 3.14159265358979, 0.1234567890, +3.14159265 and 1,234,567,890.12",
        "between 1 000 000 and 20 000 000 people; 2 000 000 000 000",
        "EAN 4006381333931, UPC 036000291452, IMEI 49-015420-323751-8",
        "Open 09.00-17.00, 08.30-12.00/13.00-17.00, 1990-2000, 1998 2004 2010",
        "Lottery: 03 12 25 31 44 49; 012.034.056.078",
        "doi:10.1000/182, 10.1016/j.cell.2020.01.001, arXiv:2406.11794",
        "555-2671, 911, 123-456-7890, 415 555 2671, 3 x 4 x 5",
        "+10 000 000, +5%, C++11 2003, 100-200-3000, 1-2-3-4-5-6-7-8-9",
        "latitude 48.8582220, longitude +2.2945000; 52.5200066, 13.4049540",
        "2001:0db8, 12:30:45:10, 00:1B:44:11:3A:B7, std::vector, a::b",
        "4111 1111 1111 1112, 1234 5678 9012 3456, 0000 0000 0000 0000",
        "DE00 3704 0044 0532 0130 00, GB82WEST1234569876543, XX82 1234 5678",
        "§ 1.2.3.4, section 12.34.56.78, 256.1.1.1, 1.2.3, 1.2.3.4.5, 01.02.03.04",
    ],
)
def test_numbers_of_other_things_stay(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 93.184.216.34:8080", "from <IP>:8080"),
        ("http://93.184.216.34/ or 93.184.216.0/24.", "http://<IP>/ or <IP>/24."),
        ("93.184.216.34. Then", "<IP>. Then"),
        ("[2001:4860:4860::8888] 2a00:1450:4001:81b:0:0:0:200e", "[<IP>] <IP>"),
    ],
)
def test_public_addresses_of_machines_are_masked(text, expected):
    assert masked(text) == expected


PRIVATE = "10.0.0.11 100.64.0.10 127.0.0.11 169.254.1.12 172.16.0.10 192.168.1.10 198.51.100.7 224.0.0.10 255.255.255.0"


def test_addresses_that_nobody_can_reach_stay_unless_they_are_asked_for():
    assert masked(PRIVATE) == PRIVATE
    assert masked(PRIVATE, reserved_ips=True) == " ".join(["<IP>"] * 9)
    assert masked("fe80::1 ::1 2001:db8::1:1") == "fe80::1 ::1 2001:db8::1:1"
    assert masked("172.15.0.10 172.32.0.10 100.128.0.10 11.0.0.1") == "<IP> <IP> <IP> <IP>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Visa 4111 1111 1111 1111 12/29", "Visa <CARD> 12/29"),
        ("5500-0000-0000-0004,378282246310005;3782 822463 10005", "<CARD>,<CARD>;<CARD>"),
        ("IBAN DE89 3704 0044 0532 0130 00, GB82WEST12345698765432.", "IBAN <IBAN>, <IBAN>."),
        ("NO93 8601 1117 947 und MT84MALT011000012345MTLCAST001S", "<IBAN> und <IBAN>"),
    ],
)
def test_numbers_of_cards_and_accounts_are_masked(text, expected):
    assert masked(text) == expected


TEXT = "jane@example.com, +49 30 1234567, 93.184.216.34, 4111111111111111, DE89370400440532013000, joe@example.com"


def test_each_sort_is_counted():
    assert columns(TEXT, "nothing", "", None) == {
        "text": ["<EMAIL>, <PHONE>, <IP>, <CARD>, <IBAN>, <EMAIL>", "nothing", "", None],
        "pii_email_count": [2, 0, 0, None],
        "pii_phone_count": [1, 0, 0, None],
        "pii_ip_count": [1, 0, 0, None],
        "pii_card_count": [1, 0, 0, None],
        "pii_iban_count": [1, 0, 0, None],
    }


@pytest.mark.parametrize("sort", KINDS)
def test_a_sort_without_a_mask_is_left_alone(sort):
    found = columns(TEXT, **{sort: None})

    assert f"pii_{sort}_count" not in found
    assert f"<{sort.upper()}>" not in found["text"][0]
    assert [name for name in found if name != "text"] == [f"pii_{kind}_count" for kind in KINDS if kind != sort]


def test_masks_may_be_any_text():
    only = dict.fromkeys(("ip", "card", "iban"))

    assert masked("jane@example.com +49 30 1234567", email="", phone="电话", **only) == " 电话"


def test_counting_leaves_the_text_alone():
    assert set(columns(TEXT, mask=False)) == {f"pii_{sort}_count" for sort in KINDS}
    assert columns(TEXT, mask=False)["pii_email_count"] == [2]


def test_what_is_masked_stays_as_it_is():
    once = masked(TEXT)

    assert masked(once) == once


@pytest.mark.parametrize("mask", [True, False])
def test_columns_are_those_declared_and_a_slice_is_read_by_its_rows(mask):
    batch = pa.RecordBatch.from_arrays([pa.array([TEXT, None, "a@b.de"], pa.string())], names=["text"])
    arrays = Pii(mask=mask).columns(batch.slice(1)).arrays

    assert pa.schema([(name, arrays[name].type) for name in Pii(mask=mask).writes().names]) == Pii(mask=mask).writes()
    assert arrays["pii_email_count"].to_pylist() == [None, 1]
    assert arrays.get("text", pa.array([None, "<EMAIL>"])).to_pylist() == [None, "<EMAIL>"]


def test_no_rows_are_no_rows():
    assert columns()["text"] == []


def test_a_step_that_looks_for_nothing_is_refused():
    with pytest.raises(ValidationError, match="nothing to look for"):
        Pii(**dict.fromkeys(KINDS))


@pytest.mark.parametrize(
    "piece", ["1 ", "@", "a@", "0", "(", "1-", "+1", "1.", ":2001", "DE89 ", "12 345 ", ". ", "é@", "a.b@c-"]
)
def test_hostile_texts_cost_their_length(piece):
    text = piece * (400_000 // len(piece))

    assert columns(text, mask=False)["pii_email_count"] == [0]


def test_every_known_top_level_domain_is_one(test_data):
    listed = (test_data / "lists" / "iana_tlds.txt").read_text().lower().split()
    known = top_level_domains()

    assert {"com", "de", "рф", "xn--p1ai"} <= known
    assert (
        len([name for name in listed if re.fullmatch("[a-z]{2,}", name) and name not in known]) < 150
    )  # the list is old, and some are gone


def test_addresses_on_real_pages_are_masked(test_data):
    with gzip.open(test_data / "oracle" / "dclm.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    found = columns(*texts)
    left = re.findall(
        r"[a-z0-9._-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|de|edu|gov|fr|uk)\b", "\n".join(found["text"])
    )

    assert left == []
    assert sum(found["pii_email_count"]) >= 139
    assert 180 <= sum(found["pii_phone_count"]) <= 230
    assert sum(found["pii_iban_count"]) == 4
