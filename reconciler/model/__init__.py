"""The frozen nouns shared by the core and the providers; imports nothing but itself."""
