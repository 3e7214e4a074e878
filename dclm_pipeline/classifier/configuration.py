"""From a YAML file to settings: all that is wrong with it at once, each problem a line that says what to do."""

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath

from dclm_pipeline.classifier.settings import Distillation, Group, Heading, Teaching, Training
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import Path, nearest, shown
from dclm_pipeline.recipe import chain_problems, named, source_kinds, step_kinds
from dclm_pipeline.recipe.load import Reader, bytes_of, settings_of
from dclm_pipeline.recipe.loading import Plain, load_scalar, load_yaml
from dclm_pipeline.recipe.model import prelude_of
from dclm_pipeline.recipe.overrides import put
from dclm_pipeline.recipe.problems import Problems
from dclm_pipeline.stages.decontaminate import Decontaminate

_REST = tuple(Heading.model_fields)
_BOTH = ("decontaminate", "fasttext")
# The settings of a training and of a distillation.
_OF_TRAINING = (*_REST, "positives", "negatives", *_BOTH)
_OF_DISTILLATION = (*_REST, "documents", "score", "share", *_BOTH)


def load_training(path: FilePath, overrides: Sequence[str] = ()) -> Training:
    """Read how a classifier is trained, changed by what `overrides` (`NAME.FIELD=VALUE`) say."""
    return _Configuration(path, overrides, ("positives", "negatives"), _OF_TRAINING).training()


def load_distillation(path: FilePath, overrides: Sequence[str] = ()) -> Distillation:
    """Read how a classifier is distilled, changed by what `overrides` (`NAME.FIELD=VALUE`) say."""
    return _Configuration(path, overrides, ("documents",), _OF_DISTILLATION).distillation()


class _Configuration:
    """The values of a file, and what is wrong with them."""

    def __init__(self, path: FilePath, overrides: Sequence[str], groups: Sequence[str], known: Sequence[str]) -> None:
        loaded = load_yaml(bytes_of(path), str(path))
        if not isinstance(loaded.values, dict):
            wanted = ", ".join(("name", *groups))
            raise RecipeError(f"{path}: a configuration is a mapping with {wanted}; this is {shown(loaded.values)}")
        self._problems = Problems(loaded)
        self._values = loaded.values
        self._groups = groups
        self._known = known
        self._reader = Reader(step_kinds(), source_kinds(), self._problems, lacks_kinds=False)
        for override in overrides:
            self._override(override)

    def training(self) -> Training:
        """Return the settings of a training."""
        self._check_keys()
        sides = {side: self._side(side) for side in self._groups}
        values = self._heading() | self._common() | {side: tuple(groups) for side, groups in sides.items()}
        made = settings_of(Training, values, (), "classifier", self._problems) if all(sides.values()) else None
        self._problems.raise_if_any()
        assert made is not None  # what is None has been told of
        return made

    def distillation(self) -> Distillation:
        """Return the settings of a distillation."""
        self._check_keys()
        group = self._group(self._values.get("documents"), ("documents",), "documents")
        rest = {key: self._values[key] for key in ("score", "share") if key in self._values}
        values = self._heading() | self._common() | rest | {"documents": group}
        made = settings_of(Distillation, values, (), "classifier", self._problems) if group else None
        if made is not None and made.score not in made.documents.source.document_schema().names:
            known = ", ".join(made.documents.source.document_schema().names)
            self._problems.add(
                ("score",),
                f"score is {made.score!r}, which is no column of the source; name it under `columns` of the source, as "
                f"{{{made.score}: float}}. Known: {known}",
            )
        self._problems.raise_if_any()
        assert made is not None  # what is None has been told of
        return made

    def _check_keys(self) -> None:
        for key in self._values:
            if key not in self._known:
                said = f"unknown setting {shown(key)}{nearest(key, self._known)} Known: {', '.join(self._known)}"
                self._problems.add((key,), said)

    def _heading(self) -> dict[str, object]:
        return {key: self._values[key] for key in _REST if self._values.get(key) is not None}

    def _common(self) -> dict[str, object]:
        found: dict[str, object] = {}
        teaching = self._values.get("fasttext")
        if teaching is not None:
            found["fasttext"] = settings_of(Teaching, teaching, ("fasttext",), "fasttext", self._problems)
        settings = self._values.get("decontaminate")
        if settings is not None:
            given = (
                {"kind": "decontaminate", "name": "decontaminate", **settings}
                if isinstance(settings, dict)
                else settings
            )
            path: Path = ("decontaminate",)
            found["decontaminate"] = settings_of(Decontaminate, given, path, "decontaminate", self._problems)
        return {name: value for name, value in found.items() if value is not None}

    def _side(self, side: str) -> list[Group]:
        """Return the groups of a side; none where one is wrong."""
        given = self._values.get(side)
        if not isinstance(given, list) or not given:
            seen = f"needs {side!r}" if given is None else f"{side} is {shown(given)}; expected"
            self._problems.add((side,), f"{seen}: a list of at least one group with a name and a source")
            return []
        groups = [self._group(value, (side, place), f"{side}.{place}") for place, value in enumerate(given)]
        made = [group for group in groups if group is not None]
        return made if len(made) == len(groups) else []

    def _group(self, value: Plain, path: Path, label: str) -> Group | None:
        if not isinstance(value, dict):
            seen = f"needs {label!r}" if value is None else f"{label} is {shown(value)}; expected"
            self._problems.add(path, f"{seen}: a mapping with a name and a source")
            return None
        source = self._reader.source(value.get("source"), None, (*path, "source"))
        listed = value.get("steps") or []
        if not isinstance(listed, list):
            self._problems.add((*path, "steps"), f"{label}.steps is {shown(listed)}; expected a list of steps")
            return None
        places: list[Path] = [(*path, "steps", number) for number in range(len(listed))]
        given = [
            self._reader.step(step, place, ".".join(map(str, place)))
            for step, place in zip(listed, places, strict=True)
        ]
        steps = [step for step in given if step is not None]
        if source is None or len(steps) < len(given):
            return None
        kinds = step_kinds()
        missing = prelude_of(source, {step.kind for step in steps})
        first = [kinds[kind].model_validate({"kind": kind}) for kind in missing]
        chain = named([*first, *steps])
        before: list[Path] = [(*path, "source") for _ in first]
        problems = chain_problems(source.document_schema(), chain, None, [*before, *places], kinds)
        for where, message in problems:
            self._problems.add(where, message)
        rest: Mapping[str, object] = {key: value[key] for key in value if key not in ("source", "steps")}
        settings = {**rest, "source": source, "steps": chain}
        group = settings_of(Group, settings, path, label, self._problems)
        return None if problems else group

    def _override(self, override: str) -> None:
        """Change a setting by the words of a command: of a group by its name, of anything else by its path."""
        said = f"--set {override if override.isprintable() else shown(override)}"
        target, equals, text = override.partition("=")
        adding = target.endswith("+")
        fields = target.removesuffix("+").split(".")
        if not equals or not all(fields):
            self._problems.say(f"{said}: expected NAME.FIELD=VALUE, such as fasttext.epochs=3")
            return
        groups = dict(self._named())
        path, settings = groups.get(fields[0], ((), self._values))
        known = [*groups, *self._values, *self._known]
        before = ""
        if len(fields) > 1 and fields[0] in groups:
            before, fields = f"{fields[0]}.", fields[1:]
        elif fields[0] not in known:
            self._problems.say(f"{said}: nothing is called {shown(fields[0])}{nearest(fields[0], known)}")
            return
        try:
            for inner in put(settings, fields, load_scalar(text, said), before, said, adding=adding):
                self._problems.set_by((*path, *inner), said)
        except RecipeError as error:
            self._problems.say(str(error))

    def _named(self) -> list[tuple[str, tuple[Path, dict[str, Plain]]]]:
        """Return the groups that can be addressed: name, then path and settings."""
        found: list[tuple[str, tuple[Path, dict[str, Plain]]]] = []
        for side in self._groups:
            given = self._values.get(side)
            listed = given if isinstance(given, list) else [given]
            for place, value in enumerate(listed):
                if isinstance(value, dict) and isinstance(value.get("name"), str):
                    path: Path = (side, place) if isinstance(given, list) else (side,)
                    found.append((str(value["name"]), (path, value)))
        return found
