import Glibc

/// The step of expectation: sums over all paths of each word's lattice, forward and backward.
extension UnigramPieces {
  /// The expected occurrences of each piece in all words.
  func expectations(threads: Int) -> [Double] {
    if isSingle { return singleExpectations(threads: threads) }
    let unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    let probabilities = scores.map { exp(Double($0)) }
    var total = [Double](repeating: 0, count: count)
    OrderedWork.inOrder(stripes.count, threads: threads) { stripe in
      var expected = [Double](repeating: 0, count: self.count)
      self.add(self.stripes[stripe], probabilities, unknownScore, into: &expected)
      return expected
    } take: { part in
      for piece in total.indices { total[piece] += part[piece] }
    }
    return total
  }

  private func add(
    _ range: Range<Int>, _ probabilities: [Double], _ unknownScore: Float, into expected: inout [Double]
  ) {
    let size = longestWord + 18
    let forward = UnsafeMutablePointer<Double>.allocate(capacity: size)
    let backward = UnsafeMutablePointer<Double>.allocate(capacity: size)
    let best = UnsafeMutablePointer<Float>.allocate(capacity: size)
    let powers = UnsafeMutablePointer<Double>.allocate(capacity: 256)
    defer {
      forward.deallocate()
      backward.deallocate()
      best.deallocate()
      powers.deallocate()
    }
    let longestPiece = self.longestPiece
    let unknownProbability = exp(Double(unknownScore))
    // Where no path of this many symbols can leave the range of a double.
    let short = Int(600 / max(1, -unknownScore))
    probabilities.withUnsafeBufferPointer { probabilities in
      expected.withUnsafeMutableBufferPointer { expected in
        for word in range {
          let start = Int(words[word].start)
          let length = Int(words[word].length)
          // A factor a symbol keeps sums near 1 in long words: that of the best path.
          var rate = 1.0
          if length > short {
            rate = exp(-Double(bestScore(start, length, best, unknownScore)) / Double(length))
            guard rate.isFinite else {
              addLogarithms(word, unknownScore, into: expected.baseAddress!)
              continue
            }
          }
          powers[0] = 1
          for power in 1...longestPiece { powers[power] = powers[power &- 1] * rate }
          for place in 0...length {
            forward[place] = 0
            backward[place] = 0
          }
          forward[0] = 1
          backward[length] = 1
          for place in 0..<length {
            let before = forward[place]
            let isKnown = forEachMatch(at: start &+ place) { piece, size in
              forward[place &+ size] += before * probabilities[piece] * powers[size]
            }
            if !isKnown { forward[place &+ 1] += before * unknownProbability * rate }
          }
          let total = forward[length]
          guard total.isFinite, total > 1e-290 else {
            addLogarithms(word, unknownScore, into: expected.baseAddress!)
            continue
          }
          let factor = Double(weights[word]) / total
          var place = length &- 1
          while place >= 0 {
            var after = 0.0
            let before = forward[place] * factor
            let isKnown = forEachMatch(at: start &+ place) { piece, size in
              let value = probabilities[piece] * powers[size] * backward[place &+ size]
              after += value
              expected[piece] += before * value
            }
            if !isKnown {
              let value = unknownProbability * rate * backward[place &+ 1]
              after += value
            }
            backward[place] = after
            place &-= 1
          }
        }
      }
    }
  }

  /// The same for one word in logarithms, where a double's range is not enough.
  private func addLogarithms(
    _ word: Int, _ unknownScore: Float, into expected: UnsafeMutablePointer<Double>
  ) {
    let start = Int(words[word].start)
    let length = Int(words[word].length)
    var forward = [Double](repeating: -.infinity, count: length + 18)
    var backward = forward
    func join(_ a: Double, _ b: Double) -> Double {
      let (large, small) = (max(a, b), min(a, b))
      return small == -.infinity ? large : large + log1p(exp(small - large))
    }
    func forEach(_ place: Int, _ body: (_ piece: Int, _ size: Int, _ score: Double) -> Void) {
      let isKnown = forEachMatch(at: start + place) { body($0, $1, Double(scores[$0])) }
      if !isKnown { body(-1, 1, Double(unknownScore)) }
    }
    forward[0] = 0
    for place in 0..<length {
      forEach(place) { _, size, score in
        forward[place + size] = join(forward[place + size], forward[place] + score)
      }
    }
    backward[length] = 0
    for place in stride(from: length - 1, through: 0, by: -1) {
      forEach(place) { piece, size, score in
        let value = score + backward[place + size]
        backward[place] = join(backward[place], value)
        if piece >= 0 {
          expected[piece] += Double(weights[word]) * exp(forward[place] + value - forward[length])
        }
      }
    }
  }
}
