"""What fills a page beside its words: scripts, style sheets, data, and lines of code to show.

All ASCII, made once from a fixed table and then cut, so a page of a megabyte costs a copy. Knows nothing of sites.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.words import words

_NAMES = words(
    "item node list value index count state event target handler option element width height offset timer cache query"
    " result buffer source label entry panel slider banner cart session config token field frame menu player widget"
)
_VERBS = words("get set update render toggle load init bind reset attach measure parse open close track send merge")
_SELECTORS = words(
    "header nav footer sidebar content card button title entry widget menu gallery banner form input row column grid"
    " teaser badge avatar comment price caption overlay modal tab crumb"
)
_COLOURS = words("#fff #000 #333 #eee #1a73e8 #d93025 #188038 #f9ab00 #5f6368 #202124 #e8eaed #003366")
_PROPERTIES = (
    "margin:{n}px auto",
    "padding:{n}px {m}px",
    "color:{h}",
    "background:{h}",
    "font-size:{n}px",
    "border:1px solid {h}",
    "width:{p}%",
    "max-width:{w}px",
    "display:flex",
    "float:left",
    "line-height:1.{n}",
    "position:relative",
    "z-index:{m}",
    "transition:all .{n}s ease",
    "border-radius:{n}px",
)
_STATEMENTS = (
    "var {a}=document.getElementById('{b}-{n}');",
    "if({a}&&{a}.{b}>{n}){{{c}({a},'{b}');}}",
    "for(var i=0;i<{a}.length;i++){{{b}.push({a}[i].{c});}}",
    "window.{a}=window.{a}||{{}};",
    "{a}.addEventListener('{b}',function(e){{e.preventDefault();{c}({n});}});",
    "return {a}?{b}:{c};",
    "{a}.{b}={{{c}:{n},id:'{a}'}};",
    "try{{{a}()}}catch(e){{{b}=null}}",
    "setTimeout(function(){{{c}('{a}');}},{w});",
)


@dataclass(frozen=True)
class Shelf:
    """Pieces laid end to end, twice; `bounds` are where the pieces of the first copy begin."""

    text: str
    bounds: tuple[int, ...]

    def cut(self, luck: Luck, size: int) -> str:
        """Return whole neighbouring pieces, about `size` characters of them; none if `size` is not positive."""
        if size <= 0:
            return ""
        once = len(self.text) // 2
        start = self.bounds[luck.below(len(self.bounds))]
        if size >= once:
            # A page that wants more than there is repeats itself, too far apart for a compressor to notice.
            return self.text[start : start + once] * (size // once)
        end = start + size
        wrapped = end % once
        place = bisect_left(self.bounds, wrapped)
        bound = self.bounds[place] if place < len(self.bounds) else once
        return self.text[start : end - wrapped + bound]


@lru_cache(maxsize=1)
def scripts() -> Shelf:
    """Return the shelf of JavaScript functions."""
    return _shelf("scripts", 900, _function)


@lru_cache(maxsize=1)
def styles() -> Shelf:
    """Return the shelf of style rules."""
    return _shelf("styles", 900, _rule)


@lru_cache(maxsize=1)
def data() -> Shelf:
    """Return the shelf of what pages keep for their scripts: JSON objects, each followed by a comma."""
    return _shelf("data", 1500, _object)


@lru_cache(maxsize=1)
def drawings() -> Shelf:
    """Return the shelf of path elements for inline drawings."""
    return _shelf("drawings", 400, _drawing)


def lines_of_code(luck: Luck, count: int) -> str:
    """Return a code sample of this many lines, with angle brackets, ampersands and braces in it."""
    lines = []
    for i in range(count):
        a, b, n = luck.pick(_NAMES), luck.pick(_NAMES), luck.below(100)
        lines.append(
            (
                f"def {luck.pick(_VERBS)}_{a}({b}, limit={n}):",
                f"    if {a} < {n} and {b} is not None:",
                f"        {a}_{b} = [{b} for {b} in {a}s if {b} != {n}]",
                f"    return {a}[{n}] & 0xff  # {b}",
                f'    print("<{a}> {{}}".format({b}))',
                f"$ {luck.pick(_VERBS)} --{a}={n} {b}.txt > {a}.log",
            )[(i + luck.below(2)) % 6]
        )
    return "\n".join(lines)


def slug(luck: Luck, words: int) -> str:
    """Return words for an address, at most five."""
    number = luck.below(len(_NAMES) ** words)
    parts = []
    for _ in range(words):
        number, name = divmod(number, len(_NAMES))
        parts.append(_NAMES[name])
    return "-".join(parts)


def _shelf(name: str, pieces: int, make: Callable[[Luck, int], str]) -> Shelf:
    luck = Luck(0, f"material/{name}")
    text = []
    bounds = []
    size = 0
    for i in range(pieces):
        piece = make(luck, i)
        bounds.append(size)
        text.append(piece)
        size += len(piece)
    return Shelf("".join(text) * 2, tuple(bounds))


def _filled(luck: Luck, pattern: str) -> str:
    return pattern.format(
        a=luck.pick(_NAMES),
        b=luck.pick(_NAMES),
        c=luck.pick(_VERBS) + luck.pick(_NAMES).title(),
        n=luck.below(40),
        m=luck.below(90),
        p=luck.between(1, 100),
        w=luck.between(200, 3000),
        h=luck.pick(_COLOURS),
    )


def _function(luck: Luck, i: int) -> str:
    body = "".join(_filled(luck, luck.pick(_STATEMENTS)) for _ in range(luck.between(3, 12)))
    return f"function {luck.pick(_VERBS)}{luck.pick(_NAMES).title()}{i}({luck.pick(_NAMES)}){{{body}}}\n"


def _rule(luck: Luck, i: int) -> str:
    body = ";".join(_filled(luck, luck.pick(_PROPERTIES)) for _ in range(luck.between(2, 7)))
    return f".{luck.pick(_SELECTORS)}-{luck.pick(_SELECTORS)}-{i},#{luck.pick(_SELECTORS)}{i % 40}{{{body}}}\n"


def _object(luck: Luck, i: int) -> str:
    # Objects of a few shapes only, as real state is; neighbours have one shape.
    shape = Luck(0, "material/shape", i // 30)
    fields = ",".join(
        f'"{slug(shape, 1)}_{slug(shape, 1)}":' + (str(luck.below(1000)), f'"{luck.hexadecimal(6)}"', "false")[k % 3]
        for k in range(shape.between(3, 9))
    )
    return f'{{"id":{i},{fields}}},\n'


def _drawing(luck: Luck, i: int) -> str:
    steps = "".join(
        f"{luck.pick('lcq')}{luck.below(24)}.5-{luck.below(12)} 0 0 1 " for _ in range(luck.between(12, 60))
    )
    return f'<path class="icon-path" d="M{i % 24} {luck.below(24)}{steps}z" fill="{luck.pick(_COLOURS)}"/>\n'
