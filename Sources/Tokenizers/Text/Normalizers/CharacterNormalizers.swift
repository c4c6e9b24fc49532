/// Normalizers that look at one character at a time. Source of their rules: huggingface/tokenizers
/// `tokenizers/src/normalizers/`.

/// `Lowercase`: each character's own small letters, without context (no final sigma), at the Unicode version
/// of Swift's standard library: 17.0, as in tokenizers 0.23.3.
struct LowercaseNormalizer: Normalizer {
  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    try text.requireUTF8()
    var transform = TextTransform(text, alignment: alignment)
    while !transform.atEnd { Self.lower(&transform) }
    return transform.result()
  }

  /// The next character in small letters.
  @inline(__always)
  static func lower(_ transform: inout TextTransform) {
    let (scalar, _) = transform.next
    if scalar < 0x80 {
      if scalar &- 0x41 < 26 { transform.emit(scalar | 0x20, change: 0) } else { transform.keep() }
      return
    }
    // Nothing between kana and Lisu's neighbours has case.
    if scalar >= 0x3000, scalar < 0xA640 { return transform.keep() }
    let properties = Unicode.Scalar(scalar)?.properties
    guard let properties, properties.changesWhenLowercased else { return transform.keep() }
    for (index, small) in properties.lowercaseMapping.unicodeScalars.enumerated() {
      transform.emit(small.value, change: index == 0 ? 0 : 1)
    }
  }
}

/// Leaves characters out; what is kept keeps its place.
struct FilterNormalizer: Normalizer {
  let keeps: @Sendable (UInt32) -> Bool

  /// `StripAccents`: without marks, at Unicode 9.0.
  static let stripAccents = FilterNormalizer { scalar in !CharacterSets.isMark(scalar) }

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    try text.requireUTF8()
    var transform = TextTransform(text, alignment: alignment)
    while !transform.atEnd {
      if keeps(transform.next.scalar) { transform.keep() } else { transform.drop() }
    }
    return transform.result()
  }
}

/// `Strip`: without white space at the beginning, at the end, or both.
struct StripNormalizer: Normalizer {
  let left: Bool
  let right: Bool

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    try text.requireUTF8()
    var first = 0
    while left, first < text.count {
      let (scalar, length) = TextTransform.scalar(text, at: first)
      guard CharacterSets.isWhiteSpace(scalar) else { break }
      first += length
    }
    var end = text.count
    while right, end > first {
      var start = end - 1
      while start > first, text[start] & 0xC0 == 0x80 { start -= 1 }
      guard CharacterSets.isWhiteSpace(TextTransform.scalar(text, at: start).scalar) else { break }
      end = start
    }
    if first == 0, end == text.count { return nil }
    var transform = TextTransform(text, alignment: alignment)
    while transform.offset < first { transform.drop() }
    while transform.offset < end { transform.keep() }
    return transform.result()
  }
}

/// `Nmt`: SentencePiece's rules for machine translation: some controls go, white space of all kinds and
/// invisible characters become spaces.
struct NmtNormalizer: Normalizer {
  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    try text.requireUTF8()
    var transform = TextTransform(text, alignment: alignment)
    while !transform.atEnd {
      switch transform.next.scalar {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: transform.drop()
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        transform.emit(0x20, change: 0)
      default: transform.keep()
      }
    }
    return transform.result()
  }
}

/// `Prepend`: text in front of any text that is not empty.
struct PrependNormalizer: Normalizer {
  let prefix: String

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    try text.requireUTF8()
    if text.isEmpty || prefix.isEmpty { return nil }
    var transform = TextTransform(text, alignment: alignment)
    let first = transform.next.scalar
    for (index, scalar) in prefix.unicodeScalars.enumerated() {
      transform.emit(scalar.value, change: index == 0 ? 0 : 1)
    }
    transform.emit(first, change: 1)
    while !transform.atEnd { transform.keep() }
    return transform.result()
  }
}

/// `ByteLevel`: each byte as GPT-2's printable character for it.
struct ByteLevelNormalizer: Normalizer {
  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    try text.requireUTF8()
    var transform = TextTransform(text, alignment: alignment)
    while !transform.atEnd {
      let start = transform.offset
      for index in 0..<transform.next.length {
        transform.emit(ByteAlphabet.scalars[Int(text[start + index])], change: index == 0 ? 0 : 1)
      }
    }
    return transform.result()
  }
}

/// `BertNormalizer`: controls away and white space to spaces, spaces around Chinese characters, accents
/// away, small letters, in this order and each on request.
struct BertNormalizer: Normalizer {
  private let steps: [any Normalizer]
  private let fast: CharacterwiseNormalizer

  /// - Parameter stripAccents: nil follows `lowercase`.
  init(
    cleanText: Bool, handleChineseCharacters: Bool, stripAccents: Bool?, lowercase: Bool
  ) throws(ToklabError) {
    var steps: [any Normalizer] = []
    if cleanText { steps.append(CleanText()) }
    if handleChineseCharacters { steps.append(SpaceChinese()) }
    if stripAccents ?? lowercase {
      steps.append(try UnicodeNormalizer(.nfd))
      steps.append(FilterNormalizer { !CharacterSets.isNonspacingMark(scalar: $0) })
    }
    if lowercase { steps.append(LowercaseNormalizer()) }
    self.steps = steps
    fast = CharacterwiseNormalizer(SequenceNormalizer(steps: steps))
  }

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    if !alignment { return try fast.normalize(text, alignment: false) }
    return try SequenceNormalizer(steps: steps).normalize(text, alignment: true)
  }

  private struct CleanText: Normalizer {
    func normalize(
      _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
    ) throws(ToklabError) -> NormalizedText? {
      try text.requireUTF8()
      var transform = TextTransform(text, alignment: alignment)
      while !transform.atEnd {
        let scalar = transform.next.scalar
        if scalar == 0 || scalar == 0xFFFD || CharacterSets.isBertControl(scalar) {
          transform.drop()
        } else if CharacterSets.isWhiteSpace(scalar) {
          transform.emit(0x20, change: 0)
        } else {
          transform.keep()
        }
      }
      return transform.result()
    }
  }

  private struct SpaceChinese: Normalizer {
    func normalize(
      _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
    ) throws(ToklabError) -> NormalizedText? {
      try text.requireUTF8()
      var transform = TextTransform(text, alignment: alignment)
      while !transform.atEnd {
        let scalar = transform.next.scalar
        if CharacterSets.isBertChinese(scalar) {
          transform.emit(0x20, change: 0)
          transform.emit(scalar, change: 1)
          transform.emit(0x20, change: 1)
        } else {
          transform.keep()
        }
      }
      return transform.result()
    }
  }
}
