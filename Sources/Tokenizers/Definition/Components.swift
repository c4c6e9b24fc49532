/// A pattern as `tokenizer.json` spells it: a literal string or a regular expression.
public enum TextPattern: Sendable, Hashable {
  case literal(String)
  case regex(String)
}

/// One normalizer of a `tokenizer.json` pipeline, with its parameters, exactly as the file has it.
///
/// Components are plain values: formats read and write them, ``Tokenizer`` compiles them into engines.
/// Source of names and fields: huggingface/tokenizers, `tokenizers/src/normalizers/`.
public indirect enum NormalizerComponent: Sendable, Hashable {
  case bert(cleanText: Bool, handleChineseCharacters: Bool, stripAccents: Bool?, lowercase: Bool)
  case strip(left: Bool, right: Bool)
  case stripAccents
  case nfc, nfd, nfkc, nfkd
  case lowercase
  case nmt
  case precompiled(charsmap: [UInt8])
  case replace(pattern: TextPattern, content: String)
  case prepend(String)
  case byteLevel
  case sequence([NormalizerComponent])
}

/// What happens to the text a split pattern matches. Names as in huggingface/tokenizers.
public enum SplitBehavior: String, Sendable, Hashable, CaseIterable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"
}

/// When Metaspace puts its replacement before the text.
public enum PrependScheme: String, Sendable, Hashable, CaseIterable {
  case always, first, never
}

/// One pre-tokenizer of a `tokenizer.json` pipeline, exactly as the file has it.
/// Source: huggingface/tokenizers, `tokenizers/src/pre_tokenizers/`.
public indirect enum PreTokenizerComponent: Sendable, Hashable {
  case byteLevel(addPrefixSpace: Bool, trimOffsets: Bool, useRegex: Bool)
  case metaspace(replacement: String, prependScheme: PrependScheme, split: Bool)
  case split(pattern: TextPattern, behavior: SplitBehavior, invert: Bool)
  case digits(individual: Bool)
  case punctuation(behavior: SplitBehavior)
  case charDelimiterSplit(delimiter: String)
  case fixedLength(Int)
  case whitespace
  case whitespaceSplit
  case bert
  case unicodeScripts
  case sequence([PreTokenizerComponent])
}

/// One piece of a post-processing template.
public enum TemplatePiece: Sendable, Hashable {
  public enum SequenceName: String, Sendable, Hashable, CaseIterable { case a = "A", b = "B" }
  case sequence(SequenceName, typeID: Int)
  case special(String, typeID: Int)
}

/// A special token of a post-processing template: one name, one or more ids.
public struct TemplateSpecial: Sendable, Hashable {
  public var id: String
  public var ids: [TokenID]
  public var tokens: [String]

  public init(id: String, ids: [TokenID], tokens: [String]) {
    self.id = id
    self.ids = ids
    self.tokens = tokens
  }
}

/// One post-processor of a `tokenizer.json` pipeline.
/// Source: huggingface/tokenizers, `tokenizers/src/processors/`.
public indirect enum PostProcessorComponent: Sendable, Hashable {
  public struct TokenReference: Sendable, Hashable {
    public var token: String
    public var id: TokenID
    public init(token: String, id: TokenID) {
      self.token = token
      self.id = id
    }
  }
  case bert(sep: TokenReference, cls: TokenReference)
  case roberta(sep: TokenReference, cls: TokenReference, trimOffsets: Bool, addPrefixSpace: Bool)
  case byteLevel(addPrefixSpace: Bool, trimOffsets: Bool, useRegex: Bool)
  /// Specials are kept sorted by id, as the reference library writes them.
  case template(single: [TemplatePiece], pair: [TemplatePiece], specials: [TemplateSpecial])
  case sequence([PostProcessorComponent])
}

/// One decoder of a `tokenizer.json` pipeline.
/// Source: huggingface/tokenizers, `tokenizers/src/decoders/`.
public indirect enum DecoderComponent: Sendable, Hashable {
  case bpe(suffix: String)
  case byteLevel(addPrefixSpace: Bool, trimOffsets: Bool, useRegex: Bool)
  case wordPiece(prefix: String, cleanup: Bool)
  case metaspace(replacement: String, prependScheme: PrependScheme, split: Bool)
  case ctc(padToken: String, wordDelimiterToken: String, cleanup: Bool)
  case byteFallback
  case fuse
  case replace(pattern: TextPattern, content: String)
  case strip(content: String, start: Int, stop: Int)
  case sequence([DecoderComponent])
}

/// A token that lives outside the model and is matched in the text before it.
/// Source: huggingface/tokenizers, `tokenizers/src/tokenizer/added_vocabulary.rs`.
public struct AddedToken: Sendable, Hashable {
  public var id: TokenID
  /// The token's text, byte for byte.
  public var content: [UInt8]
  /// Matches only where no word character is a neighbour.
  public var singleWord: Bool
  /// Takes the white space on its left, or right, with it.
  public var leftStrip: Bool
  public var rightStrip: Bool
  /// Matched in normalized text (the content is normalized too) instead of in the raw text.
  public var normalized: Bool
  /// Recognised only where the caller allows special tokens; skipped by `decode` on request.
  public var special: Bool

  public init(
    id: TokenID, content: [UInt8], singleWord: Bool = false, leftStrip: Bool = false,
    rightStrip: Bool = false, normalized: Bool = false, special: Bool = true
  ) {
    self.id = id
    self.content = content
    self.singleWord = singleWord
    self.leftStrip = leftStrip
    self.rightStrip = rightStrip
    self.normalized = normalized
    self.special = special
  }
}
