"""What adapters share: options and secrets, the rules of record sets, the pace of calls. It knows no system."""
