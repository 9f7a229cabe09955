"""HTML pages for people: runs, validations, populations; their charts, templates and translations."""
