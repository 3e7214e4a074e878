"""The extractor's model: made from pages whose main content is known, and judged by others."""
