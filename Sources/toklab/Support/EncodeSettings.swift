import ArgumentParser
import Tokenizers

/// How text becomes ids, for `encode`, `count`, `view` and `verify`.
struct EncodeSettings: ParsableArguments {
  enum AlgorithmChoice: String, ExpressibleByArgument, CaseIterable { case auto, reference }

  @Flag(help: "Add what the tokenizer's post-processor adds (<s>, [CLS], …).")
  var addSpecialTokens = false

  @Option(
    help: ArgumentHelp(
      "Special tokens to recognise in the text: all, none, or a token's text (repeatable). Default none.",
      valueName: "all|none|token"))
  var allowSpecial: [String] = []

  @Option(help: "The engine: the fastest, or the definition (slow, for checking).")
  var algorithm: AlgorithmChoice = .auto

  @Option(
    help: """
      After a byte that is not UTF-8: cut pieces as before, or take the rest of the document for one piece as \
      tiktoken does with bytes.
      """)
  var malformed: MalformedText = .pieces

  func validate() throws {
    if allowSpecial.count > 1, allowSpecial.contains("all") || allowSpecial.contains("none") {
      throw ValidationError("--allow-special all and none stand alone")
    }
  }

  /// - Throws: ``ToklabError`` for an allowed token that is no special token of any of these tokenizers.
  func options(
    _ shared: SharedOptions, for tokenizers: [OpenTokenizer], dropout: Double? = nil, sampling: Double? = nil
  ) throws -> EncodeOptions {
    let policy: SpecialTokenPolicy
    switch allowSpecial {
    case [], ["none"]: policy = .none
    case ["all"]: policy = .all
    default:
      for token in allowSpecial {
        let bytes = Array(token.utf8)
        guard
          tokenizers.contains(where: { opened in
            opened.tokenizer.definition.addedTokens.contains { $0.special && $0.content == bytes }
          })
        else {
          throw ToklabError(
            "--allow-special \"\(ByteEscape.string(bytes))\" is no special token of \(tokenizers.map(\.operand.path).joined(separator: ", "))",
            expected: "the text of one of its special tokens", advice: "toklab inspect lists them")
        }
      }
      policy = .only(Set(allowSpecial.map { Array($0.utf8) }))
    }
    return EncodeOptions(
      addSpecialTokens: addSpecialTokens, specialTokens: policy,
      algorithm: algorithm == .reference ? .reference : .auto, dropout: dropout, sampling: sampling,
      seed: shared.seed,
      malformedText: malformed)
  }
}

extension MalformedText: ExpressibleByArgument {}
