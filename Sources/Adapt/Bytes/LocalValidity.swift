import Tokenizers

/// Validity of sequences over a vocabulary of characters (SentencePiece, WordPiece): by encoding what stands
/// since the last place where any encoding is cut, with the token that may follow.
///
/// For these models the encoding of a prefix that ends at a token boundary is that prefix of the encoding, so
/// nothing has to be tried behind a sequence, with two exceptions: byte tokens that end inside a character are
/// tried with characters the vocabulary lacks behind them, and where the normalizer takes spaces away at the end
/// of a text, a space needs something to follow it.
///
/// Where encodings are cut: for byte pairs between any two tokens (a sequence is an encoding exactly when each
/// two neighbours are, see ``CharacterPairs``), the bytes of one character taken as one; for unigram and
/// longest match before the spaces of a word, if no piece crosses one, else never. All of it in normalized
/// bytes: text that the normalizer changes does not encode to its own bytes and is not viable.
///
/// One thing is not decided by a stretch of text: two paths of a unigram model with the same pieces in another
/// order have the same score, and SentencePiece, which adds up rounded sums from the beginning of the text, takes
/// the one that the rounding favours (`aaa` as `a aa` or `aa a`, by what stands before). From a cut on it may favour
/// the other. So ``isExact`` is false for unigram models whose sums run on across the cuts.
public final class LocalValidity: TokenValidity {
  private final class State: ValidityState {
    /// The text since the last certain cut and its tokens.
    let tail: [UInt8]
    let tokens: [TokenID]
    /// Whether the text ends inside a character.
    let isPartial: Bool

    init(tail: [UInt8], tokens: [TokenID], isPartial: Bool, isComplete: Bool) {
      self.tail = tail
      self.tokens = tokens
      self.isPartial = isPartial
      super.init(isComplete: isComplete)
    }
  }

  /// False where equal paths before a cut may be decided otherwise than from the cut on.
  public let isExact: Bool
  private let vocabulary: ByteVocabulary
  private let encode: ([UInt8]) -> [TokenID]?
  /// Byte pairs: whether neighbours decide, and the fast answer for most of them.
  private let isPairwise: Bool
  private let pairs: CharacterPairs?
  /// Whether the normalizer drops spaces at the ends and doubled ones.
  private let trimsSpaces: Bool
  /// Pieces, and added tokens of plain text, that are found before all others.
  private let userDefined: [[UInt8]]
  /// By id, whether such a piece, or spaces that the normalizer takes away, is in the token.
  private let needsEncoding: [Bool]
  private let crossesSpaces: Bool
  private var masks: [[TokenID]: ViabilityMask] = [:]
  private var completions: [[UInt8]: [[UInt8]]] = [:]
  private var follows: [[TokenID]: Bool] = [:]

  private static let mostMasks = 2048

  /// - Throws: ``ToklabError`` for a tokenizer whose text cannot be encoded from the middle on.
  public init(_ tokenizer: Tokenizer, _ vocabulary: ByteVocabulary) throws(ToklabError) {
    self.vocabulary = vocabulary
    let encoder = try SectionEncoder(tokenizer, vocabulary)
    encode = { encoder.encode($0) }
    trimsSpaces = encoder.trimsSpaces
    var kinds: [PieceKind] = []
    if case .bytePair(let model) = tokenizer.definition.model {
      isPairwise = encoder.isLocal
      kinds = model.kinds
      pairs = isPairwise ? (tokenizer.model as? BytePairModel).flatMap { CharacterPairs($0) } : nil
    } else {
      if case .unigram(let model) = tokenizer.definition.model { kinds = model.kinds }
      isPairwise = false
      pairs = nil
    }
    var isUserDefined = [Bool](repeating: false, count: vocabulary.width)
    var userDefined: [[UInt8]] = []
    for (id, kind) in kinds.enumerated() where kind == .userDefined && vocabulary.roles[id] == .text {
      isUserDefined[id] = true
      userDefined.append(vocabulary.bytes(of: TokenID(id)))
    }
    userDefined += tokenizer.definition.addedTokens.filter { !$0.special && !$0.content.isEmpty }.map(
      \.content)
    var firstBytes = [Bool](repeating: false, count: 256)
    for piece in userDefined { firstBytes[Int(piece[0])] = true }
    for id in vocabulary.tokenAtRank where !userDefined.isEmpty {
      let bytes = vocabulary.vocabulary[TokenID(id)]
      for start in bytes.indices where firstBytes[Int(bytes[start])] {
        if userDefined.contains(where: { bytes[start...].starts(with: $0) }) { isUserDefined[Int(id)] = true }
      }
    }
    if trimsSpaces {
      for id in vocabulary.tokenAtRank where Self.hasDoubleSpace(vocabulary.vocabulary[TokenID(id)]) {
        isUserDefined[Int(id)] = true
      }
    }
    needsEncoding = isUserDefined
    self.userDefined = userDefined
    let crossesSpaces = vocabulary.tokenAtRank.contains { id in
      let bytes = vocabulary.vocabulary[TokenID(id)]
      return bytes.indices.dropFirst().contains { bytes[$0] == 0x20 && bytes[$0 - 1] != 0x20 }
    }
    self.crossesSpaces = crossesSpaces
    var runsOn = false
    if case .unigram = tokenizer.definition.model {
      if case .metaspace(_, _, split: true)? = tokenizer.definition.preTokenizer {
        runsOn = false
      } else {
        runsOn = encoder.isLocal && !crossesSpaces
      }
    }
    isExact = !runsOn
  }

  public func start() -> ValidityState { State(tail: [], tokens: [], isPartial: false, isComplete: true) }

  public func isViable(_ state: ValidityState, _ token: TokenID) -> Bool {
    let rank = Int(vocabulary.rankOfToken[Int(token)])
    guard rank >= 0 else { return false }
    if let mask = state.knownMask { return mask[rank] }
    let state = state as! State
    return isViable(state, token, isPlain: isPlain(state))
  }

  /// Whether the pair of the last token and the next decides.
  private func isPlain(_ state: State) -> Bool {
    guard let pairs, state.tokens.count == 1, pairs.isKnown(state.tokens[0]),
      !needsEncoding[Int(state.tokens[0])],
      startOfUserDefined(state.tail) == nil
    else { return false }
    return !trimsSpaces || state.tail.last != 0x20
  }

  private func isViable(_ state: State, _ token: TokenID, isPlain: Bool) -> Bool {
    if isPlain, pairs!.isKnown(token), !needsEncoding[Int(token)],
      !trimsSpaces || vocabulary.vocabulary.bytes(of: token).last != 0x20
    {
      return pairs!.isValid(state.tokens[0], token)
    }
    let bytes = vocabulary.vocabulary[token]
    if state.isPartial != (bytes.first.map { $0 & 0xC0 == 0x80 } ?? false) { return false }
    if state.tokens.isEmpty, !bytes.starts(with: vocabulary.leading) { return false }
    return agrees(state.tail + bytes, state.tokens + [token])
  }

  /// Whether some text begins with these bytes and is encoded with these tokens first.
  private func agrees(_ bytes: [UInt8], _ tokens: [TokenID]) -> Bool {
    let open = CutProbes.incompleteTail(bytes)
    if !open.isEmpty {
      return fallbacks(open).contains { encode(bytes + $0)?.starts(with: tokens) ?? false }
    }
    guard trimsSpaces else { return encode(bytes) == tokens }
    if Self.hasDoubleSpace(bytes) { return false }
    guard bytes.last == 0x20 else { return encode(bytes) == tokens }
    if let known = follows[tokens] { return known }
    let result =
      Self.strangers.contains { encode(bytes + $0)?.starts(with: tokens) ?? false }
      || vocabulary.tokenAtRank.contains { id in
        let next = vocabulary.vocabulary[TokenID(id)]
        guard next.first != 0x20, CutProbes.incompleteTail(next).isEmpty else { return false }
        return encode(bytes + next)?.starts(with: tokens) ?? false
      }
    follows[tokens] = result
    return result
  }

  /// Characters of private use, which vocabularies do not have.
  private static let strangers = ["\u{10FFFD}", "\u{E000}"].map { Array($0.utf8) }

  private static func hasDoubleSpace(_ bytes: [UInt8]) -> Bool {
    bytes.indices.dropFirst().contains { bytes[$0] == 0x20 && bytes[$0 - 1] == 0x20 }
  }

  /// Ends of characters that are spelled in byte tokens, for their beginning: the first two.
  private func fallbacks(_ open: [UInt8]) -> [[UInt8]] {
    if let known = completions[open] { return known }
    var found: [[UInt8]] = []
    let lead = open[0]
    let needed = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    var first = Int(lead) & (needed == 2 ? 0x1F : needed == 3 ? 0x0F : 0x07)
    for byte in open.dropFirst() { first = first << 6 | Int(byte & 0x3F) }
    let bits = 6 * (needed - open.count)
    let least = needed == 2 ? 0x80 : needed == 3 ? 0x800 : 0x10000
    for codePoint in first << bits..<(first + 1) << bits where codePoint >= least && codePoint < 0x110000 {
      guard let scalar = Unicode.Scalar(UInt32(codePoint)) else { continue }
      let bytes = Array(String(scalar).utf8)
      let start = vocabulary.leading
      guard let ids = encode(start + bytes),
        ids.suffix(bytes.count).map({ vocabulary.bytes(of: $0) }) == bytes.map({ [$0] })
      else { continue }
      found.append(Array(bytes.dropFirst(open.count)))
      if found.count == 2 { break }
    }
    completions[open] = found
    return found
  }

  public func advanced(_ state: ValidityState, by token: TokenID) -> ValidityState? {
    guard isViable(state, token) else { return nil }
    let state = state as! State
    let tail = state.tail + vocabulary.vocabulary[token]
    let tokens = state.tokens + [token]
    let isPartial = !CutProbes.incompleteTail(tail).isEmpty
    let isEmptyText = state.tokens.isEmpty && tail == vocabulary.leading
    let isComplete =
      !isPartial && !isEmptyText && !(trimsSpaces && tail.last == 0x20) && encode(tail) == tokens
    let first = firstKept(tail, tokens)
    let start = tokens[..<first].reduce(0) { $0 + vocabulary.vocabulary.length(of: $1) }
    return State(
      tail: Array(tail[start...]), tokens: Array(tokens[first...]), isPartial: isPartial,
      isComplete: isComplete)
  }

  /// The number of the first token after the last certain cut.
  private func firstKept(_ tail: [UInt8], _ tokens: [TokenID]) -> Int {
    var ends: [Int] = []
    for token in tokens { ends.append((ends.last ?? 0) + vocabulary.vocabulary.length(of: token)) }
    var cut = 0
    if isPairwise {
      cut = tail.count - vocabulary.vocabulary.length(of: tokens[tokens.count - 1])
      // All bytes of a character, or a piece that only its continuation makes.
      while cut > 0, tail[cut] & 0xC0 == 0x80 { cut -= 1 }
    } else if !crossesSpaces {
      cut = tail.indices.dropFirst().last { tail[$0] == 0x20 && tail[$0 - 1] != 0x20 } ?? 0
    }
    if let start = startOfUserDefined(tail) { cut = min(cut, start) }
    return ends.firstIndex { $0 > cut } ?? 0
  }

  /// Where a user-defined piece may have begun that the text has not all of.
  private func startOfUserDefined(_ tail: [UInt8]) -> Int? {
    var first: Int?
    for piece in userDefined where piece.count > 1 {
      for start in max(0, tail.count - piece.count + 1)..<tail.count {
        if piece.starts(with: tail[start...]) { first = min(first ?? start, start) }
      }
    }
    return first
  }

  public func mask(_ state: ValidityState) -> ViabilityMask {
    if let known = state.knownMask { return known }
    let state = state as! State
    if let known = masks[state.tokens] {
      state.knownMask = known
      return known
    }
    let isPlain = isPlain(state)
    let mask = ViabilityMask(count: vocabulary.tokenAtRank.count) { rank in
      let token = TokenID(vocabulary.tokenAtRank[rank])
      return vocabulary.rankOfToken[Int(token)] >= 0 && isViable(state, token, isPlain: isPlain)
    }
    if masks.count >= Self.mostMasks { masks.removeAll() }
    masks[state.tokens] = mask
    state.knownMask = mask
    return mask
  }
}
