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
  /// The pieces of a batch that no cache holds.
  private let misses: UnsafeMutablePointer<Miss>

  private struct Miss {
    var start = 0
    var length = 0
    var hash: UInt64 = 0
    /// The number in the batch.
    var piece = 0
  }

  package init(_ model: BytePairModel) {
    self.model = model
    merger = PieceMerger(model)
    shortcut = model.definition.wholePieceShortcut
    keys = .allocate(capacity: Self.batch)
    keys.initialize(repeating: PreTokenCache.Key(), count: Self.batch)
    misses = .allocate(capacity: Self.batch)
    misses.initialize(repeating: Miss(), count: Self.batch)
  }

  deinit {
    keys.deallocate()
    misses.deallocate()
  }

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
      var isResolved = false
      for index in 0..<count {
        let end = batchEnds[index]
        let length = end &- start
        if length <= PreTokenCache.keyLimit {
          var entry = cache.entry(keys[index])
          if entry[1] == 0, !isResolved {
            resolve(base, from: start, batchEnds, index..<count)
            isResolved = true
            entry = cache.entry(keys[index])
          }
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
      var isResolved = false
      for index in 0..<count {
        let end = batchEnds[index]
        let length = end &- start
        if length <= PreTokenCache.keyLimit {
          var entry = cache.entry(keys[index])
          if entry[1] == 0, !isResolved {
            resolve(base, from: start, batchEnds, index..<count)
            isResolved = true
            entry = cache.entry(keys[index])
          }
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

  /// Puts the pieces of a batch that the caches lack into them, all at once.
  ///
  /// Pieces that the vocabulary holds are found first, their memory asked for before; the others go
  /// through ``InterleavedMerger``. A cache that starts afresh meanwhile may lose some again; the caller
  /// asks once more.
  @inline(never)
  private func resolve(
    _ text: UnsafePointer<UInt8>, from start: Int, _ ends: UnsafePointer<Int>, _ batch: Range<Int>
  ) {
    var count = 0
    var start = start
    for index in batch {
      let end = ends[index]
      let length = end &- start
      if length <= PreTokenCache.keyLimit {
        if cache.entry(keys[index])[1] == 0 {
          let hash = ByteHash.hash(text + start, length)
          if shortcut { model.vocabulary.storage.prefetch(hash: hash) }
          misses[count] = Miss(start: start, length: length, hash: hash, piece: index)
          count &+= 1
        }
      } else if length <= InterleavedMerger.pieceLimit {
        let hash = ByteHash.hash(text + start, length)
        if !longCache.contains(text + start, length, hash: hash) {
          if shortcut { model.vocabulary.storage.prefetch(hash: hash) }
          misses[count] = Miss(start: start, length: length, hash: hash, piece: index)
          count &+= 1
        }
      }
      start = end
    }
    var open = 0
    for index in 0..<count {
      let miss = misses[index]
      if shortcut {
        var id = model.vocabulary.storage.find(text + miss.start, miss.length, hash: miss.hash)
        if id != VocabularyStorage.none, !model.vocabulary.isLiteral(id) {
          store(text, miss, &id, 1)
          continue
        }
      }
      misses[open] = miss
      open &+= 1
    }
    merger.interleaved.merge(
      open, bytes: { (text + misses[$0].start, misses[$0].length) },
      done: { store(text, misses[$0], $1, $2) })
  }

  /// Caches the tokens of a piece, unless the batch holds it twice and it is there by now.
  @inline(__always)
  private func store(
    _ text: UnsafePointer<UInt8>, _ miss: Miss, _ tokens: UnsafeMutablePointer<TokenID>, _ count: Int
  ) {
    if miss.length <= PreTokenCache.keyLimit {
      let key = keys[miss.piece]
      if cache.entry(key)[1] == 0 { cache.insert(key, tokens, count) }
    } else if !longCache.contains(text + miss.start, miss.length, hash: miss.hash) {
      longCache.insert(
        text + miss.start, miss.length, hash: miss.hash, UnsafeBufferPointer(start: tokens, count: count))
    }
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
    if let tokens = longCache.tokens(of: piece, length, hash: hash) { return ids.append(tokens) }
    let first = ids.count
    encodeUncached(piece, length, into: ids)
    longCache.insert(
      piece, length, hash: hash, UnsafeBufferPointer(start: ids.base + first, count: ids.count - first))
  }
}
