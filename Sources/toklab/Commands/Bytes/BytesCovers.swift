import Adapt
import ArgumentParser
import Glibc
import Tokenizers

/// `toklab bytes covers`.
struct BytesCovers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "covers", abstract: "The ways a prompt may be tokenized, with the weight of each.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var quantity: QuantityOptions
  @OptionGroup var prompts: PromptOptions

  func validate() throws {
    try models.requireExactlyOne()
    try prompts.requireOne()
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try models.open(shared, shared.json ? provenance : nil)[0]
    let prompt = try prompts.prompt(opened, shared.json ? provenance : nil)
    let model = try ByteModel(opened.model, tokenizer: opened.tokenizer, options: quantity.options)
    timing.phase("open")
    let list = try model.state(after: prompt).coverList()
    timing.phase("covers")
    func spelled(_ ids: [TokenID]) -> [String] {
      ids.map { ByteEscape.string(opened.tokenizer.bytes(of: $0) ?? []) }
    }
    let output = Output.standard()
    if shared.json {
      let covers = list.covers.map { cover in
        JSON.object(
          [
            ("ids", .array(cover.tokens.map { .int(Int($0)) })), ("tokens", .strings(spelled(cover.tokens))),
            ("pending", .string(ByteEscape.utf8(cover.pending).text)),
            ("pending_hex", .string(Self.hex(cover.pending))), ("candidates", .int(cover.candidates)),
          ] + ByteDocuments.probability(cover.logWeight ?? -.infinity))
      }
      let members =
        ByteDocuments.head(model, list.exactness) + [
          ("certain", .array(list.certain.map { .int(Int($0)) })), ("covers", .array(covers)),
        ]
      try output.write(Document.make("bytes.covers", members, provenance, timing).document())
    } else {
      var table = Table([
        .init("weight", .right), .init("tokens"), .init("unfinished"), .init("candidates", .right),
      ])
      for cover in list.covers {
        table.append([
          cover.logWeight.map { Numbers.fixed(exp($0), 6) } ?? "n/a",
          spelled(cover.tokens).map { "[\($0)]" }.joined(), ByteEscape.string(cover.pending),
          cover.pending.isEmpty ? "" : Numbers.grouped(cover.candidates),
        ])
      }
      try output.write(table.text(shared.style))
      let certain = spelled(Array(list.certain.suffix(8))).map { "[\($0)]" }.joined()
      try output.write(
        "\n"
          + Table.pairs(
            [
              ("certain", (list.certain.count > 8 ? "… " : "") + certain),
              ("quantity", "\(model.options.quantity.rawValue), \(ByteDocuments.text(list.exactness))"),
            ], shared.style))
    }
    try output.flush()
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
