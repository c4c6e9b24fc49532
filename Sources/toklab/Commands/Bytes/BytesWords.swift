import Adapt
import ArgumentParser
import Glibc
import Tokenizers

/// `toklab bytes words`.
struct BytesWords: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "words", abstract: "The surprisal of each word of a text, or of each character.",
    discussion: """
      A word is taken with the white space before it; its surprisal is the sum over its bytes, whatever tokens \
      the model cuts there. The column "as a word" also counts that the word ends, and not the end of the one \
      before, which has been seen.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var quantity: QuantityOptions
  @OptionGroup var prompts: PromptOptions

  @Flag(help: "One row a character instead.")
  var characters = false

  @Argument(help: "The text; '-' or nothing is standard input.", completion: .file())
  var file: String?

  func validate() throws {
    try models.requireExactlyOne()
    if file != nil && prompts.count > 0 {
      throw ValidationError("a file and --prompt, --prompt-file or --input-hex exclude each other")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try models.open(shared, shared.json ? provenance : nil)[0]
    var source = prompts
    if source.count == 0 { source.promptFile = file ?? "-" }
    let (bytes, name) = try source.bytes(shared.json ? provenance : nil)
    let prompt = try source.parse(bytes, name, opened)
    let model = try ByteModel(opened.model, tokenizer: opened.tokenizer, options: quantity.options)
    timing.phase("open")
    let result: (words: [WordSurprisal], bytes: [Double], exactness: Exactness)
    do { result = try model.words(prompt) } catch { throw error.in(name) }
    timing.phase("words")
    let rows = characters ? characterRows(prompt.text, result.bytes) : result.words.map { ($0, true) }
    let output = Output.standard()
    if shared.json {
      let list = rows.map { row, isWord -> JSON in
        var members: [(String, JSON)] = [
          ("text", .string(ByteEscape.string(prompt.text[row.range]))), ("start", .int(row.range.lowerBound)),
          ("end", .int(row.range.upperBound)), ("log_probability", .number(row.logProbability)),
          ("surprisal_bits", .number(row.surprisal)),
        ]
        if isWord {
          members += [
            ("word_log_probability", .number(row.logWordProbability)),
            ("word_surprisal_bits", .number(row.wordSurprisal)),
          ]
        }
        return .object(members)
      }
      let members =
        ByteDocuments.head(model, result.exactness) + [(characters ? "characters" : "words", .array(list))]
      try output.write(Document.make("bytes.words", members, provenance, timing).document())
    } else {
      var table = Table(
        [.init(characters ? "character" : "word"), .init("bits", .right)]
          + (characters ? [] : [.init("as a word", .right)]))
      for (row, isWord) in rows {
        table.append(
          [ByteEscape.string(prompt.text[row.range]), Numbers.fixed(row.surprisal, 3)]
            + (isWord ? [Numbers.fixed(row.wordSurprisal, 3)] : []))
      }
      try output.write(table.text(shared.style))
      try output.write("\n\(quantity.quantity.rawValue), \(ByteDocuments.text(result.exactness))\n")
    }
    try output.flush()
  }

  /// A character is a byte that begins one and the continuations behind it.
  private func characterRows(_ text: [UInt8], _ logs: [Double]) -> [(WordSurprisal, Bool)] {
    var rows: [(WordSurprisal, Bool)] = []
    for index in text.indices {
      if index > 0, text[index] & 0xC0 == 0x80 {
        rows[rows.count - 1].0.range = rows[rows.count - 1].0.range.lowerBound..<index + 1
        rows[rows.count - 1].0.logProbability += logs[index]
      } else {
        let row = WordSurprisal(
          range: index..<index + 1, logProbability: logs[index], logWordProbability: logs[index])
        rows.append((row, false))
      }
    }
    return rows
  }
}
