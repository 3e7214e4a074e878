import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from dclm_pipeline.kernels.lines.rules import apply_rules
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.stages.line_filter import LineFilter, rules_as_numbers
from dclm_pipeline.stages.line_rules import LineRule

COUNTED = r"\W*\d[,.\d]*[kmb]?\s+(?:%s)(?!\w)(.*)"


def drops(rule, line):
    match rule.rule:
        case "uppercase":
            return bool(line) and sum(map(str.isupper, line)) / len(line) > rule.most
        case "digits":
            return bool(line) and sum(map(str.isdigit, line)) / len(line) > rule.most
        case "words":
            most = len(line) if rule.most is None else rule.most
            return not (rule.keep_empty and not line) and not rule.least <= len(line.split()) <= most
        case "longest_word":
            return any(len(word) > rule.most for word in line.split())
        case "counters":
            small = "".join(character.lower()[0] for character in line)
            words = [*rule.words, *(word[:-1] for word in rule.words if rule.singular)]
            for word in words:
                found = re.fullmatch(COUNTED % word, small, re.DOTALL)
                if found and sum(bool(re.search(r"\w", word)) for word in found[1].split()) <= rule.words_after:
                    return True
            return False
        case "punctuation":
            if rule.keep_empty and not line:
                return False
            line = line.rstrip() if rule.blanks_after else line
            ellipsis = line.endswith(("...", "…")) and not rule.ellipses
            return not line.endswith(tuple(rule.ends)) or ellipsis
    raise ValueError(rule)


def pattern_of(rule):
    phrases = [
        "".join("." if character == rule.wildcard else re.escape(character) for character in phrase)
        for phrase in rule.phrases
    ]
    either = f"(?:{'|'.join(phrases)})"
    placed = {"any": rf"\s?{either}", "prefix": rf"\A{either}\s?", "suffix": rf"\s?{either}\Z"}[rule.place]
    return re.compile(placed, re.DOTALL | (re.NOFLAG if rule.case else re.IGNORECASE))


def without_phrases(rule, lines):
    pattern, kept = pattern_of(rule), []
    for line in lines:
        if rule.most_words is not None and len(line.split()) > rule.most_words:
            kept.append(line)
        elif rule.remove == "match":
            cut = pattern.sub("", line)
            if not line or cut.strip():
                kept.append(cut)
        elif not pattern.search(line):
            kept.append(line)
        elif rule.remove == "page":
            return []
    return kept


def without_repeats(rule, text):
    mark = "\n" if rule.unit == "line" else "\n\n"
    seen, kept = set(), []
    for unit in text.split(mark):
        same = unit if rule.exact else "".join(each.lower()[0] for each in unit.strip()).replace("ς", "σ")
        if same not in seen or not same:
            kept.append(unit)
        seen.add(same)
    return mark.join(kept)


def slow(rules, text, anywhere):
    if anywhere:
        text = "\n".join(text.splitlines())
    for rule in rules:
        lines = text.split("\n")
        if not text:
            return ""
        if rule.rule == "repeats":
            text = without_repeats(rule, text)
        elif rule.rule == "phrases":
            text = "\n".join(without_phrases(rule, lines))
        elif rule.rule == "trim":
            text = "\n".join(map(str.strip, lines))
        elif rule.rule == "citations":
            text = re.sub(r"\[(?:\d*|edit|citation needed)\]", "", text)
        else:
            text = "\n".join(line for line in lines if not drops(rule, line))
        text = text.strip() if rule.trim else text
    return text


def fast(rules, texts, anywhere, first=0):
    ruled = apply_rules(views(pa.array(texts, pa.large_string()).slice(first)), rules_as_numbers(rules), anywhere)
    cut = ruled.data.tobytes()
    return [cut[a:b].decode() for a, b in zip(ruled.offsets[:-1], ruled.offsets[1:], strict=True)]


PIECES = st.sampled_from(
    [
        "\n",
        "\n\n",
        " ",
        "\t",
        "\r\n",
        "\x0b",
        "\x1c",
        "\x85",
        "\u2028",
        "\u3000",
        "A",
        "É",
        "ǅ",
        "word",
        "Word",
        "WORD",
        "items in cart",
        "Items In Cart",
        "ITEMſ ın carT",
        "read more",
        "READ MORE...",
        "sign-in",
        "[1]",
        "[٣]",
        "[]",
        "[",
        "[edit]",
        "[citation needed]",
        "12",
        "1,2.3",
        "٣",
        "²",
        "k",
        "\u212a",
        "likes",
        "Views",
        "view",
        "so far",
        "_",
        ".",
        "...",
        "…",
        "!",
        '"',
        "日本語",
        "ΟΔΟΣ",
        "οδος",
        "İ",
        "😀",
        "{",
    ]
)
TEXTS = st.lists(
    st.lists(st.one_of(PIECES, st.text(st.characters(exclude_categories=["Cs"]), max_size=4)), max_size=14).map(
        "".join
    ),
    max_size=4,
)
PHRASES = st.lists(
    st.sampled_from(
        ["items in cart", "Read more...", "sign-in", " ", "word", "wor", "…", "S", "...", "d W", "日", "k"]
    ),
    min_size=1,
    max_size=3,
)
RULES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"rule": st.just("uppercase"), "most": st.sampled_from([0.0, 0.3, 0.5, 1.0])}),
        st.fixed_dictionaries({"rule": st.just("digits"), "most": st.sampled_from([0.0, 0.5, 0.999999])}),
        st.fixed_dictionaries(
            {"rule": st.just("counters"), "singular": st.booleans(), "words_after": st.integers(0, 2)},
        ),
        st.fixed_dictionaries(
            {
                "rule": st.just("words"),
                "least": st.integers(0, 2),
                "most": st.sampled_from([None, 2, 5]),
                "keep_empty": st.booleans(),
            }
        ),
        st.fixed_dictionaries({"rule": st.just("longest_word"), "most": st.integers(1, 9)}),
        st.fixed_dictionaries(
            {
                "rule": st.just("phrases"),
                "phrases": PHRASES,
                "place": st.sampled_from(["any", "prefix", "suffix"]),
                "remove": st.sampled_from(["line", "match", "page"]),
                "most_words": st.sampled_from([None, 0, 2]),
                "case": st.booleans(),
                "wildcard": st.sampled_from(["", "."]),
                "trim": st.booleans(),
            }
        ),
        st.fixed_dictionaries(
            {
                "rule": st.just("punctuation"),
                "ellipses": st.booleans(),
                "blanks_after": st.booleans(),
                "keep_empty": st.booleans(),
            }
        ),
        st.fixed_dictionaries(
            {"rule": st.just("repeats"), "unit": st.sampled_from(["line", "paragraph"]), "exact": st.booleans()}
        ),
        st.fixed_dictionaries({"rule": st.sampled_from(["trim", "citations"]), "trim": st.booleans()}),
    ),
    min_size=1,
    max_size=4,
).map(TypeAdapter(list[LineRule]).validate_python)


@given(RULES, TEXTS, st.booleans(), st.integers(0, 2))
def test_rules_in_a_chain_agree_with_python(rules, texts, anywhere, first):
    assert fast(rules, texts, anywhere, first) == [slow(rules, text, anywhere) for text in texts[first:]]


@given(RULES, TEXTS)
def test_one_step_does_what_a_step_for_each_rule_does(rules, texts):
    chained = texts
    for rule in rules:
        chained = fast([rule], chained, False)

    assert fast(rules, texts, False) == chained


def test_the_step_gives_the_kernel_its_rules():
    step = LineFilter(rules=[{"rule": "words", "least": 2}])

    assert fast(step.rules, ["one\ntwo words"], False) == ["two words"]
