import Tokenizers

/// Vectors of texts from a table with one row a token: a text's vector is the mean of its tokens' rows.
public struct StaticVectors: AuxiliaryVectors {
  private let tokenizer: Tokenizer
  private let table: EmbeddingTable

  /// - Parameter path: a model (folder or GGUF file), or a folder with tokenizer.json and one safetensors file that
  ///   holds one matrix of floats.
  /// - Throws: ``ToklabError`` for anything else, or a table with fewer rows than the tokenizer has ids.
  public init(_ path: String) throws(ToklabError) {
    if !GGUFModelFile.isOne(path) {
      let names = try ModelFolder.names(path)
      let files = names.filter { $0.hasSuffix(".safetensors") }
      if !names.contains("config.json"), names.contains("tokenizer.json"), files.count == 1 {
        let file = try SafetensorsFile(path + "/" + files[0])
        let matrices = file.tensors.filter { $0.shape.count == 2 }
        guard matrices.count == 1 else {
          throw ToklabError(file: file.path, "\(matrices.count) matrices", expected: "one")
        }
        try self.init(
          EmbeddingTable(matrices[0], in: file), Tokenizer(TokenizerFile.open(path).definition), path)
        return
      }
    }
    let model = try ModelSource(path)
    try self.init(model.input, model.tokenizer(), path)
  }

  public init(_ table: EmbeddingTable, _ tokenizer: Tokenizer, _ path: String) throws(ToklabError) {
    guard tokenizer.capacity <= table.rows else {
      throw ToklabError(
        file: path, "a tokenizer of \(tokenizer.capacity) ids and a table of \(table.rows) rows",
        expected: "a row for each id")
    }
    self.tokenizer = tokenizer
    self.table = table
  }

  public var dimensions: Int { table.columns }

  public func vectors(for texts: [[UInt8]]) throws(ToklabError) -> Matrix {
    var out = Matrix(rows: texts.count, columns: table.columns)
    let encoder = try DocumentEncoder(tokenizer, options: EncodeOptions(specialTokens: .none))
    for (index, text) in texts.enumerated() {
      // What a tokenizer cannot take (bytes of a part of a character, say) has no vector.
      guard
        tokenizer.isByteComplete || String(validating: text, as: UTF8.self) != nil,
        let ids = try? withBuffer(
          text, { (buffer) throws(ToklabError) in try encoder.encodeWithOffsets(buffer).ids }),
        !ids.isEmpty
      else { continue }
      var sums = [Double](repeating: 0, count: table.columns)
      for id in ids {
        for (column, value) in table.row(Int(id)).enumerated() { sums[column] += Double(value) }
      }
      for column in sums.indices {
        out.values[index * table.columns + column] = Float(sums[column] / Double(ids.count))
      }
    }
    return out
  }
}
