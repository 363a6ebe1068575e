"""Hosted zones of Amazon Route 53, through boto3."""
