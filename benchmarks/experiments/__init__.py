"""The long experiments of the chapter, by topic; `benchmarks/record.py` runs them.

Each function is one run: it returns its settings and its results, both plain
JSON. The first line of its docstring says what was done.
"""
