import CIntrinsics

/// The fast encoder for byte-level BPE: cached pieces, and ``PieceMerger`` for the rest.
///
/// Pieces are taken a batch at a time in two passes: the first loads each piece's bytes into two words,
/// masks them by length, hashes them and asks for the cache line of its entry; the second looks the keys up.
/// A hit stores three ids at once and advances by the count, so the common case has no loop. The output has
/// room for one id a byte before a block begins.
///
/// Unsafe: pointers into the text are bounded by the ends the scanner gave; see ``TokenBuffer``.
package final class BytePairEncoder: PieceEncoder {
  private static let batch = 64

  private let model: BytePairModel
  private let merger: PieceMerger
  private var cache = PreTokenCache()
  private var longCache = LongPieceCache()
  private let missed = TokenBuffer(capacity: 4096)
  private let shortcut: Bool
  private let keys: UnsafeMutablePointer<PreTokenCache.Key>

  package init(_ model: BytePairModel) {
    self.model = model
    merger = PieceMerger(model)
    shortcut = model.definition.wholePieceShortcut
    keys = .allocate(capacity: Self.batch)
    keys.initialize(repeating: PreTokenCache.Key(), count: Self.batch)
  }

  deinit { keys.deallocate() }

  /// Keys of up to ``batch`` pieces, their cache lines asked for.
  @inline(__always)
  private func prepare(
    _ text: UnsafePointer<UInt8>, _ total: Int, from start: Int, _ ends: UnsafePointer<Int>, _ count: Int
  ) {
    var start = start
    for index in 0..<count {
      let end = ends[index]
      let length = end &- start
      if length <= PreTokenCache.keyLimit {
        let key = PreTokenCache.Key(text, start, length, total)
        keys[index] = key
        cache.prefetch(key)
      }
      start = end
    }
  }

  package func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    guard let base = text.baseAddress, let last = ends.last, let allEnds = ends.baseAddress else { return }
    let firstToken = ids.count
    ids.reserve(last - start + 8)
    var output = ids.base + ids.count
    var start = start
    var done = 0
    while done < ends.count {
      let count = min(Self.batch, ends.count &- done)
      let batchEnds = allEnds + done
      prepare(base, text.count, from: start, batchEnds, count)
      for index in 0..<count {
        let end = batchEnds[index]
        let length = end &- start
        if length <= PreTokenCache.keyLimit {
          let entry = cache.entry(keys[index])
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
            let tokens = miss(base + start, length, keys[index])
            output.update(from: tokens.baseAddress!, count: tokens.count)
            output += tokens.count
          }
        } else {
          ids.count = output - ids.base
          long(base + start, length, into: ids)
          ids.reserve(last - end + 8)
          output = ids.base + ids.count
        }
        start = end
      }
      done &+= count
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
    guard let base = text.baseAddress, let allEnds = ends.baseAddress else { return 0 }
    var result = 0
    var start = start
    var done = 0
    while done < ends.count {
      let count = min(Self.batch, ends.count &- done)
      let batchEnds = allEnds + done
      prepare(base, text.count, from: start, batchEnds, count)
      for index in 0..<count {
        let end = batchEnds[index]
        let length = end &- start
        if length <= PreTokenCache.keyLimit {
          let entry = cache.entry(keys[index])
          if entry[1] != 0 {
            result &+= Int(truncatingIfNeeded: entry[2] & 0xFFFF_FFFF)
          } else {
            result &+= miss(base + start, length, keys[index]).count
          }
        } else {
          missed.removeAll()
          long(base + start, length, into: missed)
          result &+= missed.count
        }
        start = end
      }
      done &+= count
    }
    return result
  }

  /// Encodes a piece that is not in the cache into `missed`, and caches it.
  @inline(never)
  private func miss(
    _ piece: UnsafePointer<UInt8>, _ length: Int, _ key: PreTokenCache.Key
  ) -> UnsafeBufferPointer<TokenID> {
    missed.removeAll()
    encodeUncached(piece, length, into: missed)
    cache.insert(key, missed.base, missed.count)
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
