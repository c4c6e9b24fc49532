/// `Precompiled`: a charsmap as the reference library of `tokenizer.json` applies it.
///
/// Not SentencePiece's own rule (``SentencePieceNormalizer``): a grapheme cluster of fewer than six bytes becomes
/// the replacement of the *shortest* rule it begins with, whatever follows in the cluster; where it begins
/// with none, and in longer clusters, each character is looked up by itself in the same way.
/// Source: huggingface/tokenizers `normalizers/precompiled.rs`, huggingface/spm_precompiled.
struct PrecompiledNormalizer: Normalizer {
  private static let longestCluster = 5

  private let map: CharsMap
  /// ASCII characters without a rule of their own; alone in a cluster when the next character is ASCII, CR + LF
  /// apart.
  private let isKept: [Bool]

  /// - Throws: ``ToklabError`` with the byte of the map that is wrong.
  init(_ charsmap: [UInt8]) throws(ToklabError) {
    map = try CharsMap(charsmap)
    guard map.isUTF8 else {
      throw ToklabError("a charsmap whose texts are not UTF-8", expected: "UTF-8")
    }
    let map = self.map
    isKept = (0..<256).map { byte in
      [UInt8(byte)].withUnsafeBufferPointer {
        byte < 0x80 && byte != 0x0D && map.shortest($0.baseAddress!, 1) == nil
      }
    }
  }

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    try text.requireUTF8()
    var output = Output(text, isAligned: alignment)
    var clusters = GraphemeClusters(text)
    var position = 0
    while position < text.count {
      if !alignment, clusters.isBetweenStretches {
        var end = position
        while end + 1 < text.count, isKept[Int(text[end])], text[end + 1] < 0x80 { end += 1 }
        if end > position {
          output.bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[position..<end]))
          clusters.skip(to: end)
          position = end
        }
      }
      let end = clusters.next()
      let pointer = text.baseAddress! + position
      if end - position <= Self.longestCluster, let match = map.shortest(pointer, end - position) {
        output.replace(position..<end, match)
        position = end
        continue
      }
      while position < end {
        let next = position + TextTransform.scalar(text, at: position).length
        if let match = map.shortest(text.baseAddress! + position, next - position) {
          output.replace(position..<next, match)
        } else {
          output.keep(position..<next)
        }
        position = next
      }
    }
    return output.result()
  }

  /// The result, and where it is to be aligned the list of characters with what each says about the change,
  /// as ``TextTransform`` reads it.
  private struct Output {
    let text: UnsafeBufferPointer<UInt8>
    let isAligned: Bool
    var bytes: [UInt8] = []
    var changes: [(scalar: UInt32, change: Int)] = []
    var isChanged = false

    init(_ text: UnsafeBufferPointer<UInt8>, isAligned: Bool) {
      self.text = text
      self.isAligned = isAligned
      bytes.reserveCapacity(text.count + text.count / 8)
    }

    @inline(__always)
    mutating func keep(_ range: Range<Int>) {
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[range]))
      if isAligned { changes.append((TextTransform.scalar(text, at: range.lowerBound).scalar, 0)) }
    }

    mutating func replace(_ range: Range<Int>, _ match: CharsMap.Match) {
      isChanged = true
      let content = UnsafeBufferPointer(start: match.text, count: match.count)
      bytes.append(contentsOf: content)
      if !isAligned { return }
      let before = changes.count
      var position = 0
      while position < content.count {
        let (scalar, length) = TextTransform.scalar(content, at: position)
        changes.append((scalar, 0))
        position += length
      }
      let old = text[range].reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
      let more = changes.count - before - old
      if more > 0 {
        for index in changes.count - more..<changes.count { changes[index].change = 1 }
      } else if !changes.isEmpty {
        // A deletion is the matter of the character before it, whatever that one is.
        changes[changes.count - 1].change += more
      }
    }

    func result() -> NormalizedText? {
      guard isChanged, bytes.count != text.count || !bytes.elementsEqual(text) else { return nil }
      guard isAligned else { return NormalizedText(bytes: bytes) }
      var transform = TextTransform(text, alignment: true)
      for (scalar, change) in changes { transform.emit(scalar, change: change) }
      return transform.result()
    }
  }
}
