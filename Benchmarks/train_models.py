"""Trains a model with its reference library for bench.py: train_models.py unigram|wordpiece TEXT OUT"""
import shutil
import sys

kind, text, out = sys.argv[1:]
if kind == "unigram":
    import sentencepiece
    sentencepiece.SentencePieceTrainer.train(
        input=text, model_prefix=out, vocab_size=16000, model_type="unigram", hard_vocab_limit=False, num_threads=2,
        input_sentence_size=100_000, minloglevel=2)
    shutil.move(out + ".model", out)
else:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train([text], trainers.WordPieceTrainer(
        vocab_size=30000, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    tokenizer.save(out)
