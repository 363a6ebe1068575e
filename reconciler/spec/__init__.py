"""The spec language: what authors write, read strictly, checked whole, in normal form."""
