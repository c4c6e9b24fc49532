/// What a piece of a SentencePiece model is for. Raw values as in `sentencepiece_model.proto` and in
/// GGUF's `tokenizer.ggml.token_type`.
public enum PieceKind: UInt8, Sendable, Hashable, CaseIterable {
  case normal = 1
  /// The piece that stands for text outside the vocabulary; never matched in text.
  case unknown = 2
  /// Never matched in text: `<s>`, `</s>`, …
  case control = 3
  /// Always kept whole.
  case userDefined = 4
  /// Known but not to be produced.
  case unused = 5
  /// A byte of byte fallback, `<0x00>` … `<0xFF>`; never matched in text.
  case byte = 6
}
