"""The calls that code written for `transformers` makes; `transformers` itself is not needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .tokenizer import Tokenizer


class PreTrainedAdapter:
    """`encode`, `decode` and `__call__` with the names and defaults of a `transformers` fast tokenizer.

    As there, special tokens in a text are recognised and those of the post-processor are added unless told otherwise.
    Padding, truncation and pairs of texts are not offered.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    def __len__(self) -> int:
        return self.tokenizer.vocab_size

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        """The ids of one text."""
        return self.tokenizer.encode(text, add_special_tokens=add_special_tokens, recognise_special_tokens=True)

    def decode(self, token_ids: int | Iterable[int], skip_special_tokens: bool = False) -> str:
        """The text of ids."""
        ids = [token_ids] if isinstance(token_ids, int) else token_ids
        return self.tokenizer.decode(ids, skip_special_tokens=skip_special_tokens)

    def batch_decode(self, sequences: Iterable[Iterable[int]], skip_special_tokens: bool = False) -> list[str]:
        """The texts of many lists of ids."""
        return [self.decode(ids, skip_special_tokens) for ids in sequences]

    def __call__(self, text: str | Sequence[str], add_special_tokens: bool = True) -> dict[str, list]:
        """`input_ids` and `attention_mask`, of one text or, as lists of lists, of many."""
        if isinstance(text, str):
            ids = self.encode(text, add_special_tokens)
            return {"input_ids": ids, "attention_mask": [1] * len(ids)}
        rows = self.tokenizer.encode_batch(
            text, add_special_tokens=add_special_tokens, recognise_special_tokens=True
        ).lists()
        return {"input_ids": rows, "attention_mask": [[1] * len(row) for row in rows]}
