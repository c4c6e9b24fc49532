/// The tokens a trainer has made so far: id ↔ bytes, growing.
struct TokenTable {
  private(set) var blob: [UInt8] = []
  private(set) var ends: [Int] = []
  private var slots: [UInt32]

  /// - Parameter capacity: a hint; what no vocabulary can have is taken for the largest there is.
  init(capacity: Int) {
    let capacity = min(capacity, VocabularyBuilder.maximumCapacity)
    var size = 1024
    while size < capacity * 2 { size <<= 1 }
    slots = [UInt32](repeating: .max, count: size)
    ends.reserveCapacity(capacity)
  }

  var count: Int { ends.count }

  func range(_ id: TokenID) -> Range<Int> { (id == 0 ? 0 : ends[Int(id) - 1])..<ends[Int(id)] }

  func length(_ id: TokenID) -> Int { range(id).count }

  subscript(_ id: TokenID) -> [UInt8] { Array(blob[range(id)]) }

  /// The token of these bytes, or nil.
  func id(of bytes: [UInt8]) -> TokenID? {
    let slot = find(bytes)
    return slots[slot] == .max ? nil : slots[slot]
  }

  /// Appends a token. One that must not be found by its bytes is `hidden`.
  mutating func append(_ bytes: [UInt8], hidden: Bool = false) {
    if !hidden {
      let slot = find(bytes)
      if slots[slot] == .max { slots[slot] = UInt32(ends.count) }
    }
    blob += bytes
    ends.append(blob.count)
    if ends.count * 2 > slots.count {
      var bigger = TokenTable(capacity: slots.count)
      bigger.blob = blob
      bigger.ends = ends
      for id in slots where id != .max { bigger.slots[bigger.find(bigger[id])] = id }
      self = bigger
    }
  }

  /// The table when it had `count` tokens.
  func prefix(_ count: Int) -> TokenTable {
    var table = TokenTable(capacity: count)
    for id in 0..<count {
      let bytes = self[TokenID(id)]
      table.append(bytes, hidden: self.id(of: bytes) != TokenID(id))
    }
    return table
  }

  private func find(_ bytes: [UInt8]) -> Int {
    let mask = slots.count - 1
    var index = bytes.withUnsafeBufferPointer {
      $0.isEmpty ? 0 : Int(truncatingIfNeeded: ByteHash.hash($0.baseAddress!, $0.count)) & mask
    }
    while slots[index] != .max, !blob[range(slots[index])].elementsEqual(bytes) {
      index = (index + 1) & mask
    }
    return index
  }
}
