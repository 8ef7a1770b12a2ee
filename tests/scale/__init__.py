"""A day of many repositories in virtual time, decided by the functions that decide in ServerGem."""
