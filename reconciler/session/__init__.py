"""The only part that knows all the others: from a customer's spec to a plan, an apply, a drift report, a status."""
