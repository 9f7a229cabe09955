"""The hospital group's master data: nine modules of entities, as the staging systems hold them."""
