import Glibc

/// The pieces under training and every place of the words' text where one matches: the lattices of all words,
/// made once from the sorted suffixes and shrinking with the pieces, so that no trie is searched again.
///
/// All pieces that match at a place are beginnings of the longest of them. So a place knows that one, and each piece
/// the longest other piece that it begins with: a list of all matches took two and a half times as much memory.
///
/// Sums of a step run over a number of stripes of words that follows from the data, each in order, and the
/// stripes' sums are added in order: results do not depend on threads.
///
/// Unsafe: raw arrays, read several times a match and step. Memory: 8 bytes a symbol of distinct words; 13 a piece,
/// and 8 a piece and thread while expectations are summed.
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

  /// The longest piece that matches at each place of the text; ``none`` where there is none, as behind a word.
  let longestAt: UnsafeMutablePointer<UInt32>
  private let textCount: Int

  /// No piece.
  static var none: UInt32 { .max }

  /// A piece on the way from the longest match to the shortest: what a walk reads, in one load.
  struct Link {
    /// The longest other piece that it begins with.
    var beginning: UInt32
    /// In symbols.
    var length: UInt32
  }

  /// Per piece: its link, one place where it stands, and the log probability.
  let links: UnsafeMutablePointer<Link>
  private(set) var homes: [UInt32] = []
  var scores: [Float] = []
  var count: Int { homes.count }

  func length(_ piece: Int) -> Int { Int(links[piece].length) }

  /// Below the least score by this much: a character that no piece holds.
  static let unknownPenalty: Float = 10

  /// - Parameter single: as SentencePiece 0.2.0: sums in single precision, its unknown piece.
  init(_ source: borrowing UnigramWords, _ seeds: borrowing UnigramSeeds, single: Bool, texts: [[UInt8]]) {
    text = source.text
    textCount = source.text.count
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
    links = .allocate(capacity: max(1, total))
    homes.reserveCapacity(total)
    scores.reserveCapacity(total)
    var pieceOf = [UInt32](repeating: .max, count: source.scalars.count)
    for symbol in characters {
      pieceOf[symbol] = UInt32(homes.count)
      links[homes.count] = Link(beginning: Self.none, length: 1)
      homes.append(.max)
    }
    var list: [(start: UInt32, length: UInt32)] = []
    list.reserveCapacity(source.distinct.count)
    longestAt = .allocate(capacity: max(1, textCount))
    for at in 0..<textCount {
      let piece = pieceOf[Int(text[at])]
      longestAt[at] = piece
      if piece != Self.none { homes[Int(piece)] = UInt32(at) }
    }
    var longest = 0
    for entry in source.distinct {
      let start = Int(source.starts[Int(entry)])
      var at = start
      while text[at] > UnigramWords.wordEnd { at += 1 }
      longest = max(longest, at - start)
      list.append((UInt32(start), UInt32(at - start)))
    }
    words = list
    longestWord = longest
    longestPiece = seeds.nodes.reduce(1) { max($0, $1.length) }
    for node in seeds.nodes { homes.append(seeds.order[Int(node.low)]) }
    // Short pieces first: what a place holds before a longer piece takes it over begins that piece.
    for index in Self.byLength(seeds.nodes) {
      let node = seeds.nodes[Int(index)]
      let piece = UInt32(characters.count) + index
      links[Int(piece)] = Link(
        beginning: longestAt[Int(seeds.order[Int(node.low)])], length: UInt32(node.length))
      for suffix in Int(node.low)..<Int(node.high) { longestAt[Int(seeds.order[suffix])] = piece }
    }
    let number = max(2, min(16, (1 << 22) / max(1, total)))
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
    longestAt.deallocate()
    links.deallocate()
  }

  /// The numbers of the nodes, those of the shortest strings first.
  private static func byLength(_ nodes: [UnigramSeeds.Node]) -> [UInt32] {
    var starts = [Int](repeating: 0, count: 257)
    for node in nodes { starts[node.length + 1] += 1 }
    for length in 1...256 { starts[length] += starts[length - 1] }
    return [UInt32](unsafeUninitializedCapacity: nodes.count) { order, count in
      for (index, node) in nodes.enumerated() {
        order[starts[node.length]] = UInt32(index)
        starts[node.length] += 1
      }
      count = nodes.count
    }
  }

  /// The words of the text.
  var wordOccurrences: Int64 { weights.reduce(0, &+) }

  /// The text of a piece in symbols.
  func symbols(_ piece: Int) -> ArraySlice<UInt32> {
    text[Int(homes[piece])..<Int(homes[piece]) + length(piece)]
  }

  /// Calls `body` with each piece that matches at a place of the text, and its symbols, longest first.
  ///
  /// - Returns: whether the character there is a piece itself.
  @inline(__always)
  @discardableResult
  func forEachMatch(at place: Int, _ body: (_ piece: Int, _ size: Int) -> Void) -> Bool {
    var piece = longestAt[place]
    var size = 0
    while piece != Self.none {
      let link = links[Int(piece)]
      size = Int(link.length)
      body(Int(piece), size)
      piece = link.beginning
    }
    return size == 1
  }

  /// Drops pieces and puts the others in this order, with their scores.
  func keep(_ pieces: [Int], scores newScores: [Float], threads: Int) {
    // The new number of each piece, or of the longest kept one that it begins with.
    var numbers = [UInt32](repeating: Self.none, count: count)
    for (number, piece) in pieces.enumerated() { numbers[piece] = UInt32(number) }
    let isKept = numbers.map { $0 != Self.none }
    func nearest(_ piece: UInt32) -> UInt32 {
      var piece = piece
      while piece != Self.none, !isKept[Int(piece)] { piece = links[Int(piece)].beginning }
      return piece == Self.none ? Self.none : numbers[Int(piece)]
    }
    let kept = pieces.map { Link(beginning: nearest(links[$0].beginning), length: links[$0].length) }
    for piece in isKept.indices where !isKept[piece] { numbers[piece] = nearest(UInt32(piece)) }
    for (piece, link) in kept.enumerated() { links[piece] = link }
    homes = pieces.map { homes[$0] }
    scores = newScores
    let chunk = 1 << 16
    let (longestAt, textCount) = (SendablePointer(longestAt), textCount)
    OrderedWork.perform((textCount + chunk - 1) / chunk, threads: threads) { [numbers] part in
      let places = longestAt.pointer!
      numbers.withUnsafeBufferPointer { numbers in
        for at in part * chunk..<min(textCount, (part + 1) * chunk) where places[at] != Self.none {
          places[at] = numbers[Int(places[at])]
        }
      }
    }
  }
}
