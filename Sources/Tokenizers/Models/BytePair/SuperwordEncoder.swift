/// Encodes in two levels, as ``SuperwordTable`` explains: words by early merges, from the cache; then late merges
/// over the runs of their tokens that can still join.
///
/// Cost: one cache probe a word and one table probe a token boundary; runs are short, long ones take a heap.
package final class SuperwordEncoder: PieceEncoder {
  private static let scanLimit = 24

  private let model: BytePairModel
  private let table: SuperwordTable
  private let words: any PieceEncoder
  private let merges: MergeTable
  private let open: MergeTable
  private let cuts: UnsafeMutablePointer<UInt64>
  private var ends: [Int] = []
  private let tokens = TokenBuffer()
  private let scratch = TokenBuffer()
  private let engine = HeapMergeEngine()
  private var ranks = [UInt32](repeating: MergeTable.none, count: SuperwordEncoder.scanLimit + 1)

  package init(_ model: BytePairModel, _ table: SuperwordTable) throws(ToklabError) {
    self.model = model
    self.table = table
    words = BytePairEncoder(table.words)
    merges = model.merges
    open = table.open
    cuts = .allocate(capacity: 1024)
    cuts.initialize(from: table.cuts, count: 1024)
  }

  deinit { cuts.deallocate() }

  package func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends pieceEnds: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    let firstToken = ids.count
    var start = start
    for end in pieceEnds {
      let piece = UnsafeBufferPointer(rebasing: text[start..<end])
      if model.definition.wholePieceShortcut, let id = model.vocabulary.id(of: piece),
        !model.vocabulary.isLiteral(id)
      {
        ids.append(id)
      } else {
        try encodePiece(text, start, end, into: ids)
      }
      start = end
    }
    if let lengths {
      for index in firstToken..<ids.count {
        lengths.append(UInt32(model.vocabulary.length(of: ids.base[index])))
      }
    }
  }

  package func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: nil, unknown: &unknown)
  }

  private func encodePiece(
    _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, into ids: TokenBuffer
  ) throws(ToklabError) {
    ends.removeAll(keepingCapacity: true)
    var previous = Int(text[start]) << 8
    for index in (start + 1)..<max(start + 1, end) {
      let junction = previous | Int(text[index])
      if cuts[junction >> 6] >> UInt64(junction & 63) & 1 != 0 { ends.append(index) }
      previous = Int(text[index]) << 8
    }
    ends.append(end)
    tokens.removeAll()
    let result: Result<Void, ToklabError> = ends.withUnsafeBufferPointer { ends in
      do throws(ToklabError) {
        return .success(try words.encode(text, from: start, ends: ends, into: tokens, lengths: nil))
      } catch { return .failure(error) }
    }
    try result.get()
    ids.reserve(tokens.count)
    let base = tokens.base
    let count = tokens.count
    var low = 0
    while low < count {
      var high = low &+ 1
      while high < count, open.rank(base[high &- 1], base[high]) != MergeTable.none { high &+= 1 }
      if high == low &+ 1 {
        ids.append(base[low])
      } else {
        merge(base + low, high &- low, into: ids)
      }
      low = high
    }
  }

  /// Runs the merges over tokens, which it overwrites.
  private func merge(_ run: UnsafeMutablePointer<TokenID>, _ count: Int, into ids: TokenBuffer) {
    guard count <= Self.scanLimit else {
      engine.begin()
      for index in 0..<count { engine.append(run[index]) }
      engine.merge(model)
      engine.forEach { id, _ in ids.append(id) }
      return
    }
    var remaining = count
    ranks.withUnsafeMutableBufferPointer { ranks in
      for index in 0..<(count - 1) { ranks[index] = merges.rank(run[index], run[index + 1]) }
      while remaining > 1 {
        var best = MergeTable.none
        var at = 0
        for index in 0..<(remaining - 1) where ranks[index] < best {
          best = ranks[index]
          at = index
        }
        if best == MergeTable.none { break }
        run[at] = model.result(of: best)
        remaining -= 1
        for index in (at + 1)..<max(at + 1, remaining) {
          run[index] = run[index + 1]
          ranks[index] = ranks[index + 1]
        }
        if at + 1 < remaining { ranks[at] = merges.rank(run[at], run[at + 1]) }
        if at > 0 { ranks[at - 1] = merges.rank(run[at - 1], run[at]) }
      }
    }
    ids.append(UnsafeBufferPointer(start: run, count: remaining))
  }
}
