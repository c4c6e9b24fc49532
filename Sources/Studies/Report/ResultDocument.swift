import Tokenizers

/// A result file that was read for a report: what it holds and where it comes from.
package struct ResultDocument: Sendable {
  package struct Input: Sendable, Hashable {
    package var file: String
    package var sha256: String
    package var bytes: Int
  }

  /// A language's entry in a premium result.
  package struct Language: Sendable, Hashable {
    package var label: String
    package var name: String?
    package var script: String?
  }

  /// What `inspect` says about one vocabulary.
  package struct Vocabulary: Sendable, Hashable {
    package var tokenizer: String
    package var size: Int
    package var lengths: [(length: Int, tokens: Int)]
    package var scripts: [(script: String, tokens: Int)]

    package static func == (a: Vocabulary, b: Vocabulary) -> Bool {
      a.tokenizer == b.tokenizer && a.size == b.size
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(tokenizer) }
  }

  /// One text cut by one tokenizer, from `view --json`.
  package struct Split: Sendable, Hashable {
    package struct Token: Sendable, Hashable {
      package var id: Int
      package var text: String
    }
    package var tokenizer: String
    package var document: Int
    package var tokens: [Token]
  }

  /// A cell of a sweep.
  package struct SweepCell: Sendable, Hashable {
    package var language: String
    package var algorithm: String
    package var preTokenizer: String
    package var trainingBytes: Int
    package var seed: Int
    package var size: Int
    package var status: String
    package var sizeReached: Int?
    package var reason: String?
    package var values: [String: Double]
  }

  /// As the user named it.
  package var file: String
  package var sha256: String
  /// `toklab.score.premium/1`; nil for records without a document around them.
  package var schema: String?
  package var toklab: String?
  package var arguments: [String] = []
  package var inputs: [Input] = []
  package var seed: Int?
  package var rows: [ResultRow] = []
  package var languages: [Language] = []
  package var notes: [String] = []
  package var vocabularies: [Vocabulary] = []
  package var splits: [Split] = []
  package var sweepCells: [SweepCell] = []
  /// Documents of other verbs: shown as tables of what they hold.
  package var other: [ReportTable] = []

  /// The verb behind the schema: `score.premium`.
  package var verb: String {
    guard let schema else { return "view" }
    return schema.dropFirst("toklab.".count).split(separator: "/").first.map(String.init) ?? schema
  }
}
