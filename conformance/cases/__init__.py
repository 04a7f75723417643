"""The conformance cases, one module for each file. Everything that is expected is written here by hand, except hashes."""
