/// What one thread encodes with for ``SuperwordText``.
///
/// Unsafe: raw buffers filled piece by piece; kept in local constants within a piece, since a class's own
/// variables are checked for exclusive access each time (a quarter of the pass before).
final class SuperwordTextWorker<Symbol: FixedWidthInteger & UnsignedInteger & Sendable>: @unchecked Sendable {
  let sketch = PairSketch()
  private(set) var blocks: [(number: Int, ids: [Symbol], weights: [Int64])] = []
  private(set) var tokens: Int64 = 0
  private(set) var bytes: Int64 = 0

  private let words: BytePairEncoder
  private let scanner: any PreTokenScanner
  private let lines: LineTexts
  private let buffer = TokenBuffer()
  private let pieces = UnsafeMutableBufferPointer<Int>.allocate(capacity: 1024)
  /// A bit a junction of two bytes: no merge of the first stage is there.
  private let cuts: UnsafeMutablePointer<UInt64>
  /// Per token: 1 when it ends with a colon, 2 when it starts with a space.
  private let flags: UnsafeMutablePointer<UInt8>
  private var ends: UnsafeMutablePointer<Int>
  private var endCapacity = 1024
  /// The tokens of the block so far.
  private var ids: UnsafeMutablePointer<Symbol>
  private var idCapacity = 1 << 19
  private var idCount = 0

  init(model: BytePairModel, preTokenization: PreTokenization, field: [UInt8]) {
    words = BytePairEncoder(model)
    scanner = preTokenization.preTokenizer.makeScanner()
    lines = LineTexts(normalizer: preTokenization.normalizer, field: field)
    cuts = .allocate(capacity: 1024)
    cuts.initialize(repeating: .max, count: 1024)
    ends = .allocate(capacity: endCapacity)
    ids = .allocate(capacity: idCapacity)
    let merges = model.definition.merges
    for rank in 0..<merges.count {
      let last = model.vocabulary.bytes(of: merges.left[rank]).last!
      let first = model.vocabulary.bytes(of: merges.right[rank]).first!
      let junction = Int(last) << 8 | Int(first)
      cuts[junction >> 6] &= ~(1 << UInt64(junction & 63))
    }
    let count = model.vocabulary.capacity
    flags = .allocate(capacity: count)
    for id in 0..<count {
      let bytes = model.vocabulary.bytes(of: TokenID(id))
      flags[id] = (bytes.last == 0x3A ? 1 : 0) | (bytes.first == 0x20 ? 2 : 0)
    }
  }

  deinit {
    pieces.deallocate()
    cuts.deallocate()
    flags.deallocate()
    ends.deallocate()
    ids.deallocate()
  }

  func encode(_ block: TextBlock, _ number: Int, isJSONLines: Bool) throws(ToklabError) {
    idCount = 0
    try lines.forEach(of: block, isJSONLines: isJSONLines) { (line) throws(ToklabError) in
      bytes += Int64(line.count)
      try scanner.begin(line)
      var start = 0
      while true {
        let count = try scanner.fill(pieces)
        if count == 0 { break }
        for index in 0..<count {
          try encode(line, start, pieces[index])
          start = pieces[index]
        }
      }
    }
    finish(number, [])
  }

  /// Pieces of the second pattern that were counted.
  func encode(_ pieces: PreTokenCounts, _ range: Range<Int>, _ number: Int) throws(ToklabError) {
    idCount = 0
    var weights: [Int64] = []
    for piece in range {
      let weight = pieces.occurrences(piece)
      let (tokensBefore, idsBefore) = (tokens, idCount)
      var fault: ToklabError?
      pieces.withBytes(piece) { bytes in
        do throws(ToklabError) { try encode(bytes, 0, bytes.count) } catch { fault = error }
      }
      if let fault { throw fault }
      tokens = tokensBefore &+ (tokens &- tokensBefore) &* weight
      // Each pair was taken once.
      for index in idsBefore..<idCount {
        if ids[index] == SuperwordText.end { weights.append(weight) }
        guard weight > 1, index > idsBefore, ids[index] != SuperwordText.end,
          ids[index - 1] != SuperwordText.end
        else { continue }
        sketch.add(UInt32(ids[index - 1]), UInt32(ids[index]), times: weight - 1)
      }
    }
    finish(number, weights)
  }

  private func finish(_ number: Int, _ weights: [Int64]) {
    // Runs are counted by their bytes, of which the counter reads 16 at a time.
    reserve(16)
    for _ in 0..<16 {
      ids[idCount] = SuperwordText.end
      idCount += 1
    }
    blocks.append((number, Array(UnsafeBufferPointer(start: ids, count: idCount)), weights))
  }

  private func reserve(_ extra: Int) {
    guard idCount + extra > idCapacity else { return }
    while idCount + extra > idCapacity { idCapacity *= 2 }
    let bigger = UnsafeMutablePointer<Symbol>.allocate(capacity: idCapacity)
    bigger.update(from: ids, count: idCount)
    ids.deallocate()
    ids = bigger
  }

  private func encode(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) throws(ToklabError) {
    if end - start > endCapacity {
      while end - start > endCapacity { endCapacity *= 2 }
      ends.deallocate()
      ends = .allocate(capacity: endCapacity)
    }
    let endCount = cut(text.baseAddress!, start, end, into: ends)
    buffer.removeAll()
    try words.encode(
      text, from: start, ends: UnsafeBufferPointer(start: ends, count: endCount), into: buffer, lengths: nil)
    tokens += Int64(buffer.count)
    reserve(buffer.count * 2)
    idCount += take(buffer.base, buffer.count, into: ids + idCount)
  }

  @inline(__always)
  private func cut(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, into ends: UnsafeMutablePointer<Int>
  )
    -> Int
  {
    let cuts = self.cuts
    var count = 0
    var previous = Int(text[start]) &<< 8
    var index = start &+ 1
    while index < end {
      let byte = Int(text[index])
      let junction = previous | byte
      ends[count] = index
      count &+= Int(
        truncatingIfNeeded: cuts[junction &>> 6] &>> UInt64(truncatingIfNeeded: junction & 63) & 1)
      previous = byte &<< 8
      index &+= 1
    }
    ends[count] = end
    return count &+ 1
  }

  /// Writes runs of two and more tokens, each with its end; returns how many symbols that is.
  @inline(__always)
  private func take(
    _ tokens: UnsafeMutablePointer<TokenID>, _ count: Int, into out: UnsafeMutablePointer<Symbol>
  )
    -> Int
  {
    let flags = self.flags
    var (written, run) = (0, 1)
    var left = tokens[0]
    var index = 1
    while index < count {
      let right = tokens[index]
      if flags[Int(left)] & 1 & (flags[Int(right)] &>> 1) != 0 {
        if run > 1 {
          out[written] = SuperwordText.end
          written &+= 1
        }
        run = 1
      } else {
        if run == 1 {
          out[written] = Symbol(truncatingIfNeeded: left)
          written &+= 1
        }
        out[written] = Symbol(truncatingIfNeeded: right)
        written &+= 1
        run &+= 1
        sketch.add(left, right)
      }
      left = right
      index &+= 1
    }
    if run > 1 {
      out[written] = SuperwordText.end
      written &+= 1
    }
    return written
  }
}
