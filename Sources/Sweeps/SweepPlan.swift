import Tokenizers

/// A grid of trainings: every language with every algorithm, size, amount of text and seed.
package struct SweepPlan: Sendable, Hashable {
  package enum Algorithm: String, Sendable, Hashable, CaseIterable {
    case bpe, unigram, superword

    /// What it cuts text with when the plan says `default`: as `toklab train` does.
    var ownPreTokenizer: String {
      switch self {
      case .bpe: "o200k"
      case .superword: "o200k-plain"
      case .unigram: "metaspace"
      }
    }

    /// Whether every size is a prefix of one merge list.
    var sizesArePrefixes: Bool { self == .bpe }

    /// No vocabulary is smaller: the bytes, or the reserved pieces and a character.
    var smallestSize: Int { self == .unigram ? 4 : 257 }
  }

  /// How the bytes of training text differ by language.
  package enum Scaling: String, Sendable, Hashable, CaseIterable {
    case none
    /// As many times the bytes as the language's evaluation text has over the reference's: the same content.
    case bytePremium = "byte-premium"
  }

  package var languages: [String]
  package var algorithms: [Algorithm]
  package var vocabularySizes: [Int]
  package var trainingBytes: [Int]
  /// Names of patterns; `default` is each algorithm's own.
  package var preTokenizers: [String]
  package var seeds: [Int]
  /// Languages with seeds of their own.
  package var languageSeeds: [String: [Int]] = [:]
  package var reference: String
  package var scaling: Scaling
  /// The largest share of evaluation lines that may begin like a place in the training text.
  package var contaminationLimit: Double
  /// Folders of LANGUAGE.txt.
  package var training: String
  package var evaluation: String

  /// One training run: what cells of several sizes share.
  package struct Group: Sendable, Hashable {
    package var language: String
    package var algorithm: Algorithm
    /// As the plan says; see ``pattern``.
    package var preTokenizer: String
    package var trainingBytes: Int
    package var seed: Int

    /// The pattern itself.
    package var pattern: String { preTokenizer == "default" ? algorithm.ownPreTokenizer : preTokenizer }
  }

  package struct Cell: Sendable, Hashable {
    /// Its place in the plan, from 1.
    package var id: Int
    package var group: Group
    package var size: Int
  }

  /// All cells in plan order: the sizes of one training stand together.
  package var cells: [Cell] {
    var cells: [Cell] = []
    for language in languages {
      for algorithm in algorithms {
        // Unigram cuts at spaces and has no choice of patterns: it stands once.
        for preTokenizer in algorithm == .unigram ? ["default"] : preTokenizers {
          for bytes in trainingBytes {
            for seed in languageSeeds[language] ?? seeds {
              let group = Group(
                language: language, algorithm: algorithm, preTokenizer: preTokenizer, trainingBytes: bytes,
                seed: seed)
              for size in vocabularySizes {
                cells.append(Cell(id: cells.count + 1, group: group, size: size))
              }
            }
          }
        }
      }
    }
    return cells
  }

  package static let example = """
    # toklab sweep run PLAN.toml --store sweep.sqlite

    [sweep]
    # Files LANGUAGE.txt in both folders below.
    languages = ["eng", "deu", "tur"]
    algorithms = ["bpe", "unigram", "superword"]
    vocabulary_sizes = [4000, 8000, 16000]      # or "4k", "8Ki"
    # Lines are drawn by the seed until they have so many bytes; larger texts begin with the smaller ones.
    training_bytes = [250000, 500000]
    # Optional, with their defaults:
    pre_tokenizers = ["default"]                # names as of train --pre-tokenizer; unigram keeps its own
    seeds = [0]
    reference = "eng"                           # premiums are against it
    scale_training = "none"                     # "byte-premium": the same content instead of the same bytes
    contamination_limit = 0.01                  # share of evaluation lines that may begin like training text

    [seeds]
    # Optional: languages with other seeds than the rest.
    # eng = [0, 1, 2]

    [corpora]
    # Relative paths start at this file.
    training = "text"
    evaluation = "parallel"

    """
}
