"""What is personal in a text: each kind of mark, and the one kernel that looks for all of them."""
