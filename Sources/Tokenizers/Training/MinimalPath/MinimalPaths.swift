/// Best cuts of pre-tokens into pieces whose costs are integers: for every pre-token the path of least cost.
///
/// A forward pass relaxes from every place, left to right; a place remembers the first path that reached it
/// with its cost, so that of equal paths the one whose last piece is longest stays. That is what a unigram
/// engine does with the negated costs as scores, and integers below 2^53 add up exactly in its doubles: what
/// is trained here is what ``UnigramModel`` and huggingface/tokenizers run.
///
/// Every single byte must be a piece. Cost: a pass over a pre-token of n bytes takes n·L steps of the trie, L
/// the longest piece; sums are integers, so results do not depend on threads.
///
/// Unsafe: raw scratch arrays, as the passes take all the time of a training.
package struct MinimalPaths: Sendable {
  let trie: DoubleArrayTrie
  /// Of each piece; positive.
  let costs: [Int64]
  private let longest: Int

  /// - Parameter pieces: in any order, each once.
  package init(_ pieces: [[UInt8]], costs: [Int64]) {
    precondition(pieces.count == costs.count)
    let order = pieces.indices.sorted { pieces[$0].lexicographicallyPrecedes(pieces[$1]) }
    var blob: [UInt8] = []
    var ends: [Int] = []
    for index in order {
      blob += pieces[index]
      ends.append(blob.count)
    }
    trie = blob.withUnsafeBufferPointer { bytes in
      DoubleArrayBuilder.build(
        count: order.count,
        key: { UnsafeBufferPointer(rebasing: bytes[($0 == 0 ? 0 : ends[$0 - 1])..<ends[$0]]) },
        value: { UInt32(order[$0]) }
      ).trie
    }
    self.costs = costs
    longest = pieces.reduce(0) { max($0, $1.count) }
  }

  /// What the best paths of a text come to.
  package struct Uses: Sendable {
    /// How often each piece stands on the best paths.
    package var counts: [Int64]
    /// How much the cost of the text grows when the piece alone is missing: over its places on best paths, the
    /// best path of the pre-token without that place, less the best. 0 where ``MinimalPaths/omissions(_:threads:)``
    /// was not asked for.
    package var omissions: [Int64]
    /// The pieces of all best paths.
    package var tokens: Int64
  }

  package func uses(_ text: PreTokenCounts, threads: Int) -> Uses {
    sum(text, threads: threads) { $0.count($1, $2, into: &$3) }
  }

  /// ``Uses`` with ``Uses/omissions``. A pre-token without one place of a piece is cut inside that place, or one
  /// longer piece covers it (arXiv 2402.18376, section 3.3); a piece that stands twice in a pre-token is
  /// counted as if the other place kept it.
  package func omissions(_ text: PreTokenCounts, threads: Int) -> Uses {
    sum(text, threads: threads) { $0.countWithout($1, $2, into: &$3) }
  }

  private func sum(
    _ text: PreTokenCounts, threads: Int,
    _ add: @Sendable @escaping (inout MinimalPathPass, UnsafeBufferPointer<UInt8>, Int64, inout Uses) -> Void
  ) -> Uses {
    let stripes = max(1, min(text.count / 256, 4 * threads))
    let empty = Uses(
      counts: [Int64](repeating: 0, count: costs.count),
      omissions: [Int64](repeating: 0, count: costs.count), tokens: 0)
    var total = empty
    OrderedWork.inOrder(stripes, threads: threads) { stripe in
      var uses = empty
      var pass = MinimalPathPass(self.trie, self.costs, longest: self.longest)
      defer { pass.free() }
      for index in text.count * stripe / stripes..<text.count * (stripe + 1) / stripes {
        let count = text.occurrences(index)
        text.withBytes(index) { add(&pass, $0, count, &uses) }
      }
      return uses
    } take: { part in
      for piece in part.counts.indices {
        total.counts[piece] &+= part.counts[piece]
        total.omissions[piece] &+= part.omissions[piece]
      }
      total.tokens &+= part.tokens
    }
    return total
  }
}
