"""The command line, a face like the others: one file per subject, listed in `main`.

A command opens the house with `house()`, calls an action or a query, and prints. What went wrong and can be mended
by the reader is one sentence and exit code 2; a traceback is for what nobody foresaw.
"""
