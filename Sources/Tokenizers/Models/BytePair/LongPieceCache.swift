import CIntrinsics

/// Piece bytes → its tokens, for pieces too long for a ``PieceTable``: of 8 to 255 bytes.
///
/// A slot holds the hash of a piece and the place of its record in an arena: the lengths, the tokens and the
/// bytes, of which a hit compares all, eight at a time. Open addressing, at most half full; bounded like
/// ``PieceTable``.
///
/// Unsafe: raw memory, since Swift arrays cost a check of exclusive access and of bounds a step, a third of the
/// time of multilingual unigram encoding; indices are masked, places written by this type alone.
package struct LongPieceCache: ~Copyable {
  package static let keyLimit = 255
  /// In words: records end the life of a table when they fill this.
  private static let maximumArena = 1 << 23

  /// Two words each: the hash, and one more than the place (0 in a free slot).
  private var slots: UnsafeMutablePointer<UInt64>
  private let maximumBits: Int
  private var bits = 12
  private var used = 0
  /// Records of whole words: lengths (bytes | tokens << 32), two tokens a word, eight bytes a word.
  private var arena: UnsafeMutablePointer<UInt64>
  private var arenaCount = 0
  private var arenaCapacity = 1 << 12

  /// - Parameter maximumBits: the table starts afresh when half of 2 to this many slots are taken.
  package init(maximumBits: Int = 20) {
    self.maximumBits = maximumBits
    slots = Self.table(bits)
    arena = .allocate(capacity: arenaCapacity)
  }

  deinit {
    RawPages.release(slots, bytes: 16 << bits)
    arena.deallocate()
  }

  private static func table(_ bits: Int) -> UnsafeMutablePointer<UInt64> {
    RawPages.allocateTable(bytes: 16 << bits).bindMemory(to: UInt64.self, capacity: 2 << bits)
  }

  @inline(__always)
  package func prefetch(hash: UInt64) {
    toklab_prefetch(slots + (Int(truncatingIfNeeded: hash) & ((1 &<< bits) &- 1)) &* 2)
  }

  /// The tokens of a piece, or nil when it is not cached; they stay where they are until the next insertion.
  ///
  /// - Parameter hash: ``ByteHash/hash(_:_:)`` of the piece.
  @inline(__always)
  package func tokens(
    of piece: UnsafePointer<UInt8>, _ count: Int, hash: UInt64
  ) -> UnsafeBufferPointer<TokenID>? {
    let mask = (1 &<< bits) &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let entry = slots + slot &* 2
      if entry[1] == 0 { return nil }
      if entry[0] == hash, let tokens = record(Int(truncatingIfNeeded: entry[1] &- 1), piece, count) {
        return tokens
      }
      slot = (slot &+ 1) & mask
    }
  }

  /// The tokens of the record at `place` if it is that of the piece.
  @inline(__always)
  private func record(
    _ place: Int, _ piece: UnsafePointer<UInt8>, _ count: Int
  ) -> UnsafeBufferPointer<TokenID>? {
    let lengths = arena[place]
    guard lengths & 0xFFFF_FFFF == UInt64(count) else { return nil }
    let tokenCount = Int(truncatingIfNeeded: lengths >> 32)
    let tokens = arena + (place &+ 1)
    let key = UnsafeRawPointer(tokens + (tokenCount &+ 1) &>> 1)
    let bytes = UnsafeRawPointer(piece)
    var at = 0
    // The last word may overlap the one before it; a piece has at least eight bytes.
    while at < count {
      let start = min(at, count &- 8)
      if key.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        != bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
      {
        return nil
      }
      at &+= 8
    }
    return UnsafeBufferPointer(
      start: UnsafeRawPointer(tokens).assumingMemoryBound(to: TokenID.self), count: tokenCount)
  }

  package func contains(_ piece: UnsafePointer<UInt8>, _ count: Int, hash: UInt64) -> Bool {
    tokens(of: piece, count, hash: hash) != nil
  }

  /// Adds a piece that is not there, of at least eight bytes; `prefix` are words to stand before its tokens.
  package mutating func insert(
    _ piece: UnsafePointer<UInt8>, _ count: Int, hash: UInt64, prefix: UInt64? = nil,
    _ produced: UnsafeBufferPointer<TokenID>
  ) {
    precondition(count >= 8)
    let tokenCount = produced.count + (prefix == nil ? 0 : 2)
    let size = 1 + (tokenCount + 1) / 2 + (count + 7) / 8
    if (used + 1) * 2 > 1 << bits || arenaCount + size > Self.maximumArena { makeRoom(size) }
    if arenaCount + size > arenaCapacity { growArena(size) }
    let place = arenaCount
    arenaCount += size
    arena[place] = UInt64(count) | UInt64(tokenCount) << 32
    var tokens = UnsafeMutableRawPointer(arena + (place + 1))
    let key = tokens + (tokenCount + 1) / 2 * 8
    if let prefix {
      tokens.storeBytes(of: prefix, as: UInt64.self)
      tokens += 8
    }
    if let source = produced.baseAddress {
      tokens.copyMemory(from: source, byteCount: produced.count * MemoryLayout<TokenID>.stride)
    }
    key.copyMemory(from: piece, byteCount: count)
    set(hash, place)
    used += 1
  }

  private func set(_ hash: UInt64, _ place: Int) {
    let mask = (1 << bits) - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot * 2 + 1] != 0 { slot = (slot + 1) & mask }
    slots[slot * 2] = hash
    slots[slot * 2 + 1] = UInt64(place + 1)
  }

  private mutating func growArena(_ extra: Int) {
    while arenaCapacity < arenaCount + extra { arenaCapacity *= 2 }
    let new = UnsafeMutablePointer<UInt64>.allocate(capacity: arenaCapacity)
    new.update(from: arena, count: arenaCount)
    arena.deallocate()
    arena = new
  }

  private mutating func makeRoom(_ size: Int) {
    let oldSize = 1 << bits
    if bits >= maximumBits || arenaCount + size > Self.maximumArena {
      slots.update(repeating: 0, count: oldSize * 2)
      used = 0
      arenaCount = 0
      return
    }
    let old = slots
    bits += 2
    slots = Self.table(bits)
    for index in 0..<oldSize where old[index * 2 + 1] != 0 {
      set(old[index * 2], Int(old[index * 2 + 1] - 1))
    }
    RawPages.release(old, bytes: oldSize * 16)
  }
}
