/// Encodes documents one after another, keeping its caches: one for each thread.
public final class DocumentEncoder {
  /// Pieces handed to the model at a time.
  private static let blockPieces = 2048

  let tokenizer: Tokenizer
  let options: EncodeOptions
  private let raw: AddedTokenMatcher
  private let normalized: AddedTokenMatcher
  private let pieces: any PieceEncoder
  /// Cuts plain text; where pre-tokenizers drop or rewrite text it is nil and `steps` do the work.
  private let scanner: (any PreTokenScanner)?
  private let steps: [any PieceStep]
  private let ends: UnsafeMutableBufferPointer<Int>
  /// Alignments cost a second pass of the normalizer; they are made only for offsets.
  private var wantsOffsets = false
  private let asksForDocumentStart: Bool

  public init(_ tokenizer: Tokenizer, options: EncodeOptions = EncodeOptions()) throws(ToklabError) {
    self.tokenizer = tokenizer
    self.options = options
    let added = tokenizer.definition.addedTokens
    raw = AddedTokenMatcher(added.filter { !$0.normalized }, policy: options.specialTokens)
    let soft = added.filter(\.normalized)
    var contents = soft.map(\.content)
    if let normalizer = tokenizer.normalizer {
      for index in contents.indices { contents[index] = try normalizer.normalized(contents[index]) }
    }
    normalized = AddedTokenMatcher(soft, contents: contents, policy: options.specialTokens)
    try Self.check(options, tokenizer.model)
    pieces = try tokenizer.model.makePieceEncoder(options)
    switch tokenizer.preTokenization {
    case .scanner(let preTokenizer):
      scanner = preTokenizer.makeScanner()
      steps = []
    case .steps(let plans):
      scanner = nil
      steps = plans.map { $0.makeStep() }
    }
    asksForDocumentStart = tokenizer.preTokenization.asksForDocumentStart
    ends = .allocate(capacity: Self.blockPieces)
    ends.initialize(repeating: 0)
  }

  deinit { ends.deallocate() }

  private static func check(_ options: EncodeOptions, _ model: any TokenizerModel) throws(ToklabError) {
    if options.dropout != nil, !(model is BytePairModel) {
      throw ToklabError(
        "dropout for a model without merges", expected: "a byte-pair model",
        advice: "unigram models are sampled with a temperature instead")
    }
    if let theta = options.sampling {
      guard model is UnigramModel else {
        throw ToklabError(
          "sampling from a model without probabilities", expected: "a unigram model",
          advice: "byte-pair models have dropout instead")
      }
      guard theta >= 0, theta.isFinite else {
        throw ToklabError("a sampling temperature of \(theta)", expected: "a number of at least 0")
      }
    }
  }

  /// Appends the ids of one document.
  ///
  /// - Parameter number: of the document within its input; what ``EncodeOptions/dropout`` and
  ///   ``EncodeOptions/sampling`` draw depends on the seed and on it.
  /// - Throws: ``ToklabError`` naming the byte when the text is not UTF-8 and the tokenizer needs that.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer, number: Int = 0
  ) throws(ToklabError) {
    pieces.begin(document: number)
    try run(text, into: ids, offsets: nil)
  }

  /// The ids of one document with the bytes each one came from.
  public func encodeWithOffsets(
    _ text: UnsafeBufferPointer<UInt8>, number: Int = 0
  ) throws(ToklabError) -> Encoding {
    pieces.begin(document: number)
    let ids = TokenBuffer()
    let offsets = OffsetList()
    try run(text, into: ids, offsets: offsets)
    return Encoding(ids: ids.ids, offsets: offsets.ranges)
  }

  /// The number of tokens of one document, unknown ones told apart, without storing ids.
  public func count(_ text: UnsafeBufferPointer<UInt8>, number: Int = 0) throws(ToklabError) -> TokenCount {
    pieces.begin(document: number)
    var count = TokenCount()
    if options.addSpecialTokens {
      count.tokens += tokenizer.postProcessing.prefix.count + tokenizer.postProcessing.suffix.count
    }
    try forEachSegment(of: text) { (segment) throws(ToklabError) in
      switch segment {
      case .token: count.tokens += 1
      case .text(let part, let map):
        if let malformed = restStart(of: part) {
          let ids = TokenBuffer()
          try encodeRest(part, malformedAt: malformed, into: ids, lengths: nil)
          count.tokens += ids.count
          return
        }
        try forEachBlock(of: part, map) { (text, start, ends, _) throws(ToklabError) in
          count.tokens += try pieces.count(text, from: start, ends: ends, unknown: &count.unknown)
        }
      }
    }
    return count
  }

  /// Encodes plain text that holds no added token and needs no normalization: a cut of a long document.
  package func encodePlain(_ text: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer) throws(ToklabError) {
    try forEachBlock(of: text, OffsetMap(origin: 0)) { (text, start, ends, _) throws(ToklabError) in
      try pieces.encode(text, from: start, ends: ends, into: ids, lengths: nil)
    }
  }

  package func countPlain(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) -> TokenCount {
    var count = TokenCount()
    try forEachBlock(of: text, OffsetMap(origin: 0)) { (text, start, ends, _) throws(ToklabError) in
      count.tokens += try pieces.count(text, from: start, ends: ends, unknown: &count.unknown)
    }
    return count
  }

  /// The parts of a document that added tokens of the raw kind cut it into.
  package func rawParts(of text: UnsafeBufferPointer<UInt8>) throws(ToklabError) -> [AddedTokenMatcher.Part] {
    guard !raw.isEmpty else {
      return text.isEmpty ? [] : [AddedTokenMatcher.Part(token: nil, range: 0..<text.count)]
    }
    var parts: [AddedTokenMatcher.Part] = []
    try raw.forEachPart(of: text) { (part) throws(ToklabError) in parts.append(part) }
    return parts
  }

  /// Whether plain parts may be cut further: nothing rewrites text before the scanner sees it.
  package var cutsPlainParts: Bool {
    tokenizer.normalizer == nil && normalized.isEmpty && scanner != nil && options.malformedText == .pieces
  }

  var vocabulary: Vocabulary { tokenizer.vocabulary }

  /// Calls `body` with where each piece of plain text starts.
  func forEachPiece(of text: UnsafeBufferPointer<UInt8>, _ body: (Int) -> Void) throws(ToklabError) {
    try forEachBlock(of: text, OffsetMap(origin: 0)) { (_, start, ends, _) throws(ToklabError) in
      body(start)
      for end in ends.dropLast() { body(end) }
    }
  }

  /// Encodes all of `text` from `start` as one piece.
  func encodePiece(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, into ids: TokenBuffer
  ) throws(ToklabError) {
    ends[0] = text.count
    try pieces.encode(
      text, from: start, ends: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(ends)[..<1]), into: ids,
      lengths: nil)
  }

  /// Where `text` is malformed, when the rest of it is to be one piece.
  private func restStart(of text: UnsafeBufferPointer<UInt8>) -> Int? {
    options.malformedText == .rest && tokenizer.isByteComplete ? UTF8Scalar.firstInvalid(text) : nil
  }

  private func run(
    _ text: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer, offsets: OffsetList?
  ) throws(ToklabError) {
    if options.addSpecialTokens {
      for id in tokenizer.postProcessing.prefix {
        ids.append(id)
        offsets?.ranges.append(0..<0)
      }
    }
    let lengths = offsets == nil ? nil : TokenBuffer()
    wantsOffsets = offsets != nil
    defer { wantsOffsets = false }
    try forEachSegment(of: text) { (segment) throws(ToklabError) in
      switch segment {
      case .token(let id, let range):
        ids.append(id)
        offsets?.ranges.append(range)
      case .text(let part, let map):
        if let malformed = restStart(of: part) {
          lengths?.removeAll()
          try encodeRest(part, malformedAt: malformed, into: ids, lengths: lengths)
          if let lengths { offsets!.append(lengths, map) }
          return
        }
        try forEachBlock(of: part, map) { (text, start, ends, map) throws(ToklabError) in
          lengths?.removeAll()
          try pieces.encode(text, from: start, ends: ends, into: ids, lengths: lengths)
          if let lengths { offsets!.append(lengths, map.advanced(by: start)) }
        }
      }
    }
    if options.addSpecialTokens {
      for id in tokenizer.postProcessing.suffix {
        ids.append(id)
        offsets?.ranges.append(text.count..<text.count)
      }
    }
  }

  enum Segment {
    case token(TokenID, Range<Int>)
    case text(UnsafeBufferPointer<UInt8>, OffsetMap)
  }

  /// Calls `body` with blocks of pieces: their text, where the first one starts in it, their ends, and the
  /// way back to the document.
  func forEachBlock(
    of text: UnsafeBufferPointer<UInt8>, _ map: OffsetMap,
    _ body: (UnsafeBufferPointer<UInt8>, Int, UnsafeBufferPointer<Int>, OffsetMap) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    if text.isEmpty { return }
    guard let scanner else { return try rewritten(text, map, body) }
    try scanner.begin(text)
    var start = 0
    while true {
      let count = try scanner.fill(ends)
      if count == 0 { return }
      try body(text, start, UnsafeBufferPointer(rebasing: UnsafeBufferPointer(ends)[0..<count]), map)
      start = ends[count - 1]
    }
  }

  /// The general path: all steps over the whole segment, then one block.
  private func rewritten(
    _ text: UnsafeBufferPointer<UInt8>, _ map: OffsetMap,
    _ body: (UnsafeBufferPointer<UInt8>, Int, UnsafeBufferPointer<Int>, OffsetMap) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    var pieces = PieceText(
      text, isAligned: wantsOffsets, beginsDocument: map.range(0..<1).lowerBound == 0)
    for step in steps { try step.run(&pieces) }
    if pieces.ends.isEmpty { return }
    let composed = wantsOffsets ? map.followed(by: pieces) : map
    let allEnds = pieces.ends
    try withBuffer(pieces.bytes) { (bytes) throws(ToklabError) in
      let result: Result<Void, ToklabError> = allEnds.withUnsafeBufferPointer { ends in
        do throws(ToklabError) { return .success(try body(bytes, 0, ends, composed)) } catch {
          return .failure(error)
        }
      }
      try result.get()
    }
  }

  func forEachSegment(
    of text: UnsafeBufferPointer<UInt8>, _ body: (Segment) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    if raw.isEmpty {
      if !text.isEmpty { try normalizedSegments(text, at: 0, body) }
      return
    }
    try raw.forEachPart(of: text) { (part) throws(ToklabError) in
      if let token = part.token {
        try body(.token(token, part.range))
      } else {
        try normalizedSegments(
          UnsafeBufferPointer(rebasing: text[part.range]), at: part.range.lowerBound, body)
      }
    }
  }

  /// Normalizes one part of the text and cuts the other kind of added tokens out of it.
  private func normalizedSegments(
    _ text: UnsafeBufferPointer<UInt8>, at origin: Int, _ body: (Segment) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    guard let normalizer = tokenizer.normalizer else {
      return try softSegments(text, OffsetMap(origin: origin), body)
    }
    let result: NormalizedText?
    do throws(ToklabError) {
      result = try normalizer.normalize(text, alignment: wantsOffsets || asksForDocumentStart)
    } catch {
      throw error.shifted(by: origin)
    }
    guard let result else { return try softSegments(text, OffsetMap(origin: origin), body) }
    let map = OffsetMap(
      origin: origin, starts: result.starts, ends: result.ends, first: 0, originalCount: text.count)
    try withBuffer(result.bytes) { (buffer) throws(ToklabError) in try softSegments(buffer, map, body) }
  }

  private func softSegments(
    _ text: UnsafeBufferPointer<UInt8>, _ map: OffsetMap, _ body: (Segment) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    if text.isEmpty { return }
    if normalized.isEmpty { return try body(.text(text, map)) }
    try normalized.forEachPart(of: text) { (part) throws(ToklabError) in
      if let token = part.token {
        try body(.token(token, map.range(part.range)))
      } else {
        try body(
          .text(UnsafeBufferPointer(rebasing: text[part.range]), map.advanced(by: part.range.lowerBound)))
      }
    }
  }
}
