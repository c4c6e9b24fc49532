/// Dynamic tokenization as its definition reads: the slow twin of ``DynamicBatchMerge`` and its test oracle.
///
/// Every merge counts all pairs of the batch again.
public struct NaiveDynamicMerge: Sendable {
  private let merging: DynamicBatchMerge

  public init(_ tokenizer: Tokenizer, options: DynamicBatchMerge.Options) {
    merging = DynamicBatchMerge(tokenizer, options: options)
  }

  public func merge(_ batch: [[TokenID]]) throws(ToklabError) -> DynamicBatch {
    let options = merging.options
    let validity = PairValidity(options.boundary, merging.plan)
    var tokens = DynamicTokenTable(merging.surfaces)
    var sequences = batch
    var merges: [DynamicMerge] = []
    var lengths: [Int] = []
    let before = batch.reduce(0) { $0 + $1.count }
    while !options.isDone(merges.count, before: before, now: lengths.last ?? before) {
      // In order of first occurrence.
      var pairs: [(left: TokenID, right: TokenID, count: Int)] = []
      var places: [[TokenID]: Int] = [:]
      for sequence in sequences {
        for (left, right) in zip(sequence, sequence.dropFirst()) {
          if let place = places[[left, right]] {
            pairs[place].count += 1
          } else if try tokens.allows(left, right, validity) {
            places[[left, right]] = pairs.count
            pairs.append((left, right, 1))
          }
        }
      }
      guard let most = pairs.map(\.count).max() else { break }
      let best = pairs.filter { $0.count == most }
      let chosen =
        options.ties == .first ? best[0] : best.min { ($0.left, $0.right) < ($1.left, $1.right) }!
      let joined = tokens.join(chosen.left, chosen.right)
      merges.append(
        DynamicMerge(left: chosen.left, right: chosen.right, id: joined, count: chosen.count))
      for index in sequences.indices {
        var merged: [TokenID] = []
        var rest = sequences[index][...]
        while let first = rest.popFirst() {
          if first == chosen.left, rest.first == chosen.right {
            rest.removeFirst()
            merged.append(joined)
          } else {
            merged.append(first)
          }
        }
        sequences[index] = merged
      }
      lengths.append(sequences.reduce(0) { $0 + $1.count })
    }
    return DynamicBatch(
      tokensBefore: before, merges: merges, lengths: lengths, sequences: sequences, tokens: tokens)
  }
}
