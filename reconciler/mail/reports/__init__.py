"""DMARC aggregate reports: who sends mail in a domain's name, as receivers count it."""
