"""Text in plain language to the typed specification, by rules or by a language model of the user's choice."""

from qualms.language.read import read_text
from qualms.language.reading import Accepted, Question, Reading, Refusal

__all__ = ["Accepted", "Question", "Reading", "Refusal", "read_text"]
