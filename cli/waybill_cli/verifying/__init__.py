"""Proving what arrived against its manifests: pure of terminals, reads files and nothing else."""
