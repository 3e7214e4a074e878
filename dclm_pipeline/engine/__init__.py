"""The engine: the one room where places and meaning work together; plan, tasks, receipts, and who does them."""
