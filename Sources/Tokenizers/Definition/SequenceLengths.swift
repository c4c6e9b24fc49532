/// The end of a sequence at which tokens are cut off or added.
public enum SequenceSide: String, Sendable, Hashable, CaseIterable {
  case left = "Left"
  case right = "Right"
}

/// `truncation` of a `tokenizer.json`: how long a sequence or a pair may be, special tokens included.
/// ``SequenceEncoder`` applies it.
/// Source of names and fields: huggingface/tokenizers, `tokenizers/src/utils/truncation.rs`.
public struct TruncationDefinition: Sendable, Hashable {
  /// Which sequence of a pair gives way.
  public enum Strategy: String, Sendable, Hashable, CaseIterable {
    case longestFirst = "LongestFirst"
    case onlyFirst = "OnlyFirst"
    case onlySecond = "OnlySecond"
  }

  public var direction: SequenceSide
  public var maxLength: Int
  public var strategy: Strategy
  /// Tokens that neighbouring parts of a long sequence share.
  public var stride: Int

  public init(
    maxLength: Int, direction: SequenceSide = .right, strategy: Strategy = .longestFirst, stride: Int = 0
  ) {
    self.direction = direction
    self.maxLength = maxLength
    self.strategy = strategy
    self.stride = stride
  }
}

/// `padding` of a `tokenizer.json`: what makes sequences equally long. ``SequenceEncoder`` applies it.
/// Source of names and fields: huggingface/tokenizers, `tokenizers/src/utils/padding.rs`.
public struct PaddingDefinition: Sendable, Hashable {
  /// Nil is the longest sequence of the batch (`BatchLongest`).
  public var fixedLength: Int?
  public var direction: SequenceSide
  public var padToMultipleOf: Int?
  public var padID: TokenID
  public var padTypeID: Int
  public var padToken: String

  public init(
    fixedLength: Int?, padID: TokenID, padToken: String, direction: SequenceSide = .right,
    padToMultipleOf: Int? = nil, padTypeID: Int = 0
  ) {
    self.fixedLength = fixedLength
    self.direction = direction
    self.padToMultipleOf = padToMultipleOf
    self.padID = padID
    self.padTypeID = padTypeID
    self.padToken = padToken
  }
}
