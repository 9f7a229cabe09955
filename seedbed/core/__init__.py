"""The words of the domain, pure: no clock, no disk, no network."""
