import Glibc

/// The steps as release 0.2.0 of SentencePiece computes them, to the bit: which of many pieces that occur equally
/// often stay is decided by the last bits of its single-precision sums, and a piece that goes early changes others'
/// scores. So the order of every sum is that release's with its 16 threads, whatever the number here: words by
/// falling count, then by their text, word i to sum i mod 16.
///
/// Left to chance: losses where a piece occurs more than 2^24 times, whose counts are rounded once here.
///
/// Source: google/sentencepiece 0.2.0, `src/unigram_model.cc` (`Lattice`), `src/unigram_model_trainer.cc`.
extension UnigramPieces {
  private static let sums = 16

  /// Words as that release orders them. ``words`` are in order of their text.
  private func order() -> [UInt32] {
    var order = weights.indices.map { UInt32($0) }
    order.sort { weights[Int($0)] != weights[Int($1)] ? weights[Int($0)] > weights[Int($1)] : $0 < $1 }
    return order
  }

  private func forEachWord(
    _ order: [UInt32], of sum: Int, _ body: (_ word: Int, _ lattice: inout SingleLattice) -> Void
  ) {
    let unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    var lattice = SingleLattice()
    var index = sum
    while index < order.count {
      let word = Int(order[index])
      lattice.set(self, Int(words[word].start), Int(words[word].length), unknownScore)
      body(word, &lattice)
      index += Self.sums
    }
  }

  func singleExpectations(threads: Int) -> [Double] {
    let order = order()
    var total: [Float]?
    OrderedWork.inOrder(Self.sums, threads: threads) { sum in
      var expected = [Float](repeating: 0, count: self.count)
      self.forEachWord(order, of: sum) { word, lattice in
        lattice.addMarginals(Float(self.weights[word]), into: &expected)
      }
      return expected
    } take: { part in
      if total == nil { total = part } else { for piece in part.indices { total![piece] += part[piece] } }
    }
    return total!.map { Double($0) }
  }

  func singleLosses(threads: Int) -> [Float] {
    let order = order()
    var counts = [Float](repeating: 0, count: count)
    var exact = [Int64](repeating: 0, count: count)
    var words: Float = 0
    OrderedWork.inOrder(Self.sums, threads: threads) { sum in
      var part = (counts: [Float](repeating: 0, count: self.count), exact: [Int64](), words: Float(0))
      part.exact = [Int64](repeating: 0, count: self.count)
      self.forEachWord(order, of: sum) { word, lattice in
        let weight = self.weights[word]
        part.words += Float(weight)
        lattice.search()
        lattice.forEachOfBest { piece in
          part.counts[piece] += Float(weight)
          part.exact[piece] &+= weight
        }
      }
      return part
    } take: { part in
      words += part.words
      for piece in counts.indices {
        counts[piece] += part.counts[piece]
        exact[piece] &+= part.exact[piece]
      }
    }
    let sum = Float(counts.reduce(0) { $0 + Double($1) })
    let logarithm = Float(log(Double(sum)))
    let unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    var result = [Float](repeating: Self.keepsAlways, count: count)
    let chunk = 4096
    let (known, occurrences, allWords) = (counts, exact, words)
    result.withUnsafeMutableBufferPointer { result in
      let out = SendablePointer(result.baseAddress)
      OrderedWork.perform((count + chunk - 1) / chunk, threads: threads) { part in
        var lattice = SingleLattice()
        for piece in part * chunk..<min(self.count, (part + 1) * chunk) {
          let count = known[piece]
          guard count > 0 else {
            out.pointer![piece] = Self.dropsAlways
            continue
          }
          lattice.set(self, Int(self.homes[piece]), self.length(piece), unknownScore)
          guard let other = lattice.secondBest() else {
            out.pointer![piece] = Self.dropsAlways
            continue
          }
          guard !other.isEmpty else { continue }
          let own = Float(log(Double(count)) - Double(logarithm))
          let otherSum = Float(log(Double(sum + count * Float(other.count - 1))))
          var others: Float = 0
          for id in other {
            others = Float(Double(others) + (log(Double(known[Int(id)] + count)) - Double(otherSum)))
          }
          out.pointer![piece] = Float(occurrences[piece]) / allWords * (own - others)
        }
      }
    }
    return result
  }
}
