/// Rewrites text before pre-tokenization. Total: every valid UTF-8 text has a normalization.
public protocol Normalizer: Sendable {
  /// The normalized text, or nil when it equals the input (the common case, found by a quick check).
  ///
  /// - Parameter alignment: whether to fill ``NormalizedText/starts`` and ``NormalizedText/ends``.
  /// - Throws: ``ToklabError`` naming the byte when the text is not UTF-8.
  func normalize(_ text: UnsafeBufferPointer<UInt8>, alignment: Bool) throws(ToklabError) -> NormalizedText?
}

/// Text after normalization, with the way back to the original.
public struct NormalizedText: Sendable {
  public var bytes: [UInt8]
  /// For each byte of `bytes`, the range of original bytes it stands for (empty arrays when not asked
  /// for). Both ascend; inserted text has an empty range.
  public var starts: [UInt32]
  public var ends: [UInt32]

  public init(bytes: [UInt8], starts: [UInt32] = [], ends: [UInt32] = []) {
    self.bytes = bytes
    self.starts = starts
    self.ends = ends
  }

  /// This normalization followed by another one of its result.
  public func followed(by next: NormalizedText) -> NormalizedText {
    guard !starts.isEmpty || bytes.isEmpty, !next.starts.isEmpty else {
      return NormalizedText(bytes: next.bytes)
    }
    var result = NormalizedText(bytes: next.bytes)
    result.starts.reserveCapacity(next.starts.count)
    result.ends.reserveCapacity(next.ends.count)
    for index in next.starts.indices {
      let low = Int(next.starts[index])
      let high = Int(next.ends[index])
      if low < high {
        result.starts.append(starts[low])
        result.ends.append(ends[high - 1])
      } else {
        let point = low < starts.count ? starts[low] : (ends.last ?? 0)
        result.starts.append(point)
        result.ends.append(point)
      }
    }
    return result
  }
}

extension Normalizer {
  /// The normalized form of a short text.
  package func normalized(_ text: [UInt8]) throws(ToklabError) -> [UInt8] {
    try withBuffer(text) { (buffer) throws(ToklabError) in
      try normalize(buffer, alignment: false)?.bytes ?? text
    }
  }
}
