"""Figures of classifiers as text: tables on a terminal, and mistakes to read as Markdown."""

from collections.abc import Iterator, Sequence
from typing import Any

_HEAD = 12


def shown_card(card: dict[str, Any]) -> list[str]:
    """Return what there is to say of a classifier that has been made."""
    taught = ", ".join(f"{count:,} {label}" for label, count in card["taught"].items())
    held = ", ".join(f"{count:,} {label}" for label, count in card["held_out"].items())
    lines = [f"{card['name']}: taught by {taught}; judged by {held} held-out documents"]
    for group in card["groups"]:
        source = group["tally"]["source"]
        left = [f"{sum(source['failed'].values()):,} failed" if source["failed"] else ""]
        left += [f"{count:,} passed by ({reason})" for reason, count in source["skipped"].items()]
        left += [f"{step['name']} dropped {step['dropped']:,}" for step in group["tally"]["steps"] if step["dropped"]]
        left.append(f"{group['wordless']:,} without words" if group["wordless"] else "")
        said = "".join(f", {part}" for part in left if part)
        lines.append(f"  {group['name']}: {source['documents']:,} read{said}, {group['drawn']:,} drawn")
        lines += [f"    {failure}" for failure in group.get("failures", ())]
    lines += _summary(card["figures"])
    if "distilled" in card:
        lines += list(_distilled(card["distilled"]))
    if card["thresholds"]:
        lines.append("to keep a share of documents like those not chosen, ask for a score of at least")
        lines += _table(
            ("share", "threshold"), ((f"{row['share']:.0%}", f"{row['threshold']:.6f}") for row in card["thresholds"])
        )
    return lines


def shown_figures(found: dict[str, Any]) -> list[str]:
    """Return what was found of one model, or of two side by side."""
    lines = []
    left_out = [f"{found[name]:,} {name}" for name in ("unlabelled", "failed") if found[name]]
    if left_out:
        lines.append(f"left out: {', '.join(left_out)}")
    for figures in found["models"]:
        lines.append(f"{figures['model']} (score: probability of {figures['label']})")
        lines += _summary(figures)
        lines += _kept(figures)
        lines += _calibration(figures)
        lines += _leanings(figures)
    if "compared" in found:
        lines += _compared(found["compared"])
    return lines


def review_text(found: dict[str, Any]) -> str:
    """Return the strongest mistakes of each model, to be read, as Markdown."""
    parts = ["# Mistakes to read\n"]
    for figures in found["models"]:
        for name, said in (
            ("false_positives", "scored high, labelled as bad"),
            ("false_negatives", "scored low, labelled as good"),
        ):
            parts.append(f"## {figures['model']}: {said}\n")
            parts += [_quoted(row) for row in figures[name]]
    for name, said in (("higher_by_the_first", "the first"), ("higher_by_the_second", "the second")):
        if "compared" in found:
            parts.append(f"## Ranked much higher by {said} model\n")
            parts += [_quoted(row) for row in found["compared"][name]]
    return "\n".join(parts)


def _summary(figures: dict[str, Any]) -> list[str]:
    if not figures["documents"]:
        return ["  no labelled texts, so nothing is known of how good it is"]
    agreed = figures["agreement"]
    lines = [
        (
            f"  {figures['documents']:,} labelled texts, {figures['good']:,} good; AUC {_number(figures['auc'])} "
            f"± {_number(figures['auc_error'])} (one standard error)"
        )
    ]
    if agreed:
        lines.append(
            f"  agreement where as many are kept as are good (score at least {agreed['threshold']:.6f}): "
            f"{agreed['same']:.1%}, kappa {_number(agreed['kappa'])}"
        )
    return lines


def _kept(figures: dict[str, Any]) -> list[str]:
    rows = (
        (
            f"{row['share']:.0%}",
            f"{row['threshold']:.6f}",
            f"{row['documents']:,}",
            shown_share(row["precision"]),
            shown_share(row["recall"]),
        )
        for row in figures["kept"]
    )
    return _table(("kept", "threshold", "documents", "precision", "recall"), rows)


def _calibration(figures: dict[str, Any]) -> list[str]:
    rows = (
        (f"{row['low']:.1f}-{row['high']:.1f}", f"{row['documents']:,}", _number(row["mean"]), shown_share(row["good"]))
        for row in figures["calibration"]["bins"]
        if row["documents"]
    )
    off = figures["calibration"]["off"]
    return [
        f"  a score is off the share of good texts by {_number(off)} on average",
        *_table(("score", "documents", "mean", "good"), rows),
    ]


def _leanings(figures: dict[str, Any]) -> list[str]:
    length, sites = figures["length"], figures["sites"]
    told = ", ".join(f"{name} {_number(value)}" for name, value in length["correlation"].items())
    lines = [f"  correlation of score and length: {told}"]
    lines += _table(
        ("characters", "documents", "mean", "good", "AUC"),
        (
            (
                f"{row['low']:,}-{row['high']:,}",
                f"{row['documents']:,}",
                _number(row["mean"]),
                shown_share(row["good"]),
                _number(row["auc"]),
            )
            for row in length["tenths"]
        ),
    )
    if sites["sites"]:
        lines.append(
            f"  {sites['sites']:,} sites; ten of them hold {shown_share(sites['first_ten_of_all'])} of the texts, and ten "
            f"{shown_share(sites['first_ten_of_kept'])} of the tenth with the highest scores"
        )
        for said, name in (("highest", "most"), ("lowest", "least")):
            named = ", ".join(f"{row['site']} {row['mean']:.3f} ({row['documents']:,})" for row in sites[name][:5])
            lines += [f"  sites with the {said} mean scores: {named}"] if named else []
    lines += [
        f"  scores of {name or 'texts of no group'}: {_bars(counts)}" for name, counts in figures["histograms"].items()
    ]
    return lines


def _compared(compared: dict[str, Any]) -> list[str]:
    difference = _number(compared["auc_difference"])
    lines = [
        (
            f"the first and the second: AUC differs by {difference} ± {_number(compared['auc_difference_error'])}, scores "
            f"correlate by {_number(compared['correlation'])}"
        )
    ]
    rows = ((f"{row['share']:.0%}", shown_share(row["overlap"])) for row in compared["overlap"])
    return lines + _table(("kept", "of the first's choice the second keeps"), rows)


def _distilled(distilled: dict[str, Any]) -> Iterator[str]:
    yield (
        f"  of what {distilled['column']} keeps of {distilled['documents']:,} held-out documents, this one keeps "
        f"(scores correlate by {_number(distilled['correlation'])}):"
    )
    rows = ((f"{row['share']:.0%}", shown_share(row["kept"])) for row in distilled["kept_of_choice"])
    yield from _table(("kept", "of its choice"), rows)


def _quoted(row: dict[str, Any]) -> str:
    other = f", by the other {row['other']:.6f}" if "other" in row else ""
    said = " ".join(part for part in (row["group"], row["url"]) if part)
    text = "\n".join(f"> {line}" for line in row["text"].splitlines())
    return f"### {row['score']:.6f}{other} {said}\n\n{text}\n"


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> list[str]:
    width = max(_HEAD, *(len(name) for name in head))
    return ["  " + "".join(f"{cell:>{width + 1}}" for cell in cells) for cells in (tuple(head), *rows)]


def _bars(counts: Sequence[int]) -> str:
    """Return a histogram in one line, from 0 to 1."""
    most = max([*counts, 1])
    return "".join(" ▁▂▃▄▅▆▇█"[0 if not count else 1 + (count * 7) // most] for count in counts)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def shown_share(value: float | None) -> str:
    """Return a share in per cent; `-` where there is none."""
    return "-" if value is None else f"{value:.1%}"
