import Metrics
import Tokenizers

/// A folder with one tokenizer a language, or several sizes of one.
struct MonolingualPlan {
  /// For each language of the corpus its tokenizers: one without a stated size, or several sizes.
  private let tokenizers: [(label: String, text: TextLines, sizes: [(size: Int?, path: String)])]
  private let pattern: String?

  var files: [String] { tokenizers.flatMap { $0.sizes.map(\.path) } }

  /// - Throws: ``ToklabError`` that names the language without a tokenizer.
  init(folder: String, corpus: ParallelCorpus, pattern: String?) throws {
    self.pattern = pattern
    tokenizers = try corpus.languages.map { language in
      let base = "\(folder)/\(language.label)"
      for path in ["\(base).json", "\(base)/tokenizer.json"] where FileFacts.exists(path) {
        return (language.label, language.text, [(nil, path)])
      }
      guard FileFacts.isFolder(base) else {
        throw ToklabError(
          file: base, "no tokenizer for this language",
          expected: "LABEL.json, LABEL/tokenizer.json or LABEL/SIZE/tokenizer.json")
      }
      var sizes: [(size: Int?, path: String)] = []
      for name in try InputFolder.names(in: base) {
        guard let size = Int(name) else { continue }
        sizes.append((size, "\(base)/\(name)/tokenizer.json"))
      }
      guard sizes.count >= 2 else {
        throw ToklabError(file: base, "\(sizes.count) sizes", expected: "two or more folders named by size")
      }
      return (language.label, language.text, sizes.sorted { $0.size! < $1.size! })
    }
  }

  private func open(_ path: String) throws -> Tokenizer {
    do { return try Tokenizer(TokenizerFile.open(path, pattern: pattern).definition) } catch {
      throw (error as ToklabError).in(path)
    }
  }

  /// The one tokenizer of each language.
  func single() throws -> [Tokenizer] {
    try tokenizers.map { language in
      guard language.sizes.count == 1 else {
        throw ToklabError(
          file: language.sizes[0].path, "one of several sizes of \(language.label)",
          expected: "one tokenizer a language")
      }
      return try open(language.sizes[0].path)
    }
  }

  /// Counts at every size; nil where a language has several trained sizes.
  func truncations(threads: Int) throws -> [TruncatedCounts]? {
    guard tokenizers.allSatisfy({ $0.sizes.count == 1 }) else { return nil }
    return try parallelMap(tokenizers.count, threads: threads) { index in
      let path = tokenizers[index].sizes[0].path
      do {
        return try TruncatedCounts(tokenizers[index].text, with: MergeTruncation(try open(path)))
      } catch let error as ToklabError { throw error.in(path) }
    }
  }

  /// Counts of the trained sizes.
  func points(threads: Int) throws -> [(label: String, points: [OptimalVocabulary.Point])] {
    let jobs = tokenizers.indices.flatMap { language in
      tokenizers[language].sizes.indices.map { (language, $0) }
    }
    let counts = try parallelMap(jobs.count, threads: threads) { job in
      let (language, size) = jobs[job]
      let path = tokenizers[language].sizes[size].path
      let encoder = try DocumentEncoder(try open(path))
      let text = tokenizers[language].text
      do {
        return try (0..<text.count).reduce(0) { sum, line in
          sum + (try text.withLine(line) { try encoder.count($0).tokens })
        }
      } catch let error as ToklabError { throw error.in(path) }
    }
    var points = tokenizers.map { (label: $0.label, points: [OptimalVocabulary.Point]()) }
    for (job, count) in zip(jobs, counts) {
      guard let size = tokenizers[job.0].sizes[job.1].size else { continue }
      points[job.0].points.append(OptimalVocabulary.Point(size: size, count: count))
    }
    return points
  }
}
