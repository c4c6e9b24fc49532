/// How often each distinct pre-token occurs: all that byte-pair training needs to know of a text.
///
/// Frozen and sorted by bytes, so that nothing that is made from it depends on threads, on the order of
/// files or on hash tables. Keys are bytes. Memory: the distinct pre-tokens' bytes and 16 for each.
public struct PreTokenCounts: Sendable, Equatable {
  /// All pre-tokens one after another, and ``padding`` zero bytes.
  private var blob: [UInt8]
  private var ends: [Int]
  private var values: [Int64]

  /// Bytes that can be read behind every pre-token.
  package static let padding = 16

  /// - Parameters:
  ///   - blob: the pre-tokens, ascending bytewise, and ``padding`` zero bytes.
  ///   - ends: where each pre-token ends in `blob`.
  package init(blob: [UInt8], ends: [Int], values: [Int64]) {
    precondition(ends.count == values.count && (ends.last ?? 0) + Self.padding == blob.count)
    self.blob = blob
    self.ends = ends
    self.values = values
  }

  /// The counts of these pre-tokens, in any order, each at most once.
  public init(_ pairs: some Sequence<(bytes: [UInt8], count: Int64)>) {
    var (blob, ends, values): ([UInt8], [Int], [Int64]) = ([], [], [])
    for (bytes, count) in pairs.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
      blob += bytes
      ends.append(blob.count)
      values.append(count)
    }
    blob.append(contentsOf: repeatElement(0, count: Self.padding))
    self.init(blob: blob, ends: ends, values: values)
  }

  /// The same pre-tokens with other counts; those whose count becomes 0 drop out.
  package func mapCounts(_ change: (Int64) -> Int64) -> PreTokenCounts {
    var (blob, ends, values): ([UInt8], [Int], [Int64]) = ([], [], [])
    for index in indices {
      let count = change(self.values[index])
      guard count > 0 else { continue }
      blob += self[index].bytes
      ends.append(blob.count)
      values.append(count)
    }
    blob.append(contentsOf: repeatElement(0, count: Self.padding))
    return PreTokenCounts(blob: blob, ends: ends, values: values)
  }

  /// The sum of two counts, in one pass over both.
  ///
  /// - Throws: ``ToklabError`` when all occurrences together leave 63 bits.
  public func adding(_ other: PreTokenCounts) throws(ToklabError) -> PreTokenCounts {
    guard !occurrences.addingReportingOverflow(other.occurrences).overflow else {
      throw ToklabError("counts beyond 2^63", expected: "smaller counts")
    }
    var (blob, ends, values): ([UInt8], [Int], [Int64]) = ([], [], [])
    blob.reserveCapacity(max(self.blob.count, other.blob.count))
    var (one, two) = (0, 0)
    while one < count || two < other.count {
      let takesOne =
        two == other.count
        || one < count && !other[two].bytes.lexicographicallyPrecedes(self[one].bytes)
      let takesTwo =
        one == count || two < other.count && !self[one].bytes.lexicographicallyPrecedes(other[two].bytes)
      blob += takesOne ? self[one].bytes : other[two].bytes
      ends.append(blob.count)
      values.append((takesOne ? self[one].count : 0) + (takesTwo ? other[two].count : 0))
      if takesOne { one += 1 }
      if takesTwo { two += 1 }
    }
    blob.append(contentsOf: repeatElement(0, count: Self.padding))
    return PreTokenCounts(blob: blob, ends: ends, values: values)
  }

  /// The number of distinct pre-tokens.
  public var count: Int { ends.count }

  /// The bytes of all distinct pre-tokens together.
  public var distinctBytes: Int { blob.count - Self.padding }

  /// The sum of all counts.
  public var occurrences: Int64 { values.reduce(0, &+) }

  /// The bytes of the text the counts stand for.
  public var textBytes: Int64 {
    indices.reduce(0) { $0 &+ values[$1] &* Int64(length($1)) }
  }

  public var indices: Range<Int> { 0..<ends.count }

  @inline(__always)
  public func length(_ index: Int) -> Int { ends[index] - (index == 0 ? 0 : ends[index - 1]) }

  @inline(__always)
  public func occurrences(_ index: Int) -> Int64 { values[index] }

  public subscript(_ index: Int) -> (bytes: ArraySlice<UInt8>, count: Int64) {
    (blob[(index == 0 ? 0 : ends[index - 1])..<ends[index]], values[index])
  }

  /// Calls `body` with a pre-token's bytes in place.
  @inline(__always)
  package func withBytes<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    blob.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[(index == 0 ? 0 : ends[index - 1])..<ends[index]]))
    }
  }
}
