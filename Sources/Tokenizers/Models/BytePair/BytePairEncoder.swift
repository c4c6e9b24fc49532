/// The fast encoder for byte-level BPE: cached pieces, and ``PieceMerger`` for the rest.
///
/// The piece's bytes are loaded into two words (16 readable bytes are needed, else they are copied), masked
/// by length and looked up; a hit stores three ids at once and advances by the count, so the common case
/// has no loop. The output has room for one id a byte before a block begins.
///
/// Unsafe: pointers into the text are bounded by the ends the scanner gave; see ``TokenBuffer``.
package final class BytePairEncoder: PieceEncoder {
  private let model: BytePairModel
  private let merger: PieceMerger
  private var cache = PreTokenCache()
  private var longCache = LongPieceCache()
  private let missed = TokenBuffer(capacity: 4096)
  private let shortcut: Bool

  package init(_ model: BytePairModel) {
    self.model = model
    merger = PieceMerger(model)
    shortcut = model.definition.wholePieceShortcut
  }

  @inline(__always)
  private static func key(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ length: Int, _ total: Int
  ) -> (low: UInt64, high: UInt64) {
    var low: UInt64
    var high: UInt64
    if start &+ 16 <= total {
      let raw = UnsafeRawPointer(text + start)
      low = raw.loadUnaligned(as: UInt64.self)
      high = raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    } else {
      low = 0
      high = 0
      for index in 0..<length {
        if index < 8 {
          low |= UInt64(text[start &+ index]) << UInt64(index &* 8)
        } else {
          high |= UInt64(text[start &+ index]) << UInt64(index &* 8 &- 64)
        }
      }
    }
    if length < 8 {
      low &= (1 &<< UInt64(length &* 8)) &- 1
      high = 0
    } else {
      high &= (1 &<< UInt64((length &- 8) &* 8)) &- 1
    }
    return (low, high | UInt64(length) << 56)
  }

  package func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    guard let base = text.baseAddress, let last = ends.last else { return }
    let firstToken = ids.count
    ids.reserve(last - start + 8)
    let total = text.count
    var output = ids.base + ids.count
    var start = start
    for end in ends {
      let length = end &- start
      if length <= PreTokenCache.keyLimit {
        let (low, high) = Self.key(base, start, length, total)
        let entry = cache.entry(low, high)
        if entry[1] != 0 {
          let first = entry[2]
          let count = Int(truncatingIfNeeded: first & 0xFFFF_FFFF)
          if count <= 3 {
            output[0] = UInt32(truncatingIfNeeded: first >> 32)
            UnsafeMutableRawPointer(output + 1).storeBytes(of: entry[3], as: UInt64.self)
          } else {
            output.update(from: cache.overflow(entry), count: count)
          }
          output += count
        } else {
          let tokens = miss(base + start, length)
          output.update(from: tokens.baseAddress!, count: tokens.count)
          output += tokens.count
          cache.insert(low, high, missed.base, tokens.count)
        }
      } else {
        ids.count = output - ids.base
        long(base + start, length, into: ids)
        ids.reserve(last - end + 8)
        output = ids.base + ids.count
      }
      start = end
    }
    ids.count = output - ids.base
    if let lengths {
      for index in firstToken..<ids.count {
        lengths.append(UInt32(model.vocabulary.length(of: ids.base[index])))
      }
    }
  }

  package func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    unknown: inout Int
  ) throws(ToklabError) -> Int {
    guard let base = text.baseAddress else { return 0 }
    let total = text.count
    var result = 0
    var start = start
    for end in ends {
      let length = end &- start
      if length <= PreTokenCache.keyLimit {
        let (low, high) = Self.key(base, start, length, total)
        let entry = cache.entry(low, high)
        if entry[1] != 0 {
          result &+= Int(truncatingIfNeeded: entry[2] & 0xFFFF_FFFF)
        } else {
          let tokens = miss(base + start, length)
          cache.insert(low, high, missed.base, tokens.count)
          result &+= tokens.count
        }
      } else {
        missed.removeAll()
        long(base + start, length, into: missed)
        result &+= missed.count
      }
      start = end
    }
    return result
  }

  /// Encodes a piece that is not in the cache into `missed`.
  private func miss(_ piece: UnsafePointer<UInt8>, _ length: Int) -> UnsafeBufferPointer<TokenID> {
    missed.removeAll()
    encodeUncached(piece, length, into: missed)
    return missed.buffer
  }

  private func encodeUncached(_ piece: UnsafePointer<UInt8>, _ length: Int, into ids: TokenBuffer) {
    if shortcut {
      let id = model.vocabulary.storage.find(piece, length)
      if id != VocabularyStorage.none, !model.vocabulary.isLiteral(id) {
        ids.append(id)
        return
      }
    }
    merger.encode(piece, length, into: ids)
  }

  private func long(_ piece: UnsafePointer<UInt8>, _ length: Int, into ids: TokenBuffer) {
    guard length <= LongPieceCache.keyLimit else {
      encodeUncached(piece, length, into: ids)
      return
    }
    let hash = ByteHash.hash(piece, length)
    let isCached = longCache.withTokens(of: piece, length, hash: hash) { tokens in
      ids.reserve(tokens.count)
      (ids.base + ids.count).update(from: tokens.baseAddress!, count: tokens.count)
      ids.count &+= tokens.count
    }
    if isCached { return }
    let first = ids.count
    encodeUncached(piece, length, into: ids)
    longCache.insert(
      piece, length, hash: hash, UnsafeBufferPointer(start: ids.base + first, count: ids.count - first))
  }
}
