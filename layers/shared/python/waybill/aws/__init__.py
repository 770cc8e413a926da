"""Adapters to AWS. Each keeps the promises of a port in `core.ports`, and translates AWS's errors into ours."""
