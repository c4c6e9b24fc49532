import ArgumentParser
import Tokenizers

/// `toklab view`.
struct View: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show where tokens begin and end.",
    discussion: """
      In a terminal neighbouring tokens differ in colour, elsewhere a bar stands between them. Several \
      tokenizers are shown one below the other.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var documents: DocumentOptions
  @OptionGroup var settings: EncodeSettings

  @Argument(
    help: "A tokenizer (without -t), then files; '-' or nothing is standard input.", completion: .file())
  var operands: [String] = []

  @Option(help: ArgumentHelp("Write a self-contained page instead.", valueName: "file"))
  var html: String?

  @Flag(help: "Show why: merges, the lattice with its scores, or the prefixes that are no tokens.")
  var explain = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    _ = try tokenizers.split(operands)
    if html != nil, explain || shared.json {
      throw ValidationError("--html excludes --explain and --json")
    }
  }

  func run() throws {
    let (values, files) = try tokenizers.split(operands)
    let opened = try tokenizers.open(values, shared)
    let options = try settings.options(shared, for: opened)
    shared.announceStandardInput(files)
    let reader = try DocumentReader(files, documents.rules)
    let encoders = try opened.map { try DocumentEncoder($0.tokenizer, options: options) }
    let target = try ResultFile(html ?? output)
    let style = html == nil && output == nil ? shared.style : Style(enabled: false)
    if html != nil { try target.output.write(ViewPage.head(opened.map(\.label))) }
    while let batch = try reader.next() {
      for (index, range) in batch.documents.enumerated() {
        for (column, encoder) in encoders.enumerated() {
          let (text, encoding) = try batch.withBytes { bytes in
            let text = UnsafeBufferPointer(rebasing: bytes[range])
            do { return (Array(text), try encoder.encodeWithOffsets(text)) } catch let error as ToklabError {
              throw reader.located(error.shifted(by: range.lowerBound), in: batch)
            }
          }
          let view = TokenView(
            label: opened[column].label, tokenizer: opened[column].tokenizer, text: text, encoding: encoding)
          let number = batch.first + index
          if html != nil {
            try target.output.write(
              ViewPage.section(view, document: number, file: reader.name(batch.files[index])))
          } else if shared.json {
            try target.output.write(
              try view.record(number, reader.name(batch.files[index]), explain: explain).line() + [0x0A])
          } else if explain {
            try target.output.write(try view.explanation(style))
          } else {
            try target.output.write(view.terminal(style, labelled: opened.count > 1 || style.enabled))
          }
        }
      }
    }
    if html != nil { try target.output.write(ViewPage.foot) }
    try target.commit()
  }
}
