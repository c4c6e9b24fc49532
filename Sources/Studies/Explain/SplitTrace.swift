import Tokenizers

/// Why a text is cut as it is: the merges of byte-pair encoding, the lattice of unigram, the prefixes of WordPiece and
/// longest match. The definitions, step by step; for looking at text, not for encoding it.
package enum SplitTrace: Sendable {
  case merges([MergeTrace])
  case lattice([LatticeTrace])
  case prefixes([PrefixTrace])

  /// The traces of all pre-tokens, after normalization; special tokens are plain text here.
  ///
  /// - Throws: ``ToklabError`` for models that decide nothing (a token a word) or by rules of their own.
  package init(of text: [UInt8], _ tokenizer: Tokenizer) throws {
    switch tokenizer.definition.model {
    case .bytePair: self = .merges(try MergeTrace.traces(of: text, tokenizer))
    case .unigram: self = .lattice(try LatticeTrace.traces(of: text, tokenizer))
    case .wordPiece, .longestMatch: self = .prefixes(try PrefixTrace.traces(of: text, tokenizer))
    default:
      throw ToklabError(
        "no explanation for this kind of model",
        expected: "byte-pair encoding over bytes, unigram, WordPiece or longest match")
    }
  }

  static func pieces(of text: [UInt8], _ tokenizer: Tokenizer) throws -> [[UInt8]] {
    let normalized = try tokenizer.normalizer?.normalized(text) ?? text
    return try tokenizer.preTokenization.pieces(of: normalized).map(\.bytes)
  }
}

/// The pieces of a unigram vocabulary that a pre-token could be cut into, and the way with the best sum of scores.
package struct LatticeTrace: Sendable {
  package struct Edge: Sendable {
    package var range: Range<Int>
    /// Nil for a character that no piece covers.
    package var id: TokenID?
    package var score: Double
    /// The best sum of scores of any way that ends with this edge.
    package var sum: Double
    package var isChosen = false
  }

  package let piece: [UInt8]
  /// By their ends, then by their starts; empty for what is too long.
  package var edges: [Edge]
  package let sum: Double

  package static let longest = 400

  static func traces(of text: [UInt8], _ tokenizer: Tokenizer) throws -> [LatticeTrace] {
    guard let model = tokenizer.model as? UnigramModel else {
      throw ToklabError("no lattice for this model", expected: "a unigram tokenizer")
    }
    return try SplitTrace.pieces(of: text, tokenizer).map { LatticeTrace($0, model) }
  }

  private init(_ piece: [UInt8], _ model: UnigramModel) {
    self.piece = piece
    var edges: [Edge] = []
    // The best edge into each place; the first one that reaches a sum keeps it.
    var best = [Int?](repeating: nil, count: piece.count + 1)
    func sum(at place: Int) -> Double? { place == 0 ? 0 : best[place].map { edges[$0].sum } }
    func offer(_ edge: Edge) {
      edges.append(edge)
      if best[edge.range.upperBound].map({ edges[$0].sum < edge.sum }) ?? true {
        best[edge.range.upperBound] = edges.count - 1
      }
    }
    var start = piece.count <= Self.longest ? 0 : piece.count
    while start < piece.count {
      let character = min(max(1, UnigramViterbi.characterLength(piece[start])), piece.count - start)
      if let before = sum(at: start) {
        var isKnown = false
        for end in (start + 1)...min(piece.count, start + max(1, model.trie.depth)) {
          guard let id = Self.matchable(Array(piece[start..<end]), model) else { continue }
          let score = model.scores[Int(id)]
          offer(Edge(range: start..<end, id: id, score: score, sum: before + score))
          isKnown = isKnown || end - start == character
        }
        if !isKnown {
          let score = model.unknownScore
          offer(Edge(range: start..<(start + character), id: nil, score: score, sum: before + score))
        }
      }
      start += character
    }
    var end = piece.count
    self.sum = best.last.flatMap { $0 }.map { edges[$0].sum } ?? 0
    while end > 0, let index = best[end] {
      edges[index].isChosen = true
      end = edges[index].range.lowerBound
    }
    self.edges = edges.sorted {
      ($0.range.upperBound, $0.range.lowerBound) < ($1.range.upperBound, $1.range.lowerBound)
    }
  }

  /// The rules of ``NaiveUnigram``.
  private static func matchable(_ bytes: [UInt8], _ model: UnigramModel) -> TokenID? {
    guard let id = model.vocabulary.id(of: bytes), !model.vocabulary.isLiteral(id) else { return nil }
    if model.definition.flavor == .huggingFace { return id }
    if id == model.unknownID { return nil }
    guard !model.definition.kinds.isEmpty else { return id }
    let kind = model.definition.kinds[Int(id)]
    return kind == .normal || kind == .userDefined ? id : nil
  }

  /// The chosen way, from the left.
  package var path: [Edge] { edges.filter(\.isChosen).sorted { $0.range.lowerBound < $1.range.lowerBound } }
}

/// The longest-first search from the left: what was looked up and rejected before each token.
package struct PrefixTrace: Sendable {
  package struct Step: Sendable {
    package var range: Range<Int>
    /// Nil where no prefix is in the vocabulary: then the whole word is the unknown token.
    package var id: TokenID?
    /// Prefixes that are no tokens, from the longest.
    package var rejected: [[UInt8]]
  }

  package let piece: [UInt8]
  package var steps: [Step] = []

  package static let longest = 400
  /// More rejected prefixes of one step are not kept.
  package static let mostRejected = 12

  static func traces(of text: [UInt8], _ tokenizer: Tokenizer) throws -> [PrefixTrace] {
    switch tokenizer.definition.model {
    case .wordPiece(let definition):
      let prefix = Array(definition.continuingSubwordPrefix.utf8)
      return try SplitTrace.pieces(of: text, tokenizer).map { word in
        let count = word.count { $0 & 0xC0 != 0x80 }
        return PrefixTrace(
          word, definition.vocabulary, prefix: prefix, isTooLong: count > definition.maxInputCharactersPerWord
        )
      }
    case .longestMatch(let definition):
      let normalized = try tokenizer.normalizer?.normalized(text) ?? text
      return [PrefixTrace(normalized, definition.vocabulary, prefix: [], isTooLong: false)]
    default: throw ToklabError("no prefixes for this model", expected: "WordPiece or longest match")
    }
  }

  private init(_ piece: [UInt8], _ vocabulary: Vocabulary, prefix: [UInt8], isTooLong: Bool) {
    self.piece = piece
    guard !isTooLong, piece.count <= Self.longest else { return }
    var start = 0
    while start < piece.count {
      var rejected: [[UInt8]] = []
      var found: (end: Int, id: TokenID)?
      for end in stride(from: piece.count, to: start, by: -1) {
        // Only whole characters are words of a vocabulary of text.
        if !prefix.isEmpty, end < piece.count, piece[end] & 0xC0 == 0x80 { continue }
        let spelled = (start > 0 ? prefix : []) + piece[start..<end]
        if let id = vocabulary.id(of: spelled) {
          found = (end, id)
          break
        }
        if rejected.count < Self.mostRejected { rejected.append(spelled) }
      }
      guard let found else {
        steps.append(Step(range: start..<piece.count, id: nil, rejected: rejected))
        return
      }
      steps.append(Step(range: start..<found.end, id: found.id, rejected: rejected))
      start = found.end
    }
  }
}
