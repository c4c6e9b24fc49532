import ArgumentParser

/// `toklab dynamic`.
struct Dynamic: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tokenize by merging the frequent pairs of each batch, or with a large vocabulary.",
    discussion: "Source: Feher, Vulić, Minixhofer 2025, arXiv 2411.18553.",
    subcommands: [DynamicEncode.self, DynamicVocabulary.self, DynamicMeasure.self])
}
