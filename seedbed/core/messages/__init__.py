"""Sentences for people, in English and Thai: a stable code and its values, rendered where they are shown."""
