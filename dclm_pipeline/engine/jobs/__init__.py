"""What workers do with a task: one file for each sort of work, and the workshop that they share."""
