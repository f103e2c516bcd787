"""An index on a Milvus server; the only package that knows pymilvus.

What a generation holds is laid out in layout.py. It is written by writing.py from a folder index,
asked by reading.py, and chosen by an alias (live.py).
"""
