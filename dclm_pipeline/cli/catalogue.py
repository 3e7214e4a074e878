"""`dclm docs`: the pages that are made from the code: the catalogue of steps, and the schema for editors."""

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dclm_pipeline.step import Step

HEAD = """# Steps and sources

This page is made from the code by `make docs`.
What a recipe may hold beside them stands in [recipes](recipes.md).
Every step also has `name`, `save` (keep what leaves it, for every recipe that begins alike) and `needs` (cpu, memory, gpu).
"""
COMMON = frozenset({"kind", "name", "needs"})


@click.command("docs", hidden=True)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="The repository.")
def docs(folder: Path) -> None:
    """Write docs/stages.md and schemas/recipe.json again."""
    for path, text in pages().items():
        (folder / path).write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")


def pages() -> dict[str, str]:
    """Return the generated pages by their path in the repository."""
    from dclm_pipeline.recipe import json_schema
    from dclm_pipeline.recipe.json_schema import schema_text

    return {"docs/stages.md": catalogue(), "schemas/recipe.json": schema_text(json_schema())}


def catalogue() -> str:
    """Return the page that lists every step and source."""
    from dclm_pipeline.recipe import builtin_kinds, source_kinds

    sections = [HEAD, "## Sources\n"]
    sections += [_section(kind, source, "") for kind, source in sorted(source_kinds().items())]
    sections.append("## Steps\n")
    sections += [_section(kind, step, _verb(step)) for kind, step in sorted(builtin_kinds().items())]
    return "\n".join(sections)


def _section(kind: str, model: "type[BaseModel]", verb: str) -> str:
    from dclm_pipeline.recipe.problems import expected_of
    from dclm_pipeline.step import Step

    text = inspect.cleandoc(model.__doc__ or "").replace("``", "`")
    lines = [f"### {kind}\n", f"{verb}{text}\n"]
    settings = {name: field for name, field in model.model_fields.items() if name not in COMMON}
    if issubclass(model, Step) and not settings["save"].default:
        settings.pop("save")
    if settings:
        lines += ["| setting | what it may be | default | |", "|---|---|---|---|"]
        for name, field in settings.items():
            default = "needed" if field.is_required() else f"`{_plain(field.default)}`"
            words = expected_of(model, name).replace("|", "\\|")
            lines.append(f"| `{name}` | {words} | {default} | {field.description or ''} |")
        lines.append("")
    return "\n".join(lines)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_plain(part) for part in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f"{value:,}" if isinstance(value, int) else str(value) or '""'


def _verb(step: "type[Step]") -> str:
    from dclm_pipeline.step import VERBS

    name = next(verb.__name__ for verb in VERBS if issubclass(step, verb))
    return f"*{name}.* "
