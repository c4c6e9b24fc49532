"""toklab's tokenizers in Python: exact, fast, trained and measured by the same code as the program `toklab`."""

from ._native import ToklabError, __version__
from .adapter import PreTrainedAdapter
from .tokenizer import Batch, Tokenizer, train_bpe, train_unigram

__all__ = ["Batch", "PreTrainedAdapter", "ToklabError", "Tokenizer", "__version__", "train_bpe", "train_unigram"]
