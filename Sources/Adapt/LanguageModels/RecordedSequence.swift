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

  /// The prompt that the ids are: what stands before the last special token is context, the rest text.
  ///
  /// - Parameter text: what the ids are said to be of, special tokens spelled out; nil where nobody says so.
  /// - Returns: the prompt, and the place of its first id of text.
  /// - Throws: ``ToklabError`` for ids the tokenizer does not have, and naming the first byte at which the ids
  ///   decode to something else than `text`.
  public func prompt(
    _ tokenizer: Tokenizer, text: [UInt8]? = nil
  ) throws(ToklabError) -> (prompt: BytePrompt, first: Int) {
    if let place = ids.firstIndex(where: { Int($0) >= tokenizer.capacity }) {
      throw ToklabError(
        "id \(ids[place]), number \(place), where the tokenizer has \(tokenizer.capacity) ids",
        expected: "ids of a frozen vocabulary",
        advice: "ids beyond it that were made for one batch (toklab dynamic encode) name other tokens in the "
          + "next; toklab dynamic vocabulary makes a tokenizer that keeps them")
    }
    if let text {
      let decoded = try tokenizer.decode(ids)
      guard decoded == text else {
        let place = zip(decoded, text).prefix { $0 == $1 }.count
        func rest(_ bytes: [UInt8]) -> String {
          place == bytes.count ? "its end" : "\"\(ByteEscape.string(bytes[place...].prefix(16)))\""
        }
        throw ToklabError(
          at: .byte(place), "\(rest(decoded)) in what the ids decode to",
          expected: "\(rest(text)) as in the text",
          advice: "check that ids, text and tokenizer belong together")
      }
    }
    let special = Set(tokenizer.definition.addedTokens.map(\.id))
    let first = ids.lastIndex { special.contains($0) }.map { $0 + 1 } ?? 0
    return (
      BytePrompt(context: Array(ids[..<first]), text: try tokenizer.decode(Array(ids[first...]))), first
    )
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
