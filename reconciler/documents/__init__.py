"""Papers for people, made from public JSON, in the languages that customers read."""
