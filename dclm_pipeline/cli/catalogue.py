"""`dclm stages`, `dclm schema`, `dclm docs`: what recipes may hold, as the code has it, on a terminal and as pages."""

import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dclm_pipeline.step import Step

HEAD = """# Steps and sources

This page is made from the code by `make docs`.
What a recipe may hold beside them stands in [recipes](recipes.md).
Every step also has `name`, `save` (keep what leaves it, for every recipe that begins alike), `needs` (cpu, memory, gpu)
and `annotate` (drop nothing, and say in a column `passes.<name>` what would have stayed).
"""
# Of models within settings, the path and the kind where the page tells of them.
Told = dict[type[Any], tuple[str, str]]
COMMON = frozenset({"kind", "name", "needs", "annotate"})


@click.command()
@click.argument("kinds", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def stages(kinds: tuple[str, ...], as_json: bool) -> None:
    """Tell of all steps and sources, or of KINDS: what they do, and their settings."""
    from dclm_pipeline.errors import RecipeError
    from dclm_pipeline.mistakes import nearest
    from dclm_pipeline.recipe import builtin_kinds, source_kinds

    known: dict[str, type[BaseModel]] = {**source_kinds(), **builtin_kinds()}
    unknown = sorted(set(kinds) - known.keys())
    if unknown:
        hint = nearest(unknown[0], known)
        raise RecipeError(f"there is no {', '.join(unknown)}{hint} There are {', '.join(sorted(known))}")
    wanted = {kind: model for kind, model in known.items() if not kinds or kind in kinds}
    if as_json:
        click.echo(json.dumps({kind: model.model_json_schema() for kind, model in wanted.items()}))
        return
    for kind, model in wanted.items():
        told = inspect.cleandoc(model.__doc__ or "")
        what = "source" if kind in source_kinds() else "step"
        if not kinds:
            click.echo(f"{kind:<16}{what:<8}{told.splitlines()[0]}")
            continue
        click.echo(f"{kind} ({what})\n\n{told}\n")
        click.echo("\n".join(_listed(model, "  ")))
        for path, which, inner in _inner(model):
            click.echo(f"\n  {path}{which and f', {which}'}: {_first_line(inner)}\n")
            click.echo("\n".join(_listed(inner, "    ")))
    if not kinds:
        click.echo("`dclm stages KIND` tells of the settings of one.")


@click.command()
def schema() -> None:
    """Print the JSON Schema of recipes, for editors and programs."""
    from dclm_pipeline.recipe import json_schema
    from dclm_pipeline.recipe.json_schema import schema_text

    click.echo(schema_text(json_schema()), nl=False)


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

    told: Told = {}
    sections = [HEAD, "## Sources\n"]
    sections += [_section(kind, source, "", told) for kind, source in sorted(source_kinds().items())]
    sections.append("## Steps\n")
    sections += [_section(kind, step, _verb(step), told) for kind, step in sorted(builtin_kinds().items())]
    return "\n".join(sections)


def _section(kind: str, model: "type[BaseModel]", verb: str, told: Told) -> str:
    from dclm_pipeline.step import Step

    text = inspect.cleandoc(model.__doc__ or "").replace("``", "`")
    lines = [f"### {kind}\n", f"{verb}{text}\n"]
    lines += _table(model)
    elsewhere: dict[str, str] = {}
    for path, which, inner in _inner(model):
        if inner in told:
            first, kind_of_first = told[inner]
            elsewhere[path] = f"Settings of `{path}`: as those of `{first}` of [{kind_of_first}](#{kind_of_first}).\n"
            continue
        told[inner] = (path, kind)
        lines += [f"Settings of `{path}`{which and f', `{which}`'}: {_first_line(inner)}\n", *_table(inner)]
    lines += elsewhere.values()
    if issubclass(model, Step) and model.appendix():
        lines += [model.appendix(), ""]
    return "\n".join(lines)


def _table(model: "type[BaseModel]") -> list[str]:
    """Return a table of settings as lines, and an empty one."""
    settings = _settings(model)
    if not settings:
        return []
    lines = ["| setting | what it may be | default | |", "|---|---|---|---|"]
    for name, expected, default, meaning in settings:
        words = expected.replace("|", "\\|")
        lines.append(f"| `{name}` | {words} | {'needed' if default is None else f'`{default}`'} | {meaning} |")
    return [*lines, ""]


def _listed(model: "type[BaseModel]", indent: str) -> list[str]:
    return [
        f"{indent}{name} ({expected}; {'needed' if default is None else f'default {default}'})\n{indent}    {meaning}"
        for name, expected, default, meaning in _settings(model)
    ]


def _inner(model: "type[BaseModel]") -> "list[tuple[str, str, type[BaseModel]]]":
    """Return the models that stand within settings, each once: the path to it, what tells it from others there, it."""
    from dclm_pipeline.mistakes import models_in

    found: list[tuple[str, str, type[BaseModel]]] = []
    to_do = [("", model)]
    while to_do:
        before, outer = to_do.pop(0)
        for name in [name for name in outer.model_fields if name not in COMMON]:
            for which, inner in models_in(outer, name).items():
                if inner is not model and all(inner is not known for _, _, known in found):
                    found.append((f"{before}{name}", which, inner))
                    to_do.append((f"{before}{name}.", inner))
    return found


def _first_line(model: "type[BaseModel]") -> str:
    return inspect.cleandoc(model.__doc__ or "").splitlines()[0]


def _settings(model: "type[BaseModel]") -> list[tuple[str, str, str | None, str]]:
    """Return a kind's settings: name, what it may be, the default (None: it must be given), and what it means."""
    from dclm_pipeline.mistakes import expected_of
    from dclm_pipeline.step import Step

    settings = {name: field for name, field in model.model_fields.items() if name not in COMMON}
    if issubclass(model, Step) and not settings["save"].default:
        settings.pop("save")
    return [
        (
            name,
            expected_of(model, name),
            None if field.is_required() else _plain(field.default),
            field.description or "",
        )
        for name, field in settings.items()
    ]


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
