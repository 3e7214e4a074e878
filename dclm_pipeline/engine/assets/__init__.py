"""What steps need from outside: models and lists, named by a place and told apart by their SHA-256.

`places` reads what a recipe says, `catalogue` knows names, `cache` keeps files by their digest, `pull` fetches them, and
`fetched` is what plans, workers and steps ask. Nothing is fetched but where somebody asks for it: workers never do.
"""

from dclm_pipeline.engine.assets.fetched import FetchedAssets, PlannedAssets, assets_below

__all__ = ["FetchedAssets", "PlannedAssets", "assets_below"]
