"""The only importer of Great Expectations: judges rows before they are loaded and tables afterwards, and shows the outcome.

Great Expectations takes seconds to import, so each function that needs it asks `contexts.great_expectations()`.
"""
