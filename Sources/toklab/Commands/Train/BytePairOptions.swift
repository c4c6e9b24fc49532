import ArgumentParser
import Tokenizers

/// What every trainer of byte-pair encoding is asked for, and where the result goes.
struct BytePairOptions: ParsableArguments {
  enum PostProcessorArgument: String, ExpressibleByArgument, CaseIterable {
    case none, bos, eos
    case bosEos = "bos-eos"
  }

  @Option(
    help: ArgumentHelp(
      "Tokens in all: special tokens and the 256 bytes included (default 32000).", valueName: "size"))
  var vocabSize: Size?

  @Option(
    help: ArgumentHelp(
      "A special token (repeatable); roles are bos, eos, pad, unk, mask, cls, sep and other.",
      valueName: "[role=]token"))
  var special: [SpecialTokenArgument] = []

  @Option(help: "Special tokens put around every text: they need the roles bos and eos.")
  var postProcessor: PostProcessorArgument = .none

  @Option(help: ArgumentHelp("Merge only pairs that occur this often.", valueName: "n"))
  var minFrequency: Int64 = 0

  @Option(help: ArgumentHelp("Merge only pairs of fewer bytes than this.", valueName: "n"))
  var maxTokenLength: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write to a file, or to a folder when it ends in '/' or is one.", valueName: "file|dir/"))
  var output: String?

  func validate() throws {
    if let vocabSize, vocabSize.value < 1 {
      throw ValidationError("--vocab-size \(vocabSize.value) is out of range; expected 1 or more")
    }
    guard minFrequency >= 0 else {
      throw ValidationError("--min-frequency \(minFrequency) is out of range; expected 0 or more")
    }
    if let maxTokenLength, maxTokenLength < 1 {
      throw ValidationError("--max-token-length \(maxTokenLength) is out of range; expected 1 or more")
    }
  }

  func check(_ shared: SharedOptions) throws {
    if shared.json && (output == nil || output == "-") {
      throw ValidationError("--json needs -o, since the tokenizer itself goes to standard output")
    }
  }

  /// What is wrong with the command line itself is said before hours of counting.
  func check(size: Int) throws {
    let least = BytePairTrainer(parameters(size: size)).smallestSize
    guard size >= least else {
      throw ToklabError(
        "a vocabulary size of \(size)",
        expected: "at least \(least): 256 bytes and the special tokens")
    }
  }

  var size: Int { vocabSize?.value ?? 32000 }

  func parameters(size: Int) -> BytePairParameters {
    let choice: PostProcessorChoice =
      switch postProcessor {
      case .none: .none
      case .bos: .bos
      case .eos: .eos
      case .bosEos: .bosEos
      }
    return BytePairParameters(
      vocabularySize: size, minFrequency: minFrequency, maxTokenLength: maxTokenLength,
      specialTokens: special.map(\.token), postProcessor: choice)
  }

  /// What determines the result, for the file beside it.
  ///
  /// - Parameter more: what the algorithm asks for beside this.
  func recipe(
    _ algorithm: String, size: Int, _ preTokenization: PreTokenization, digest: String,
    _ more: [(String, JSON)] = []
  ) -> JSON {
    .object(
      [
        ("algorithm", .string(algorithm)), ("vocab_size", .int(size)),
        ("pre_tokenizer", .string(preTokenization.preTokenizerName)),
        ("normalizer", .string(preTokenization.normalizerName)),
      ] + more + [
        ("min_frequency", .int(Int(minFrequency))),
        ("max_token_length", maxTokenLength.map { .int($0) } ?? .null),
        ("special_tokens", Self.json(special.map(\.token))),
        ("post_processor", .string(postProcessor.rawValue)),
        ("histogram_sha256", .string(digest)),
      ])
  }

  static func json(_ specials: [SpecialToken]) -> JSON {
    .array(
      specials.map { .object([("role", .string($0.role.rawValue)), ("content", .string($0.content))]) })
  }
}
