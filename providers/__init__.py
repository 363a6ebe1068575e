"""Adapters, one file for each remote system; found through entry points, never imported by name."""
