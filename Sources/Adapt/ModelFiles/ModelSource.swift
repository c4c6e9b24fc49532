import Glibc
import Tokenizers

/// A model whose embeddings can be moved: a Hugging Face folder or a GGUF file.
///
/// The matrices are found by their names and shapes, also with prefixes and in nested configurations. Every tensor
/// with one row a token must be known: one that is not is an error, since it would keep rows of the old tokens.
public struct ModelSource: Sendable {
  public enum Container: Sendable {
    case folder(ModelFolder)
    case gguf(GGUFModelFile)
  }

  /// What a tensor with one row a token is for.
  enum Role: Sendable, Hashable {
    case input, output, bias
  }

  public let container: Container
  public let input: EmbeddingTable
  /// The output matrix where it has numbers of its own; nil when the input matrix serves for both.
  public let output: EmbeddingTable?
  /// The number of rows.
  public var rows: Int { input.rows }
  /// Tensors with one row a token, by name.
  let roles: [String: Role]
  /// Ids by role, as the files say.
  public let namedRoles: [SpecialRole: TokenID]

  public var path: String {
    switch container {
    case .folder(let folder): folder.path
    case .gguf(let file): file.path
    }
  }

  /// - Throws: ``ToklabError`` for what is neither, or a model without one clear input matrix.
  public init(_ path: String) throws(ToklabError) {
    if GGUFModelFile.isOne(path) {
      try self.init(gguf: GGUFModelFile(path))
    } else {
      var status = stat()
      guard stat(path, &status) == 0 else { throw ToklabError.system("cannot be opened", file: path) }
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw ToklabError(file: path, "neither a folder nor GGUF", expected: "a model folder or a GGUF file")
      }
      try self.init(folder: ModelFolder(path))
    }
  }

  init(gguf file: GGUFModelFile) throws(ToklabError) {
    container = .gguf(file)
    guard let tensor = file.tensor("token_embd.weight") else {
      throw ToklabError(file: file.path, "no tensor token_embd.weight", expected: "a language model")
    }
    input = try EmbeddingTable(tensor, in: file)
    var roles: [String: Role] = ["token_embd.weight": .input]
    if let tensor = file.tensor("output.weight") {
      output = try EmbeddingTable(tensor, in: file)
      roles["output.weight"] = .output
    } else {
      output = nil
    }
    if file.tensor("output.bias") != nil { roles["output.bias"] = .bias }
    self.roles = roles
    var named: [SpecialRole: TokenID] = [:]
    for (role, name) in [
      (SpecialRole.bos, "bos"), (.eos, "eos"), (.unk, "unknown"), (.pad, "padding"), (.mask, "mask"),
      (.turnEnd, "eot"),
    ] {
      do throws(ToklabError) {
        if let id = try file.metadata.id("tokenizer.ggml.\(name)_token_id", below: tensor.shape[0]) {
          named[role] = id
        }
      } catch { throw error.in(file.path) }
    }
    namedRoles = named
    try check()
  }

  private static let inputNames = [
    "embed_tokens.weight", "wte.weight", "word_embeddings.weight", "tok_embeddings.weight", "embed_in.weight",
    "embeddings.weight", "embedding.weight", "word_embedding.weight", "shared.weight",
    "token_embedding.weight",
  ]
  private static let outputNames = [
    "lm_head.weight", "embed_out.weight", "output.weight", "output_layer.weight", "head.weight",
    "predictions.decoder.weight", "lm_head.decoder.weight",
  ]
  private static let biasNames = [
    "lm_head.bias", "embed_out.bias", "output.bias", "predictions.bias", "predictions.decoder.bias",
    "lm_head.decoder.bias", "final_logits_bias",
  ]

  private static func isNamed(_ name: String, _ names: [String]) -> Bool {
    names.contains { name == $0 || name.hasSuffix("." + $0) }
  }

  init(folder: ModelFolder) throws(ToklabError) {
    container = .folder(folder)
    let tensors = folder.shards.flatMap { shard in shard.tensors.map { (shard: shard, tensor: $0) } }
    let size = folder.setting("vocab_size")
    let rows: Int?
    do throws(ToklabError) { rows = try size?.integer(in: 1...Int(Int32.max)) } catch {
      throw error.in(folder.path + "/config.json")
    }
    let inputs = tensors.filter { entry in
      entry.tensor.shape.count == 2 && Self.isNamed(entry.tensor.name, Self.inputNames)
        && (rows == nil || entry.tensor.shape[0] == rows)
    }
    guard let first = inputs.first else {
      throw ToklabError(
        file: folder.path, "no input matrix\(rows.map { " of \($0) rows" } ?? "")",
        expected: "one of \(Self.inputNames.prefix(4).joined(separator: ", ")), … with vocab_size rows")
    }
    let input = try EmbeddingTable(first.tensor, in: first.shard)
    self.input = input
    var roles: [String: Role] = [:]
    var outputs: [(shard: SafetensorsFile, tensor: SafetensorsFile.Tensor)] = []
    let bytes = first.shard.bytes(of: first.tensor)
    for entry in tensors where entry.tensor.shape.first == input.rows || entry.tensor.shape.last == input.rows
    {
      let (name, shape) = (entry.tensor.name, entry.tensor.shape)
      if Self.isNamed(name, Self.biasNames), shape == [input.rows] || shape == [1, input.rows] {
        roles[name] = .bias
      } else if shape == first.tensor.shape {
        let isEqual =
          entry.tensor.type == first.tensor.type && Self.equal(entry.shard.bytes(of: entry.tensor), bytes)
        if isEqual || Self.isNamed(name, Self.inputNames) {
          guard isEqual else {
            throw ToklabError(
              file: folder.path, "two input matrices, \"\(first.tensor.name)\" and \"\(name)\"",
              expected: "one")
          }
          roles[name] = .input
        } else if Self.isNamed(name, Self.outputNames) {
          roles[name] = .output
          outputs.append(entry)
        } else if shape[0] != shape[1], input.rows != folder.hiddenSizes.first(where: { $0 == input.rows }) {
          throw ToklabError(
            file: folder.path, "tensor \"\(name)\" has one row a token, and it is not known what for",
            expected: "an input or an output matrix")
        }
      }
    }
    if outputs.count > 1 {
      throw ToklabError(
        file: folder.path,
        "two output matrices, \"\(outputs[0].tensor.name)\" and \"\(outputs[1].tensor.name)\"",
        expected: "one")
    }
    output = try outputs.first.map { (entry) throws(ToklabError) in
      try EmbeddingTable(entry.tensor, in: entry.shard)
    }
    for suffix in ["_scale", "_scale_inv", ".scales", ".qzeros"] {
      for name in roles.keys where tensors.contains(where: { $0.tensor.name == name + suffix }) {
        throw ToklabError(
          file: folder.path, "matrix \"\(name)\" with scales of its own", expected: "plain numbers",
          advice: "dequantize the model first")
      }
    }
    self.roles = roles
    namedRoles = try folder.specialRoles(below: input.rows)
    try check()
  }

  private func check() throws(ToklabError) {
    guard input.rows > 0, input.columns > 0, input.rows <= VocabularyBuilder.maximumCapacity else {
      throw ToklabError(
        file: path, "an input matrix of \(input.rows) × \(input.columns)", expected: "rows and columns")
    }
    if let output, output.rows != input.rows {
      throw ToklabError(
        file: path, "\(input.rows) input rows and \(output.rows) output rows", expected: "as many of both")
    }
  }

  private static func equal(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    one.count == other.count && (one.isEmpty || memcmp(one.baseAddress!, other.baseAddress!, one.count) == 0)
  }

  /// The tokenizer that lies with the model.
  public func tokenizer() throws(ToklabError) -> Tokenizer {
    switch container {
    case .gguf(let file):
      let definition = try file.tokenizer()
      do throws(ToklabError) { return try Tokenizer(definition) } catch { throw error.in(path) }
    case .folder(let folder):
      let file = try TokenizerFile.open(folder.path)
      do throws(ToklabError) { return try Tokenizer(file.definition) } catch { throw error.in(path) }
    }
  }

  /// The numbers of a bias, where the model has one; the first in the order of the names.
  func bias() -> [Float]? {
    guard let name = roles.filter({ $0.value == .bias }).keys.min() else { return nil }
    switch container {
    case .folder(let folder):
      for shard in folder.shards {
        if let tensor = shard.tensor(name) {
          return shard.doubles(of: tensor, 0..<tensor.count).map { Float($0) }
        }
      }
      return nil
    case .gguf: return nil
    }
  }
}

extension ModelFolder {
  /// Sizes that a matrix may have by chance.
  fileprivate var hiddenSizes: [Int] {
    let values = [
      setting("hidden_size"), setting("intermediate_size"), setting("ffn_dim"), setting("n_embd"),
    ]
    return values.compactMap { value in value.flatMap { try? $0.integer(in: 1...Int(Int32.max)) } }
  }

  /// The ids that the configuration names; the first of several ends.
  fileprivate func specialRoles(below rows: Int) throws(ToklabError) -> [SpecialRole: TokenID] {
    var named: [SpecialRole: TokenID] = [:]
    let keys: [(SpecialRole, StaticString)] = [
      (.bos, "bos_token_id"), (.eos, "eos_token_id"), (.pad, "pad_token_id"), (.mask, "mask_token_id"),
      (.unk, "unk_token_id"),
    ]
    for (role, key) in keys {
      guard var value = setting(key) else { continue }
      if value.kind == .array {
        let items = (try? value.elements()) ?? []
        guard let first = items.first else { continue }
        value = first
      }
      // Some configurations hold -1 for none.
      if let id = try? value.integer(in: 0...rows - 1) { named[role] = TokenID(id) }
    }
    return named
  }
}
