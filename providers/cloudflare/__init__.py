"""Zones kept at Cloudflare, through its API v4 and its own client library."""
