import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from resiliparse.parse.html import HTMLTree

from dclm_pipeline.kernels.html.markup import Limits, scan_markup
from dclm_pipeline.kernels.strings import views

NAMES = [
    "p",
    "div",
    "span",
    "b",
    "i",
    "a",
    "font",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "table",
    "tr",
    "td",
    "th",
    "tbody",
    "thead",
    "caption",
    "button",
    "select",
    "option",
    "optgroup",
    "form",
    "h1",
    "h2",
    "svg",
    "math",
    "foreignObject",
    "desc",
    "mi",
    "annotation-xml",
    "ruby",
    "rt",
    "rp",
    "object",
    "nobr",
    "section",
    "address",
    "x-y",
    "br",
    "hr",
    "script",
    "style",
    "textarea",
    "head",
    "body",
    "html",
    "em",
    "pre",
    "center",
    "colgroup",
    "col",
    "iframe",
    "input",
    "label",
    "marquee",
]
NO_LIMITS = Limits(10_000, 10**9, 10**9, 10**12)


def depth_of_tree(page):
    """Return the depth below the body, as the parser built it."""
    tree = HTMLTree.parse(page)
    deepest, waiting = 0, [(tree.document.document_element, 1)]
    while waiting:
        element, depth = waiting.pop()
        deepest = max(deepest, depth)
        child = element.first_element_child
        while child is not None:
            waiting.append((child, depth + 1))
            child = child.next_element_sibling
    return deepest - 2


@st.composite
def soups(draw):
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
    piece = st.one_of(
        st.sampled_from(names).map("<{}>".format),
        st.sampled_from(names).map("</{}>".format),
        st.sampled_from(names).map("<{} id=1>".format),
        st.sampled_from(["x", "<!-- <div> -->", "<b/>", "<svg/>"]),
    )
    return "".join(draw(st.lists(piece, max_size=40)))


@settings(max_examples=150)
@given(st.lists(soups(), min_size=1, max_size=3))
def test_depth_is_no_less_than_half_of_what_a_parser_builds(pages):
    found = scan_markup(views(pa.array(pages, pa.large_string())), NO_LIMITS).depth

    # Half: a form that ended stays in the tree around what it held, and leaves the stack.
    assert [2 * depth + 2 >= depth_of_tree(page) for page, depth in zip(pages, found, strict=True)] == [True] * len(
        pages
    )
