/// Token counts of one text under every truncation of one byte-pair tokenizer, from a single pass.
///
/// Byte-pair encoding takes the lowest-ranked pair first, so the tokenizer that keeps only the first V
/// tokens does what the whole one does up to the first merge it lacks, and stops there: by then no merge it
/// has is left. Each merge of a pre-token therefore counts from the size at which it and all merges before it
/// exist. Where a pre-token that is a token skips merging (tiktoken, `ignore_merges`), it counts one from the
/// size at which that token exists.
///
/// Not valid for models that are not byte-pair encoding over bytes, nor for a superword vocabulary's second
/// stage, whose first V tokens were learnt under another pattern.
public struct TruncatedCounts: Sendable {
  /// Vocabulary sizes without special tokens: from the alphabet alone to the whole vocabulary.
  public let sizes: ClosedRange<Int>
  private let counts: [Int]

  /// Tokens of the text with a vocabulary of `size`; sizes outside ``sizes`` are taken to its ends.
  public func count(at size: Int) -> Int {
    counts[min(max(size, sizes.lowerBound), sizes.upperBound) - sizes.lowerBound]
  }

  /// Counts a text, each line on its own.
  ///
  /// - Throws: what the tokenizer throws, with the line; and when the whole size does not give the
  ///   tokenizer's own count, as with added tokens that the text contains.
  public init(_ text: TextLines, with truncation: MergeTruncation) throws(ToklabError) {
    let tokenizer = truncation.tokenizer
    var pieces: [[UInt8]: Int] = [:]
    var own = 0
    let encoder = try DocumentEncoder(tokenizer)
    for line in 0..<text.count {
      do throws(ToklabError) {
        let bytes = Array(text.bytes[text.range(ofLine: line)])
        let normalized = try tokenizer.normalizer?.normalized(bytes) ?? bytes
        for piece in try tokenizer.preTokenization.pieces(of: normalized) {
          pieces[piece.bytes, default: 0] += 1
        }
        own += try text.withLine(line) { buffer throws(ToklabError) in try encoder.count(buffer).tokens }
      } catch {
        throw ToklabError(
          file: error.file, at: .line(line + 1), error.found, expected: error.expected, advice: error.advice)
      }
    }
    // Changes of the count at each size; addition does not care for the dictionary's order.
    var change = [Int](repeating: 0, count: truncation.fullSize - truncation.alphabetSize + 1)
    for (piece, occurrences) in pieces {
      truncation.forEachStep(of: piece) { size, step in
        change[size - truncation.alphabetSize] += step * occurrences
      }
    }
    var running = 0
    counts = change.map {
      running += $0
      return running
    }
    sizes = truncation.alphabetSize...truncation.fullSize
    guard running == own else {
      throw ToklabError(
        "truncation to the whole vocabulary gives \(running) tokens, the tokenizer itself \(own)",
        expected: "a byte-pair tokenizer whose text holds no added tokens")
    }
  }
}

/// A byte-pair tokenizer's tokens in the order in which truncation keeps them.
public struct MergeTruncation: Sendable {
  let tokenizer: Tokenizer
  /// Tokens that no merge makes.
  public let alphabetSize: Int
  /// All ordinary tokens.
  public let fullSize: Int
  /// For each pair its priority and the size from which on it merges.
  private let pairs: [UInt64: (rank: Int32, result: TokenID, size: Int32)]
  /// For each token the size from which on it exists.
  private let sizeOfToken: [TokenID: Int32]
  private let shortcut: Bool
  private let byteIDs: [TokenID]

  /// - Throws: ``ToklabError`` for tokenizers that cannot be truncated exactly.
  public init(_ tokenizer: Tokenizer) throws(ToklabError) {
    guard case .bytePair(let model) = tokenizer.definition.model, model.alphabet == .bytes,
      model.semantics != .scores
    else {
      throw ToklabError(
        "a model that cannot be truncated exactly", expected: "byte-pair encoding over bytes",
        advice: "train several sizes and fit a curve instead")
    }
    self.tokenizer = tokenizer
    shortcut = model.wholePieceShortcut
    let vocabulary = model.vocabulary
    var bytes: [TokenID] = []
    for byte in UInt8.min...UInt8.max {
      guard let id = vocabulary.id(of: [byte]) else {
        throw ToklabError(
          "the vocabulary lacks byte \(byte)", expected: "a vocabulary that holds all 256 bytes")
      }
      bytes.append(id)
    }
    byteIDs = bytes
    let special = Set(tokenizer.definition.addedTokens.filter(\.special).map(\.id))
    let ordinary = (0..<TokenID(vocabulary.capacity)).filter {
      vocabulary.contains($0) && !vocabulary.isLiteral($0) && !special.contains($0)
    }
    var pairs: [UInt64: (rank: Int32, result: TokenID, size: Int32)] = [:]
    var sizes: [TokenID: Int32] = [:]
    switch model.semantics {
    case .mergeList:
      let made = Set(model.merges.result)
      let alphabet = ordinary.count { !made.contains($0) }
      var next = Int32(alphabet)
      for id in ordinary where !made.contains(id) { sizes[id] = next }
      pairs.reserveCapacity(model.merges.count)
      for index in 0..<model.merges.count {
        let result = model.merges.result[index]
        if sizes[result] == nil {
          next += 1
          sizes[result] = next
        }
        // A pair that occurs twice has its last rank, as in the reference library's reader.
        pairs[Self.key(model.merges.left[index], model.merges.right[index])] = (Int32(index), result, next)
      }
      alphabetSize = alphabet
      fullSize = Int(next)
    default:
      let single = Set(bytes)
      for id in bytes { sizes[id] = 256 }
      var next: Int32 = 256
      for id in ordinary where !single.contains(id) {
        next += 1
        sizes[id] = next
      }
      for id in ordinary where !single.contains(id) {
        let token = vocabulary[id]
        for cut in 1..<max(1, token.count) {
          guard let left = vocabulary.id(of: Array(token[..<cut])), sizes[left] != nil,
            let right = vocabulary.id(of: Array(token[cut...])), sizes[right] != nil
          else { continue }
          pairs[Self.key(left, right)] = (Int32(id), id, sizes[id]!)
        }
      }
      alphabetSize = 256
      fullSize = Int(next)
    }
    self.pairs = pairs
    sizeOfToken = sizes
  }

  private static func key(_ left: TokenID, _ right: TokenID) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  /// Calls `body` with each size at which the piece's token count changes, and by how much, from the
  /// alphabet on. Quadratic in the length of the piece.
  func forEachStep(of piece: [UInt8], _ body: (_ size: Int, _ step: Int) -> Void) {
    body(alphabetSize, piece.count)
    var whole: Int32?
    if shortcut, let id = tokenizer.vocabulary.id(of: piece) { whole = sizeOfToken[id] }
    var tokens = piece.map { byteIDs[Int($0)] }
    var ranks = [(rank: Int32, result: TokenID, size: Int32)?](
      repeating: nil, count: max(0, tokens.count - 1))
    for index in ranks.indices { ranks[index] = pairs[Self.key(tokens[index], tokens[index + 1])] }
    var reached = Int32(alphabetSize)
    var left = piece.count
    while true {
      var best = -1
      var least = Int32.max
      for (index, entry) in ranks.enumerated() {
        if let entry, entry.rank < least {
          least = entry.rank
          best = index
        }
      }
      guard best >= 0, let merge = ranks[best] else { break }
      reached = max(reached, merge.size)
      if let whole, reached >= whole { break }
      body(Int(reached), -1)
      left -= 1
      tokens[best] = merge.result
      tokens.remove(at: best + 1)
      ranks.remove(at: best)
      if best > 0 { ranks[best - 1] = pairs[Self.key(tokens[best - 1], tokens[best])] }
      if best < ranks.count { ranks[best] = pairs[Self.key(tokens[best], tokens[best + 1])] }
    }
    if let whole, left > 1 { body(Int(whole), 1 - left) }
  }
}
