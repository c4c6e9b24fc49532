import CIntrinsics

/// The tokens of a model: id ↔ bytes.
///
/// Representation: one blob of bytes and `capacity + 1` offsets into it, so that the bytes of token `t`
/// are `blob[offsets[t] ..< offsets[t + 1]]`; and an open-addressing index from bytes to id that
/// compares whole keys. Keys are bytes, never `String`: Swift's string equality is canonical and would
/// merge the NFC and NFD spellings of one word.
///
/// Invariants: offsets ascend; an id is either present or a hole; among the tokens that are not
/// literals no two have the same bytes. *Literals* are entries of a byte-level vocabulary whose spelling
/// in the file is not in the byte alphabet (added tokens such as `<｜end▁of▁sentence｜>` that a file
/// lists among the ordinary ones); no text ever encodes to them through the model, and ``id(of:)``
/// prefers ordinary tokens.
///
/// Cost: building is linear in the bytes; look-up is one hash and on average less than two comparisons.
public struct Vocabulary: Sendable {
  package let storage: VocabularyStorage

  package init(storage: VocabularyStorage) { self.storage = storage }

  /// A vocabulary whose token `i` is `tokens[i]`.
  ///
  /// - Throws: ``ToklabError`` when two tokens are equal.
  public init(_ tokens: [[UInt8]]) throws(ToklabError) {
    var builder = VocabularyBuilder()
    for (id, token) in tokens.enumerated() { builder.append(id: TokenID(id), token) }
    self = try builder.build()
  }

  /// One more than the largest id: the number of rows an embedding table needs.
  public var capacity: Int { storage.capacity }

  /// The number of tokens; smaller than ``capacity`` when ids have holes.
  public var count: Int { storage.capacity - storage.holes.count }

  /// Ids below ``capacity`` that no token has, ascending.
  public var holes: [TokenID] { storage.holes }

  /// Tokens of a byte-level vocabulary that are spelled outside the byte alphabet, ascending.
  public var literals: [TokenID] { storage.literals }

  public func contains(_ id: TokenID) -> Bool {
    Int(id) < storage.capacity && !storage.isHole(id)
  }

  public func isLiteral(_ id: TokenID) -> Bool {
    !storage.literals.isEmpty && storage.literalSet.contains(id)
  }

  /// The bytes of a token; empty for a hole or an id out of range.
  public subscript(_ id: TokenID) -> [UInt8] {
    withBytes(of: id) { Array($0) }
  }

  /// The length in bytes of a token; 0 for a hole or an id out of range.
  public func length(of id: TokenID) -> Int {
    guard Int(id) < storage.capacity else { return 0 }
    return Int(storage.offsets[Int(id) + 1] - storage.offsets[Int(id)])
  }

  /// Calls `body` with the bytes of a token in place.
  @inlinable
  public func withBytes<R>(of id: TokenID, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    try body(bytes(of: id))
  }

  /// The bytes of a token in place; valid while the vocabulary lives.
  @usableFromInline
  package func bytes(of id: TokenID) -> UnsafeBufferPointer<UInt8> {
    guard Int(id) < storage.capacity else { return UnsafeBufferPointer(start: nil, count: 0) }
    let start = Int(storage.offsets[Int(id)])
    return UnsafeBufferPointer(
      start: storage.blob + start, count: Int(storage.offsets[Int(id) + 1]) - start)
  }

  /// The id of exactly these bytes, or nil.
  public func id(of bytes: [UInt8]) -> TokenID? {
    bytes.withUnsafeBufferPointer { id(of: $0) }
  }

  /// The id of exactly these bytes, or nil.
  public func id(of bytes: UnsafeBufferPointer<UInt8>) -> TokenID? {
    let slot = storage.find(bytes.baseAddress ?? UnsafePointer(storage.blob), bytes.count)
    return slot == VocabularyStorage.none ? nil : slot
  }

  /// The id of exactly these UTF-8 bytes, or nil.
  public func id(of text: String) -> TokenID? { id(of: Array(text.utf8)) }

  /// The length in bytes of the longest token.
  public var longestTokenLength: Int { storage.longest }
}

/// The immutable memory behind a ``Vocabulary``.
///
/// Unsafe: raw blob, offsets and index, since every encoder reads them per byte or per piece; measured
/// against checked arrays the look-up is 1.2 times as fast. All memory is written before the object is
/// shared and freed with it.
package final class VocabularyStorage: @unchecked Sendable {
  package static let none = TokenID.max

  package let capacity: Int
  package let blob: UnsafeMutablePointer<UInt8>
  package let offsets: UnsafeMutablePointer<UInt32>
  package let holes: [TokenID]
  package let literals: [TokenID]
  package let literalSet: Set<TokenID>
  package let longest: Int
  private let holeSet: Set<TokenID>
  /// Slot = (id + 1) in the low half, 32 bits of the hash in the high half; 0 is free.
  private let slots: UnsafeMutablePointer<UInt64>
  private let mask: Int

  /// - Parameters:
  ///   - blob: allocated by the caller, owned from here on, readable for 16 bytes past the last token.
  ///   - offsets: `capacity + 1` ascending offsets, owned from here on.
  /// - Throws: the two ids of the first pair of equal ordinary tokens.
  package init(
    capacity: Int, blob: UnsafeMutablePointer<UInt8>, offsets: UnsafeMutablePointer<UInt32>,
    holes: [TokenID], literals: [TokenID]
  ) throws(DuplicateToken) {
    self.capacity = capacity
    self.blob = blob
    self.offsets = offsets
    self.holes = holes
    self.literals = literals
    self.holeSet = Set(holes)
    self.literalSet = Set(literals)
    var size = 16
    while size < capacity * 2 { size <<= 1 }
    mask = size - 1
    slots = .allocate(capacity: size)
    slots.initialize(repeating: 0, count: size)
    var longest = 0
    for id in 0..<capacity { longest = max(longest, Int(offsets[id + 1] - offsets[id])) }
    self.longest = longest
    let holeSet = self.holeSet
    let literalSet = self.literalSet
    for id in 0..<capacity where holeSet.isEmpty || !holeSet.contains(TokenID(id)) {
      if !literalSet.isEmpty && literalSet.contains(TokenID(id)) { continue }
      if let other = insert(TokenID(id)) { throw DuplicateToken(first: other, second: TokenID(id)) }
    }
    for id in literals { _ = insert(id) }
  }

  deinit {
    blob.deallocate()
    offsets.deallocate()
    slots.deallocate()
  }

  package func isHole(_ id: TokenID) -> Bool { !holeSet.isEmpty && holeSet.contains(id) }

  private func insert(_ id: TokenID) -> TokenID? {
    let start = Int(offsets[Int(id)])
    let count = Int(offsets[Int(id) + 1]) - start
    let hash = ByteHash.hash(blob + start, count)
    var index = Int(truncatingIfNeeded: hash) & mask
    let tag = hash & 0xFFFF_FFFF_0000_0000
    while slots[index] != 0 {
      if slots[index] & 0xFFFF_FFFF_0000_0000 == tag {
        let other = UInt32(truncatingIfNeeded: slots[index]) &- 1
        if equal(other, blob + start, count) { return other }
      }
      index = (index &+ 1) & mask
    }
    slots[index] = tag | UInt64(id &+ 1)
    return nil
  }

  @inline(__always)
  private func equal(_ id: TokenID, _ pointer: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    let start = Int(offsets[Int(id)])
    guard Int(offsets[Int(id) &+ 1]) &- start == count else { return false }
    let token = blob + start
    for i in 0..<count where token[i] != pointer[i] { return false }
    return true
  }

  /// The id of `count` bytes at `pointer`, or ``none``.
  @inline(__always)
  package func find(_ pointer: UnsafePointer<UInt8>, _ count: Int) -> TokenID {
    find(pointer, count, hash: ByteHash.hash(pointer, count))
  }

  /// Asks for the memory where the search for a key with this hash begins.
  @inline(__always)
  package func prefetch(hash: UInt64) {
    toklab_prefetch(slots + (Int(truncatingIfNeeded: hash) & mask))
  }

  /// The same with the hash of the bytes known.
  @inline(__always)
  package func find(_ pointer: UnsafePointer<UInt8>, _ count: Int, hash: UInt64) -> TokenID {
    var index = Int(truncatingIfNeeded: hash) & mask
    let tag = hash & 0xFFFF_FFFF_0000_0000
    while true {
      let slot = slots[index]
      if slot == 0 { return Self.none }
      if slot & 0xFFFF_FFFF_0000_0000 == tag {
        let id = UInt32(truncatingIfNeeded: slot) &- 1
        if equal(id, pointer, count) { return id }
      }
      index = (index &+ 1) & mask
    }
  }
}

package struct DuplicateToken: Error {
  package let first: TokenID
  package let second: TokenID
}
