"""The probes, a file each; their order stands in `seedbed.doctor.registry`."""
