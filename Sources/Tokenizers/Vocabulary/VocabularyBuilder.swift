/// Collects tokens in any id order and makes a ``Vocabulary``.
///
/// Appending copies the bytes once; building is linear, and free of a second copy when ids came in
/// ascending order without holes.
public struct VocabularyBuilder: Sendable {
  private var blob: [UInt8] = []
  private var ends: [Int] = []
  private var ids: [TokenID] = []
  private var literals: [TokenID] = []

  /// Ids above this are refused: a file that names one is damaged or hostile.
  public static let maximumCapacity = 1 << 21

  /// - Throws: ``ToklabError`` for more tokens than a vocabulary can have: before work is done, and memory
  ///   reserved, for what cannot be built.
  static func checkSize(_ size: Int) throws(ToklabError) {
    guard size <= maximumCapacity else {
      throw ToklabError(
        "a vocabulary size of \(size)", expected: "at most \(maximumCapacity)",
        advice: "give a smaller --vocab-size")
    }
  }

  public init() {}

  public mutating func reserveCapacity(tokens: Int, bytes: Int) {
    blob.reserveCapacity(bytes)
    ends.reserveCapacity(tokens)
    ids.reserveCapacity(tokens)
  }

  public mutating func append(id: TokenID, _ bytes: some Sequence<UInt8>, literal: Bool = false) {
    blob.append(contentsOf: bytes)
    ends.append(blob.count)
    ids.append(id)
    if literal { literals.append(id) }
  }

  public var count: Int { ids.count }

  /// - Throws: ``ToklabError`` for an id used twice, two ids with the same bytes, or an id of
  ///   ``maximumCapacity`` or more.
  public func build() throws(ToklabError) -> Vocabulary {
    let capacity = (ids.max().map { Int($0) + 1 }) ?? 0
    guard capacity <= Self.maximumCapacity else {
      throw ToklabError(
        "token id \(capacity - 1)", expected: "ids below \(Self.maximumCapacity)",
        advice: "check that the file is a tokenizer")
    }
    guard blob.count < Int(UInt32.max) - 64 else {
      throw ToklabError("a vocabulary of \(blob.count) bytes", expected: "less than 4 GiB")
    }
    var source = [Int32](repeating: -1, count: capacity)
    for (index, id) in ids.enumerated() {
      guard source[Int(id)] < 0 else {
        throw ToklabError(
          "id \(id) is given to two tokens: \(escape(Int(source[Int(id)]))) and \(escape(index))",
          expected: "one token an id")
      }
      source[Int(id)] = Int32(index)
    }
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: blob.count + 16)
    let offsets = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity + 1)
    var holes: [TokenID] = []
    var position = 0
    blob.withUnsafeBufferPointer { blob in
      for id in 0..<capacity {
        offsets[id] = UInt32(position)
        let index = Int(source[id])
        guard index >= 0 else {
          holes.append(TokenID(id))
          continue
        }
        let start = index == 0 ? 0 : ends[index - 1]
        let length = ends[index] - start
        if length > 0 {
          (bytes + position).initialize(from: blob.baseAddress! + start, count: length)
          position += length
        }
      }
    }
    offsets[capacity] = UInt32(position)
    (bytes + position).initialize(repeating: 0, count: 16 + blob.count - position)
    do {
      return Vocabulary(
        storage: try VocabularyStorage(
          capacity: capacity, blob: bytes, offsets: offsets, holes: holes, literals: literals.sorted()))
    } catch {
      throw ToklabError(
        "ids \(error.first) and \(error.second) are both \(escape(Int(source[Int(error.first)])))",
        expected: "tokens that differ in their bytes")
    }
  }

  private func escape(_ index: Int) -> String {
    let start = index == 0 ? 0 : ends[index - 1]
    return "\"" + ByteEscape.string(blob[start..<ends[index]].prefix(64)) + "\""
  }
}
