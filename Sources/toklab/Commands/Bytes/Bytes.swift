import ArgumentParser

/// `toklab bytes …`: token models as models of bytes.
struct Bytes: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Byte-level probabilities from token models.",
    discussion: """
      A model is ngram:FILE (made by toklab models ngram) or recorded:FILE (made by toklab models record, \
      with -t). Quantities: canonical sums over what the encoder can make, the model renormalized to it; \
      valid sums the same with the model's own probabilities; all sums over every token sequence.
      """,
    subcommands: [
      BytesNext.self, BytesCovers.self, BytesScore.self, BytesSample.self, BytesFim.self,
      BytesWords.self, BytesEnsemble.self, BytesLogits.self, BytesCheck.self,
    ])
}
