"""The made-up web: crawls that nobody wrote, for demonstrations, tests and benchmarks, with the truth about them.

Every page is a pure function of (seed, number, mean size); nothing is downloaded and nothing real is named. Knows
nothing of the pipeline that will read it. Gaps: one page has one language, redirects lead nowhere, and the sentences
mean nothing, so a model that judges meaning learns nothing from them.
"""

from dclm_pipeline.madeup.crawl import MEAN_BYTES, CrawlFacts, write_crawl

__all__ = ["MEAN_BYTES", "CrawlFacts", "write_crawl"]
