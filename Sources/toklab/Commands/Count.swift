import ArgumentParser
import Tokenizers

/// `toklab count`.
struct Count: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count the tokens of texts under one or more tokenizers.",
    discussion: """
      With --chat a document is a conversation, {"messages": [{"role": …, "content": …}, …]} on a line, counted \
      as the chat template of the tokenizer's model family writes it; the special tokens tell the family, or \
      --chat-template names it. Bytes and characters are then those of the messages. Conversations with tool \
      calls, images or several parts are refused.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var documents: DocumentOptions
  @OptionGroup var settings: EncodeSettings
  @OptionGroup(title: "Chat Options") var chat: ChatOptions

  @Argument(help: "Files or folders; '-' or nothing is standard input.", completion: .file())
  var files: [String] = []

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    try tokenizers.requireOne()
    guard chat.chat else { return }
    if documents.perLine || documents.jsonField != nil || documents.inputFormat != .auto {
      throw ValidationError(
        "--chat says what a document is; leave out --per-line, --json-field and --input-format")
    }
    if settings.addSpecialTokens || !settings.allowSpecial.isEmpty {
      throw ValidationError(
        "--chat adds the template's tokens; leave out --add-special-tokens and --allow-special")
    }
  }

  private struct Row {
    var documents = 0
    var messages = 0
    var tokens: [TokenCount]
    var bytes = 0
    var characters = 0
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, shared.json ? provenance : nil)
    if chat.chat { return try countChat(opened, provenance, &timing) }
    let options = try settings.options(shared, for: opened)
    timing.phase("open")
    shared.announceStandardInput(files)
    let reader = try DocumentReader(files, documents.rules, provenance: shared.json ? provenance : nil)
    let encoders = try opened.map {
      try BatchEncoder($0.tokenizer, options: options, threads: shared.threadCount)
    }
    let target = try ResultFile(output)
    let progress = Progress("counting", total: reader.totalBytes, quiet: shared.quiet)
    defer { progress.finish() }
    var rows = [Row](
      repeating: Row(tokens: [TokenCount](repeating: TokenCount(), count: opened.count)),
      count: reader.files.count)
    while let batch = try reader.next() {
      try batch.withBytes { text in
        for (index, document) in batch.documents.enumerated() {
          let file = batch.files[index]
          rows[file].documents += 1
          rows[file].bytes += document.count
          rows[file].characters += UTF8Scalar.count(UnsafeBufferPointer(rebasing: text[document]))
        }
        for (column, encoder) in encoders.enumerated() {
          let counts: [TokenCount]
          do { counts = try encoder.count(text, documents: batch.documents) } catch let error as ToklabError {
            progress.finish()
            throw reader.located(error, in: batch)
          }
          for (index, count) in counts.enumerated() { rows[batch.files[index]].tokens[column] += count }
        }
      }
      progress.set(reader.bytesRead)
    }
    progress.finish()
    timing.phase("count")
    try write(rows, opened, nil, reader, target.output, provenance, timing)
    try target.commit()
  }

  private func countChat(_ opened: [OpenTokenizer], _ provenance: Provenance, _ timing: inout Timing) throws {
    let counters = try opened.map { try ChatCounter($0, chat, shared) }
    if chat.chatTemplate == nil {
      for (tokenizer, counter) in zip(opened, counters) {
        shared.note("\(tokenizer.operand.path): counted with the chat template \(counter.template.rawValue)")
      }
    }
    timing.phase("open")
    shared.announceStandardInput(files)
    let reader = try DocumentReader(
      files, DocumentRules(perLine: true, format: .text), provenance: shared.json ? provenance : nil)
    let target = try ResultFile(output)
    let progress = Progress("counting", total: reader.totalBytes, quiet: shared.quiet)
    defer { progress.finish() }
    var rows = [Row](
      repeating: Row(tokens: [TokenCount](repeating: TokenCount(), count: opened.count)),
      count: reader.files.count)
    var lines = [Int](repeating: 0, count: reader.files.count)
    while let batch = try reader.next() {
      var conversations: [ChatConversation?] = []
      var numbers: [Int] = []
      func locate(_ index: Int, _ error: ToklabError) -> ToklabError {
        progress.finish()
        var error = error
        if case .path(let path) = error.position { error.found = "\(path): \(error.found)" }
        error.position = .line(numbers[index])
        return error.in(reader.name(batch.files[index]))
      }
      for (index, document) in batch.documents.enumerated() {
        let file = batch.files[index]
        lines[file] += 1
        numbers.append(lines[file])
        let line = batch.bytes[document]
        guard line.contains(where: { $0 > 0x20 }) else {
          conversations.append(nil)
          continue
        }
        let conversation: ChatConversation
        do throws(ToklabError) { conversation = try ChatConversation(json: Array(line)) } catch {
          throw locate(index, error)
        }
        rows[file].documents += 1
        rows[file].messages += conversation.messages.count
        for message in conversation.messages {
          rows[file].bytes += message.content.count
          rows[file].characters += message.content.withUnsafeBufferPointer { UTF8Scalar.count($0) }
        }
        conversations.append(conversation)
      }
      for (column, counter) in counters.enumerated() {
        let counts = try counter.count(conversations, locate)
        for (index, count) in counts.enumerated() { rows[batch.files[index]].tokens[column] += count }
      }
      progress.set(reader.bytesRead)
    }
    progress.finish()
    timing.phase("count")
    try write(rows, opened, counters.map(\.template), reader, target.output, provenance, timing)
    try target.commit()
  }

  private func write(
    _ rows: [Row], _ opened: [OpenTokenizer], _ templates: [ChatTemplate]?, _ reader: DocumentReader,
    _ output: Output, _ provenance: Provenance, _ timing: Timing
  ) throws {
    if shared.json {
      var records: [JSON] = []
      for (file, row) in rows.enumerated() {
        for (column, tokenizer) in opened.enumerated() {
          var members: [(String, JSON)] = [
            ("tokenizer", .string(tokenizer.label)), ("file", .string(reader.name(file))),
            ("documents", .int(row.documents)), ("tokens", .int(row.tokens[column].tokens)),
            ("unknown_tokens", .int(row.tokens[column].unknown)), ("bytes", .int(row.bytes)),
            ("characters", .int(row.characters)),
          ]
          if let templates {
            members += [
              ("messages", .int(row.messages)), ("chat_template", .string(templates[column].rawValue)),
            ]
          }
          records.append(.object(members))
        }
      }
      return try output.write(
        Document.make("count", [("rows", .array(records))], provenance, timing).document())
    }
    var table = Table([
      .init("tokenizer"), .init("file"), .init("documents", .right), .init("tokens", .right),
      .init("unknown", .right), .init("bytes", .right), .init("characters", .right),
      .init("bytes/token", .right),
    ])
    func append(_ name: String, _ column: Int, _ row: Row) {
      let tokens = row.tokens[column].tokens
      table.append([
        opened[column].label, name, Numbers.grouped(row.documents), Numbers.grouped(tokens),
        Numbers.grouped(row.tokens[column].unknown), Numbers.grouped(row.bytes),
        Numbers.grouped(row.characters),
        tokens > 0 ? Numbers.fixed(Double(row.bytes) / Double(tokens), 3) : "n/a",
      ])
    }
    for (file, row) in rows.enumerated() {
      for column in opened.indices { append(reader.name(file), column, row) }
    }
    if rows.count > 1 {
      var total = Row(tokens: [TokenCount](repeating: TokenCount(), count: opened.count))
      for row in rows {
        total.documents += row.documents
        total.bytes += row.bytes
        total.characters += row.characters
        for column in opened.indices { total.tokens[column] += row.tokens[column] }
      }
      for column in opened.indices { append("total", column, total) }
    }
    try output.write(table.text(self.output == nil ? shared.style : Style(enabled: false)))
  }
}
