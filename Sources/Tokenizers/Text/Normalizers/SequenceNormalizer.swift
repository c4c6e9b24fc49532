/// `Sequence`: normalizers one after another.
struct SequenceNormalizer: Normalizer {
  let steps: [any Normalizer]

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    let limit = NormalizationLimit.bytes(for: text.count)
    var result: NormalizedText?
    for (index, step) in steps.enumerated() {
      guard let current = result else {
        result = try step.normalize(text, alignment: alignment)
        continue
      }
      let next: Result<NormalizedText?, ToklabError> = current.bytes.withUnsafeBufferPointer { bytes in
        do throws(ToklabError) { return .success(try step.normalize(bytes, alignment: alignment)) } catch {
          // A position in text that nobody sees would mislead.
          var error = error
          error.position = nil
          error.found = "normalizer \(index + 1) of a sequence: \(error.found)"
          return .failure(error)
        }
      }
      if let next = try next.get() {
        guard next.bytes.count <= limit else { throw NormalizationLimit.exceeded }
        result = alignment ? current.followed(by: next) : next
      }
    }
    return result
  }
}

/// How long a normalizer may make a text. Unicode's forms reach 11 times the bytes; replacements that are
/// written into a file have no bound, and a few in a row would take all memory.
enum NormalizationLimit {
  static func bytes(for count: Int) -> Int {
    let (product, overflow) = count.multipliedReportingOverflow(by: 64)
    let usual = overflow ? Int.max - (1 << 20) : product
    return min(usual + 1 << 20, max(1 << 28, count.multipliedReportingOverflow(by: 4).partialValue))
  }

  static var exceeded: ToklabError {
    ToklabError(
      "a normalizer that makes the text more than 64 times as long",
      expected: "replacements that do not grow so",
      advice: "check the tokenizer's normalizer")
  }
}
