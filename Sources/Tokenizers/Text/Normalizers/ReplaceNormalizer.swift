/// `Replace`: every match of a pattern becomes the same text.
struct ReplaceNormalizer: Normalizer {
  private let matching: any TextMatching
  private let content: [UInt8]

  init(_ pattern: TextPattern, with content: String) throws(ToklabError) {
    switch pattern {
    case .literal(let literal): matching = LiteralMatching(literal: Array(literal.utf8))
    case .regex(let expression):
      matching = RegexMatching(
        regex: try ICURegex(translating: expression, from: .oniguruma))
    }
    self.content = Array(content.utf8)
  }

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    try text.requireUTF8()
    // Not even an empty match is looked for in an empty text.
    if text.isEmpty { return nil }
    let matcher = try matching.makeMatcher()
    try matcher.begin(text)
    var transform = TextTransform(text, alignment: alignment)
    let limit = NormalizationLimit.bytes(for: text.count)
    var lastMatchEnd = -1
    while let match = try matcher.next() {
      if match.isEmpty, match.lowerBound == lastMatchEnd { continue }
      lastMatchEnd = match.upperBound
      while transform.offset < match.lowerBound { transform.keep() }
      transform.replace(to: match.upperBound, with: content)
      guard transform.bytes.count <= limit else { throw NormalizationLimit.exceeded }
    }
    if lastMatchEnd < 0 { return nil }
    while !transform.atEnd { transform.keep() }
    return transform.result()
  }
}
