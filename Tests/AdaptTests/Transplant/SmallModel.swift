import Adapt
import TestSupport
import Testing
import Tokenizers

/// Models in Hugging Face's layout, a few kilobytes of random numbers, for tests without downloads.
enum SmallModel {
  static let columns = 24

  /// The byte-level tokenizer of the recorded tests: 600 tokens or so.
  static func definition() throws -> TokenizerDefinition {
    try HuggingFaceJSON.read(FileBytes.read(TestPaths.root + "/Tests/AdaptTests/Recorded/tokenizer.json"))
  }

  struct Shape {
    var isTied = true
    var hasBias = false
    var shards = 1
    var prefix = "model."
    var nested = false
    var type = TensorType.f32
    var paddingRows = 0
  }

  /// Numbers of a row that depend on its token alone.
  static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in Float(random.unitInterval() - 0.5) }
  }

  static func bytes(_ numbers: [Float], _ type: TensorType) -> [UInt8] {
    var out: [UInt8] = []
    for number in numbers { type.append(number, to: &out) }
    return out
  }

  /// Writes a model folder; returns the names of the tensors that no transplant may touch.
  @discardableResult
  static func write(
    _ definition: TokenizerDefinition, to path: String, _ shape: Shape = Shape(), rows given: [[Float]]? = nil
  ) throws -> [String] {
    try AtomicFile.makeFolder(path)
    let tokenizer = try Tokenizer(definition)
    let rows = tokenizer.capacity + shape.paddingRows
    let width = given?.first?.count ?? columns
    func matrix(_ salt: UInt64) -> [Float] {
      if let given, salt == 1 { return given.flatMap { $0 } }
      return (0..<rows).flatMap { numbers(width, seed: salt << 32 | UInt64($0)) }
    }
    var tensors: [(name: String, type: TensorType, shape: [Int], bytes: [UInt8])] = [
      (shape.prefix + "embed_tokens.weight", shape.type, [rows, width], bytes(matrix(1), shape.type)),
      (
        shape.prefix + "layers.0.mlp.up_proj.weight", .bf16, [40, width],
        bytes(numbers(40 * width, seed: 9), .bf16)
      ),
      (shape.prefix + "norm.weight", .f32, [width], bytes(numbers(width, seed: 10), .f32)),
      (shape.prefix + "rotary", .i64, [2], [UInt8](repeating: 7, count: 16)),
    ]
    let untouched = tensors.dropFirst().map(\.name)
    if !shape.isTied {
      tensors.append(("lm_head.weight", shape.type, [rows, width], bytes(matrix(2), shape.type)))
    }
    if shape.hasBias { tensors.append(("lm_head.bias", .f32, [rows], bytes(numbers(rows, seed: 11), .f32))) }
    var map: [(String, String)] = []
    for part in 0..<shape.shards {
      let name =
        shape.shards == 1 ? "model.safetensors" : "model-0000\(part + 1)-of-0000\(shape.shards).safetensors"
      var writer = SafetensorsWriter(metadata: ["format": "pt"])
      for (index, tensor) in tensors.enumerated() where index % shape.shards == part {
        writer.add(tensor.name, tensor.type, shape: tensor.shape, bytes: tensor.bytes)
        map.append((tensor.name, name))
      }
      try writer.write(to: path + "/" + name)
    }
    if shape.shards > 1 {
      let total = tensors.reduce(0) { $0 + $1.bytes.count }
      let lines = map.map { "\"\($0.0)\": \"\($0.1)\"" }.joined(separator: ", ")
      let text = "{\"metadata\": {\"total_size\": \(total)}, \"weight_map\": {\(lines)}}"
      try AtomicFile.write(path + "/model.safetensors.index.json", Array(text.utf8))
    }
    let core =
      "\"vocab_size\": \(rows), \"hidden_size\": \(width), \"tie_word_embeddings\": \(shape.isTied)"
    let config =
      shape.nested
      ? "{\"model_type\": \"x\", \"rope_theta\": 1e+06, \"text_config\": {\(core)}, \"eos_token_id\": [0]}"
      : "{\"model_type\": \"x\", \"rope_theta\": 1e+06, \(core), \"eos_token_id\": 0, \"bos_token_id\": 0}"
    try AtomicFile.write(path + "/config.json", Array(config.utf8))
    try AtomicFile.write(
      path + "/generation_config.json", Array("{\"eos_token_id\": [0], \"temperature\": 0.6}".utf8))
    try AtomicFile.write(path + "/tokenizer.json", try HuggingFaceJSON.write(definition))
    try AtomicFile.write(path + "/LICENSE", Array("free".utf8))
    return Array(untouched)
  }

  /// The same tokenizer with other ids: token `id` becomes `order[id]`.
  static func permuted(_ definition: TokenizerDefinition, _ order: [TokenID]) throws -> TokenizerDefinition {
    guard case .bytePair(var model) = definition.model else { throw ToklabError("no byte pairs") }
    var builder = VocabularyBuilder()
    for id in 0..<TokenID(model.vocabulary.capacity) where model.vocabulary.contains(id) {
      builder.append(id: order[Int(id)], model.vocabulary[id], literal: model.vocabulary.isLiteral(id))
    }
    var merges = MergeList()
    for index in 0..<model.merges.count {
      merges.append(
        left: order[Int(model.merges.left[index])], right: order[Int(model.merges.right[index])],
        result: order[Int(model.merges.result[index])])
    }
    model.vocabulary = try builder.build()
    model.merges = merges
    var copy = definition
    copy.model = .bytePair(model)
    copy.addedTokens = definition.addedTokens.map { token in
      var token = token
      token.id = order[Int(token.id)]
      return token
    }.sorted { $0.id < $1.id }
    copy.postProcessor = nil
    return copy
  }

  /// The tokenizer with fewer merges: its first `count` tokens and the special ones.
  static func truncated(_ definition: TokenizerDefinition, dropping count: Int) throws -> TokenizerDefinition
  {
    guard case .bytePair(var model) = definition.model else { throw ToklabError("no byte pairs") }
    let special = Set(definition.addedTokens.map(\.id))
    let ids = (0..<TokenID(model.vocabulary.capacity)).filter { !special.contains($0) }
    let gone = Set(ids.suffix(count))
    var order = [TokenID?](repeating: nil, count: model.vocabulary.capacity)
    var next: TokenID = 0
    for id in 0..<TokenID(model.vocabulary.capacity) where !gone.contains(id) {
      order[Int(id)] = next
      next += 1
    }
    var builder = VocabularyBuilder()
    for (id, new) in order.enumerated() {
      if let new { builder.append(id: new, model.vocabulary[TokenID(id)]) }
    }
    var merges = MergeList()
    for index in 0..<model.merges.count {
      let parts = [model.merges.left[index], model.merges.right[index], model.merges.result[index]]
        .compactMap { order[Int($0)] }
      if parts.count == 3 { merges.append(left: parts[0], right: parts[1], result: parts[2]) }
    }
    model.vocabulary = try builder.build()
    model.merges = merges
    var copy = definition
    copy.model = .bytePair(model)
    copy.addedTokens = definition.addedTokens.map { token in
      var token = token
      token.id = order[Int(token.id)]!
      return token
    }
    copy.postProcessor = nil
    return copy
  }

  /// Moves a model and gives the folder's bytes by file name.
  static func transplant(
    _ model: String, to tokenizer: String, _ folder: String,
    _ change: (inout TransplantPlan.Request) -> Void = { _ in }
  ) throws -> TransplantPlan {
    let source = try ModelSource(model)
    let target = try TargetTokenizer(tokenizer)
    var request = TransplantPlan.Request()
    request.method = "byte-length"
    request.newRoles = target.roles
    change(&request)
    let plan = try TransplantPlan(model: source, from: source.tokenizer(), to: target.tokenizer, request)
    try AtomicFile.makeFolder(folder)
    _ = try TransplantWriter(plan, tokenizerFiles: target.files(for: plan).files).write(to: folder)
    return plan
  }

  /// A tensor's bytes, in whatever shard it is.
  static func tensor(_ name: String, in folder: String) throws -> [UInt8] {
    for shard in try ModelFolder(folder).shards {
      if let tensor = shard.tensor(name) { return Array(shard.bytes(of: tensor)) }
    }
    throw ToklabError("no tensor \(name)")
  }
}
