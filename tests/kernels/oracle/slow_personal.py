"""What `kernels.personal.found` finds, said once more with regular expressions: slow, and easy to read."""

import re
from ipaddress import ip_address, ip_network

from dclm_pipeline.kernels.personal import calling, internet, payments

LETTER = rb"(?:\xc3[\x80-\x96\x98-\xb6\xb8-\xbf]|[\xc4-\xd3][\x80-\xbf]|\xd4[\x80-\xaf])"
LOCAL = re.compile(rb"(?:[A-Za-z0-9_%+'&~-]|(?<!\.)\.|" + LETTER + rb")+\Z")
LABEL = re.compile(rb"(?:[A-Za-z0-9]|" + LETTER + rb")(?:[A-Za-z0-9-]|" + LETTER + rb")*")
BLANK = rb"(?: |\xc2\xa0|\xe2\x80\xaf)"
HYPHEN = rb"(?:-|\xe2\x80[\x90\x91\x93])"
CODES = set(map(int, calling._ASSIGNED.split()))
TABLE = calling.national_lengths().tolist()
IBANS = {country: length for length, names in payments.IBAN_LENGTHS.items() for country in names.split()}


def ascii_lower(word):
    return re.sub(rb"[A-Z]", lambda found: found[0].lower(), word)


def words(text):
    return {ascii_lower(word.encode()) for word in text.split()}


PHONE, OTHER, LINKING = map(words, (calling.PHONE_WORDS, calling.OTHER_WORDS, calling.LINKING_WORDS))
VERSIONS = words(internet.VERSION_WORDS)
# Numbers that cannot be reached from elsewhere: IANA's registries, and multicast.
NETWORKS = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 2001::/23 2001:db8::/32 2002::/16 3fff::/20"
)
RESERVED = [ip_network(network) for network in NETWORKS.split()]


def split_word(before):
    """Return what stands before the last word of a row's beginning, and the word."""
    for _ in range(4):
        cut = re.sub(rb"(?:[\t (\-./:]|\xc2\xa0|\xef\xbc\x9a)\Z", b"", before)
        if cut == before:
            break
        before = cut
    word = re.search(rb"[A-Za-z\x80-\xff]{0,32}\Z", before)[0]
    return before[: len(before) - len(word)], ascii_lower(word)


def speaks_for_phone(before):
    rest, word = split_word(before)
    links = word in LINKING
    if links:
        word = split_word(rest)[1]
    return 1 if word in PHONE else -1 if links or word in OTHER else 0


def slow_email(row, i, left, domains):
    found = LOCAL.search(row[left:i])
    if found is None or len(found[0]) > 64:
        return None
    local = found[0].lstrip(b"%&'+-.~")
    labels, end, place = [], None, i + 1
    while local and place <= i + 253:
        label = LABEL.match(row, place)
        if label is None or len(label[0]) > 63:
            break
        solid = label[0].rstrip(b"-")
        labels.append(solid)
        if len(labels) > 1 and ascii_lower(solid).decode() in domains:
            end = place + len(solid)
        if solid != label[0] or row[label.end() : label.end() + 1] != b".":
            break
        place = label.end() + 1
    return None if end is None else (i - len(local), end, "email")


def slow_iban(row, i, left):
    if i - 2 < left or re.match(rb"[A-Za-z0-9_]", row[left : i - 2][-1:]):
        return None
    head = re.match(rb"[A-Z]{2}\d\d", row[i - 2 :])
    length = 0 if head is None else IBANS.get(head[0][:2].decode(), 0)
    if not length:
        return None
    groups, left_over = divmod(length - 4, 4)
    spaced = rb"(?: [A-Z0-9]{4}){%d}" % groups + (b" [A-Z0-9]{%d}" % left_over if left_over else b"")
    pattern = spaced if row[i + 2 : i + 3] == b" " else b"[A-Z0-9]{%d}" % (length - 4)
    found = re.compile(pattern + rb"(?![A-Za-z0-9_])").match(row, i + 2)
    if found is None:
        return None
    number = (found[0] + head[0]).replace(b" ", b"").decode()
    value = int("".join(str(int(letter, 36)) for letter in number))
    return (i - 2, found.end(), "iban") if value % 97 == 1 else None


def stands_apart(row, i, left):
    return not re.search(rb"(?:[A-Za-z0-9_.-]|[A-Za-z0-9]/)\Z", row[left:i])


def is_reserved(address):
    return any(address.version == network.version and address in network for network in RESERVED)


def slow_ip(row, i, left, reserved):
    if not stands_apart(row, i, left):
        return None
    six = slow_ipv6(row, i, left, reserved)
    if six is not None:
        return six
    number = rb"(?:0|[1-9]\d?\d?)"
    four = re.compile(rb"\.".join([number] * 4) + rb"(?![A-Za-z0-9_]|\.[A-Za-z0-9]|-[A-Za-z])").match(row, i)
    if four is None or any(int(part) > 255 for part in four[0].split(b".")):
        return None
    if all(len(part) == 1 for part in four[0].split(b".")) or split_word(row[left:i])[1] in VERSIONS:
        return None
    if not reserved and is_reserved(ip_address(four[0].decode())):
        return None
    return i, four.end(), "ip"


def slow_ipv6(row, i, left, reserved):
    if row[left:i].endswith(b":"):
        return None
    run = re.compile(rb"[23][0-9A-Fa-f:]*").match(row, i)
    if run is None:
        return None
    text = run[0]
    # A colon at the end is the sentence's, unless two are the address's.
    if text.endswith(b":") and not text.endswith(b"::"):
        text = text[:-1]
        if row[i + len(text) + 1 : i + len(text) + 2] > b" ":
            return None
    elif re.compile(rb"[A-Za-z0-9_]|\.\d").match(row, run.end()):
        return None
    if len(text.partition(b":")[0]) != 4 or len([part for part in text.split(b":") if part]) < 3:
        return None
    try:
        address = ip_address(text.decode())
    except ValueError:
        return None
    if not reserved and is_reserved(address):
        return None
    return i, i + len(text), "ip"


def slow_card(row, i, left):
    if re.match(rb"[A-Za-z0-9#&+./=_-]", row[left:i][-1:]):
        return None
    pattern = rb"(?:\d{4}([ -])(?:\d{4}\1\d{4}\1\d{4}|\d{6}\1\d{4,5})|\d{14,16}|\d{19})(?![A-Za-z0-9_@]|[-./:]\d)"
    found = re.compile(pattern).match(row, i)
    if found is None:
        return None
    digits = re.sub(rb"\D", b"", found[0]).decode()
    doubled = "".join(str(int(digit) * (1 + place % 2)) for place, digit in enumerate(reversed(digits)))
    issued = {
        14: r"3[689]|30[0-5]",
        15: r"3[47]",
        16: r"4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|6011|64[4-9]|65|352[89]|35[3-8]|62",
        19: r"62",
    }[len(digits)]
    if sum(map(int, doubled)) % 10 or not re.match(issued, digits):
        return None
    return i, found.end(), "card"


def starts_phone(row, i, left, plus):
    before = row[left:i]
    if not before or before.endswith(b"."):
        return not before or re.search(rb"[A-Za-z]\.\Z", before) is not None
    if re.search(rb"[,:]\Z", before):
        return not re.search(rb"[\d)].\Z", before)
    unit = re.search(rb"(?:" + BLANK + b"|" + rb"\xe2\x80[\x90\x91\x93])\Z", before)
    if unit:
        return (plus and len(unit[0]) < 3) or not re.search(rb"[\d)]\Z", before[: unit.start()])
    return re.search(rb"[\x00-\x22(*;<>?\[\]{|}\x80-\xff]\Z", before) is not None


GROUP = re.compile(rb"\((\d+)\)|(\d+)")
GAP = re.compile(rb"(%b?)(?:(%b|(\.)|(/))(%b?))?" % (BLANK, HYPHEN, BLANK))


def read_groups(row, i, plus, closes):
    """Return groups of digits, each with what stands behind it and whether it is in brackets, and where they end."""
    groups, end = [], i
    while True:
        found = GROUP.match(row, i)
        if found is None:
            if sum(len(group[0]) for group in groups) + len(re.match(rb"\(?(\d*)", row[i:])[1]) > 17:
                return None
            return groups, end
        digits = found[1] or found[2]
        if sum(len(group[0]) for group in groups) + len(digits) > 17 or len(groups) == 8:
            return None
        end = found.end()
        bracket = found[1] is not None
        if closes and not groups and row[end : end + 1] == b")":
            bracket, end = True, end + 1
        gap = GAP.match(row, end)
        wide = bool(gap[2]) and bool(gap[1] or gap[5])
        if wide and (gap[3] or len(groups) + 1 > 1 + plus):
            kind, after = "blank" if gap[1] else "", end + len(gap[1])
        else:
            kind = "." if gap[3] else "/" if gap[4] else "-" if gap[2] else "blank" if gap[1] else ""
            after = gap.end()
        groups.append((digits.decode(), kind, bracket))
        follows = re.compile(rb"\(\d" if after == end and not bracket else rb"\(?\d").match(row, after)
        if follows is None:
            return groups, end
        i = after


def is_international(groups, skipped, word):
    head = groups[0][0][skipped:]
    codes = [head[:width] for width in (1, 2, 3) if len(head) >= width and int(head[:width]) in CODES]
    codes = [code for code in codes if not code.startswith("0")]
    if not codes:
        return False
    code = codes[0]
    rest = head[len(code) :] + "".join(group[0] for group in groups[1:])
    if head == code and len(groups) > 1 and groups[1][0] == "0" and groups[1][2]:
        rest = rest[1:]
    least, most = TABLE[int(code)]
    if not least <= len(rest) <= most:
        return False
    if code == "1" and (rest[0] in "01" or rest[3] in "01"):
        return False
    if rest[0] == "0" and int(code) not in calling.LEADING_ZERO:
        return False
    return word > 0 or len(groups) != 2 or groups[0][1] != "."


def is_date(groups):
    texts = [group[0] for group in groups]
    years = [re.fullmatch("(?:19|20)..", text) is not None for text in texts]
    if len(texts) == 2 and all(years):
        return True
    if len(texts) < 2 or groups[0][2]:
        return False
    if len(texts[0]) <= 2 and years[1]:
        return True
    if len(texts) < 3 or len(texts[1]) > 2:
        return False
    return (len(texts[0]) <= 2 and years[2]) or years[0]


def is_american(groups):
    groups = groups[1:] if len(groups) == 4 and groups[0][0] == "1" else groups
    if [len(group[0]) for group in groups] != [3, 3, 4]:
        return False
    (area, gap, bracket), (exchange, line, _), _ = groups
    if area[0] in "01" or exchange[0] in "01" or area[1:] == "11":
        return False
    return (bracket or gap in ("-", ".", "/")) and line in ("-", ".")


def has_trunk_zero(groups):
    texts = [group[0] for group in groups]
    lengths = [len(text) for text in texts]
    if len(groups) < 2 or not 9 <= sum(lengths) <= 12 or not re.fullmatch("0[1-9].{0,4}", texts[0]):
        return False
    if 1 in lengths[:-1] or (set(lengths) == {2} and len(lengths) != 5):
        return False
    return not (len(lengths) == 4 and max(lengths) <= 3 and all(group[1] == "." for group in groups[:-1]))


def slow_phone(row, i, left):
    begin, plus, closes = i, row[left:i].endswith(b"+"), False
    if plus:
        begin -= 1
        closes = row[left:begin].endswith(b"(") and re.compile(rb"\d{1,5}\)").match(row, i) is not None
        begin -= closes
    elif row[left:i].endswith(b"(") and re.compile(rb"\d{1,7}\)").match(row, i):
        begin -= 1
    if not starts_phone(row, begin, left, plus):
        return None
    read = read_groups(row, i if plus else begin, plus, closes)
    if read is None:
        return None
    groups, end = read
    digits = "".join(group[0] for group in groups)
    if len(digits) < 6 or re.compile(rb"[%@_]|(?!x\d)[A-Za-z0-9]|[',\-./:]\d").match(row, end):
        return None
    word = speaks_for_phone(row[left:begin])
    if plus:
        found = is_international(groups, 0, word)
    elif is_date(groups) or word < 0:
        found = False
    elif word > 0 and len(digits) <= 15 and (len(digits) > 6 or len(groups) > 1):
        found = True
    elif re.match("00.", groups[0][0]) and (len(groups) > 1 or word > 0):
        found = is_international(groups, 2, word)
    else:
        found = is_american(groups) or has_trunk_zero(groups)
    return (begin, end, "phone") if found else None


def slow_personal(text, wanted, domains):
    """Return where a text has what is wanted, in bytes, and its kind."""
    row, spans, left, i = text.encode(), [], 0, 0
    while i < len(row):
        found = None
        if row[i : i + 1] == b"@":
            found = slow_email(row, i, left, domains) if "email" in wanted.kinds else None
        elif row[i : i + 1].isdigit():
            before = row[left:i][-1:]
            if "iban" in wanted.kinds and i - 2 >= left and re.match(rb"[A-Z]", before):
                found = slow_iban(row, i, left)
            elif not re.match(rb"[A-Za-z0-9]", before):
                found = slow_ip(row, i, left, wanted.reserved) if "ip" in wanted.kinds else None
                if found is None and "card" in wanted.kinds:
                    found = slow_card(row, i, left)
                if found is None and "phone" in wanted.kinds:
                    found = slow_phone(row, i, left)
        if found is None:
            i += 1
        else:
            spans.append(found)
            left = i = found[1]
    return spans
