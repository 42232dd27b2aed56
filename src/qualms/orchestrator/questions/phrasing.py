"""Phrases by which a kind of question is known, and words that it may use besides names."""

from __future__ import annotations

WHY_NOT = (
    "why not", "why do not", "why don't", "why does not", "why doesn't", "why did not", "why didn't",
    r"why (?:is|are|was|were) .* not", "why isn't", "why aren't", "why wasn't", "why weren't",
    r"why (?:can|could|should|do|does|did) (?:we|i|you|it) not", "why can't", "why shouldn't",
)  # fmt: skip
WHAT_IF = (
    "what if", "what happens if", "what happens when", "what would happen if", "what changes if", "suppose",
    "assume", "what about if", "how .* if", "what .* if", "if",
)  # fmt: skip
NO_ANSWER = (r"(?:why|what) .*(?:infeasible|impossible|contradict|conflict|no (?:answer|solution|plan))",)
WORTH = (
    r"(?:how much|what|how) .*(?:one|more|extra|additional|another|less|fewer) .*"
    r"(?:bring|brings|worth|gain|add|save|cost|change)",
    r"worth of .*", r"shadow prices?", r"how valuable .*", r"how sensitive .*", r"marginal .*",
    r"(?:bring|worth|gain|save) .*(?:more|extra|additional|another)",
    r"(?:what is|how much is) .*(?:more|extra|additional|another) .*worth",
)  # fmt: skip

NO_ANSWER_WORDS = (
    "infeasible", "impossible", "contradict contradiction contradictory contradicts",
    "conflict conflicting conflicts", "solution answer plan found find together problem model",
)  # fmt: skip
WHAT_IF_WORDS = ("problem model", "assume", "drop", "hour hours day days")
WORTH_WORDS = (
    "shadow price prices",
    "marginal",
    "valuable",
    "sensitive",
    "save",
    "objective",
    "profit",
    "worth",
)
