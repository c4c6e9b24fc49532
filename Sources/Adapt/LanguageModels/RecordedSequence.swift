import Tokenizers

/// The scores a model gave along one sequence of tokens: knows the contexts that are its prefixes.
public final class RecordedSequence: LanguageModel {
  public let ids: [TokenID]
  public let facts: LanguageModelFacts
  private let file: String
  private let row: (Int) throws(ToklabError) -> [Double]
  /// 1 where the first row belongs to the empty context.
  private let hasEmptyContext: Bool

  /// - Parameters:
  ///   - path: `.npy`, or safetensors with a tensor `logits` or `scores` or only one: [T, V], row t after
  ///     the ids up to number t; or [T + 1, V] with the row after nothing in front. Logits or natural
  ///     logarithms.
  ///   - ids: T ids.
  /// - Throws: ``ToklabError`` naming the file for shapes that do not fit, or ids out of range.
  public init(path: String, ids: [TokenID], endTokens: [TokenID] = []) throws(ToklabError) {
    let shape: [Int]
    let read: (Range<Int>) throws(ToklabError) -> [Double]
    if try Self.isNumpy(path) {
      let array = try NumpyFile(path)
      shape = array.shape
      read = { (range) throws(ToklabError) in try array.doubles(range) }
    } else {
      let tensors = try SafetensorsFile(path)
      let name = ["logits", "scores"].first { tensors.tensor($0) != nil }
      guard let found = name ?? (tensors.tensors.count == 1 ? tensors.tensors[0].name : nil) else {
        throw ToklabError(
          file: path, "tensors \(tensors.tensors.prefix(8).map(\.name))", expected: "logits or scores")
      }
      let tensor = try tensors.required(found, types: [.f32, .f64, .f16, .bf16], dimensions: 2)
      shape = tensor.shape
      read = { (range) throws(ToklabError) in tensors.doubles(of: tensor, range) }
    }
    guard shape.count == 2, shape[1] > 0, !ids.isEmpty, shape[0] == ids.count || shape[0] == ids.count + 1
    else {
      throw ToklabError(
        file: path, "scores of shape \(shape) for \(ids.count) ids",
        expected: "one row an id, or one more for the empty context")
    }
    let width = shape[1]
    if let id = (ids + endTokens).first(where: { $0 >= width }) {
      throw ToklabError(file: path, "scores of \(width) tokens and id \(id)", expected: "ids below \(width)")
    }
    self.ids = ids
    file = path
    hasEmptyContext = shape[0] > ids.count
    row = { (number) throws(ToklabError) in try read(number * width..<(number + 1) * width) }
    facts = LanguageModelFacts(
      kind: "logits", vocabularySize: width, endTokens: endTokens, answersEmptyContext: hasEmptyContext)
  }

  private static func isNumpy(_ path: String) throws(ToklabError) -> Bool {
    let file = try MappedFile(path)
    return file.count >= 6 && file.bytes(0..<6).elementsEqual([0x93] + Array("NUMPY".utf8))
  }

  public func canAnswer(_ context: [TokenID]) -> Bool {
    ids.starts(with: context) && (hasEmptyContext || !context.isEmpty)
  }

  public func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    try contexts.map { (context) throws(ToklabError) in
      guard canAnswer(context) else {
        throw ToklabError(
          file: file, "no scores after \(context.count) other tokens", expected: "a prefix of the given ids")
      }
      var values = try row(context.count - (hasEmptyContext ? 0 : 1))
      do throws(ToklabError) { try LogProbabilities.normalize(&values) } catch { throw error.in(file) }
      return values
    }
  }
}
