import Tokenizers

extension UTF8Scalar {
  /// The number of Unicode scalars; a byte that is part of none counts as one.
  static func count(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    guard let base = text.baseAddress else { return 0 }
    var scalars = 0
    var index = 0
    let end = text.count
    while index < end {
      while index &+ 8 <= end,
        UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080
          == 0
      {
        index &+= 8
        scalars &+= 8
      }
      if index == end { break }
      index &+= max(1, length(base + index, end &- index))
      scalars &+= 1
    }
    return scalars
  }
}
