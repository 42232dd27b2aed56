"""A language model on this computer reads the text; what it writes is held to the schema word by word.

The decoding is constrained by llguidance (extra `local-llm`): at every step only those tokens can be chosen
with which the reply can still become JSON of the schema. So a small model writes no broken JSON. What it
writes may still be wrong, and is compared with the text as any other model's reply.
"""

from __future__ import annotations

import json
import time
from typing import Any

import torch
from jinja2 import TemplateError

from qualms.errors import ConfigError, EndpointError, MissingExtraError, one_line, translated
from qualms.language import envelope
from qualms.language.reading import Reading
from qualms.language_models import load_model, load_tokenizer

try:
    import llguidance
    import llguidance.hf
    import llguidance.torch
except ImportError:
    llguidance = None


class LocalReader:
    """Reads texts with a causal language model from a folder or the hub.

    Parameters
    ----------
    model : str
        A folder, a hub id, or "base", the small model that comes with the package and understands no
        problems.
    timeout : float, default 300.0
        Seconds for a text.
    retries : int, default 1
        Further replies after one that is no reading.
    most_tokens : int, default 4096
        The longest reply.

    Raises
    ------
    MissingExtraError
        Without llguidance.
    ConfigError
        For a model that cannot be loaded, or a tokenizer that llguidance does not know.
    """

    def __init__(self, model: str, timeout: float = 300.0, retries: int = 1, most_tokens: int = 4096) -> None:
        if llguidance is None:
            raise MissingExtraError("llguidance", "local-llm", "reading a text with a local model")
        if not timeout > 0 or retries < 0 or most_tokens < 1:
            raise ConfigError("a reader's timeout and tokens must be above 0, and its retries at least 0")
        self.model, self.timeout, self.retries, self.most_tokens = model, timeout, retries, most_tokens
        self._tokenizer: Any = load_tokenizer(model)
        self._network: Any = load_model(model, "generate").eval()
        size = self._network.config.vocab_size
        with translated(f"model {model!r}"):
            self._tokens = llguidance.hf.from_tokenizer(self._tokenizer, n_vocab=size)
        self._grammar = grammar(envelope.schema(bounded=True))

    @property
    def name(self) -> str:
        """Who reads, for records and pages."""
        return f"{self.model} on this computer"

    def __call__(self, text: str) -> Reading:
        """Read a text.

        Returns
        -------
        Accepted, Question or Refusal
            As `EndpointReader`.

        Raises
        ------
        EndpointError
            Where the model wrote nothing that can be used, or not in time.
        """
        if (refusal := envelope.refused(text)) is not None:
            return refusal
        deadline = time.monotonic() + self.timeout
        return envelope.converse(
            lambda more: self.write([*envelope.messages(text), *more], deadline),
            text,
            self.retries,
            self.name,
        )

    def write(self, messages: list[dict[str, str]], deadline: float) -> str:
        """The likeliest reply that the schema allows, token by token.

        Raises
        ------
        EndpointError
            For a conversation that does not fit the model, and a reply that is too long or too late.
        """
        given = self._prompt(messages)
        most = min(self.most_tokens, self._room() - given.shape[1])
        if most < 1:
            raise EndpointError(
                f"{self.name}: the instructions and the text have {given.shape[1]:,} tokens, and the model "
                f"reads {self._room():,}; take a model with a longer context"
            )
        matcher = llguidance.LLMatcher(self._tokens, self._grammar)
        mask = llguidance.torch.allocate_token_bitmask(1, self._tokens.vocab_size)
        written: list[int] = []
        past = None
        with torch.inference_mode():
            while not matcher.is_stopped():
                if time.monotonic() > deadline:
                    raise EndpointError(
                        f"{self.name}: no whole reply within {self.timeout:g} seconds; allow more with "
                        "--read-time, or take a faster model"
                    )
                if len(written) >= most:
                    raise EndpointError(
                        f"{self.name}: the reply has more than {most:,} tokens; take a model that is better "
                        "at it"
                    )
                out = self._network(input_ids=given, past_key_values=past, use_cache=True)
                past, scores = out.past_key_values, out.logits[:, -1, :].float()
                llguidance.torch.fill_next_token_bitmask(matcher, mask)
                llguidance.torch.apply_token_bitmask_inplace(scores, mask.to(scores.device))
                token = int(scores.argmax())
                if not matcher.consume_token(token):
                    raise EndpointError(
                        f"{self.name}: decoding failed ({one_line(matcher.get_error(), 120)})"
                    )
                written.append(token)
                given = torch.tensor([[token]], device=given.device)
        return str(self._tokenizer.decode(written, skip_special_tokens=True))

    def _prompt(self, messages: list[dict[str, str]]) -> torch.Tensor:
        """A conversation as tokens, in the model's own form where it has one; shape (1, tokens)."""
        told = [{**m, "content": self._harmless(m["content"])} for m in messages]
        if getattr(self._tokenizer, "chat_template", None):
            options: dict[str, Any] = {"tokenize": False, "add_generation_prompt": True}
            try:
                text = self._tokenizer.apply_chat_template(told, **options)
            except TemplateError:  # a template without the role of the system
                system, user, *others = told
                first = {"role": "user", "content": f"{system['content']}\n\n{user['content']}"}
                text = self._tokenizer.apply_chat_template([first, *others], **options)
            found = self._tokenizer(text, add_special_tokens=False, return_tensors="pt")
        else:
            text = "\n\n".join(f"{m['role']}: {m['content']}" for m in told) + "\n\nassistant: "
            found = self._tokenizer(text, return_tensors="pt")
        return found["input_ids"].to(self._network.device)

    def _harmless(self, said: str) -> str:
        """A text in which no tokens that steer the model can be written out."""
        for token in self._tokenizer.all_special_tokens:
            if len(token) > 1:
                said = said.replace(token, f"{token[0]} {token[1:]}")
        return said

    def _room(self) -> int:
        return int(getattr(self._network.config, "max_position_embeddings", 0) or 1_000_000)


VISIBLE = r"^[^\p{C}\p{Zl}\p{Zp}]*$"  # what `specification.base.hidden` lets through


def grammar(schema: dict[str, Any]) -> str:
    """What llguidance holds a reply to; its texts have no hidden characters, which no specification may have.

    Raises MissingExtraError without llguidance, ConfigError for an unknown schema.
    """
    if llguidance is None:
        raise MissingExtraError("llguidance", "local-llm", "reading a text with a local model")
    with translated("the schema of a reply"):
        found = llguidance.LLMatcher.grammar_from_json_schema(
            json.dumps(_visible(schema)), overrides={"whitespace_flexible": False}
        )
        if problem := llguidance.LLMatcher.validate_grammar(found):
            raise ConfigError(f"the schema of a reply: {one_line(problem)}")
    return found


def _visible(schema: Any) -> Any:
    """A schema whose free texts are held to visible characters."""
    if isinstance(schema, list):
        return [_visible(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _visible(part) for key, part in schema.items()}
    if found.get("type") == "string" and not found.keys() & {"const", "enum", "pattern", "format"}:
        found["pattern"] = VISIBLE
    return found
