/// The fast encoder of unigram models: remembered segments, and ``UnigramViterbi`` for the rest.
///
/// A piece of text is cut before each U+2581 that no vocabulary entry spans, where every path has a boundary;
/// a segment seen before is copied if its path certainly holds after the sum so far
/// (``UnigramViterbi/runWithMargin(_:from:to:sum:_:)``), else searched again from that sum. So the result is that
/// of one search through the whole text, ties and rounding included, at the price of a look-up a word: of the
/// sum a bound will mostly do, and it is added up from the tokens only when one will not.
///
/// Segments are taken a batch at a time in two passes, as in ``BytePairEncoder``: the first cuts, makes keys and
/// asks for the memory of their entries, the second looks them up. The U+2581 that nearly every segment begins
/// with is a bit of the key, which leaves 15 bytes for the rest.
///
/// Unsafe: exclusive access to the caches is not checked while the program runs (one thread owns an encoder, and
/// no closure reaches them); the checks cost 4 % of a first pass.
package final class UnigramEncoder: PieceEncoder {
  private static let batch = 32

  /// A piece of text between two cuts.
  private struct Segment {
    var end = 0
    /// Of short segments.
    var key = PieceTable.Key()
    /// Of longer ones.
    var hash: UInt64 = 0
    var kind = Kind.unknown
  }

  private enum Kind { case short, long, unknown }

  private let model: UnigramModel
  private let viterbi: UnigramViterbi
  @exclusivity(unchecked) private var writer: UnknownRunWriter
  @exclusivity(unchecked) private var cache = UnigramSegmentCache()
  @exclusivity(unchecked) private var longCache = LongPieceCache()
  private let segments: UnsafeMutablePointer<Segment>
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
    segments = .allocate(capacity: Self.batch)
    segments.initialize(repeating: Segment(), count: Self.batch)
  }

  deinit {
    scores.deallocate()
    segments.deallocate()
  }

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
    var path = PathSum(settled: ids.count)
    var position = start
    if lengths != nil {
      while position < end {
        let next = cuts?.next(text, after: position, end) ?? end
        try search(text, position, next, &path.sum, into: ids, lengths)
        position = next
      }
      return
    }
    while position < end {
      let count = prepare(text, total, from: position, to: end)
      for index in 0..<count {
        let segment = segments + index
        let next = segment.pointee.end
        let isWhole = position == start && next == end
        let isDone =
          switch segment.pointee.kind {
          case .short: try remembered(text, position, segment, isWhole, &path, into: ids)
          case .long: try rememberedLong(text, position, segment, isWhole, &path, into: ids)
          case .unknown: false
          }
        if !isDone {
          settle(&path, ids)
          try search(text, position, next, &path.sum, into: ids, nil)
          path.settle(at: ids.count)
        }
        position = next
      }
    }
  }

  /// The sum of the path so far, added up as the search does only when somebody must know it exactly.
  private struct PathSum {
    /// After the first `settled` tokens of the output.
    var sum = 0.0
    var settled: Int
    /// Above the magnitude of the sum after all of them; 0 at the beginning.
    var bound = 0.0

    init(settled: Int) { self.settled = settled }

    mutating func settle(at count: Int) {
      settled = count
      bound = sum.magnitude
    }

    /// Takes a segment whose scores have magnitudes of at most `weight` together. The factor stands for the
    /// rounding of up to 255 additions, each of at most 2⁻²⁴.
    @inline(__always)
    mutating func add(_ weight: Double) { bound = (bound + weight) * 1.00002 }
  }

  /// Adds the scores of the pieces since the sum was last known, as the search does.
  private func settle(_ path: inout PathSum, _ ids: TokenBuffer) {
    var sum = path.sum
    if model.isSinglePrecision {
      for index in path.settled..<ids.count { sum = Double(Float(scores[Int(ids.base[index])] + sum)) }
    } else {
      for index in path.settled..<ids.count { sum = scores[Int(ids.base[index])] + sum }
    }
    path.sum = sum
    path.settle(at: ids.count)
  }

  /// Cuts up to ``batch`` segments and asks for the memory of what is known of them.
  @inline(__always)
  private func prepare(_ text: UnsafePointer<UInt8>, _ total: Int, from start: Int, to end: Int) -> Int {
    var position = start
    var count = 0
    while position < end, count < Self.batch {
      let next = cuts?.next(text, after: position, end) ?? end
      let segment = segments + count
      segment.pointee.end = next
      let length = next &- position
      let isMarked =
        length >= 3 && text[position] == 0xE2 && text[position &+ 1] == 0x96 && text[position &+ 2] == 0x81
      let skipped = isMarked ? 3 : 0
      if length &- skipped <= PieceTable.keyLimit {
        let key = PieceTable.Key(
          text, position &+ skipped, length &- skipped, total, mark: isMarked ? 0x80 : 0)
        segment.pointee.key = key
        segment.pointee.kind = .short
        cache.prefetch(key)
      } else if length <= LongPieceCache.keyLimit {
        let hash = ByteHash.hash(text + position, length)
        segment.pointee.hash = hash
        segment.pointee.kind = .long
        longCache.prefetch(hash: hash)
      } else {
        segment.pointee.kind = .unknown
      }
      position = next
      count &+= 1
    }
    return count
  }

  /// Writes a segment from the cache, which it fills when the segment is new; false when it must be searched.
  @inline(__always)
  private func remembered(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ segment: UnsafeMutablePointer<Segment>, _ isWhole: Bool,
    _ path: inout PathSum, into ids: TokenBuffer
  ) throws(ToklabError) -> Bool {
    let entry = cache.entry(segment.pointee.key)
    if entry[1] == 0 {
      let value = try learn(text, start, segment.pointee.end)
      cache.insert(segment.pointee.key, value, missed.base)
      return takeMissed(value, isWhole, &path, into: ids)
    }
    let value = UnigramSegmentCache.Value(entry[2])
    guard holds(value, isWhole, &path, ids) else { return false }
    ids.reserve(value.count &+ 2)
    let output = ids.base + ids.count
    if value.count <= 2 {
      UnsafeMutableRawPointer(output).storeBytes(of: entry[3], as: UInt64.self)
    } else {
      output.update(from: cache.overflow(entry), count: value.count)
    }
    ids.count &+= value.count
    path.add(value.weight)
    return true
  }

  private func rememberedLong(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ segment: UnsafeMutablePointer<Segment>, _ isWhole: Bool,
    _ path: inout PathSum, into ids: TokenBuffer
  ) throws(ToklabError) -> Bool {
    let length = segment.pointee.end &- start
    let hash = segment.pointee.hash
    if let known = longCache.tokens(of: text + start, length, hash: hash) {
      // The word of a value stands before the tokens.
      let value = UnigramSegmentCache.Value(UInt64(known[0]) | UInt64(known[1]) << 32)
      guard holds(value, isWhole, &path, ids) else { return false }
      ids.append(UnsafeBufferPointer(rebasing: known[2...]))
      path.add(value.weight)
      return true
    }
    let value = try learn(text, start, segment.pointee.end)
    longCache.insert(text + start, length, hash: hash, prefix: value.word, missed.buffer)
    return takeMissed(value, isWhole, &path, into: ids)
  }

  /// Writes what was just learnt, where it holds.
  @inline(__always)
  private func takeMissed(
    _ value: UnigramSegmentCache.Value, _ isWhole: Bool, _ path: inout PathSum, into ids: TokenBuffer
  ) -> Bool {
    guard holds(value, isWhole, &path, ids) else { return false }
    ids.append(missed.buffer)
    path.add(value.weight)
    return true
  }

  /// Whether the tokens found after a sum of 0 are those of the path: they are all of it, or its beginning, or
  /// the sum before them is certainly small enough. Unknown characters are searched again where more text
  /// follows, since the sum cannot be told from their tokens.
  @inline(__always)
  private func holds(
    _ value: UnigramSegmentCache.Value, _ isWhole: Bool, _ path: inout PathSum, _ ids: TokenBuffer
  ) -> Bool {
    if isWhole { return true }
    if value.isOpaque { return false }
    if path.bound < Double(value.limit) || path.bound == 0 { return true }
    return path.settled < ids.count && holdsExactly(value, &path, ids)
  }

  @inline(never)
  private func holdsExactly(
    _ value: UnigramSegmentCache.Value, _ path: inout PathSum, _ ids: TokenBuffer
  ) -> Bool {
    settle(&path, ids)
    return path.bound < Double(value.limit)
  }

  /// Searches a segment after a sum of 0 and writes its tokens into `missed`; tells where they may be used again.
  private func learn(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) throws(ToklabError) -> UnigramSegmentCache.Value {
    missed.removeAll()
    var sum = 0.0
    var isOpaque = false
    let pieceIDs = model.trie.ids
    let unknownID = model.unknownID ?? VocabularyStorage.none
    let limit = try viterbi.runWithMargin(text, from: start, to: end, sum: &sum) { step in
      let id = step.state == ScoredTrie.noState ? unknownID : pieceIDs[Int(step.state)]
      if writer.write(id, step.start..<step.end, text, into: missed, nil) { isOpaque = true }
    }
    writer.flush(text, into: missed, nil)
    var weight = 0.0
    if !isOpaque { for id in missed.buffer { weight += scores[Int(id)].magnitude } }
    return UnigramSegmentCache.Value(count: missed.count, isOpaque: isOpaque, limit: limit, weight: weight)
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
