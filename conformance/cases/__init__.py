"""The conformance cases, one module per file.

All expectations are written by hand, except hashes.
"""
