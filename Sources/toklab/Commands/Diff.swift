import ArgumentParser
import Tokenizers

/// `toklab diff`.
struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how two tokenizers differ.",
    discussion: """
      Shared, added and lost tokens (by their bytes), where the merge lists part, and with files the texts \
      whose token boundaries differ most.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var documents: DocumentOptions
  @OptionGroup var settings: EncodeSettings

  @Argument(help: "Two tokenizers (without -t), then files.", completion: .file())
  var operands: [String] = []

  @Option(help: ArgumentHelp("So many texts, and examples of tokens in the table.", valueName: "n"))
  var top: Int = 10

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  /// The two tokenizers and the files.
  private var inputs: (tokenizers: [String], files: [String]) {
    get throws {
      if !tokenizers.tokenizer.isEmpty {
        guard tokenizers.tokenizer.count == 2 else {
          throw ValidationError(
            "diff takes two tokenizers; --tokenizer is given \(tokenizers.tokenizer.count) times")
        }
        return (tokenizers.tokenizer, operands)
      }
      guard operands.count >= 2 else {
        throw ValidationError("Missing expected argument '<tokenizer> <tokenizer>'")
      }
      return (Array(operands.prefix(2)), Array(operands.dropFirst(2)))
    }
  }

  func validate() throws {
    _ = try inputs
    guard (0...1_000_000).contains(top) else {
      throw ValidationError("--top \(top) is out of range; expected 0 or more")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let (values, files) = try inputs
    let opened = try tokenizers.open(values, shared, shared.json ? provenance : nil)
    timing.phase("open")
    let vocabulary = VocabularyDifference(opened[0].tokenizer, opened[1].tokenizer)
    let merges = MergeDifference(opened[0].tokenizer, opened[1].tokenizer)
    var texts = try TextDifferences(
      opened.map(\.tokenizer), try settings.options(shared, for: opened), threads: shared.threadCount,
      keep: top)
    if !files.isEmpty {
      let reader = try DocumentReader(files, documents.rules, provenance: shared.json ? provenance : nil)
      let progress = Progress("comparing", total: reader.totalBytes, quiet: shared.quiet)
      defer { progress.finish() }
      while let batch = try reader.next() {
        do { try texts.add(batch) { reader.name($0) } } catch let error as ToklabError {
          progress.finish()
          throw reader.located(error, in: batch)
        }
        progress.set(reader.bytesRead)
      }
    }
    timing.phase("compare")
    let target = try ResultFile(output)
    if shared.json {
      let members: [(String, JSON)] = [
        ("first", .string(opened[0].label)), ("second", .string(opened[1].label)),
        ("tokens", vocabulary.json),
        ("merges", merges?.json ?? .null), ("texts", texts.json),
      ]
      try target.output.write(Document.make("diff", members, provenance, timing).document())
    } else {
      let style = output == nil ? shared.style : Style(enabled: false)
      var pairs = vocabulary.pairs(opened.map(\.label), top: top)
      if let merges { pairs.append(("merges", merges.text)) }
      if !files.isEmpty { pairs.append(("texts", texts.summary)) }
      try target.output.write(Table.pairs(pairs, style))
      if let table = texts.table(opened.map(\.label)) { try target.output.write("\n" + table.text(style)) }
    }
    try target.commit()
  }
}
