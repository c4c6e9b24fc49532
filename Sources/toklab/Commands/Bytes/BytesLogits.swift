import Adapt
import ArgumentParser
import Tokenizers

/// `toklab bytes logits`.
struct BytesLogits: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logits",
    abstract: "Next bytes after a tokenized text, from the scores a model gave along it.",
    discussion: """
      The scores are [T, V] for T ids (row t after the ids up to t) or [T + 1, V] with the row after nothing \
      in front: logits or natural logarithms. Contexts beside the given tokens are not there; what they \
      could add is the bound of the result.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var quantity: QuantityOptions

  @Option(help: ArgumentHelp("The scores.", valueName: "file.npy|.safetensors"), completion: .file())
  var logits: String

  @Option(
    help: ArgumentHelp("The ids: whole numbers in a .npy file, or in text.", valueName: "file"),
    completion: .file())
  var ids: String

  @Option(
    help: ArgumentHelp(
      "What the ids are of: an error when they decode to something else.", valueName: "file"),
    completion: .file())
  var text: String?

  @Option(help: ArgumentHelp("The special token that ends a text.", valueName: "token"))
  var end: String?

  @Option(help: ArgumentHelp("Rows of the table for people.", valueName: "n"))
  var top = 20

  func validate() throws { try tokenizers.requireExactlyOne() }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, shared.json ? provenance : nil)[0]
    if shared.json {
      try provenance.add(logits)
      try provenance.add(ids)
      if let text { try provenance.add(text) }
    }
    let ends = try end.map { [try EndToken.id(of: $0, in: opened.tokenizer)] } ?? []
    let model = try RecordedSequence(path: logits, ids: try readIDs(), endTokens: ends)
    let source = try text.map { try FileBytes.readRaw($0) }
    let prompt: BytePrompt
    var first: Int
    do { (prompt, first) = try model.prompt(opened.tokenizer, text: source) } catch { throw error.in(ids) }
    // Without a row for the empty context the path begins with the second token; the text still begins with
    // the first, whose own probability cancels as soon as it is certain.
    if first == 0, !model.facts.answersEmptyContext { first = 1 }
    let bytes = try ByteModel(model, tokenizer: opened.tokenizer, options: quantity.options)
    timing.phase("open")
    let state = try bytes.state(after: prompt)
    let distribution = try state.distribution()
    let path = try bytes.tokenPath(Array(model.ids[first...]), after: Array(model.ids[..<first]))
    timing.phase("next")
    let output = Output.standard()
    if shared.json {
      let members =
        ByteDocuments.head(bytes, distribution.exactness) + ByteDocuments.distribution(distribution) + [
          (
            "token_path",
            .object([("tokens", .int(path.count)), ("log_probability", .number(path.reduce(0, +)))])
          )
        ]
      try output.write(Document.make("bytes.logits", members, provenance, timing).document())
    } else {
      try output.write(ByteDocuments.table(distribution, top: top).text(shared.style))
      try output.write("\n\(quantity.quantity.rawValue), \(ByteDocuments.text(distribution.exactness))\n")
    }
    try output.flush()
  }

  private func readIDs() throws -> [TokenID] {
    let bytes = try FileBytes.readRaw(ids)
    var values: [Int] = []
    if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
      values = try NumpyFile(ids).integers()
    } else {
      for word in bytes.split(whereSeparator: { [0x20, 0x0A, 0x0D, 0x09, 0x2C, 0x5B, 0x5D].contains($0) }) {
        guard let value = Int(String(decoding: word, as: UTF8.self)) else {
          throw ToklabError(file: ids, "\"\(ByteEscape.string(word.prefix(20)))\"", expected: "whole numbers")
        }
        values.append(value)
      }
    }
    return try values.map { value in
      guard (0..<VocabularyBuilder.maximumCapacity).contains(value) else {
        throw ToklabError(file: ids, "id \(value)", expected: "ids of the tokenizer")
      }
      return TokenID(value)
    }
  }
}

/// The token that ends a text.
enum EndToken {
  /// Spellings in use, the first that a tokenizer has is its end.
  static let spellings = [
    "<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "[EOS]", "[SEP]", "<end_of_text>",
    "<｜end▁of▁sentence｜>",
  ]

  /// - Throws: ``ToklabError`` for text that is no added token.
  static func id(of text: String, in tokenizer: Tokenizer) throws -> TokenID {
    guard let token = tokenizer.definition.addedTokens.first(where: { $0.content == Array(text.utf8) }) else {
      throw ToklabError(
        "\"\(ByteEscape.string(Array(text.utf8)))\" is no added token of the tokenizer",
        expected: "the text of one", advice: "toklab inspect lists them")
    }
    return token.id
  }

  /// The usual one, if any.
  static func usual(in tokenizer: Tokenizer) -> TokenID? {
    for text in spellings {
      if let token = tokenizer.definition.addedTokens.first(where: { $0.content == Array(text.utf8) }) {
        return token.id
      }
    }
    return nil
  }
}
