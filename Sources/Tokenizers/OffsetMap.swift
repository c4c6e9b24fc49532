/// The way from bytes of a segment back to bytes of the document.
struct OffsetMap {
  var origin: Int
  var starts: [UInt32] = []
  var ends: [UInt32] = []
  /// The index in `starts` of the segment's first byte.
  var first = 0
  var originalCount = 0

  init(origin: Int) { self.origin = origin }

  init(origin: Int, starts: [UInt32], ends: [UInt32], first: Int, originalCount: Int) {
    self.origin = origin
    self.starts = starts
    self.ends = ends
    self.first = first
    self.originalCount = originalCount
  }

  func advanced(by count: Int) -> OffsetMap {
    var copy = self
    copy.first += count
    return copy
  }

  /// The way back from pieces that were made of this segment.
  func followed(by pieces: borrowing PieceText) -> OffsetMap {
    var map = OffsetMap(origin: 0)
    map.starts.reserveCapacity(pieces.starts.count)
    map.ends.reserveCapacity(pieces.starts.count)
    for index in pieces.starts.indices {
      let range = range(Int(pieces.starts[index])..<Int(pieces.stops[index]))
      map.starts.append(UInt32(truncatingIfNeeded: range.lowerBound))
      map.ends.append(UInt32(truncatingIfNeeded: range.upperBound))
    }
    map.originalCount = map.ends.last.map(Int.init) ?? 0
    return map
  }

  func range(_ range: Range<Int>) -> Range<Int> {
    let low = max(0, range.lowerBound + first)
    let high = max(low, range.upperBound + first)
    if starts.isEmpty { return origin + low..<origin + high }
    if low == high {
      let point = low < starts.count ? Int(starts[low]) : originalCount
      return origin + point..<origin + point
    }
    let start = Int(starts[low])
    return origin + start..<origin + max(start, Int(ends[high - 1]))
  }
}

/// Ranges of a document under construction.
final class OffsetList {
  var ranges: [Range<Int>] = []

  func append(_ lengths: TokenBuffer, _ map: OffsetMap) {
    var position = 0
    for length in lengths.buffer {
      ranges.append(map.range(position..<position + Int(length)))
      position += Int(length)
    }
  }
}
