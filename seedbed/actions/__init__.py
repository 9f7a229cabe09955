"""A file a verb: plain functions that return reports. They are handed the context; nobody here prints or knows Prefect."""
