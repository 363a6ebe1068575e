"""Microsoft 365 tenants through Microsoft Graph, with the vendor's SDK for credentials and transport."""
