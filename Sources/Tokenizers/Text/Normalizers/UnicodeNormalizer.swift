import ICUShim

/// NFC, NFD, NFKC or NFKD as of a stated Unicode version.
///
/// The bytes come from ICU's normalizer, restricted to characters that the version knows; the alignment from
/// the steps of the algorithm (decompose, order, compose), where a composite takes the characters it joins.
/// Hugging Face's forms are those of Unicode 9.0 (`[:age=9.0:]`, equal on every scalar, on combining
/// sequences and on Hangul); SentencePiece 0.2.0's are of 13.0. Cost: text in the form's ASCII-like range is
/// recognised at memory speed, other text is normalized at about 0.3 GB/s, alignment at about 20 MB/s.
/// Sources: UAX #15; n1t0/unicode-normalization-alignments for the changes.
final class UnicodeNormalizer: Normalizer {
  enum Form: Int32, Sendable {
    case nfc, nfd, nfkc, nfkd

    var composes: Bool { self == .nfc || self == .nfkc }
    /// All characters whose UTF-8 lies below this byte are in the form and inert: below U+0300 for NFC,
    /// U+00C0 for NFD, ASCII for the others.
    var firstActive: UInt8 {
      switch self {
      case .nfc: 0xCC
      case .nfd: 0xC3
      case .nfkc, .nfkd: 0x80
      }
    }
  }

  /// Bytes handed to ICU at a time; it counts in 32 bits and needs several times the text.
  private static let chunk = 1 << 24

  let form: Form
  /// ICU's normalizers are immutable.
  nonisolated(unsafe) private let handle: OpaquePointer

  init(_ form: Form, unicode version: String = "9.0") throws(ToklabError) {
    var error: Int32 = 0
    guard let handle = toklab_normalizer_open(form.rawValue, "[:age=\(version):]", &error) else {
      throw ToklabError("ICU has no normalizer for Unicode \(version) (\(icuName(error)))")
    }
    self.form = form
    self.handle = handle
  }

  deinit { toklab_normalizer_close(handle) }

  /// Whether a character has a decomposition in a decomposing form.
  func decomposes(_ scalar: UInt32) -> Bool {
    var (error, first): (Int32, Int32) = (0, 0)
    return toklab_normalizer_decomposition(handle, Int32(bitPattern: scalar), &first, 1, &error) != 0
  }

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    let ascii = text.asciiPrefix
    if ascii == text.count { return nil }
    try text.requireUTF8()
    let firstActive = form.firstActive
    if !text[ascii...].contains(where: { $0 >= firstActive }) { return nil }
    guard let bytes = try normalizedBytes(text) else { return nil }
    return alignment ? try aligned(text) : NormalizedText(bytes: bytes)
  }

  private func normalizedBytes(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) -> [UInt8]? {
    var result: [UInt8]?
    var start = 0
    while start < text.count {
      let end = chunkEnd(text, from: start)
      guard end - start < 1 << 29 else {
        throw ToklabError(
          at: .byte(start), "more than 512 MB without a place where normalization may be cut")
      }
      var out: UnsafeMutablePointer<UInt8>?
      var length: Int32 = 0
      var error: Int32 = 0
      let changed = toklab_normalizer_apply(
        handle, text.baseAddress! + start, Int32(end - start), &out, &length, &error)
      guard error <= 0 else {
        throw ToklabError(at: .byte(start), "ICU cannot normalize the text (\(icuName(error)))")
      }
      if changed != 0, let out {
        if result == nil { result = Array(text[..<start]) }
        result?.append(contentsOf: UnsafeBufferPointer(start: out, count: Int(length)))
        toklab_icu_free(out)
      } else {
        result?.append(contentsOf: text[start..<end])
      }
      start = end
    }
    return result
  }

  /// The first place after a chunk where text may be cut: before ASCII, or before a character that ICU calls
  /// a boundary.
  private func chunkEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    guard text.count - start > Self.chunk else { return text.count }
    var end = start + Self.chunk
    while end < text.count {
      if text[end] < 0x80 { return end }
      if text[end] & 0xC0 != 0x80 {
        let scalar = TextTransform.scalar(text, at: end).scalar
        if toklab_normalizer_boundary_before(handle, Int32(scalar)) != 0 { return end }
      }
      end += 1
    }
    return end
  }

  // MARK: Alignment

  private struct Step {
    var scalar: Int32
    var combiningClass: Int32
    var change: Int
  }

  private func aligned(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) -> NormalizedText? {
    var transform = TextTransform(text, alignment: true)
    var steps: [Step] = []
    var index = 0
    while index < text.count {
      // ASCII before ASCII neither changes nor joins anything.
      if text[index] < 0x80, index + 1 == text.count || text[index + 1] < 0x80 {
        transform.keep()
        index += 1
        continue
      }
      // Up to the next ASCII character, before which there is always a boundary.
      steps.removeAll(keepingCapacity: true)
      repeat {
        let (scalar, length) = TextTransform.scalar(text, at: index)
        try decompose(Int32(scalar), into: &steps)
        index += length
      } while index < text.count && text[index] >= 0x80
      Self.order(&steps)
      if form.composes { compose(&steps) }
      for step in steps { transform.emit(UInt32(step.scalar), change: step.change) }
    }
    return transform.result()
  }

  private func decompose(_ scalar: Int32, into steps: inout [Step]) throws(ToklabError) {
    if scalar < 0x80 {
      steps.append(Step(scalar: scalar, combiningClass: 0, change: 0))
      return
    }
    var error: Int32 = 0
    // The longest decomposition has 18 characters.
    let parts = withUnsafeTemporaryAllocation(of: Int32.self, capacity: 32) { buffer -> [Int32] in
      let count = toklab_normalizer_decomposition(handle, scalar, buffer.baseAddress, 32, &error)
      return Array(buffer[..<Int(count)])
    }
    guard error <= 0 else { throw ToklabError("ICU cannot decompose a character (\(icuName(error)))") }
    for (index, part) in (parts.isEmpty ? [scalar] : parts).enumerated() {
      let combiningClass = toklab_normalizer_combining_class(handle, part)
      steps.append(Step(scalar: part, combiningClass: combiningClass, change: index == 0 ? 0 : 1))
    }
  }

  /// Canonical order: each run of combining characters by class, stable.
  private static func order(_ steps: inout [Step]) {
    var index = 0
    while index < steps.count {
      guard steps[index].combiningClass != 0 else {
        index += 1
        continue
      }
      let start = index
      while index < steps.count, steps[index].combiningClass != 0 { index += 1 }
      guard index - start > 1 else { continue }
      let sorted = steps[start..<index].enumerated().sorted {
        ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
      }
      steps.replaceSubrange(start..<index, with: sorted.map(\.element))
    }
  }

  /// Canonical composition; a composite changes the text by both parts and one character fewer.
  private func compose(_ steps: inout [Step]) {
    var starter = -1
    var written = 0
    // The class of the last character that was left between the starter and the next.
    var blocking: Int32 = -1
    for index in steps.indices {
      let step = steps[index]
      if starter >= 0, blocking < step.combiningClass || blocking == -1 {
        let composite = toklab_normalizer_compose(handle, steps[starter].scalar, step.scalar)
        if composite >= 0 {
          steps[starter].scalar = composite
          steps[starter].change += step.change - 1
          continue
        }
      }
      steps[written] = step
      if step.combiningClass == 0 {
        starter = written
        blocking = -1
      } else {
        blocking = step.combiningClass
      }
      written += 1
    }
    steps.removeLast(steps.count - written)
  }
}
