/// Encodes one piece without remembering anything: what a model plugs into ``CachedPieceEncoder``.
package protocol UncachedPieceEncoder {
  /// ``PieceEncoder/begin(document:)``.
  mutating func begin(document number: Int)

  /// Appends the tokens of one piece, and for each the bytes of the piece it stands for.
  mutating func encode(
    _ piece: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError)
}

extension UncachedPieceEncoder {
  package mutating func begin(document number: Int) {}
}

/// Gives any model whose pieces do not depend on each other the two caches of pre-tokens, and cuts pieces at
/// spaces where the model says that nothing spans them.
///
/// Cost of a hit: one probe and one comparison, as in ``BytePairEncoder``.
package final class CachedPieceEncoder<Engine: UncachedPieceEncoder>: PieceEncoder {
  private var engine: Engine
  private let cuts: SpaceCuts?
  private let wholePieces: Vocabulary?
  private let unknownID: TokenID?
  private let remembers: Bool
  private var cache = PreTokenCache()
  private var longCache = LongPieceCache()
  private let missed = TokenBuffer()
  private let scratch = TokenBuffer()

  /// - Parameters:
  ///   - cuts: where pieces may be cut; nil keeps them whole.
  ///   - wholePieces: a vocabulary whose entries are taken whole when a piece is one of them.
  ///   - remembers: false for an engine that draws lots.
  package init(
    _ engine: Engine, unknownID: TokenID?, cuts: SpaceCuts? = nil, wholePieces: Vocabulary? = nil,
    remembers: Bool = true
  ) {
    self.engine = engine
    self.remembers = remembers
    self.unknownID = unknownID
    self.cuts = cuts
    self.wholePieces = wholePieces
  }

  package func begin(document number: Int) { if !remembers { engine.begin(document: number) } }

  package func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    guard let base = text.baseAddress else { return }
    var position = start
    for end in ends {
      if let wholePieces, let id = wholePieces.id(of: UnsafeBufferPointer(rebasing: text[position..<end])),
        !wholePieces.isLiteral(id)
      {
        ids.append(id)
        lengths?.append(UInt32(truncatingIfNeeded: end - position))
        position = end
        continue
      }
      while position < end {
        let next = cuts?.next(base, after: position, end) ?? end
        do throws(ToklabError) {
          if lengths != nil || !remembers {
            try engine.encode(
              UnsafeBufferPointer(rebasing: text[position..<next]), into: ids, lengths: lengths)
          } else if next &- position <= PreTokenCache.keyLimit {
            try short(base + position, next &- position, available: text.count &- position, into: ids)
          } else {
            try long(UnsafeBufferPointer(rebasing: text[position..<next]), into: ids)
          }
        } catch {
          throw error.shifted(by: position)
        }
        position = next
      }
    }
  }

  package func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: unknownID, unknown: &unknown)
  }

  @inline(__always)
  private func short(
    _ piece: UnsafePointer<UInt8>, _ length: Int, available: Int, into ids: TokenBuffer
  ) throws(ToklabError) {
    let key = PreTokenCache.Key(piece, 0, length, available)
    let entry = cache.entry(key)
    if entry[1] == 0 {
      missed.removeAll()
      try engine.encode(UnsafeBufferPointer(start: piece, count: length), into: missed, lengths: nil)
      ids.append(missed.buffer)
      cache.insert(key, missed.base, missed.count)
      return
    }
    let first = entry[2]
    let count = Int(truncatingIfNeeded: first & 0xFFFF_FFFF)
    ids.reserve(count &+ 3)
    let output = ids.base + ids.count
    if count <= 3 {
      output[0] = UInt32(truncatingIfNeeded: first >> 32)
      UnsafeMutableRawPointer(output + 1).storeBytes(of: entry[3], as: UInt64.self)
    } else {
      output.update(from: cache.overflow(entry), count: count)
    }
    ids.count &+= count
  }

  private func long(_ piece: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer) throws(ToklabError) {
    guard piece.count <= LongPieceCache.keyLimit else {
      return try engine.encode(piece, into: ids, lengths: nil)
    }
    let base = piece.baseAddress!
    let hash = ByteHash.hash(base, piece.count)
    if let tokens = longCache.tokens(of: base, piece.count, hash: hash) { return ids.append(tokens) }
    let first = ids.count
    try engine.encode(piece, into: ids, lengths: nil)
    longCache.insert(
      base, piece.count, hash: hash,
      UnsafeBufferPointer(start: ids.base + first, count: ids.count - first))
  }
}

extension TokenBuffer {
  package func append(_ tokens: UnsafeBufferPointer<TokenID>) {
    guard let source = tokens.baseAddress, !tokens.isEmpty else { return }
    reserve(tokens.count)
    (base + count).update(from: source, count: tokens.count)
    count &+= tokens.count
  }
}
