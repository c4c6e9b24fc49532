/// Makes a tokenizer from text. To add one: a file with the type, and a line in ``TrainerRegistry``.
public protocol Trainer: Sendable {
  static var descriptor: TrainerDescriptor { get }

  /// - Throws: ``ToklabError`` for an empty corpus, text that is not UTF-8, or parameters that do not fit.
  func train(
    on corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun
  ) throws(ToklabError) -> TrainedTokenizer
}

/// What a trainer says of itself to the command line, the reports and the conformance tests.
public struct TrainerDescriptor: Sendable, Hashable {
  public struct Parameter: Sendable, Hashable {
    public var name: String
    public var defaultValue: String
    public var summary: String
  }
  /// As on the command line: `bpe`.
  public var name: String
  public var summary: String
  public var parameters: [Parameter]
  /// Whose algorithm it is.
  public var citation: String
}

/// How a training runs; nothing here changes its result.
public struct TrainingRun: Sendable {
  public enum Phase: String, Sendable, Hashable { case count, encode, train }
  /// Worker threads; at least 1.
  public var threads: Int
  /// Called now and then, from any thread, with the units done: bytes while counting and encoding,
  /// tokens while training.
  public var progress: (@Sendable (Phase, Int) -> Void)?

  public init(threads: Int = 1, progress: (@Sendable (Phase, Int) -> Void)? = nil) {
    self.threads = max(1, threads)
    self.progress = progress
  }
}

/// How text becomes pre-tokens before training, and how the trained file says so.
public struct PreTokenization: Sendable {
  public var normalizer: (any Normalizer)?
  public var preTokenizer: any PreTokenizer
  public var normalizerComponent: NormalizerComponent?
  public var preTokenizerComponent: PreTokenizerComponent?
  /// What shards record and compare: names (`o200k`, `nfc`) or the pattern itself.
  public var normalizerName: String
  public var preTokenizerName: String

  public init(
    preTokenizer: any PreTokenizer, named preTokenizerName: String,
    component preTokenizerComponent: PreTokenizerComponent?, normalizer: (any Normalizer)? = nil,
    named normalizerName: String = "none", component normalizerComponent: NormalizerComponent? = nil
  ) {
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.normalizerComponent = normalizerComponent
    self.preTokenizerComponent = preTokenizerComponent
    self.normalizerName = normalizerName
    self.preTokenizerName = preTokenizerName
  }

  /// The normalizers ``init(_:normalizer:)`` takes beside `none`.
  public static let normalizers: [String: NormalizerComponent] = [
    "nfc": .nfc, "nfd": .nfd, "nfkc": .nfkc, "nfkd": .nfkd, "lowercase": .lowercase,
  ]

  /// How text is cut and normalized, by name.
  ///
  /// - Parameters:
  ///   - preTokenizer: one of ``PreTokenizers/names``, or `regex:PATTERN`.
  ///   - normalizer: `none`, or a name of ``normalizers``.
  /// - Throws: ``ToklabError`` for an unknown name or a pattern that cannot run.
  public init(_ preTokenizer: String, normalizer: String = "none") throws(ToklabError) {
    let named = try PreTokenizers.named(preTokenizer)
    let component = Self.normalizers[normalizer]
    guard component != nil || normalizer == "none" else {
      throw ToklabError(
        "the unknown normalizer \(normalizer)", expected: "none, nfc, nfd, nfkc, nfkd or lowercase")
    }
    self.init(
      preTokenizer: named.preTokenizer, named: named.name, component: named.component,
      normalizer: try component.map { (component) throws(ToklabError) in try Normalizers.make(component) },
      named: normalizer, component: component)
  }
}

/// A trained tokenizer and what its training text came to.
public struct TrainedTokenizer: Sendable {
  public var definition: TokenizerDefinition
  public var statistics: TrainingStatistics
}

/// Figures of a training; each follows from text and parameters alone.
public struct TrainingStatistics: Sendable, Hashable {
  /// Bytes of text after normalization, weights applied.
  public var textBytes: Int64
  /// Pre-tokens of the text, and how many of them are distinct.
  public var preTokens: Int64
  public var distinctPreTokens: Int
  /// Merges or pieces learned.
  public var merges: Int
  /// Tokens of the training text under the trained model.
  public var textTokens: Int64

  public var bytesPerToken: Double? {
    textTokens > 0 ? Double(textBytes) / Double(textTokens) : nil
  }
}

/// The one list of trainers.
public enum TrainerRegistry {
  public static let descriptors: [TrainerDescriptor] = [
    BytePairTrainer.descriptor, UnigramTrainer.descriptor, WordPieceTrainer.descriptor,
    SuperwordTrainer.descriptor, BoundlessTrainer.descriptor, SupertokenTrainer.descriptor,
    BatchMergeTrainer.descriptor, PathPieceTrainer.descriptor, MinGramTrainer.descriptor,
  ]
}
