"""What is wrong with a recipe, all of it at once, a line each, with its place in a file or on the command line.

Knows places; how mistakes in settings are said stands in `mistakes`.
"""

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import Path
from dclm_pipeline.recipe.loading import Loaded


class Problems:
    """The problems found so far, each with its place: a line of a file, or the `--set` that it comes from."""

    def __init__(self, loaded: Loaded) -> None:
        """Begin with the keys that stand twice."""
        self._loaded = loaded
        self._found = [(line, f"{loaded.name}:{line}: {message}") for line, message in loaded.repeated]
        self._said: dict[Path, str] = {}

    def set_by(self, path: Path, words: str) -> None:
        """Remember that the value at a path was given by the words of a command."""
        self._said[path] = words

    def add(self, path: Path, message: str) -> None:
        """Take note of a problem with what stands at a path."""
        nearest_set = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in self._said), None)
        if nearest_set is not None:
            self.say(f"{self._said[nearest_set]}: {message}")
            return
        line = self._loaded.line(path)
        self._found.append((line, f"{self._loaded.name}:{line}: {message}"))

    def say(self, message: str) -> None:
        """Take note of a problem that has no place in the file."""
        self._found.append((0, message))

    def raise_if_any(self) -> None:
        """Say all of them, in the order of their lines."""
        if self._found:
            raise RecipeError("\n".join(message for _, message in sorted(self._found, key=lambda found: found[0])))
