"""A page's tree as an HTML parser builds it, and the rules of Resiliparse on it."""
