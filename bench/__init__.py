"""What things cost, as multiples of the floor, in CPU seconds of all processes; `python -m bench` prints the table."""
