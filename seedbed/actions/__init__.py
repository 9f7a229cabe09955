"""A file a verb: plain functions that return reports. They are handed the house; nobody here prints or knows Prefect."""
