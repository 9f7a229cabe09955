"""The Demographic API as a target: patients, registered one by one or in batches."""
