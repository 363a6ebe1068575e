"""The world beside providers, asked and never changed: DNS servers and web servers that the configuration names."""
