import Metrics
import Tokenizers

/// Under which conditions a run measured: what every row repeats, so that one row alone can be read.
struct ScoreConditions {
  /// One digest of all texts, lexicons and logs that the numbers come from, in the order of their names;
  /// nil where the tokenizer alone was looked at.
  private(set) var corpusSHA256: String?
  var seed: UInt64
  /// Special tokens never enter a text that is measured.
  let specialTokens = "excluded"
  /// The normalizer of each tokenizer, by label.
  private var normalizations: [String: String] = [:]

  init(_ shared: SharedOptions, _ tokenizers: [OpenTokenizer]) {
    seed = shared.seed
    for tokenizer in tokenizers {
      normalizations[tokenizer.label] =
        tokenizer.tokenizer.definition.normalizer.map(PipelineText.normalizer) ?? "none"
    }
  }

  /// Digests the files that were measured; a file is read once more, so that what is named is what is there.
  mutating func addCorpus(_ files: [String], _ provenance: Provenance) throws {
    var lines: [String] = []
    for file in files {
      guard let digest = try provenance.addDigest(file) else { continue }
      lines.append(digest)
    }
    // Names leave no trace: the same texts under other names are the same corpus.
    if !lines.isEmpty {
      corpusSHA256 = SHA256.hex(Array(lines.sorted().joined(separator: "\n").utf8))
    }
  }

  func normalization(of tokenizer: String) -> String { normalizations[tokenizer] ?? "none" }
}
