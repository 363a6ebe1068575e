"""SPF (RFC 7208): reading a record's terms and merging records term by term."""
