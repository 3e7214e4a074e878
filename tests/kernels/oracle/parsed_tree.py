"""The tree of a page as the library's parser builds it, and ours in the same form, to be compared.

A node is its depth, its sort or name, and of a text what it says, of an element those of its attributes that are kept.
Instructions are taken for comments: nothing asks which of them a node is.
"""

from resiliparse.parse.html import HTMLTree, NodeType

from dclm_pipeline.kernels.document.tree_flat import ATTRIBUTE_NAMES, NODE_COUNT
from dclm_pipeline.kernels.html import tags
from tests.kernels.oracle.one_tree import tree_of

_WORDS, _KINDS = tags.lookup_all()
_NAMES = {
    int(kind): word.tobytes().rstrip(b"\0").decode() for word, kind in zip(_WORDS, _KINDS, strict=True) if kind > 0
} | {0: "?", -1: "text", -2: "comment", -3: "doctype"}
_KNOWN = set(_NAMES.values())
_COMMENTS = (NodeType.COMMENT, NodeType.PROCESSING_INSTRUCTION)


def slow_tree(html):
    """Return the nodes of a page as the library has them."""
    parsed = HTMLTree.parse(html)  # Nodes do not keep it.
    nodes, node, depth = [], parsed.document.first_child, 1
    while node is not None:
        nodes.append((depth, *_told(node)))
        if node.first_child is not None:
            node, depth = node.first_child, depth + 1
            continue
        while node.next is None and depth > 1:
            node, depth = node.parent, depth - 1
        node = node.next
    return nodes


def _told(node):
    if node.type == NodeType.TEXT:
        return "text", node.value
    if node.type != NodeType.ELEMENT:
        return "comment" if node.type in _COMMENTS else "doctype", None
    # An attribute of another namespace is found by the last part of its name too.
    names = [name.removeprefix("xlink:") if name == "xlink:href" else name for name in node.attrs]
    values = {name: node.getattr(name) for name in names if name in ATTRIBUTE_NAMES}
    kept = {
        name: value or ""
        for name, value in values.items()
        if name != "href" or value is not None or "href" in node.attrs
    }
    return node.tag if node.tag in _KNOWN else "?", kept


def fast_tree(html, whole=False):
    """Return the nodes of a page as we build them, None where it is handed back."""
    tree = tree_of(html.encode(), whole)
    if tree is None:
        return None
    letters = tree.chars.tobytes()
    nodes = []
    for i in range(1, tree.page[NODE_COUNT]):
        above = tree.parent[i]
        assert above < i < tree.stop[i] <= tree.stop[above]
        assert tree.depth[i] == tree.depth[above] + 1
        told = None
        if tree.tag[i] == -1:
            told = letters[tree.text_start[i] : tree.text_stop[i]].decode()
        elif tree.tag[i] >= 0:
            places = range(tree.attribute_start[i], tree.attribute_stop[i])
            told = {
                ATTRIBUTE_NAMES[tree.attribute_name[k]]: letters[tree.value_start[k] : tree.value_stop[k]].decode()
                for k in places
            }
        nodes.append((int(tree.depth[i]), _NAMES[int(tree.tag[i])], told))
    return nodes
