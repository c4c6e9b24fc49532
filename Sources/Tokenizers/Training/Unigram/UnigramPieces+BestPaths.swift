import Glibc

/// The best paths of words and of the pieces themselves.
extension UnigramPieces {
  /// The score of the best path of a stretch of the text, ends in `best[0 ... length]`.
  @inline(__always)
  func bestScore(
    _ start: Int, _ length: Int, _ best: UnsafeMutablePointer<Float>, _ unknownScore: Float
  )
    -> Float
  {
    for place in 0...length { best[place] = -.infinity }
    best[0] = 0
    scores.withUnsafeBufferPointer { scores in
      for place in 0..<length {
        let before = best[place]
        let isKnown = forEachMatch(at: start &+ place) { piece, size in
          if place &+ size <= length {
            best[place &+ size] = max(best[place &+ size], before + scores[piece])
          }
        }
        if !isKnown { best[place + 1] = max(best[place + 1], before + unknownScore) }
      }
    }
    return best[length]
  }

  /// How often each piece stands on the best paths of all words, and the tokens of those paths.
  func bestCounts(threads: Int) -> (counts: [Int64], tokens: Int64) {
    let unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    var counts = [Int64](repeating: 0, count: count)
    var tokens: Int64 = 0
    OrderedWork.inOrder(stripes.count, threads: threads) { stripe in
      var path = BestPath(longest: self.longestWord)
      var counts = [Int64](repeating: 0, count: self.count)
      var tokens: Int64 = 0
      counts.withUnsafeMutableBufferPointer { counts in
        for word in self.stripes[stripe] {
          let weight = self.weights[word]
          self.find(
            Int(self.words[word].start), Int(self.words[word].length), except: .max, unknownScore, &path)
          path.forEach { piece in
            if piece != .max { counts[Int(piece)] &+= weight }
            tokens &+= weight
          }
        }
      }
      path.free()
      return (counts, tokens)
    } take: { part in
      for piece in counts.indices { counts[piece] &+= part.0[piece] }
      tokens &+= part.1
    }
    return (counts, tokens)
  }

  /// What the text loses in likelihood without each piece: the text's best cuts that hold it take the best
  /// other cut of the piece instead. ``keepsAlways`` for pieces that cannot be cut otherwise, ``dropsAlways`` for
  /// those that no best cut has.
  func losses(threads: Int) -> [Float] {
    if isSingle { return singleLosses(threads: threads) }
    let unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    let counts = bestCounts(threads: threads).counts
    let words = Double(wordOccurrences)
    let sum = counts.reduce(0) { $0 + Double($1) }
    let logarithm = log(sum)
    var result = [Float](repeating: Self.keepsAlways, count: count)
    let chunk = 4096
    result.withUnsafeMutableBufferPointer { result in
      let out = SendablePointer(result.baseAddress)
      OrderedWork.perform((count + chunk - 1) / chunk, threads: threads) { part in
        var path = BestPath(longest: self.longestPiece)
        for piece in part * chunk..<min(self.count, (part + 1) * chunk) {
          guard counts[piece] > 0 else {
            out.pointer![piece] = Self.dropsAlways
            continue
          }
          guard self.length(piece) > 1 else { continue }
          let score = self.find(
            Int(self.homes[piece]), self.length(piece), except: piece, unknownScore, &path)
          guard score <= self.scores[piece] else {
            out.pointer![piece] = Self.dropsAlways
            continue
          }
          let count = Double(counts[piece])
          var (logarithms, number) = (0.0, 0)
          path.forEach { id in
            logarithms += log((id == .max ? 0 : Double(counts[Int(id)])) + count)
            number += 1
          }
          let others = logarithms - Double(number) * log(sum + count * Double(number - 1))
          out.pointer![piece] = Float(count / words * (log(count) - logarithm - others))
        }
        path.free()
      }
    }
    return result
  }

  static var keepsAlways: Float { .infinity }
  static var dropsAlways: Float { -.infinity }

  /// Scratch memory of one search, and the path it found.
  private struct BestPath {
    var scores: UnsafeMutablePointer<Float>
    var pieces: UnsafeMutablePointer<UInt32>
    var from: UnsafeMutablePointer<Int32>
    var length = 0

    init(longest: Int) {
      scores = .allocate(capacity: longest + 18)
      pieces = .allocate(capacity: longest + 18)
      from = .allocate(capacity: longest + 18)
    }

    func free() {
      scores.deallocate()
      pieces.deallocate()
      from.deallocate()
    }

    /// From the last piece to the first.
    @inline(__always)
    func forEach(_ body: (UInt32) -> Void) {
      var at = length
      while at > 0 {
        body(pieces[at])
        at = Int(from[at])
      }
    }
  }

  /// The best path; of equal ones that whose last piece starts first. Sums in single precision.
  @inline(__always)
  @discardableResult
  private func find(
    _ start: Int, _ length: Int, except: Int, _ unknownScore: Float, _ path: inout BestPath
  )
    -> Float
  {
    let (best, pieces, from) = (path.scores, path.pieces, path.from)
    path.length = length
    for place in 0...length { best[place] = -.infinity }
    best[0] = 0
    scores.withUnsafeBufferPointer { scores in
      for place in 0..<length {
        let before = best[place]
        let isKnown = forEachMatch(at: start &+ place) { piece, size in
          guard place &+ size <= length, piece != except else { return }
          let score = before + scores[piece]
          if score > best[place &+ size] {
            best[place &+ size] = score
            pieces[place &+ size] = UInt32(truncatingIfNeeded: piece)
            from[place &+ size] = Int32(truncatingIfNeeded: place)
          }
        }
        if !isKnown, before + unknownScore > best[place &+ 1] {
          best[place &+ 1] = before + unknownScore
          pieces[place &+ 1] = .max
          from[place &+ 1] = Int32(truncatingIfNeeded: place)
        }
      }
    }
    return best[length]
  }
}
