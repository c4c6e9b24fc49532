/// Encodes documents one after another, keeping its caches: one for each thread.
public final class DocumentEncoder {
  /// Pieces handed to the model at a time.
  private static let blockPieces = 2048

  private let tokenizer: Tokenizer
  private let options: EncodeOptions
  private let raw: AddedTokenMatcher
  private let normalized: AddedTokenMatcher
  private let pieces: any PieceEncoder
  private let scanner: any PreTokenScanner
  private let ends: UnsafeMutableBufferPointer<Int>
  /// Alignments cost a second pass of the normalizer; they are made only for offsets.
  private var wantsOffsets = false

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
    pieces = try tokenizer.model.makePieceEncoder(options)
    scanner = tokenizer.preTokenizer.makeScanner()
    ends = .allocate(capacity: Self.blockPieces)
    ends.initialize(repeating: 0)
  }

  deinit { ends.deallocate() }

  /// Appends the ids of one document.
  ///
  /// - Throws: ``ToklabError`` naming the byte when the text is not UTF-8 and the tokenizer needs that.
  public func encode(_ text: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer) throws(ToklabError) {
    try run(text, into: ids, offsets: nil)
  }

  /// The ids of one document with the bytes each one came from.
  public func encodeWithOffsets(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) -> Encoding {
    let ids = TokenBuffer()
    let offsets = OffsetList()
    try run(text, into: ids, offsets: offsets)
    return Encoding(ids: ids.ids, offsets: offsets.ranges)
  }

  /// The number of tokens of one document, unknown ones told apart, without storing ids.
  public func count(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) -> TokenCount {
    var count = TokenCount()
    if options.addSpecialTokens {
      count.tokens += tokenizer.postProcessing.prefix.count + tokenizer.postProcessing.suffix.count
    }
    try forEachSegment(of: text) { (segment) throws(ToklabError) in
      switch segment {
      case .token: count.tokens += 1
      case .text(let part, _):
        try forEachBlock(of: part) { (start, ends) throws(ToklabError) in
          count.tokens += try pieces.count(part, from: start, ends: ends, unknown: &count.unknown)
        }
      }
    }
    return count
  }

  /// Encodes plain text that holds no added token and needs no normalization: a cut of a long document.
  package func encodePlain(_ text: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer) throws(ToklabError) {
    try forEachBlock(of: text) { (start, ends) throws(ToklabError) in
      try pieces.encode(text, from: start, ends: ends, into: ids, lengths: nil)
    }
  }

  package func countPlain(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) -> TokenCount {
    var count = TokenCount()
    try forEachBlock(of: text) { (start, ends) throws(ToklabError) in
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
    tokenizer.normalizer == nil && normalized.isEmpty && !tokenizer.addsPrefixSpace
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
        lengths?.removeAll()
        try forEachBlock(of: part) { (start, ends) throws(ToklabError) in
          try pieces.encode(part, from: start, ends: ends, into: ids, lengths: lengths)
        }
        if let lengths { offsets!.append(lengths, map) }
      }
    }
    if options.addSpecialTokens {
      for id in tokenizer.postProcessing.suffix {
        ids.append(id)
        offsets?.ranges.append(text.count..<text.count)
      }
    }
  }

  private enum Segment {
    case token(TokenID, Range<Int>)
    case text(UnsafeBufferPointer<UInt8>, OffsetMap)
  }

  private func forEachBlock(
    of text: UnsafeBufferPointer<UInt8>,
    _ body: (Int, UnsafeBufferPointer<Int>) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    if text.isEmpty { return }
    try scanner.begin(text)
    var start = 0
    while true {
      let count = try scanner.fill(ends)
      if count == 0 { return }
      try body(start, UnsafeBufferPointer(rebasing: UnsafeBufferPointer(ends)[0..<count]))
      start = ends[count - 1]
    }
  }

  private func forEachSegment(
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

  /// Normalizes one part of the text, cuts the other kind of added tokens out of it and adds the space.
  private func normalizedSegments(
    _ text: UnsafeBufferPointer<UInt8>, at origin: Int, _ body: (Segment) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    guard let normalizer = tokenizer.normalizer else {
      return try softSegments(text, OffsetMap(origin: origin), body)
    }
    let result: NormalizedText?
    do throws(ToklabError) {
      result = try normalizer.normalize(text, alignment: wantsOffsets)
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
    if normalized.isEmpty { return try prefixed(text, map, body) }
    try normalized.forEachPart(of: text) { (part) throws(ToklabError) in
      if let token = part.token {
        try body(.token(token, map.range(part.range)))
      } else {
        try prefixed(
          UnsafeBufferPointer(rebasing: text[part.range]), map.advanced(by: part.range.lowerBound), body)
      }
    }
  }

  private func prefixed(
    _ text: UnsafeBufferPointer<UInt8>, _ map: OffsetMap, _ body: (Segment) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    guard tokenizer.addsPrefixSpace, text[0] != 0x20 else { return try body(.text(text, map)) }
    try withBuffer([0x20] + text) { (buffer) throws(ToklabError) in
      try body(.text(buffer, map.advanced(by: -1)))
    }
  }
}
