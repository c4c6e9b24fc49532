import Glibc
import Metrics
import Tokenizers

/// The texts of a sweep: read once, told apart by their SHA-256.
package struct SweepTexts: Sendable {
  package struct Digest: Sendable, Hashable {
    package var role: String
    package var language: String
    package var path: String
    package var sha256: String
    package var bytes: Int
    package var lines: Int
  }

  package let digests: [Digest]
  let evaluation: [String: TextLines]
  let trainingPaths: [String: String]
  /// The sizes of the whole training texts, decompressed.
  let trainingBytes: [String: Int]

  /// - Throws: ``ToklabError`` that names the file: missing, not UTF-8, evaluation texts of different numbers of lines.
  package init(_ plan: SweepPlan) throws(ToklabError) {
    var languages = plan.languages
    let needsReference = plan.scaling == .bytePremium && !languages.contains(plan.reference)
    if needsReference { languages.append(plan.reference) }
    let corpus = try ParallelCorpus.load(
      folder: plan.evaluation, languages: languages, reference: nil, clusters: .none)
    var digests: [Digest] = []
    var evaluation: [String: TextLines] = [:]
    var training: [String: String] = [:]
    for language in corpus.languages {
      evaluation[language.label] = language.text
      digests.append(
        Digest(
          role: "evaluation", language: language.label, path: language.path,
          sha256: SHA256.hex(language.text.bytes),
          bytes: language.text.bytes.count, lines: language.text.count))
    }
    for language in plan.languages {
      let path = try Self.file(plan.training, language)
      let bytes = try Self.read(path)
      training[language] = path
      digests.append(
        Digest(
          role: "training", language: language, path: path, sha256: SHA256.hex(bytes), bytes: bytes.count,
          lines: bytes.count { $0 == 0x0A } + (bytes.last == 0x0A || bytes.isEmpty ? 0 : 1)))
    }
    self.digests = digests
    self.evaluation = evaluation
    trainingPaths = training
    trainingBytes = Dictionary(
      uniqueKeysWithValues: digests.filter { $0.role == "training" }.map { ($0.language, $0.bytes) })
  }

  /// The evaluation texts alone, in the order of the plan.
  package static func evaluation(of plan: SweepPlan) throws(ToklabError) -> [(
    language: String, text: TextLines
  )] {
    try ParallelCorpus.load(folder: plan.evaluation, languages: plan.languages, clusters: .none).languages
      .map { ($0.label, $0.text) }
  }

  private static func file(_ folder: String, _ language: String) throws(ToklabError) -> String {
    for ending in [".txt", ".txt.zst", ".txt.gz"] {
      let path = "\(folder)/\(language)\(ending)"
      if access(path, F_OK) == 0 { return path }
    }
    throw ToklabError(
      file: "\(folder)/\(language).txt", "no training text for \(language)",
      expected: "\(language).txt, .txt.zst or .txt.gz",
      advice: "toklab corpus prepare NAME -o \(folder) makes such a folder")
  }

  static func read(_ path: String) throws(ToklabError) -> [UInt8] {
    var bytes: [UInt8] = []
    try ByteStream(path).readAll(into: &bytes)
    return bytes
  }

  func trainingText(_ language: String) throws(ToklabError) -> [UInt8] {
    try Self.read(trainingPaths[language]!)
  }

  /// How many bytes a group of the plan really gets.
  func bytes(_ group: SweepPlan.Group, _ plan: SweepPlan) -> Int {
    guard plan.scaling == .bytePremium, let own = evaluation[group.language],
      let reference = evaluation[plan.reference], !reference.bytes.isEmpty
    else { return group.trainingBytes }
    return Int(
      (Double(group.trainingBytes) * Double(own.bytes.count) / Double(reference.bytes.count)).rounded())
  }

  /// Lines drawn without replacement by the seed until they have `limit` bytes; nil when the text is shorter. The lines
  /// of a smaller limit are the first ones of a larger limit, and a line is never cut.
  static func sample(_ text: [UInt8], bytes limit: Int, seed: Int) -> [UInt8]? {
    var starts: [Int] = []
    var start = 0
    for (index, byte) in text.enumerated() where byte == 0x0A {
      starts.append(start)
      start = index + 1
    }
    if start < text.count { starts.append(start) }
    var order = Array(starts.indices)
    var random = SplitMix64(seed: UInt64(seed), stream: 0x5EED)
    var out: [UInt8] = []
    out.reserveCapacity(limit + 4096)
    for index in order.indices {
      if out.count >= limit { break }
      order.swapAt(index, index + random.below(order.count - index))
      let line = order[index]
      let end = line + 1 < starts.count ? starts[line + 1] : text.count
      out.append(contentsOf: text[starts[line]..<end])
      if out.last != 0x0A { out.append(0x0A) }
    }
    return out.count >= limit ? out : nil
  }
}
