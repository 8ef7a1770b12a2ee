"""What ServerGem costs, measured; `make bench` prints it."""
