import Adapt
import ArgumentParser
import Studies
import Tokenizers

/// `toklab transplant run`.
struct TransplantRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Write a model with the rows of another tokenizer's tokens.",
    discussion: """
      Tokens of the same bytes keep their row, special tokens that of the same spelling or role; new tokens get theirs \
      by the method. Everything else of the model is copied byte for byte. The folder appears complete or not at all.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var methods: MethodOptions
  @OptionGroup var program: HelperProgram

  @Argument(help: "The model: a Hugging Face folder or a GGUF file.", completion: .file())
  var model: String

  @Option(help: ArgumentHelp("The new tokenizer.", valueName: "tokenizer"), completion: .file())
  var to: String

  @Option(
    help: ArgumentHelp("The model's tokenizer, where it is not with the model.", valueName: "tokenizer"))
  var from: String?

  @Option(
    help: ArgumentHelp(
      "How rows of new tokens are made; transplant list names the methods.", valueName: "name"))
  var method = "auto"

  @Option(
    help: ArgumentHelp(
      "Lines of a new token, a tab, and the old tokens whose rows it gets the mean of: ids, or text.",
      valueName: "file"), completion: .file())
  var map: String?

  @Option(help: ArgumentHelp("Round the number of rows up to a multiple of this.", valueName: "n"))
  var padToMultiple = 1

  @Flag(help: "Print where each row comes from.")
  var report = false

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to make.", valueName: "folder"))
  var output: String?

  func validate() throws {
    if output == nil, !report { throw ValidationError("Missing expected argument '--output <folder>'") }
    if shared.json, !report { throw ValidationError("--json needs --report") }
    guard (1...1 << 20).contains(padToMultiple) else {
      throw ValidationError("--pad-to-multiple \(padToMultiple) is out of range; expected 1 to 1048576")
    }
    if let error = Result(catching: { try TransplantStrategies.named(method) }).failure {
      throw ValidationError("--method: \(error)")
    }
  }

  func run() throws {
    var timing = Timing()
    let folder = try output.map { try FolderResult($0, mustBeEmpty: true) }
    let source = try ModelSource(model)
    let target = try TargetTokenizer(to)
    let old = try from.map { try Tokenizer(TokenizerFile.open($0).definition) } ?? source.tokenizer()
    var request = TransplantPlan.Request()
    request.method = method
    request.options = methods.options(shared)
    request.padToMultiple = padToMultiple
    request.donor = try methods.openDonor()
    request.auxiliary = try methods.openAuxiliary(program)
    request.newRoles = target.roles
    if let map { request.map = try TokenMapFile.read(map, old: old, new: target.tokenizer) }
    timing.phase("open")
    let plan = try TransplantPlan(model: source, from: old, to: target.tokenizer, request)
    timing.phase("plan")
    let (files, warnings) = try target.files(for: plan)
    if let folder {
      folder.names = try folder.fill { () throws(ToklabError) in
        try TransplantWriter(plan, tokenizerFiles: files).write(to: folder.temporary)
      }
      try folder.commit()
      timing.phase("write")
    }
    for warning in plan.warnings + warnings { shared.warn(warning) }
    if report { try TransplantReport(plan).write(shared, timing) }
    guard !shared.quiet else { return }
    let tiers = plan.tiers.filter { $0.count > 0 }.map { "\(Numbers.grouped($0.count)) \($0.tier.rawValue)" }
    StandardError.write(
      Table.pairs(
        [
          ("rows", "\(Numbers.grouped(source.rows)) before, \(Numbers.grouped(plan.rows)) now"),
          ("by", tiers.joined(separator: ", ")), ("method", method),
          ("matrices", plan.output == nil ? "one for input and output" : "input and output"),
          ("time", Numbers.duration(timing.total)), ("peak memory", Numbers.bytes(Measured.peakMemory)),
        ], shared.errorStyle))
  }
}

extension Result {
  /// The error of a failure.
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}

/// The file of `--map`.
enum TokenMapFile {
  static func read(_ path: String, old: Tokenizer, new: Tokenizer) throws -> [TokenID: [TokenID]] {
    var map: [TokenID: [TokenID]] = [:]
    for (index, line) in try FileBytes.read(path).split(separator: 0x0A).enumerated() {
      let fields = line.split(separator: 0x09, maxSplits: 1, omittingEmptySubsequences: false)
      func fail(_ found: String) -> ToklabError {
        ToklabError(
          file: path, at: .line(index + 1), found, expected: "a new token, a tab, and old tokens",
          advice: "tokens are ids, or text")
      }
      guard fields.count == 2 else { throw fail("a line without a tab") }
      let id = number(fields[0]) ?? new.id(of: Array(fields[0]))
      guard let id, Int(id) < new.capacity else {
        throw fail("the new token \"\(ByteEscape.string(fields[0].prefix(60)))\"")
      }
      let words = fields[1].split(separator: 0x20)
      let numbers = words.compactMap(number)
      let sources: [TokenID]
      if !words.isEmpty, numbers.count == words.count {
        sources = numbers
      } else {
        sources = try old.encode(Array(fields[1]), options: EncodeOptions(specialTokens: .all)).ids
      }
      guard !sources.isEmpty, sources.allSatisfy({ Int($0) < old.capacity }) else {
        throw fail("old tokens \"\(ByteEscape.string(fields[1].prefix(60)))\"")
      }
      guard map.updateValue(sources, forKey: id) == nil else { throw fail("token \(id) a second time") }
    }
    return map
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> TokenID? {
    TokenID(String(decoding: bytes, as: UTF8.self))
  }
}
