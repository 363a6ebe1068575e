"""Views of the public JSON documents: each is a pure function from a document to text."""
