"""What `groups` says of each block of one page, in plain Python: with sets of texts and walks up the tree."""

from collections import Counter, defaultdict

from dclm_pipeline.kernels.html.elements import element
from dclm_pipeline.kernels.html.flow import CHARACTERS, FIRST, LAST_BYTE, LINKED, OWNER, SOURCE, STOPS, WORDS
from dclm_pipeline.kernels.html.opening import ELEMENT_KIND, LOOK, PARENT
from dclm_pipeline.kernels.main_content.groups import GROUPS

HEAD = 40
FAR = 500


def up_from(elements, j):
    """Return an element and all around it, the innermost first."""
    path = [j]
    while elements[path[-1]][PARENT] >= 0:
        path.append(elements[path[-1]][PARENT])
    return path


def describe(text, blocks, elements):
    """Return a mapping of names to numbers for each block."""
    texts = [bytes(text[b[FIRST] : b[LAST_BYTE]]) for b in blocks]
    rows = [dict.fromkeys(GROUPS, 0.0) for _ in blocks]
    _twins(texts, rows)
    _alike(blocks, elements, rows)
    _heart(blocks, elements, rows)
    _titles(blocks, elements, rows)
    _decays(blocks, rows)
    return rows


def _twins(texts, rows):
    whole, before, heads = Counter(texts), Counter(), Counter()
    for own, row in zip(texts, rows, strict=True):
        row["twins"], row["twins_before"] = whole[own], before[own]
        before[own] += 1
        if len(own) >= HEAD:
            row["heads_before"] = heads[own[:HEAD]]
            heads[own[:HEAD]] += 1


def _alike(blocks, elements, rows):
    groups = defaultdict(list)
    keys = [(elements[b[OWNER]][LOOK], elements[max(elements[b[OWNER]][PARENT], 0)][LOOK]) for b in blocks]
    for key, block in zip(keys, blocks, strict=True):
        groups[key].append(block)
    page = 1 + sum(b[WORDS] for b in blocks)
    for key, row in zip(keys, rows, strict=True):
        members = groups[key]
        words, size, linked, stops = (sum(b[i] for b in members) for i in (WORDS, CHARACTERS, LINKED, STOPS))
        row["alike_blocks"], row["alike_words"] = len(members), words / len(members)
        row["alike_share"], row["alike_linked"], row["alike_stops"] = (
            words / page,
            linked / max(size, 1),
            stops / max(words, 1),
        )


def _heart(blocks, elements, rows):
    prose, words, linked = Counter(), Counter(), Counter()
    for b in blocks:
        share = b[LINKED] / max(b[CHARACTERS], 1)
        for j in up_from(elements, b[OWNER]):
            words[j] += b[WORDS]
            linked[j] += b[WORDS] * share
        if b[WORDS] >= 10 and share < 0.5:
            prose[max(elements[b[OWNER]][PARENT], 0)] += b[WORDS]
    heart = min(range(len(elements)), key=lambda j: (-prose[j], j))
    path = up_from(elements, heart)
    for b, row in zip(blocks, rows, strict=True):
        own = up_from(elements, b[OWNER])
        meet = next(j for j in own if j in path)
        row["heart_up"], row["heart_steps"] = path.index(meet), own.index(meet)
        row["heart_share"] = words[meet] / max(words[0], 1)
        row["heart_linked"] = linked[meet] / max(words[meet], 1)


def _titles(blocks, elements, rows):
    since, titles = FAR, 0
    for b, row in zip(blocks, rows, strict=True):
        if elements[b[OWNER]][ELEMENT_KIND] == element("h1"):
            since, titles = 0, titles + 1
        row["since_h1"], row["h1_before"] = since, titles
        since = min(since + 1, FAR)


def _decays(blocks, rows):
    linked = [b[LINKED] / max(b[CHARACTERS], 1) for b in blocks]
    sources = [0, *(b[SOURCE] for b in blocks)]
    dense = [max(b[CHARACTERS], 1) / (max(b[SOURCE] - sources[i], 0) + 1) for i, b in enumerate(blocks)]
    for side, order in (("before", range(len(blocks))), ("after", range(len(blocks) - 1, -1, -1))):
        for name, values in (("linked", linked), ("dense", dense)):
            mean = 0.0
            for i in order:
                rows[i][f"{name}_{side}"] = mean
                mean = 0.8 * mean + 0.2 * values[i]
