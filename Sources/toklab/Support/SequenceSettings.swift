import ArgumentParser
import Tokenizers

/// Pairs, truncation and padding of `encode`.
struct SequenceSettings: ParsableArguments {
  @Flag(help: "Each document is a pair: two texts with a tab between them.")
  var pairs = false

  @Option(
    help: ArgumentHelp(
      "Cut sequences: as the tokenizer's file says, or to a number of tokens. Default none.",
      valueName: "none|file|n"))
  var truncation: String?

  @Option(
    help: ArgumentHelp(
      """
      Fill sequences up: as the tokenizer's file says, to the longest of the input, or to a number of tokens. \
      Default none.
      """, valueName: "none|file|longest|n"))
  var padding: String?

  private static let longest = 1 << 24

  /// Whether the plain way of encoding will not do.
  var isUsed: Bool { pairs || ![nil, "none"].contains(truncation) || ![nil, "none"].contains(padding) }

  func validate() throws {
    _ = try number("--truncation", truncation, ["none", "file"])
    _ = try number("--padding", padding, ["none", "file", "longest"])
  }

  private func number(_ option: String, _ value: String?, _ words: [String]) throws -> Int? {
    guard let value, !words.contains(value) else { return nil }
    guard let number = Int(value), (1...Self.longest).contains(number) else {
      throw ValidationError(
        "\(option) \(value); expected \(words.joined(separator: ", ")) or a number of tokens from 1 to \(Self.longest)"
      )
    }
    return number
  }

  func encoder(_ tokenizer: Tokenizer, _ options: EncodeOptions) throws -> SequenceEncoder {
    try SequenceEncoder(
      tokenizer, options: options, truncation: truncation(tokenizer.definition),
      padding: padding(tokenizer))
  }

  /// - Throws: ``ToklabError`` when the file is to be followed and says nothing.
  private func truncation(_ definition: TokenizerDefinition) throws -> TruncationDefinition? {
    if let length = try number("--truncation", truncation, ["none", "file"]) {
      return TruncationDefinition(maxLength: length)
    }
    guard truncation == "file" else { return nil }
    guard let own = definition.truncation else {
      throw ToklabError(
        "--truncation file: this tokenizer's file has no truncation", expected: "a tokenizer.json with one",
        advice: "give a number of tokens instead")
    }
    return own
  }

  private func padding(_ tokenizer: Tokenizer) throws -> PaddingDefinition? {
    let definition = tokenizer.definition
    if padding == nil || padding == "none" { return nil }
    if padding == "file" {
      guard let own = definition.padding else {
        throw ToklabError(
          "--padding file: this tokenizer's file has no padding", expected: "a tokenizer.json with one",
          advice: "give a number of tokens or 'longest' instead")
      }
      return own
    }
    let length = try number("--padding", padding, ["none", "file", "longest"])
    if var own = definition.padding {
      own.fixedLength = length
      return own
    }
    let names = ["[PAD]", "<pad>", "<|pad|>", "<|endoftext|>", "</s>"]
    guard let name = names.first(where: { tokenizer.id(of: Array($0.utf8)) != nil }),
      let id = tokenizer.id(of: Array(name.utf8))
    else {
      throw ToklabError(
        "--padding \(padding ?? ""): this tokenizer names no padding token",
        expected: "a token \(names.joined(separator: ", ")) or a padding in tokenizer.json")
    }
    return PaddingDefinition(fixedLength: length, padID: id, padToken: name)
  }
}
