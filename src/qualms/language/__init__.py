"""Text in plain language to the typed specification, by rules or by a language model of the user's choice."""
