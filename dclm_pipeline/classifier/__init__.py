"""Classifiers of quality: trained of good and bad texts, judged, distilled of dear ones.

Knows sources, steps and models of fastText; nothing of pools that are built, or of how a score is used on them.
"""
