import Dispatch
import Glibc
import Synchronization

/// The pieces under training and every place of the words' text where one matches: the lattices of all words,
/// made once from the sorted suffixes and shrinking with the pieces, so that no trie is searched again.
///
/// Sums of a step run over a number of stripes of words that follows from the data, each in order, and the
/// stripes' sums are added in order: results do not depend on threads.
///
/// Unsafe: raw arrays, read several times a match and step. Memory: 4 bytes a match, 4 a symbol of distinct
/// words; 8 a piece and stripe while expectations are summed.
final class UnigramPieces: @unchecked Sendable {
  private let text: UnsafeMutablePointer<UInt32>
  private let textCount: Int
  private let words: [(start: UInt32, length: UInt32)]
  private let weights: [Int64]
  /// Words with few symbols to share, in order.
  private let stripes: [Range<Int>]
  private let unknown: UInt32
  private let longestWord: Int
  private let longestPiece: Int
  /// SentencePiece 0.2.0 counts an unknown character as the first piece (its `unk_id_` is 0 in training); nil:
  /// as none.
  private let unknownPiece: Int?

  /// Matches at place `p` of the text: pieces `matches[places[p] ..< places[p + 1]]`.
  private let places: UnsafeMutablePointer<UInt32>
  private let matches: UnsafeMutablePointer<UInt32>

  /// Per piece: symbols, one place where it stands, and the log probability.
  private(set) var lengths: [UInt8] = []
  private(set) var homes: [UInt32] = []
  var scores: [Float] = []
  var count: Int { lengths.count }

  /// Below the least score by this much: a character that no piece holds.
  static let unknownPenalty: Float = 10

  /// - Parameter single: as SentencePiece 0.2.0: start scores summed in single precision, its unknown piece.
  init(_ source: borrowing UnigramWords, _ seeds: borrowing UnigramSeeds, single: Bool, texts: [[UInt8]]) {
    textCount = source.text.count
    let copy = UnsafeMutablePointer<UInt32>.allocate(capacity: textCount)
    source.text.withUnsafeBufferPointer { copy.initialize(from: $0.baseAddress!, count: $0.count) }
    text = copy
    unknown = source.unknown
    // Characters first, most frequent first, ties by their text.
    var characters = source.occurrences.indices.filter { source.occurrences[$0] > 0 }
    characters.sort {
      source.occurrences[$0] != source.occurrences[$1]
        ? source.occurrences[$0] > source.occurrences[$1] : texts[$0].lexicographicallyPrecedes(texts[$1])
    }
    var pieceOf = [UInt32](repeating: .max, count: source.scalars.count)
    var values: [Double] = []
    for symbol in characters {
      pieceOf[symbol] = UInt32(lengths.count)
      lengths.append(1)
      homes.append(.max)
      values.append(Double(source.occurrences[symbol]))
    }
    var list: [(start: UInt32, length: UInt32)] = []
    places = .allocate(capacity: textCount + 2)
    places.initialize(repeating: 0, count: textCount + 2)
    var isHome = [Bool](repeating: false, count: textCount)
    var longest = 0
    for entry in source.distinct {
      let start = Int(source.starts[Int(entry)])
      var at = start
      while text[at] > UnigramWords.wordEnd {
        isHome[at] = true
        if pieceOf[Int(text[at])] != .max {
          places[at + 2] += 1
          homes[Int(pieceOf[Int(text[at])])] = UInt32(at)
        }
        at += 1
      }
      longest = max(longest, at - start)
      list.append((UInt32(start), UInt32(at - start)))
    }
    words = list
    longestWord = longest
    weights = source.counts
    unknownPiece = single ? 0 : nil
    longestPiece = Int(seeds.nodes.map(\.length).max() ?? 1)
    for node in seeds.nodes {
      for index in Int(node.low)..<Int(node.high) where isHome[Int(seeds.order[index])] {
        places[Int(seeds.order[index]) + 2] += 1
      }
    }
    for at in 0...textCount { places[at + 1] += places[at] }
    matches = .allocate(capacity: max(1, Int(places[textCount + 1])))
    for at in 0..<textCount where isHome[at] && pieceOf[Int(text[at])] != .max {
      matches[Int(places[at + 1])] = pieceOf[Int(text[at])]
      places[at + 1] += 1
    }
    for node in seeds.nodes {
      let piece = UInt32(lengths.count)
      lengths.append(node.length)
      homes.append(.max)
      values.append(Double(node.score))
      for index in Int(node.low)..<Int(node.high) {
        let at = Int(seeds.order[index])
        guard isHome[at] else { continue }
        matches[Int(places[at + 1])] = piece
        places[at + 1] += 1
        homes[Int(piece)] = UInt32(at)
      }
    }
    let number = max(2, min(16, (1 << 22) / max(1, lengths.count)))
    var stripes: [Range<Int>] = []
    let share = (textCount + number - 1) / number
    var (first, symbols) = (0, 0)
    for word in list.indices {
      symbols += Int(list[word].length) + 1
      if symbols >= share || word == list.count - 1 {
        stripes.append(first..<word + 1)
        (first, symbols) = (word + 1, 0)
      }
    }
    self.stripes = stripes
    let logarithm = log(Self.sum(values, single: single))
    scores = values.map { Float(log($0) - logarithm) }
  }

  deinit {
    text.deallocate()
    places.deallocate()
    matches.deallocate()
  }

  /// The words of the text.
  var wordOccurrences: Int64 { weights.reduce(0, &+) }

  static func sum(_ values: [Double], single: Bool) -> Double {
    guard single else { return values.reduce(0, +) }
    var sum: Float = 0
    for value in values { sum += Float(value) }
    return Double(sum)
  }

  /// The text of a piece in symbols.
  func symbols(_ piece: Int) -> [UInt32] {
    let home = Int(homes[piece])
    return (home..<home + Int(lengths[piece])).map { text[$0] }
  }

  /// Drops pieces and puts the others in this order; their scores are the caller's to set.
  func keep(_ pieces: [Int], scores newScores: [Float]) {
    var numbers = [UInt32](repeating: .max, count: count)
    for (number, piece) in pieces.enumerated() { numbers[piece] = UInt32(number) }
    lengths = pieces.map { lengths[$0] }
    homes = pieces.map { homes[$0] }
    scores = newScores
    var write = 0
    numbers.withUnsafeBufferPointer { numbers in
      var read = 0
      for at in 0..<textCount {
        let end = Int(places[at + 1])
        places[at] = UInt32(write)
        while read < end {
          let number = numbers[Int(matches[read])]
          if number != .max {
            matches[write] = number
            write += 1
          }
          read += 1
        }
      }
    }
    places[textCount] = UInt32(write)
  }

  // MARK: - Expectations

  /// The expected occurrences of each piece in all words.
  func expectations(threads: Int) -> [Double] {
    let unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    let probabilities = scores.map { exp(Double($0)) }
    var sums = stripes.map { _ in [Double]() }
    sums.withUnsafeMutableBufferPointer { sums in
      let out = SendablePointer(sums.baseAddress)
      perform(stripes.count, threads: threads) { stripe in
        var expected = [Double](repeating: 0, count: self.count)
        self.add(self.stripes[stripe], probabilities, unknownScore, into: &expected)
        out.pointer![stripe] = expected
      }
    }
    var total = sums.removeFirst()
    while !sums.isEmpty {
      let next = sums.removeFirst()
      for piece in total.indices { total[piece] += next[piece] }
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
    let (places, matches, longestPiece) = (self.places, self.matches, self.longestPiece)
    let unknownProbability = exp(Double(unknownScore))
    // Where no path of this many symbols can leave the range of a double.
    let short = Int(600 / max(1, -unknownScore))
    lengths.withUnsafeBufferPointer { lengths in
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
              var isKnown = false
              var match = Int(places[start &+ place])
              let end = Int(places[start &+ place &+ 1])
              while match < end {
                let piece = Int(matches[match])
                let size = Int(lengths[piece])
                if size == 1 { isKnown = true }
                forward[place &+ size] += before * probabilities[piece] * powers[size]
                match &+= 1
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
              var isKnown = false
              var match = Int(places[start &+ place])
              let end = Int(places[start &+ place &+ 1])
              while match < end {
                let piece = Int(matches[match])
                let size = Int(lengths[piece])
                if size == 1 { isKnown = true }
                let value = probabilities[piece] * powers[size] * backward[place &+ size]
                after += value
                expected[piece] += before * value
                match &+= 1
              }
              if !isKnown {
                let value = unknownProbability * rate * backward[place &+ 1]
                after += value
                if let unknownPiece { expected[unknownPiece] += before * value }
              }
              backward[place] = after
              place &-= 1
            }
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
      var isKnown = false
      for match in Int(places[start + place])..<Int(places[start + place + 1]) {
        let piece = Int(matches[match])
        if lengths[piece] == 1 { isKnown = true }
        body(piece, Int(lengths[piece]), Double(scores[piece]))
      }
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
        if let piece = piece >= 0 ? piece : unknownPiece {
          expected[piece] += Double(weights[word]) * exp(forward[place] + value - forward[length])
        }
      }
    }
  }

  // MARK: - Best paths

  /// The score of the best path of a stretch of the text, ends in `best[0 ... length]`.
  @inline(__always)
  private func bestScore(
    _ start: Int, _ length: Int, _ best: UnsafeMutablePointer<Float>, _ unknownScore: Float
  )
    -> Float
  {
    for place in 0...length { best[place] = -.infinity }
    best[0] = 0
    scores.withUnsafeBufferPointer { scores in
      lengths.withUnsafeBufferPointer { lengths in
        for place in 0..<length {
          var isKnown = false
          for match in Int(places[start + place])..<Int(places[start + place + 1]) {
            let piece = Int(matches[match])
            let size = Int(lengths[piece])
            if size == 1 { isKnown = true }
            if place + size <= length {
              best[place + size] = max(best[place + size], best[place] + scores[piece])
            }
          }
          if !isKnown { best[place + 1] = max(best[place + 1], best[place] + unknownScore) }
        }
      }
    }
    return best[length]
  }

  /// How often each piece stands on the best paths of all words, and the tokens of those paths.
  func bestCounts(threads: Int) -> (counts: [Int64], tokens: Int64) {
    let unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    var parts = stripes.map { _ in (counts: [Int64](), tokens: Int64(0)) }
    parts.withUnsafeMutableBufferPointer { parts in
      let out = SendablePointer(parts.baseAddress)
      perform(stripes.count, threads: threads) { stripe in
        var path = BestPath(longest: self.longestWord)
        var counts = [Int64](repeating: 0, count: self.count)
        var tokens: Int64 = 0
        counts.withUnsafeMutableBufferPointer { counts in
          for word in self.stripes[stripe] {
            let weight = self.weights[word]
            self.find(
              Int(self.words[word].start), Int(self.words[word].length), except: .max, unknownScore, &path)
            path.forEach { piece in
              if let piece = piece != .max ? Int(piece) : self.unknownPiece { counts[piece] &+= weight }
              tokens &+= weight
            }
          }
        }
        path.free()
        out.pointer![stripe] = (counts, tokens)
      }
    }
    var (counts, tokens) = ([Int64](repeating: 0, count: count), Int64(0))
    for part in parts {
      for piece in counts.indices { counts[piece] &+= part.counts[piece] }
      tokens &+= part.tokens
    }
    return (counts, tokens)
  }

  /// For each piece its own text cut in the best way that is not the piece itself; nil when that is better than
  /// the piece. Empty: there is no other way. `UInt32.max` is an unknown character.
  func alternatives(threads: Int) -> [[UInt32]?] {
    let unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    var result = [[UInt32]?](repeating: [], count: count)
    let chunk = 4096
    result.withUnsafeMutableBufferPointer { result in
      let out = SendablePointer(result.baseAddress)
      perform((count + chunk - 1) / chunk, threads: threads) { part in
        var path = BestPath(longest: self.longestPiece)
        for piece in part * chunk..<min(self.count, (part + 1) * chunk) where self.lengths[piece] > 1 {
          let score = self.find(
            Int(self.homes[piece]), Int(self.lengths[piece]), except: UInt32(piece), unknownScore, &path)
          if score > self.scores[piece] {
            out.pointer![piece] = nil
          } else {
            var ids: [UInt32] = []
            path.forEach { ids.append($0 == .max ? UInt32(self.unknownPiece ?? Int(UInt32.max)) : $0) }
            out.pointer![piece] = ids
          }
        }
        path.free()
      }
    }
    return result
  }

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
    _ start: Int, _ length: Int, except: UInt32, _ unknownScore: Float, _ path: inout BestPath
  )
    -> Float
  {
    let (best, pieces, from) = (path.scores, path.pieces, path.from)
    path.length = length
    for place in 0...length { best[place] = -.infinity }
    best[0] = 0
    scores.withUnsafeBufferPointer { scores in
      lengths.withUnsafeBufferPointer { lengths in
        for place in 0..<length {
          let before = best[place]
          var isKnown = false
          var match = Int(places[start &+ place])
          let end = Int(places[start &+ place &+ 1])
          while match < end {
            let piece = matches[match]
            match &+= 1
            let size = Int(lengths[Int(piece)])
            if size == 1 { isKnown = true }
            guard place &+ size <= length, piece != except else { continue }
            let score = before + scores[Int(piece)]
            if score > best[place &+ size] {
              best[place &+ size] = score
              pieces[place &+ size] = piece
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
    }
    return best[length]
  }

  private func perform(_ count: Int, threads: Int, _ body: @Sendable @escaping (Int) -> Void) {
    let cursor = WorkCursor()
    DispatchQueue.concurrentPerform(iterations: min(threads, max(1, count))) { _ in
      while let item = cursor.next(below: count) { body(item) }
    }
  }
}

/// Hands out the numbers below a bound, each once.
private final class WorkCursor: Sendable {
  private let position = Atomic(0)

  func next(below count: Int) -> Int? {
    let item = position.wrappingAdd(1, ordering: .relaxed).oldValue
    return item < count ? item : nil
  }
}
