/// What byte-pair training is asked for. Names and defaults follow huggingface/tokenizers' `BpeTrainer`,
/// but for the size.
public struct BytePairParameters: Sendable, Hashable {
  /// Special tokens and the 256 bytes included.
  public var vocabularySize: Int
  /// A pair rarer than this is not merged; 0 means as 1.
  public var minFrequency: Int64
  /// A pair is considered only where its bytes number less than this (strictly, as the reference library
  /// does), pairs of single bytes always. nil: no limit.
  public var maxTokenLength: Int?
  public var specialTokens: [SpecialToken]
  public var postProcessor: PostProcessorChoice

  public init(
    vocabularySize: Int = 32000, minFrequency: Int64 = 0, maxTokenLength: Int? = nil,
    specialTokens: [SpecialToken] = [], postProcessor: PostProcessorChoice = .none
  ) {
    self.vocabularySize = vocabularySize
    self.minFrequency = minFrequency
    self.maxTokenLength = maxTokenLength
    self.specialTokens = specialTokens
    self.postProcessor = postProcessor
  }
}

/// A token that stands for no text, and its part.
public struct SpecialToken: Sendable, Hashable {
  public enum Role: String, Sendable, Hashable, CaseIterable {
    case bos, eos, pad, unk, mask, cls, sep, other
  }
  public var role: Role
  public var content: String

  public init(role: Role = .other, _ content: String) {
    self.role = role
    self.content = content
  }
}

/// Which special tokens a trained tokenizer puts around a text.
public enum PostProcessorChoice: String, Sendable, Hashable, CaseIterable {
  case none, bos, eos
  case bosEos = "bos-eos"
}
