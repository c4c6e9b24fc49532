/// `Sequence`: normalizers one after another.
struct SequenceNormalizer: Normalizer {
  let steps: [any Normalizer]

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
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
      if let next = try next.get() { result = alignment ? current.followed(by: next) : next }
    }
    return result
  }
}
