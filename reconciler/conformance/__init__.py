"""The suite that every adapter must pass, shipped so that third parties can run it.

An adapter's test file gives a `harness.Harness` and inherits `suite.Conformance`. `laws` says what must hold,
`reconcile` and the two tables of states how it is exercised, `faults` what may go wrong, `judge` how a broken law is
reported, and `matrix` what the adapters can and cannot do. Nothing here knows an adapter, or a part of the core beyond
the nouns, the contract and the clock: the judge must not be the accused.
"""
