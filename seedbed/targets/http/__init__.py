"""HTTP clients: requests, retries, bearer tokens, concurrency."""
