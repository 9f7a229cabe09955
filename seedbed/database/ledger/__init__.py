"""The ledger: runs, attempts, leases, receipts, permits."""
