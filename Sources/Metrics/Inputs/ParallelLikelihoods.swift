/// Log-probabilities of line-aligned texts: a folder of `LABEL.jsonl`, each as ``LikelihoodLog`` reads it.
public struct ParallelLikelihoods: Sendable {
  public let languages: [(label: String, log: LikelihoodLog)]
  public let files: [String]
  public let notes: [String]

  /// - Parameters:
  ///   - languages: only these, in this order, the reference added; nil takes all, sorted bytewise.
  /// - Throws: ``ToklabError`` that names the file: a language without a log, logs of different
  ///   lengths or that begin otherwise, none.
  public init(folder: String, languages wanted: [String]?, reference: String) throws(ToklabError) {
    var found: [String] = []
    var ignored = 0
    for name in try InputFolder.names(in: folder) {
      if name.utf8.count > 6 && name.hasSuffix(".jsonl") {
        found.append(String(name.dropLast(6)))
      } else {
        ignored += 1
      }
    }
    guard !found.isEmpty else {
      throw ToklabError(file: folder, "no log in this folder", expected: "one LABEL.jsonl per language")
    }
    var labels = wanted ?? found
    if !labels.contains(where: { TokenPremium.same($0, reference) }) { labels.append(reference) }
    var languages: [(label: String, log: LikelihoodLog)] = []
    var files: [String] = []
    for label in labels {
      let path = "\(folder)/\(label).jsonl"
      guard found.contains(where: { TokenPremium.same($0, label) }) else {
        throw ToklabError(
          file: path, "no such language", advice: "choose from \(found.prefix(12).joined(separator: ", "))")
      }
      let log = try LikelihoodLog(file: path)
      if let first = languages.first, first.log.samples.count != log.samples.count {
        throw ToklabError(
          file: path, "\(log.samples.count) samples",
          expected: "\(first.log.samples.count), as of \(first.label)")
      }
      if let first = languages.first, first.log.beginsWithBOS != log.beginsWithBOS {
        throw ToklabError(
          file: path, log.beginNote, expected: "as of \(first.label), \(first.log.beginNote)",
          advice: "record every language in the same way")
      }
      languages.append((label, log))
      files.append(path)
    }
    self.languages = languages
    self.files = files
    notes =
      languages.prefix(1).map(\.log.beginNote)
      + (ignored > 0 ? ["\(folder): ignored \(ignored) entries not named LABEL.jsonl"] : [])
  }
}
