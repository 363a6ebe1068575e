"""Mail domains and Microsoft 365 tenants as code.

The life of a change: a `spec` says what should be true; `live` is read through providers; `desired` turns spec and
facts into each domain's stages; `diff` compares them with the ledger and live; `policy` refuses what is dangerous;
`plan` is the ordered result as data; `apply` carries it out, and the `journal` remembers. `drift` is the same
comparison for an auditor.
"""
