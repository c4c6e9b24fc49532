import TestSupport
import Testing
import Tokenizers

/// The two memories of pieces against a dictionary, through growth and fresh starts.
@Suite struct PieceCacheTests {
  @Test(arguments: [12, 14]) func longPiecesAreThoseOfADictionary(maximumBits: Int) {
    var text = RandomText(seed: 31)
    var cache = LongPieceCache(maximumBits: maximumBits)
    var known: [[UInt8]: [TokenID]] = [:]
    var hits = 0
    for number in 0..<20_000 {
      // Few letters, so that pieces share their beginnings and some come again.
      let count = 8 + text.random.below(number % 7 == 0 ? 248 : 4)
      let piece = text.string(of: Array("ab".utf8), count: count)
      let hash = piece.withUnsafeBufferPointer { ByteHash.hash($0.baseAddress!, count) }
      piece.withUnsafeBufferPointer { buffer in
        if let found = cache.tokens(of: buffer.baseAddress!, count, hash: hash) {
          hits += 1
          #expect(Array(found) == known[piece])
          return
        }
        let tokens = (0..<text.random.below(6)).map { TokenID(number * 8 + $0) }
        let isMarked = number % 3 == 0
        tokens.withUnsafeBufferPointer {
          cache.insert(
            buffer.baseAddress!, count, hash: hash, prefix: isMarked ? UInt64(number) << 33 | 5 : nil, $0)
        }
        known[piece] = (isMarked ? [5, TokenID(number * 2)] : []) + tokens
        let isThere = cache.contains(buffer.baseAddress!, count, hash: hash)
        #expect(isThere)
      }
    }
    #expect(hits > 5000)
  }

  /// The mask of a key is by its length; a mark tells equal bytes apart.
  @Test func keysHoldTheirPieceAlone() {
    let text = Array("abcdefghijklmnopqrstuvwxyz".utf8)
    text.withUnsafeBufferPointer { buffer in
      let base = buffer.baseAddress!
      for length in 0...PieceTable.keyLimit {
        var table = PieceTable(maximumBits: 14)
        // At the end of readable memory the key is made byte by byte.
        let far = PieceTable.Key(base, 0, length, buffer.count)
        let near = PieceTable.Key(base, 0, length, length)
        let marked = PieceTable.Key(base, 0, length, buffer.count, mark: 0x80)
        let entry = table.add(marked)
        entry[2] = 7
        if length > 0 {
          let before = table.entry(near)[1]
          table.add(near)[2] = 8
          let after = table.entry(far)[2]
          #expect(before == 0 && after == 8)
        }
        let found = table.entry(marked)[2]
        #expect(found == 7)
      }
    }
  }
}
