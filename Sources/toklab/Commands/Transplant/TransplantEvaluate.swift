import Adapt
import ArgumentParser
import Glibc
import Tokenizers

/// `toklab transplant evaluate`.
struct TransplantEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure in bits per byte what a transplant costs.",
    discussion: """
      Scores texts with a base model and with others, each with its own tokenizer: --with MODEL. Or the hidden-token \
      test: with --hidden or --hide, some of the base's own tokens get new rows by each --method, and the texts are \
      scored with the base's own tokens. Windows of --window tokens each begin with the begin token. GGUF files need \
      llama.cpp's bindings in --python, folders torch and transformers.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var methods: MethodOptions
  @OptionGroup var helper: HelperOptions

  @Option(help: ArgumentHelp("The model to compare with.", valueName: "model"), completion: .file())
  var base: String

  @Option(
    name: .customLong("with"), help: ArgumentHelp("A model to compare; repeatable.", valueName: "model"),
    completion: .file())
  var others: [String] = []

  @Option(
    name: .customLong("text"), help: ArgumentHelp("A text; repeatable.", valueName: "file"),
    completion: .file())
  var texts: [String]

  @Option(
    help: ArgumentHelp(
      "A method for hidden tokens; repeatable. All that need nothing more when not given.", valueName: "name")
  )
  var method: [String] = []

  @Option(
    help: ArgumentHelp("A file with the ids to hide, one a line.", valueName: "file"), completion: .file())
  var hidden: String?

  @Option(
    help: ArgumentHelp(
      "Draw the hidden ids: this share of the merged tokens of the texts …", valueName: "share"))
  var hide: Double?

  @Option(help: ArgumentHelp("… and so many of all merged tokens.", valueName: "n"))
  var hideMore = 1500

  @Flag(help: "Draw tokens without a twin (equal up to case and one leading space) only.")
  var withoutTwins = false

  @Option(help: ArgumentHelp("Tokens of a window, the begin token included.", valueName: "n"))
  var window = 512

  func validate() throws {
    if let hide, !(0...1).contains(hide) {
      throw ValidationError("--hide \(hide) is out of range; expected 0 to 1")
    }
    if hidden != nil, hide != nil { throw ValidationError("--hidden and --hide exclude each other") }
    if others.isEmpty, hidden == nil, hide == nil {
      throw ValidationError("nothing to compare; expected --with, --hidden or --hide")
    }
    guard (2...65536).contains(window) else {
      throw ValidationError("--window \(window) is out of range; expected 2 to 65536")
    }
    guard (0...1 << 20).contains(hideMore) else {
      throw ValidationError("--hide-more \(hideMore) is out of range; expected 0 to 1048576")
    }
    for name in method {
      do { _ = try TransplantStrategies.named(name) } catch { throw ValidationError("--method: \(error)") }
    }
  }

  private struct Row {
    var method: String
    var score: TextScore
    var seconds: Double
  }

  func run() throws {
    let provenance = Provenance(shared)
    let source = try ModelSource(base)
    let tokenizer = try source.tokenizer()
    let documents = try texts.map { try FileBytes.read($0) }
    if shared.json { for text in texts { try provenance.add(text) } }
    var rows: [Row] = []
    func measure(_ name: String, _ path: String, _ tokenizer: Tokenizer) throws {
      shared.note("\(name) …")
      var timing = Timing()
      let score = try score(path, tokenizer, documents)
      timing.phase("score")
      rows.append(Row(method: name, score: score, seconds: timing.total))
    }
    try measure("base", base, tokenizer)
    for other in others { try measure(other, other, try ModelSource(other).tokenizer()) }
    let ids = try hiddenIDs(tokenizer, documents)
    if !ids.isEmpty {
      let donor = try methods.openDonor()
      let auxiliary = try methods.openAuxiliary(helper.program)
      for name in methodNames {
        let scratch = try ScratchFolder()
        defer { scratch.remove() }
        var timing = Timing()
        let path = try HiddenTokens.write(
          source, tokenizer: tokenizer, hiding: ids, method: name, options: methods.options(shared),
          donor: donor,
          auxiliary: auxiliary, to: scratch.path)
        timing.phase("rows")
        let seconds = timing.total
        try measure(name, path, tokenizer)
        rows[rows.count - 1].seconds = seconds
      }
    }
    try write(rows, hidden: ids.count, provenance)
  }

  /// The methods asked for, or all that can run.
  private var methodNames: [String] {
    guard method.isEmpty else { return method }
    return TransplantStrategies.all.map { $0.descriptor }.filter { descriptor in
      descriptor.needs.allSatisfy {
        $0 == "donor" && methods.donor != nil || $0 == "auxiliary" && methods.auxiliary != nil
      }
    }.map(\.name)
  }

  private func hiddenIDs(_ tokenizer: Tokenizer, _ documents: [[UInt8]]) throws -> [TokenID] {
    if let hidden {
      let lines = try FileBytes.read(hidden).split(separator: 0x0A)
      return try lines.enumerated().map { index, line in
        guard let id = TokenID(String(decoding: line, as: UTF8.self)) else {
          throw ToklabError(
            file: hidden, at: .line(index + 1), "\"\(ByteEscape.string(line.prefix(40)))\"", expected: "an id"
          )
        }
        return id
      }
    }
    guard let hide else { return [] }
    let occurring = try documents.flatMap { try tokenizer.encode($0).ids }
    return try HiddenTokens.draw(
      TokenTable(tokenizer), occurring: occurring, share: hide, extra: hideMore, seed: shared.seed,
      withoutTwins: withoutTwins)
  }

  private func score(_ path: String, _ tokenizer: Tokenizer, _ documents: [[UInt8]]) throws -> TextScore {
    let kind = GGUFModelFile.isOne(path) ? "gguf" : "hf"
    let model = try helper.open(kind, path, tokenizer)
    let table = TokenTable(tokenizer)
    let named = try ModelSource(path).namedRoles
    guard let begin = model.facts.beginToken ?? SpecialRoles(table, named: named)[.bos] else {
      throw ToklabError(file: path, "a model without a begin token", expected: "--begin with a token")
    }
    let padding = (0..<TokenID(model.facts.vocabularySize)).filter {
      Int($0) >= table.count || table.kinds[Int($0)] == .hole
    }
    var score = TextScore()
    for document in documents {
      try score.add(
        document, tokens: tokenizer.encode(document).ids, model: model, begin: begin, window: window,
        padding: padding)
    }
    return score
  }

  private func write(_ rows: [Row], hidden: Int, _ provenance: Provenance) throws {
    let output = Output.standard()
    let base = rows[0].score.bitsPerByte
    if shared.json {
      let values = rows.map { row in
        JSON.object([
          ("method", .string(row.method)), ("bits_per_byte", .number(row.score.bitsPerByte)),
          ("ratio", .number(row.score.bitsPerByte / base)), ("padding_mass", .number(row.score.paddingMass)),
          ("padding_mass_max", .number(row.score.largestPaddingMass)), ("tokens", .int(row.score.tokens)),
          ("bytes", .int(row.score.bytes)), ("seconds", .number(row.seconds)),
        ])
      }
      let members: [(String, JSON)] = [("hidden_tokens", .int(hidden)), ("rows", .array(values))]
      try output.write(Document.make("transplant.evaluate", members, provenance).document())
    } else {
      var table = Table([
        .init("method"), .init("bits/byte", .right), .init("ratio", .right), .init("padding mass", .right),
        .init("tokens", .right), .init("seconds", .right),
      ])
      for row in rows {
        table.append([
          row.method, Numbers.fixed(row.score.bitsPerByte, 4), Numbers.fixed(row.score.bitsPerByte / base, 4),
          Numbers.fixed(row.score.paddingMass, 8), Numbers.grouped(row.score.tokens),
          Numbers.fixed(row.seconds, 2),
        ])
      }
      try output.write(table.text(shared.style))
    }
    try output.flush()
  }
}

/// A folder for files that a command needs while it runs.
private struct ScratchFolder {
  let path: String

  init() throws {
    let base = Environment.temporaryFolder
    path = "\(base)/toklab-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    try TemporaryFiles.register(path)
    try AtomicFile.makeFolder(path)
  }

  func remove() {
    TemporaryFiles.remove(path)
    TemporaryFiles.forget(path)
  }
}

/// What the command takes from the environment.
private enum Environment {
  static var temporaryFolder: String {
    getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
  }
}
