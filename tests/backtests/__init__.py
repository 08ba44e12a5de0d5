"""The engine, the golden rows, and the documents."""
