/// The extended grapheme clusters of a text, one after another.
///
/// By Swift's standard library (Unicode 17.0), which agrees with the `unicode-segmentation` crate of tokenizers
/// 0.23.3 on what joins `a` before and after it for every scalar (peer test). Clusters of characters that join
/// with nothing of their kind, most of all text, are found by a few ranges instead.
struct GraphemeClusters {
  private let text: UnsafeBufferPointer<UInt8>
  private var position = 0
  /// Ends of clusters of a stretch that was looked at as a whole, last one first.
  private var ends: [Int] = []

  /// - Parameter text: valid UTF-8.
  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  /// The end of the cluster after the last one; called only while there is one.
  @inline(__always)
  mutating func next() -> Int {
    if let end = ends.popLast() {
      position = end
      return end
    }
    let (scalar, length) = TextTransform.scalar(text, at: position)
    let end = position &+ length
    if Self.isPlain(scalar), end == text.count || Self.isPlain(TextTransform.scalar(text, at: end).scalar) {
      position = end
      return end
    }
    stretch()
    position = ends.removeLast()
    return position
  }

  /// Whether the clusters after the last one are not yet known.
  var isBetweenStretches: Bool { ends.isEmpty }

  /// Goes on at a place where a cluster ends.
  mutating func skip(to position: Int) { self.position = position }

  /// Clusters up to a place between two plain characters.
  private mutating func stretch() {
    var wasPlain = false
    var end = position
    while end < text.count {
      let (scalar, length) = TextTransform.scalar(text, at: end)
      let isPlain = Self.isPlain(scalar)
      if isPlain, wasPlain { break }
      wasPlain = isPlain
      end += length
    }
    var at = position
    for character in String(decoding: text[position..<end], as: UTF8.self) {
      at += character.utf8.count
      ends.append(at)
    }
    ends.reverse()
  }

  /// Characters between any two of which a cluster ends: none is a control, extends, or is put before others.
  @inline(__always)
  private static func isPlain(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x20...0x7E, 0xC0...0x2FF, 0x370...0x482, 0x48A...0x588, 0x5D0...0x5EA, 0x620...0x64A,
      0x2010...0x2027, 0x2030...0x205F, 0x3001...0x3029, 0x3031...0x3098, 0x309B...0xA66E, 0xFF01...0xFF9D:
      true
    default: false
    }
  }
}
