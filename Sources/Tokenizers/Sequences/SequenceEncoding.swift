/// A sequence, or a pair of them, as a model takes it: tokens with the columns that tell them apart.
///
/// All columns have one entry a token. Source of their meaning: huggingface/tokenizers,
/// `tokenizers/src/tokenizer/encoding.rs`.
public struct SequenceEncoding: Sendable, Equatable {
  public var ids: [TokenID] = []
  /// The part of the input a token belongs to, as the post-processor numbers them.
  public var typeIDs: [UInt32] = []
  /// The bytes of the token's own sequence it came from; 0..<0 for special tokens and padding.
  public var offsets: [Range<Int>] = []
  /// True where the post-processor or the padding put the token.
  public var isSpecial: [Bool] = []
  /// False for padding.
  public var isAttended: [Bool] = []
  /// What truncation cut off, in parts of the same length, each processed like the first.
  public var overflow: [SequenceEncoding] = []

  public var count: Int { ids.count }

  public init() {}

  init(_ encoding: Encoding, typeID: UInt32) {
    let count = encoding.ids.count
    ids = encoding.ids
    offsets = encoding.offsets
    typeIDs = Array(repeating: typeID, count: count)
    isSpecial = Array(repeating: false, count: count)
    isAttended = Array(repeating: true, count: count)
  }

  init(special ids: [TokenID], typeID: UInt32) {
    self.ids = ids
    typeIDs = Array(repeating: typeID, count: ids.count)
    offsets = Array(repeating: 0..<0, count: ids.count)
    isSpecial = Array(repeating: true, count: ids.count)
    isAttended = Array(repeating: true, count: ids.count)
  }

  private func part(_ range: Range<Int>) -> SequenceEncoding {
    var part = SequenceEncoding()
    part.ids = Array(ids[range])
    part.typeIDs = Array(typeIDs[range])
    part.offsets = Array(offsets[range])
    part.isSpecial = Array(isSpecial[range])
    part.isAttended = Array(isAttended[range])
    return part
  }

  /// Keeps `length` tokens; the rest becomes ``overflow``, in parts that share `stride` tokens with the one
  /// before.
  ///
  /// - Throws: ``ToklabError`` when parts of that length would not advance.
  mutating func truncate(to length: Int, stride: Int, side: SequenceSide) throws(ToklabError) {
    if length >= count { return }
    if length == 0 {
      let whole = self
      self = SequenceEncoding()
      overflow = [whole]
      return
    }
    guard stride < length else {
      throw ToklabError(
        "a stride of \(stride) for sequences of \(length) tokens", expected: "a stride below the length",
        advice:
          "the length is what special tokens and the other sequence leave; allow more or lower the stride"
      )
    }
    var parts: [Range<Int>] = []
    switch side {
    case .right:
      var start = 0
      while true {
        let end = min(start + length, count)
        parts.append(start..<end)
        if end == count { break }
        start += length - stride
      }
    case .left:
      var end = count
      while true {
        let start = max(0, end - length)
        parts.append(start..<end)
        if start == 0 { break }
        end -= length - stride
      }
    }
    let overflow = parts.dropFirst().map { part($0) }
    self = part(parts[0])
    self.overflow = overflow
  }

  /// Appends another encoding; overflowing parts of both are combined in every way, as the reference library
  /// does.
  mutating func append(_ other: SequenceEncoding) {
    var combined: [SequenceEncoding] = []
    for part in overflow {
      for following in [other] + other.overflow {
        var both = part
        both.append(following)
        combined.append(both)
      }
    }
    for following in other.overflow {
      var both = self
      both.append(following)
      combined.append(both)
    }
    ids += other.ids
    typeIDs += other.typeIDs
    offsets += other.offsets
    isSpecial += other.isSpecial
    isAttended += other.isAttended
    overflow = combined
  }

  /// Fills up to `length` tokens, in the overflowing parts too.
  mutating func pad(to length: Int, _ padding: PaddingDefinition) {
    for index in overflow.indices { overflow[index].pad(to: length, padding) }
    let missing = length - count
    if missing <= 0 { return }
    let place = padding.direction == .left ? 0 : count
    ids.insert(contentsOf: repeatElement(padding.padID, count: missing), at: place)
    typeIDs.insert(contentsOf: repeatElement(UInt32(clamping: padding.padTypeID), count: missing), at: place)
    offsets.insert(contentsOf: repeatElement(0..<0, count: missing), at: place)
    isSpecial.insert(contentsOf: repeatElement(true, count: missing), at: place)
    isAttended.insert(contentsOf: repeatElement(false, count: missing), at: place)
  }
}
