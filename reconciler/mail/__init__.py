"""What email needs and no one else knows: pure functions over texts, records and facts. No I/O, no spec, no engine."""
