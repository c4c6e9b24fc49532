import Glibc

/// The pieces under training and every place of the words' text where one matches: the lattices of all words,
/// made once from the sorted suffixes and shrinking with the pieces, so that no trie is searched again.
///
/// Sums of a step run over a number of stripes of words that follows from the data, each in order, and the
/// stripes' sums are added in order: results do not depend on threads.
///
/// Unsafe: raw arrays, read several times a match and step. Memory: 4 bytes a match, 8 a symbol of distinct
/// words; 8 a piece and thread while expectations are summed.
final class UnigramPieces: @unchecked Sendable {
  private let text: [UInt32]
  let words: [(start: UInt32, length: UInt32)]
  let weights: [Int64]
  /// Words with few symbols to share, in order.
  let stripes: [Range<Int>]
  let longestWord: Int
  let longestPiece: Int
  /// Whether sums are SentencePiece 0.2.0's, in single precision.
  let isSingle: Bool
  /// SentencePiece 0.2.0 counts an unknown character as the first piece (its `unk_id_` is 0 in training); nil:
  /// as none.
  let unknownPiece: Int?

  /// Matches at place `p` of the text, shortest first: pieces `matches[places[p] ..< places[p + 1]]`. The place
  /// behind a word has no matches, though its range may not be empty.
  let places: UnsafeMutablePointer<UInt32>
  let matches: UnsafeMutablePointer<UInt32>

  /// Per piece: symbols, one place where it stands, and the log probability.
  private(set) var lengths: [UInt8] = []
  private(set) var homes: [UInt32] = []
  var scores: [Float] = []
  var count: Int { lengths.count }

  /// Below the least score by this much: a character that no piece holds.
  static let unknownPenalty: Float = 10

  /// - Parameter single: as SentencePiece 0.2.0: sums in single precision, its unknown piece.
  init(_ source: borrowing UnigramWords, _ seeds: borrowing UnigramSeeds, single: Bool, texts: [[UInt8]]) {
    text = source.text
    let textCount = source.text.count
    isSingle = single
    unknownPiece = single ? 0 : nil
    weights = source.counts
    // Characters first, most frequent first, ties by their text.
    var characters = source.occurrences.indices.filter { source.occurrences[$0] > 0 }
    characters.sort {
      source.occurrences[$0] != source.occurrences[$1]
        ? source.occurrences[$0] > source.occurrences[$1] : texts[$0].lexicographicallyPrecedes(texts[$1])
    }
    let total = characters.count + seeds.nodes.count
    lengths.reserveCapacity(total)
    homes.reserveCapacity(total)
    scores.reserveCapacity(total)
    var pieceOf = [UInt32](repeating: .max, count: source.scalars.count)
    for symbol in characters {
      pieceOf[symbol] = UInt32(lengths.count)
      lengths.append(1)
      homes.append(.max)
    }
    var list: [(start: UInt32, length: UInt32)] = []
    list.reserveCapacity(source.distinct.count)
    places = .allocate(capacity: textCount + 2)
    places.initialize(repeating: 0, count: textCount + 2)
    var isHome = [Bool](repeating: false, count: textCount)
    var longest = 0
    for entry in source.distinct {
      let start = Int(source.starts[Int(entry)])
      var at = start
      while text[at] > UnigramWords.wordEnd {
        isHome[at] = true
        let piece = pieceOf[Int(text[at])]
        if piece != .max {
          places[at + 2] += 1
          homes[Int(piece)] = UInt32(at)
        }
        at += 1
      }
      longest = max(longest, at - start)
      list.append((UInt32(start), UInt32(at - start)))
    }
    words = list
    longestWord = longest
    longestPiece = seeds.nodes.reduce(1) { max($0, $1.length) }
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
      lengths.append(UInt8(node.length))
      homes.append(.max)
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
    sortMatches(textCount)
    for symbol in characters { scores.append(Float(source.occurrences[symbol])) }
    for node in seeds.nodes { scores.append(Float(node.score)) }
    if single {
      let logarithm = Float(log(Double(scores.reduce(0, +))))
      for piece in scores.indices { scores[piece] = Float(log(Double(scores[piece])) - Double(logarithm)) }
    } else {
      let logarithm = log(scores.reduce(0) { $0 + Double($1) })
      for piece in scores.indices { scores[piece] = Float(log(Double(scores[piece])) - logarithm) }
    }
  }

  deinit {
    places.deallocate()
    matches.deallocate()
  }

  /// Puts the matches of each place in order of length; they come in order of their pieces.
  private func sortMatches(_ textCount: Int) {
    lengths.withUnsafeBufferPointer { lengths in
      for at in 0..<textCount {
        let (start, end) = (Int(places[at]), Int(places[at + 1]))
        guard end > start + 1 else { continue }
        for index in start + 1..<end {
          let match = matches[index]
          var hole = index
          while hole > start, lengths[Int(matches[hole - 1])] > lengths[Int(match)] {
            matches[hole] = matches[hole - 1]
            hole -= 1
          }
          matches[hole] = match
        }
      }
    }
  }

  /// The words of the text.
  var wordOccurrences: Int64 { weights.reduce(0, &+) }

  /// The text of a piece in symbols.
  func symbols(_ piece: Int) -> ArraySlice<UInt32> {
    text[Int(homes[piece])..<Int(homes[piece]) + Int(lengths[piece])]
  }

  /// Drops pieces and puts the others in this order, with their scores.
  func keep(_ pieces: [Int], scores newScores: [Float], threads: Int) {
    var numbers = [UInt32](repeating: .max, count: count)
    for (number, piece) in pieces.enumerated() { numbers[piece] = UInt32(number) }
    lengths = pieces.map { lengths[$0] }
    homes = pieces.map { homes[$0] }
    scores = newScores
    OrderedWork.perform(stripes.count, threads: threads) { [numbers] stripe in
      self.renumber(self.stripes[stripe], numbers)
    }
  }

  /// Gives the matches of words their new numbers and closes up to the first of them. The gap behind the last
  /// belongs to the place behind that word.
  private func renumber(_ range: Range<Int>, _ numbers: [UInt32]) {
    guard let first = range.first else { return }
    let (places, matches) = (self.places, self.matches)
    numbers.withUnsafeBufferPointer { numbers in
      var write = Int(places[Int(words[first].start)])
      for word in range {
        let start = Int(words[word].start)
        let behind = start + Int(words[word].length)
        var read = Int(places[start])
        for at in start..<behind {
          let end = Int(places[at &+ 1])
          places[at] = UInt32(truncatingIfNeeded: write)
          while read < end {
            let number = numbers[Int(matches[read])]
            matches[write] = number
            write &+= number == .max ? 0 : 1
            read &+= 1
          }
        }
        places[behind] = UInt32(truncatingIfNeeded: write)
      }
    }
  }
}
