import Tokenizers

/// An n-gram model in a file: safetensors with the metadata `format: toklab-ngram/1`, `order`, `end_token`.
///
/// - `tokenizer` [n] U8: the tokenizer, as a `tokenizer.json`;
/// - `K.histories` [h, K − 1] U32, for each order K from 1: histories ascending, id 2³² − 1 for the beginning
///   of a document;
/// - `K.ends` [h] U32: where the continuations of each history end; `K.tokens`, `K.counts` [c] U32: they.
///
/// Counts are the file's truth; discounts and totals follow from them.
extension NGramModel {
  static let formatName = "toklab-ngram/1"

  public func write(to path: String) throws(ToklabError) {
    let definition = try HuggingFaceJSON.write(tokenizer)
    var writer = SafetensorsWriter(metadata: [
      "format": Self.formatName, "order": String(order), "end_token": String(endToken),
      "tokenizer_sha256": SHA256.hex(definition), "toklab": ToklabVersion.current,
    ])
    for (index, order) in orders.enumerated() {
      let name = String(index + 1)
      writer.add("\(name).histories", order.histories, shape: [order.ends.count, order.historyLength])
      writer.add("\(name).ends", order.ends)
      writer.add("\(name).tokens", order.tokens)
      writer.add("\(name).counts", order.counts)
    }
    writer.add("tokenizer", .u8, shape: [definition.count], bytes: definition)
    try writer.write(to: path)
  }

  /// Reads and checks a file.
  ///
  /// - Throws: ``ToklabError`` naming the file for whatever is not as described above.
  public convenience init(path: String) throws(ToklabError) {
    let file = try SafetensorsFile(path)
    do throws(ToklabError) {
      guard file.metadata["format"] == Self.formatName else {
        throw ToklabError(
          "format \(file.metadata["format"] ?? "none")", expected: Self.formatName,
          advice: "toklab models ngram makes such files")
      }
      guard let order = file.metadata["order"].flatMap({ Int($0) }), (1...8).contains(order) else {
        throw ToklabError("order \(file.metadata["order"] ?? "none")", expected: "1 to 8")
      }
      let tensor = try file.required("tokenizer", types: [.u8], dimensions: 1)
      let definition = try HuggingFaceJSON.read(Array(file.bytes(of: tensor)))
      let tokenizer = try Tokenizer(definition)
      guard let end = file.metadata["end_token"].flatMap({ TokenID($0) }), Int(end) <= tokenizer.capacity
      else {
        throw ToklabError(
          "end token \(file.metadata["end_token"] ?? "none")", expected: "an id up to \(tokenizer.capacity)")
      }
      let width = max(tokenizer.capacity, Int(end) + 1)
      var orders: [Order] = []
      for length in 1...order { orders.append(try Self.order(length, in: file, width: width)) }
      self.init(
        tokenizer: definition, capacity: tokenizer.capacity, holes: Self.holes(tokenizer, end), endToken: end,
        orders: orders)
    } catch { throw error.in(path) }
  }

  private static func order(
    _ length: Int, in file: SafetensorsFile, width: Int
  ) throws(ToklabError) -> Order {
    func values(_ name: String, _ dimensions: Int) throws(ToklabError) -> (ids: [UInt32], shape: [Int]) {
      let tensor = try file.required("\(length).\(name)", types: [.u32], dimensions: dimensions)
      return (try file.integers(of: tensor).map { UInt32($0) }, tensor.shape)
    }
    let (histories, shape) = try values("histories", 2)
    let ends = try values("ends", 1).ids
    let tokens = try values("tokens", 1).ids
    let counts = try values("counts", 1).ids
    func fault(_ what: String) -> ToklabError {
      ToklabError("order \(length): \(what)", advice: "the file is damaged; make it anew")
    }
    guard shape == [ends.count, length - 1], tokens.count == counts.count, !ends.isEmpty else {
      throw fault("tensors whose sizes do not fit")
    }
    guard length > 1 || ends.count == 1 else { throw fault("more than one empty history") }
    var last: UInt32 = 0
    for end in ends {
      guard end > last else { throw fault("ends that do not ascend") }
      last = end
    }
    guard Int(last) == tokens.count else { throw fault("ends that do not cover the continuations") }
    guard tokens.allSatisfy({ Int($0) < width }), counts.allSatisfy({ $0 > 0 }) else {
      throw fault("an id out of range or a count of zero")
    }
    for index in 1..<max(1, ends.count) where length > 1 {
      let (a, b) = (index - 1, index)
      guard
        histories[a * (length - 1)..<b * (length - 1)].lexicographicallyPrecedes(
          histories[b * (length - 1)..<(b + 1) * (length - 1)])
      else { throw fault("histories that do not ascend") }
    }
    var start = 0
    for end in ends {
      for index in start + 1..<max(start + 1, Int(end)) where tokens[index] <= tokens[index - 1] {
        throw fault("continuations that do not ascend")
      }
      start = Int(end)
    }
    var order = Order(
      histories: histories, historyLength: length - 1, ends: ends, tokens: tokens, counts: counts,
      discount: 0, totals: [])
    order.finish()
    return order
  }
}
