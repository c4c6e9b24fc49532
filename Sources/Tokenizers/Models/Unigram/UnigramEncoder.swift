/// The fast encoder of unigram models: remembered segments, and ``UnigramViterbi`` for the rest.
///
/// A piece of text is cut before each U+2581 that no vocabulary entry spans, where every path has a boundary;
/// a segment seen before is copied if its path certainly holds after the sum so far (``UnigramViterbi/runWithMargin(_:from:to:sum:_:)``), else
/// searched again from that sum. So the result is that of one search through the whole text, ties and
/// rounding included, at the price of a look-up a word.
package final class UnigramEncoder: PieceEncoder {
  private let model: UnigramModel
  private let viterbi: UnigramViterbi
  private var writer: UnknownRunWriter
  private var cache = UnigramSegmentCache()
  private var longCache = LongPieceCache()
  private let scratch = TokenBuffer()
  private let missed = TokenBuffer()
  private let cuts: SpaceCuts?
  private let scores: UnsafeMutablePointer<Double>

  package init(_ model: UnigramModel) {
    self.model = model
    cuts = model.cuts
    viterbi = UnigramViterbi(model)
    writer = UnknownRunWriter(model)
    scores = .allocate(capacity: max(1, model.scores.count))
    scores.initialize(from: model.scores, count: model.scores.count)
  }

  deinit { scores.deallocate() }

  package func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    guard let base = text.baseAddress else { return }
    var start = start
    for end in ends {
      guard end - start < Int(Int32.max) else {
        throw ToklabError(at: .byte(start), "a piece of \(end - start) bytes", expected: "less than 2 GiB")
      }
      try encodePiece(base, start, end, total: text.count, into: ids, lengths)
      start = end
    }
  }

  package func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: model.unknownID, unknown: &unknown)
  }

  private func encodePiece(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, total: Int, into ids: TokenBuffer,
    _ lengths: TokenBuffer?
  ) throws(ToklabError) {
    var sum = 0.0
    var position = start
    while position < end {
      let next = cuts?.next(text, after: position, end) ?? end
      let isWhole = position == start && next == end
      var isDone = false
      if lengths == nil {
        isDone = try remembered(text, position, next, total, isWhole, &sum, into: ids)
      }
      if !isDone {
        try search(text, position, next, &sum, into: ids, lengths)
      }
      position = next
    }
  }

  /// Writes a segment from the cache, which it fills when the segment is new; false when it must be searched.
  @inline(__always)
  private func remembered(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ total: Int, _ isWhole: Bool,
    _ sum: inout Double, into ids: TokenBuffer
  ) throws(ToklabError) -> Bool {
    let length = end &- start
    guard length <= PieceTable.keyLimit else {
      return length <= LongPieceCache.keyLimit
        ? try rememberedLong(text, start, end, isWhole, &sum, into: ids) : false
    }
    let key = PieceTable.Key(text, start, length, total)
    let entry = cache.entry(key)
    if entry[1] == 0 {
      let value = try learn(text, start, end, &sum)
      ids.append(missed.buffer)
      cache.insert(key, value, missed.base)
      return true
    }
    let value = UnigramSegmentCache.Value(entry[2])
    guard holds(value, sum, isWhole) else { return false }
    ids.reserve(value.count &+ 2)
    let output = ids.base + ids.count
    if value.count <= 2 {
      UnsafeMutableRawPointer(output).storeBytes(of: entry[3], as: UInt64.self)
    } else {
      output.update(from: cache.overflow(entry), count: value.count)
    }
    ids.count &+= value.count
    if !isWhole { advance(&sum, output, value.count) }
    return true
  }

  @inline(__always)
  private func holds(_ value: UnigramSegmentCache.Value, _ sum: Double, _ isWhole: Bool) -> Bool {
    if isWhole { return value.isFromZero || value.limit > 0 }
    return !value.isOpaque && (sum.magnitude < Double(value.limit) || sum == 0 && value.isFromZero)
  }

  private func rememberedLong(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isWhole: Bool, _ sum: inout Double,
    into ids: TokenBuffer
  ) throws(ToklabError) -> Bool {
    let length = end &- start
    let hash = ByteHash.hash(text + start, length)
    var isDone = false
    let isKnown = longCache.withTokens(of: text + start, length, hash: hash) { entry in
      let value = UnigramSegmentCache.Value(UInt64(entry[0]) | UInt64(entry[1]) << 32)
      guard holds(value, sum, isWhole) else { return }
      ids.append(UnsafeBufferPointer(rebasing: entry[2...]))
      if !isWhole { advance(&sum, entry.baseAddress! + 2, value.count) }
      isDone = true
    }
    if isKnown { return isDone }
    let word = try learn(text, start, end, &sum).word
    ids.append(missed.buffer)
    let entry =
      [UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word >> 32)] + Array(missed.buffer)
    entry.withUnsafeBufferPointer { longCache.insert(text + start, length, hash: hash, $0) }
    return true
  }

  /// Adds the scores of pieces to a sum as the search does.
  @inline(__always)
  private func advance(_ sum: inout Double, _ ids: UnsafePointer<TokenID>, _ count: Int) {
    if model.isSinglePrecision {
      for index in 0..<count { sum = Double(Float(scores[Int(ids[index])] + sum)) }
    } else {
      for index in 0..<count { sum = scores[Int(ids[index])] + sum }
    }
  }

  /// Searches a segment and writes its tokens into `missed`; tells where they may be used again.
  private func learn(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ sum: inout Double
  ) throws(ToklabError) -> UnigramSegmentCache.Value {
    missed.removeAll()
    let isFromZero = sum == 0
    var isOpaque = false
    let pieceIDs = model.trie.ids
    let unknownID = model.unknownID ?? VocabularyStorage.none
    let limit = try viterbi.runWithMargin(text, from: start, to: end, sum: &sum) { step in
      let id = step.state == ScoredTrie.noState ? unknownID : pieceIDs[Int(step.state)]
      if writer.write(id, step.start..<step.end, text, into: missed, nil) { isOpaque = true }
    }
    writer.flush(text, into: missed, nil)
    return UnigramSegmentCache.Value(
      count: missed.count, isOpaque: isOpaque, isFromZero: isFromZero, limit: limit)
  }

  /// Searches a segment and writes its tokens.
  private func search(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ sum: inout Double, into ids: TokenBuffer,
    _ lengths: TokenBuffer?
  ) throws(ToklabError) {
    let pieceIDs = model.trie.ids
    let unknownID = model.unknownID ?? VocabularyStorage.none
    try viterbi.run(text, from: start, to: end, sum: &sum) { step in
      let id = step.state == ScoredTrie.noState ? unknownID : pieceIDs[Int(step.state)]
      writer.write(id, step.start..<step.end, text, into: ids, lengths)
    }
    writer.flush(text, into: ids, lengths)
  }
}
