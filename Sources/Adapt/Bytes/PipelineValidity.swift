import Tokenizers

/// Validity of the sequences of a tokenizer: cuts between pieces by the pre-tokenizer, whatever may follow,
/// and inside a piece by the model.
///
/// A sequence is viable when for one of the ``CutProbes`` the cuts fall between its tokens and every piece is
/// the encoding of its bytes. Where a probe stands for what really may follow the answer is exact: for the
/// known pre-tokenization patterns (tested by re-encoding), and without pre-tokenizer. Another pattern may
/// look at what no probe has; then ``isExact`` is false.
public final class PipelineValidity: TokenValidity {
  private final class State: ValidityState {
    /// The text since the last certain cut, its tokens, and where they end in it.
    let tail: [UInt8]
    let tokens: [TokenID]
    let ends: [Int]
    let codes: CutCodes
    /// Two bits a pattern of the codes: known, and whether the tail's tokens fit it; with the last piece
    /// closed by a cut, and with it open.
    var closed: UInt32 = 0
    var open: UInt32 = 0

    init(tail: [UInt8], tokens: [TokenID], ends: [Int], codes: CutCodes, isComplete: Bool) {
      self.tail = tail
      self.tokens = tokens
      self.ends = ends
      self.codes = codes
      super.init(isComplete: isComplete)
    }
  }

  private struct MaskKey: Hashable {
    var codes: ObjectIdentifier
    var closed: UInt32
    var open: UInt32
    var last: TokenID
  }

  private let vocabulary: ByteVocabulary
  private let piece: PieceValidity
  private let scope: PreTokenizerScope
  private let scan: CutScan
  /// A whole piece that is a token becomes that token, even one that no merges make.
  private let checksWholePieces: Bool
  private let claimsExactness: Bool
  /// For each rank the number of its shape, and a token of each shape with its letters replaced.
  private let shapeOfRank: [Int32]
  private let shapes: [[UInt8]]
  private var codes: [[UInt8]: CutCodes] = [:]
  private var masks: [MaskKey: ViabilityMask] = [:]

  /// How much text before the last certain cut is kept where the pattern may look behind it.
  private static let margin = 48
  private static let mostMasks = 4096

  init(
    _ vocabulary: ByteVocabulary, piece: PieceValidity, preTokenizer: any PreTokenizer,
    checksWholePieces: Bool = false, claimsExactness: Bool = true
  ) {
    self.vocabulary = vocabulary
    self.piece = piece
    scope = preTokenizer.scope
    scan = CutScan(preTokenizer)
    self.checksWholePieces = checksWholePieces
    self.claimsExactness = claimsExactness && scope != .pattern
    var known: [[UInt8]: Int32] = [:]
    var shapes: [[UInt8]] = []
    shapeOfRank = vocabulary.tokenAtRank.map { [scope] id in
      let shape = TextShape.of(vocabulary.vocabulary[TokenID(id)], scope)
      if let number = known[shape] { return number }
      let number = Int32(shapes.count)
      known[shape] = number
      shapes.append(shape)
      return number
    }
    self.shapes = shapes
  }

  public var isExact: Bool { claimsExactness && !codes.values.contains { $0.hasOverflown } }

  public func start() -> ValidityState {
    State(tail: [], tokens: [], ends: [], codes: codes(for: []), isComplete: true)
  }

  public func isViable(_ state: ValidityState, _ token: TokenID) -> Bool {
    let rank = Int(vocabulary.rankOfToken[Int(token)])
    guard rank >= 0 else { return false }
    if let mask = state.knownMask { return mask[rank] }
    return isViable(state as! State, rank, token)
  }

  private func isViable(_ state: State, _ rank: Int, _ token: TokenID) -> Bool {
    let code = code(state.codes, rank)
    if code == 0 { return false }
    for pattern in 0..<state.codes.patterns.count {
      let bits = code >> UInt32(4 * pattern) & 15
      if bits == 0 { continue }
      if bits & 12 != 0, fits(state, pattern, closed: true) {
        let bytes = { self.vocabulary.vocabulary[token] }
        if bits & 8 != 0, isPiece([token], bytes, isWhole: true) { return true }
        if bits & 4 != 0, isPiece([token], bytes, isWhole: false) { return true }
      }
      if bits & 3 != 0, fits(state, pattern, closed: false) {
        let start = state.codes.patterns[pattern].last ?? 0
        let first = state.ends.firstIndex { $0 > start } ?? 0
        if case .pairs(let pairs) = piece, !checksWholePieces {
          if pairs.reachable[Int(token)], pairs.isValid(state.tokens[state.tokens.count - 1], token) {
            return true
          }
          continue
        }
        let tokens = Array(state.tokens[first...]) + [token]
        let bytes = { Array(state.tail[start...]) + self.vocabulary.vocabulary[token] }
        if bits & 2 != 0, isPiece(tokens[...], bytes, isWhole: true) { return true }
        if bits & 1 != 0, isPiece(tokens[...], bytes, isWhole: false) { return true }
      }
    }
    return false
  }

  private func code(_ codes: CutCodes, _ rank: Int) -> UInt32 {
    if codes.isShared {
      let shape = Int(shapeOfRank[rank])
      return codes.code(shape, scan, bytes: shapes[shape])
    }
    return codes.code(rank, scan, bytes: vocabulary.vocabulary[TokenID(vocabulary.tokenAtRank[rank])])
  }

  /// Whether `tokens` are the beginning of a piece, or one whole piece.
  private func isPiece(_ tokens: ArraySlice<TokenID>, _ bytes: () -> [UInt8], isWhole: Bool) -> Bool {
    if isWhole, checksWholePieces, let id = vocabulary.vocabulary.id(of: bytes()),
      vocabulary.roles[Int(id)] == .text
    {
      return tokens.count == 1 && tokens.first == id
    }
    return piece.isEncoding(tokens, of: bytes())
  }

  /// Whether the tokens of the tail fit a pattern of cuts.
  private func fits(_ state: State, _ pattern: Int, closed: Bool) -> Bool {
    let shift = UInt32(2 * pattern)
    let known = (closed ? state.closed : state.open) >> shift & 3
    if known != 0 { return known == 3 }
    let result = fits(
      state.tail, state.tokens, state.ends, cuts: state.codes.patterns[pattern], closed: closed)
    if closed {
      state.closed |= (result ? 3 : 1) << shift
    } else {
      state.open |= (result ? 3 : 1) << shift
    }
    return result
  }

  private func fits(
    _ tail: [UInt8], _ tokens: [TokenID], _ ends: [Int], cuts: [Int], closed: Bool
  ) -> Bool {
    var first = 0
    var start = 0
    for cut in cuts + [tail.count] {
      guard cut > start else { continue }
      var last = first
      while last < ends.count, ends[last] < cut { last += 1 }
      guard last < ends.count, ends[last] == cut else { return false }
      let isWhole = closed || cut < tail.count
      guard isPiece(tokens[first...last], { Array(tail[start..<cut]) }, isWhole: isWhole) else {
        return false
      }
      first = last + 1
      start = cut
    }
    return true
  }

  public func advanced(_ state: ValidityState, by token: TokenID) -> ValidityState? {
    guard isViable(state, token) else { return nil }
    let state = state as! State
    let bytes = vocabulary.vocabulary[token]
    if scope == .wholeText, case .pairs = piece, !checksWholePieces {
      // One piece for ever: the last token alone decides what may follow.
      return State(
        tail: bytes, tokens: [token], ends: [bytes.count], codes: codes(for: bytes), isComplete: true)
    }
    let tail = state.tail + bytes
    let tokens = state.tokens + [token]
    let ends = state.ends + [tail.count]
    var isComplete = false
    var certain: [Int]?
    for probe in scan.probes(after: tail) {
      scan.run(tail + probe)
      var cuts = scan.cuts.prefix { $0 <= tail.count }
      let closed = cuts.last == tail.count
      if closed { cuts.removeLast() }
      if probe.isEmpty {
        isComplete = fits(tail, tokens, ends, cuts: Array(cuts), closed: closed)
        continue
      }
      // A cut is certain when it stands whatever follows, also where what follows does not suit the tokens:
      // that has to be noticed later.
      let all = Array(cuts) + (closed ? [tail.count] : [])
      certain = certain.map { known in known.filter { all.contains($0) } } ?? all
    }
    var cut = certain?.last ?? 0
    if scope == .pattern { cut = certain?.last { $0 <= tail.count - Self.margin } ?? 0 }
    let first = ends.firstIndex { $0 > cut } ?? ends.count
    let rest = Array(tail[cut...])
    return State(
      tail: rest, tokens: Array(tokens[first...]), ends: ends[first...].map { $0 - cut },
      codes: codes(for: rest), isComplete: isComplete)
  }

  public func mask(_ state: ValidityState) -> ViabilityMask {
    if let known = state.knownMask { return known }
    let state = state as! State
    let count = vocabulary.tokenAtRank.count
    // All codes first: they find the patterns, which the key needs.
    for rank in 0..<count where vocabulary.rankOfToken[Int(vocabulary.tokenAtRank[rank])] >= 0 {
      _ = code(state.codes, rank)
    }
    var key = MaskKey(
      codes: ObjectIdentifier(state.codes), closed: 0, open: 0, last: state.tokens.last ?? TokenID.max)
    var closedBits: UInt32 = 0
    var openBits: UInt32 = 0
    for pattern in 0..<state.codes.patterns.count {
      if fits(state, pattern, closed: true) { closedBits |= 12 << UInt32(4 * pattern) }
      if !state.tail.isEmpty, fits(state, pattern, closed: false) { openBits |= 3 << UInt32(4 * pattern) }
    }
    key.closed = closedBits
    key.open = openBits
    guard case .pairs(let pairs) = piece else {
      let mask = ViabilityMask(count: count) { rank in
        let token = TokenID(vocabulary.tokenAtRank[rank])
        return vocabulary.rankOfToken[Int(token)] >= 0 && isViable(state, rank, token)
      }
      state.knownMask = mask
      return mask
    }
    if let known = masks[key] {
      state.knownMask = known
      return known
    }
    // Cuts before and after the token; no cut on either side. (See CutCodes.bit.)
    let wholeBits = closedBits & 0x0888_8888
    let innerBits = openBits & 0x0111_1111
    var dependsOnText = false
    let mask = ViabilityMask(count: count) { rank in
      let token = TokenID(vocabulary.tokenAtRank[rank])
      guard vocabulary.rankOfToken[Int(token)] >= 0 else { return false }
      let code = code(state.codes, rank)
      // What no merges make can only be a whole piece.
      guard pairs.reachable[Int(token)] else { return checksWholePieces && code & wholeBits != 0 }
      if code & closedBits != 0 { return true }
      guard code & openBits != 0, pairs.isValid(key.last, token) else { return false }
      if !checksWholePieces || code & innerBits != 0 { return true }
      // It ends a piece that may, as a whole, be a token.
      dependsOnText = true
      return isViable(state, rank, token)
    }
    if !dependsOnText {
      if masks.count >= Self.mostMasks { masks.removeAll() }
      masks[key] = mask
    }
    state.knownMask = mask
    return mask
  }

  private func codes(for tail: [UInt8]) -> CutCodes {
    let isShared = scope != .pattern && TextShape.isShared(tail, scope)
    let shape = isShared ? TextShape.of(tail, scope) : tail
    if let known = codes[shape] { return known }
    if codes.count >= 4096 {
      codes.removeAll()
      masks.removeAll()
    }
    let made = CutCodes(
      tail: shape, isShared: isShared, shapes: isShared ? shapes.count : vocabulary.tokenAtRank.count)
    codes[shape] = made
    return made
  }
}

/// Text with its letters replaced by one letter of their class: all that a rule of pre-tokenization sees.
enum TextShape {
  /// Whether a rule cannot tell this text from its shape, nor what follows it.
  static func isShared(_ text: [UInt8], _ scope: PreTokenizerScope) -> Bool {
    scope == .wholeText || (scope == .rule && !text.contains(0x27))
  }

  /// ASCII letters by case; letters of two bytes that are not behind an apostrophe too.
  static func of(_ text: [UInt8], _ scope: PreTokenizerScope) -> [UInt8] {
    switch scope {
    case .pattern: return text
    case .wholeText: return text.isEmpty ? [] : [0x61]
    case .rule: break
    }
    if text.contains(0x27) { return text }
    var shape = text
    var index = 0
    while index < shape.count {
      switch shape[index] {
      case 0x61...0x7A: shape[index] = 0x61
      case 0x41...0x5A: shape[index] = 0x41
      case 0x30...0x39: shape[index] = 0x30
      case 0xC3...0xD5 where index + 1 < shape.count && shape[index + 1] & 0xC0 == 0x80:
        let codePoint = Int(shape[index] & 0x1F) << 6 | Int(shape[index + 1] & 0x3F)
        let found = UnicodeClasses.shared[codePoint]
        // U+017F folds to s in contractions; it stands for itself.
        if codePoint != 0x17F, found == .lower || found == .upper {
          shape[index] = 0xC3
          shape[index + 1] = found == .lower ? 0xA9 : 0x89
        }
        index += 1
      default: break
      }
      index += 1
    }
    return shape
  }
}
