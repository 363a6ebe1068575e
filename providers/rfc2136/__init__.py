"""DNS servers that hand over a zone (AXFR) and take dynamic updates (RFC 2136), both signed (TSIG): BIND, Knot."""
