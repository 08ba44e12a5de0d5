"""Version 1: one resource per file. What is added stays compatible; what would not be is a version 2."""
