"""What somebody reads who made a mistake in a recipe."""

from pathlib import Path

import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import load_recipe

HEAD = "name: a\nsource: {kind: warc}\nsteps:\n"

TEN_MISTAKES = """
name: a
source:
  kind: wrac
steps:
  - kind: extrct
  - kind: signals
    nmae: foo
  - kind: between
    colum: word_count
    low: many
  - kind: sample
    share: 2
  - 17
  - {name: x}
limits: {failed_share: 7, memory: lots}
colums: [a]
"""

TEN_MESSAGES = """\
bad.yaml:4: source: there is no kind 'wrac'; did you mean 'warc'? Known: {sources}
bad.yaml:6: steps.0: there is no kind 'extrct'; did you mean 'extract'? Known: {kinds}
bad.yaml:8: steps.1 (signals): unknown setting 'nmae'; did you mean 'name'? Known: {signals}
bad.yaml:9: steps.2 (between): needs 'column'{column}
bad.yaml:10: steps.2 (between): unknown setting 'colum'; did you mean 'column'? Known: {between}
bad.yaml:11: steps.2 (between): low is 'many'; expected a number or null
bad.yaml:13: steps.3 (sample): share is 2; expected a number at least 0, at most 1
bad.yaml:14: steps.4: is 17; expected a mapping such as {{kind: extract}}
bad.yaml:15: steps.5: needs 'kind', one of {kinds}
bad.yaml:16: limits: failed_share is 7; expected a number at least 0, at most 1
bad.yaml:16: limits: memory is 'lots': a size is a number of bytes, or one with a unit such as 256MB or 8MiB
bad.yaml:17: unknown setting 'colums'; did you mean 'columns'? Known: name, source, steps, columns, uses, seed, annotate, limits"""


def message_of(text: str | bytes, folder: Path, monkeypatch: pytest.MonkeyPatch, *overrides: str) -> str:
    """Return what is said about a recipe that cannot be loaded."""
    monkeypatch.chdir(folder)
    Path("bad.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RecipeError) as caught:
        load_recipe("bad.yaml", overrides=overrides)
    return str(caught.value)


def test_ten_mistakes_give_ten_messages_at_once(tmp_path, monkeypatch):
    from dclm_pipeline.recipe import source_kinds, step_kinds

    kinds = step_kinds()
    about = kinds["between"].model_fields["column"].description
    expected = TEN_MESSAGES.format(
        kinds=", ".join(sorted(kinds)),
        sources=", ".join(sorted(source_kinds())),
        signals=", ".join(kinds["signals"].model_fields),
        between=", ".join(kinds["between"].model_fields),
        column=f": {about}" if about else "",
    )

    assert message_of(TEN_MISTAKES, tmp_path, monkeypatch).splitlines() == expected.splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "  - {kind: between, column: word_count, low: 1}", "add `signals` before it"),
        (
            HEAD + "  - {kind: between, column: nothing, low: 1}",
            "'nothing', which no earlier step writes. There are id",
        ),
        (
            HEAD + "  - extract\n  - {kind: signals, name: x}\n  - {kind: signals, name: x}",
            "steps.2 (signals): is named 'x'",
        ),
        (HEAD + "  - extract\ncolumns: [txet]", "nothing writes 'txet'; did you mean 'text'?"),
        (HEAD + "  - extract\nseed: abc", "seed is 'abc'; expected a whole number"),
        (HEAD + "  - extract\nuses: [mine]", "say --allow-custom-code"),
        ("name: a b\nsource: warc\nsteps: [extract]", "a name is letters, digits"),
        (HEAD + "  - extract\nseed: true", "bad.yaml:5: recipe: seed is true; expected a whole number"),
        (
            HEAD + "  - extract\nname: b",
            "bad.yaml:5: 'name' stands here a second time, after line 1; which one is meant?",
        ),
        (
            HEAD + "  - {kind: extract, needs: {gup: 1}}",
            "steps.0 (extract): unknown setting 'needs.gup'; did you mean 'gpu'?",
        ),
        (HEAD + "  - {kind: extract, name: a b}", "bad.yaml:4: steps.0 (extract): name is 'a b': a name is letters"),
        (HEAD + "  - {kind: [a]}", "steps.0: kind is ['a']; expected one of"),
        (HEAD + "  - extract\nlimits: {memory: " + "9" * 400 + "MB}", "a size is a number of bytes"),
        (HEAD + "  - extract\nlimits: {cpu_seconds: .inf}", "cpu_seconds is inf; expected a number more than 0"),
        (HEAD + "  - extract\nlimits: 7", "bad.yaml:5: limits: is 7; expected a mapping of settings"),
        (HEAD + "  - extract\ncolumns: [url, 5]", "bad.yaml:5: recipe: columns.1 is 5; expected a text"),
        (
            "name: a\nsource: {kind: warc, status: [x]}\nsteps: [extract]",
            "source (warc): status.0 is 'x'; expected a whole number",
        ),
        ("name: a\nsource: 5\nsteps: {kind: extract}", "bad.yaml:3: steps is {'kind': 'extract'}; expected: a list"),
        (HEAD + "\t- extract", "bad.yaml:4: a tab stands here"),
        ("a: 1\na: 2", "bad.yaml:2: 'a' stands here a second time"),
        ("a: &x 1\nb: *x", "anchors and aliases"),
        ("a: !!python/object/apply:os.system [id]", "the tag"),
        ("a: " + "[" * 50 + "]" * 50, "nested more than 20 deep"),
        ("a: " + "9" * 5000, "a number of 5000 digits"),
        ("---\na: 1\n---\nb: 2", "one document"),
        ("[1, 2]", "a recipe is a mapping"),
        ("", "a recipe is a mapping"),
        ("a: 'x", "not YAML"),
        (b"a: \xff", "bad.yaml:1: not UTF-8"),
        (b"a: \x00", "not YAML"),
        ("a: " + "x" * 2_000_000, "a recipe has 1,048,576 at most"),
        ("name: a\nsource: warc\nsteps: []", "needs 'steps'"),
        ("name: a\nsteps: [extract]", "needs 'source'"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, monkeypatch, text, said):
    assert said in message_of(text, tmp_path, monkeypatch)


def test_mistakes_of_every_sort_are_told_of_together(tmp_path, monkeypatch):
    text = "name: a b\nsource: warc\nsteps:\n  - signals\n  - extract\nseed: x\nseed: 1\ncolumns: 5\nlimits: {memry: 1}"
    said = message_of(text, tmp_path, monkeypatch, "wrods.low=1", "signals.sav=true")

    assert [line.partition(";")[0].partition(". ")[0] for line in said.splitlines()] == [
        "--set wrods.low=1: no step is named 'wrods'",
        "--set signals.sav=true: steps.0 (signals): unknown setting 'sav'",
        "bad.yaml:1: recipe: name is 'a b': a name is letters, digits, '-', '_' and '.', 64 at most, and begins with a letter or digit",
        "bad.yaml:6: recipe: seed is 'x'",
        "bad.yaml:7: 'seed' stands here a second time, after line 6",
        "bad.yaml:8: recipe: columns is 5",
        "bad.yaml:9: limits: unknown setting 'memry'",
    ]


def test_what_a_step_reads_is_checked_though_other_things_are_wrong(tmp_path, monkeypatch):
    text = "name: a b\nsource: warc\nsteps:\n  - signals\n  - extract\n"

    assert [
        line.partition(";")[0].partition(":")[2] for line in message_of(text, tmp_path, monkeypatch).splitlines()
    ] == [
        "1: recipe: name is 'a b': a name is letters, digits, '-', '_' and '.', 64 at most, and begins with a letter or digit",
        "4: steps.0 (signals) reads 'text', which no earlier step writes",
    ]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("enough", "expected NAME.FIELD=VALUE"),
        ("wrods.low=1", "no step is named 'wrods'; did you mean 'words'?"),
        ("words.lwo=1", "unknown setting 'lwo'; did you mean 'low'?"),
        ("words.low=x", "low is 'x'; expected a number"),
    ],
)
def test_a_mistake_on_the_command_line_is_named_too(tmp_path, monkeypatch, override, said):
    text = HEAD + "  - extract\n  - signals\n  - {kind: between, name: words, column: word_count, low: 1}"

    assert said in message_of(text, tmp_path, monkeypatch, override)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    (tmp_path / "quick.yaml").write_text("")

    with pytest.raises(RecipeError, match=r"no such file; did you mean 'quick\.yaml'"):
        load_recipe(tmp_path / "quik.yaml")
    with pytest.raises(RecipeError, match="is a folder"):
        load_recipe(tmp_path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            "by: {column: language, bands: {de: {lwo: 3}}, otherwise: keep}",
            "unknown setting 'by.bands.de.lwo'; did you mean 'low'?",
        ),
        (
            "by: {column: language, bands: {de: {low: x}}, otherwise: keep}",
            "by.bands.de.low is 'x'; expected a number or null",
        ),
        ("by: {column: language, bands: {de: {low: 3}}, otherwise: maybe}", "by.otherwise is 'maybe'; expected"),
        ("by: {column: language, bands: {de: {low: 3}}}", "needs 'by.otherwise': What becomes"),
        (
            "low: 1\n    when: {any_of: [{column: a, atleast: 3}]}",
            "unknown setting 'when.any_of.0.atleast'; did you mean",
        ),
    ],
)
def test_a_mistake_inside_settings_is_named_with_its_path(tmp_path, monkeypatch, settings, said):
    text = HEAD + f"  - extract\n  - signals\n  - kind: between\n    column: word_count\n    {settings}"

    assert said in message_of(text, tmp_path, monkeypatch)


RULES = "Known: uppercase, digits, counters, words, longest_word, phrases, punctuation, repeats, trim, citations"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("[{rule: upercase}]", f"rules.0: there is no rule 'upercase'; did you mean 'uppercase'? {RULES}"),
        ("[{rule: trim}, {most: 1}]", "rules.1 needs 'rule', one of uppercase, digits, counters"),
        ("[uppercase]", "rules.0 is 'uppercase'; expected a mapping such as {rule: uppercase}"),
        ("[{rule: digits, mots: 1}]", "unknown setting 'rules.0.mots'; did you mean 'most'? Known: trim, rule, most"),
        ("[{rule: words, least: x}]", "rules.0.least is 'x'; expected a whole number at least 0"),
        ("[{rule: counters, words: []}]", "rules.0.words is []; expected a list of at least one, each a text"),
        ("[{rule: phrases}]", "needs 'rules.0.phrases': The phrases"),
        ("[]", "rules is []; expected a list of at least one, each settings of a rule: uppercase, digits, counters"),
        ("uppercase", "rules is 'uppercase'; expected a list of at least one, each settings of a rule: uppercase"),
    ],
)
def test_a_mistake_in_a_rule_is_named_with_its_rule(tmp_path, monkeypatch, rules, said):
    text = HEAD + f"  - extract\n  - kind: line_filter\n    rules: {rules}"
    message = message_of(text, tmp_path, monkeypatch)

    assert message.startswith("bad.yaml:6: steps.1 (line_filter): ")
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "  - {kind: screen_language, languages: []}", "languages is []; expected a list of at least one, each"),
        ("name: a\nsource: {kind: warc, types: []}\nsteps: [extract]", "types is []; expected a list of at least one"),
        (
            "name: a\nsource: {kind: warc, status: []}\nsteps: [extract]",
            "status is []; expected a list of at least one",
        ),
        (
            HEAD + "  - extract\n  - {kind: signals, stop_words_by: {words: {de: []}}}",
            "stop_words_by.words is {'de': []}: de has no words; leave it out",
        ),
        (HEAD + "  - {kind: url_filter, by: host}", "say `optional: true` if that is meant"),
    ],
)
def test_what_is_empty_where_that_would_mean_nothing_is_refused(tmp_path, monkeypatch, text, said):
    assert said in message_of(text, tmp_path, monkeypatch)
