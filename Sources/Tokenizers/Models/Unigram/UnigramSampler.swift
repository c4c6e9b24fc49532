/// Draws paths of a unigram model (``EncodeOptions/sampling``). Text is cut where every path has a boundary, so
/// the draws of the parts together are one draw for the whole.
package struct UnigramSampler: UncachedPieceEncoder {
  private let model: UnigramModel
  private let theta: Double
  private let seed: UInt64
  private var random: SplitMix64

  package init(_ model: UnigramModel, theta: Double, seed: UInt64) {
    self.model = model
    self.theta = theta
    self.seed = seed
    random = SplitMix64(seed: seed)
  }

  package mutating func begin(document number: Int) { random = SplitMix64(seed: seed, document: number) }

  package mutating func encode(
    _ piece: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    let lattice = try UnigramLattice(model, Array(piece))
    lattice.write(lattice.sample(theta: theta, using: &random), into: ids, lengths: lengths)
  }
}
