import Glibc
import Tokenizers

/// Writes the model of a plan into a folder: changed matrices by their recipes, every other tensor byte for byte.
///
/// Rows are made in blocks as they are written: no matrix is ever held as a whole.
public struct TransplantWriter {
  let plan: TransplantPlan
  /// The new tokenizer's files by name, for a Hugging Face folder.
  let tokenizerFiles: [(name: String, bytes: [UInt8])]
  /// Whether tokenizer and configuration are the old ones, byte for byte.
  let keepsRest: Bool

  public init(_ plan: TransplantPlan, tokenizerFiles: [(name: String, bytes: [UInt8])]) {
    self.plan = plan
    self.tokenizerFiles = tokenizerFiles
    keepsRest = false
  }

  /// For plans that change rows only.
  init(changedRows plan: TransplantPlan) {
    self.plan = plan
    tokenizerFiles = []
    keepsRest = true
  }

  /// Names of files that hold tokenizers; they are replaced as a whole.
  public static let tokenizerNames: Set<String> = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "vocab.txt", "merges.txt", "tokenizer.model", "spiece.model", "tekken.json", "chat_template.jinja",
    "chat_template.json", "tokenizer.toklab.json",
  ]
  private static let otherWeights = [".bin", ".pt", ".pth", ".h5", ".msgpack", ".onnx", ".gguf", ".ot"]

  /// Writes into an existing folder.
  ///
  /// - Returns: the names of the files.
  public func write(to folder: String) throws(ToklabError) -> [String] {
    let names: [String]
    switch plan.model.container {
    case .folder(let source):
      names = try write(source, to: folder)
      for shard in source.shards { try shard.file.checkUnchanged() }
    case .gguf(let source):
      names = try write(source, to: folder)
      try source.file.checkUnchanged()
    }
    return names
  }

  private func recipes(_ role: ModelSource.Role) -> (EmbeddingTable, [TokenRecipe]) {
    if role == .output, let table = plan.model.output, let recipes = plan.output { return (table, recipes) }
    return (plan.model.input, plan.input)
  }

  /// Writes the rows of a matrix.
  private func writeRows(
    _ role: ModelSource.Role, _ writer: borrowing AtomicFile.Writer
  ) throws(ToklabError) {
    let (table, recipes) = recipes(role)
    var out: [UInt8] = []
    for recipe in recipes {
      if let row = recipe.copied {
        out += table.bytes(ofRow: Int(row))
      } else {
        try table.encode(recipe.row(of: table), into: &out)
      }
      if out.count >= 1 << 20 {
        try writer.write(out)
        out.removeAll(keepingCapacity: true)
      }
    }
    try writer.write(out)
  }

  /// Writes every row of a matrix in another type than its own, copies too.
  private func writeRows(
    _ role: ModelSource.Role, as type: BlockType, _ writer: borrowing AtomicFile.Writer
  ) throws(ToklabError) {
    let (table, recipes) = recipes(role)
    var out: [UInt8] = []
    for recipe in recipes {
      recipe.row(of: table).withUnsafeBufferPointer { type.encode($0, into: &out) }
      if out.count >= 1 << 20 {
        try writer.write(out)
        out.removeAll(keepingCapacity: true)
      }
    }
    try writer.write(out)
  }

  /// The bias of each row: copied, or the same sum as the row, an offset aside.
  private func biasRow(_ values: [Double]) -> [Double] {
    (plan.output ?? plan.input).map { recipe in
      recipe.rows.reduce(0) { $0 + $1.weight * values[Int($1.id)] }
    }
  }

  // MARK: Hugging Face folders

  private func write(_ source: ModelFolder, to folder: String) throws(ToklabError) -> [String] {
    var names: [String] = []
    for (name, shard) in zip(source.shardNames, source.shards) {
      try write(shard, to: folder + "/" + name)
      names.append(name)
    }
    func add(_ name: String, _ bytes: [UInt8]) throws(ToklabError) {
      try AtomicFile.write(folder + "/" + name, bytes)
      names.append(name)
    }
    if let index = source.index {
      var total = 0
      for name in source.shardNames {
        for tensor in try SafetensorsFile(folder + "/" + name).tensors { total += tensor.range.count }
      }
      var tree = try JSONTree(index.root)
      if var metadata = tree["metadata"] {
        metadata["total_size"] = .integer(total)
        tree["metadata"] = metadata
      }
      try add(ModelFolder.indexName, tree.document())
    }
    for name in source.otherNames {
      let isTokenizer = Self.tokenizerNames.contains(name)
      if isTokenizer && !keepsRest || Self.otherWeights.contains(where: name.hasSuffix) { continue }
      try add(name, FileBytes.readRaw(source.path + "/" + name))
    }
    for (name, bytes) in tokenizerFiles { try add(name, bytes) }
    let configuration = TransplantConfiguration(plan, isChanged: !keepsRest)
    try add("config.json", configuration.config(source))
    if let json = source.generationConfig {
      try add(
        "generation_config.json",
        configuration.ids(json, original: FileBytes.readRaw(source.path + "/generation_config.json")))
    }
    return names
  }

  private func write(_ shard: SafetensorsFile, to path: String) throws(ToklabError) {
    var writer = SafetensorsWriter(metadata: shard.metadata)
    for tensor in shard.tensors {
      switch plan.model.roles[tensor.name] {
      case nil:
        writer.add(tensor.name, tensor.type, shape: tensor.shape) { (writer) throws(ToklabError) in
          try shard.file.copy(tensor.range, to: writer)
        }
      case .bias?:
        let values = biasRow(shard.doubles(of: tensor, 0..<tensor.count))
        let copies = (plan.output ?? plan.input).map(\.copied)
        var shape = tensor.shape
        shape[shape.count - 1] = plan.rows
        writer.add(tensor.name, tensor.type, shape: shape) { (writer) throws(ToklabError) in
          var out: [UInt8] = []
          let raw = shard.bytes(of: tensor)
          for (row, value) in values.enumerated() {
            if let copy = copies[row] {
              out += raw[Int(copy) * tensor.type.size..<(Int(copy) + 1) * tensor.type.size]
            } else {
              tensor.type.append(Float(value), to: &out)
            }
          }
          try writer.write(out)
        }
      case let role?:
        writer.add(tensor.name, tensor.type, shape: [plan.rows, tensor.shape[1]]) {
          (writer) throws(ToklabError) in try writeRows(role, writer)
        }
      }
    }
    try writer.write(to: path)
  }

  // MARK: GGUF

  private func write(_ source: GGUFModelFile, to folder: String) throws(ToklabError) -> [String] {
    var writer = GGUFModelWriter()
    writer.alignment = source.alignment
    try writeMetadata(source, into: &writer.metadata)
    for tensor in source.tensors {
      let role = plan.model.roles[tensor.name]
      if role == .bias {
        throw ToklabError(
          file: source.path, "an output bias (\(tensor.name)) in a GGUF file",
          expected: "a model without one",
          advice: "transplant the Hugging Face folder")
      }
      guard let role else {
        writer.add(tensor.name, code: tensor.code, shape: tensor.shape, size: tensor.range.count) {
          (writer) throws(ToklabError) in try source.file.copy(tensor.range, to: writer)
        }
        continue
      }
      let (table, _) = recipes(role)
      if let type = plan.rewritten(role) {
        // Blocks of two types cannot stand in one tensor: every row anew.
        writer.add(
          tensor.name, code: type.rawValue, shape: [plan.rows, table.columns],
          size: plan.rows * table.columns / type.length * type.size
        ) { (writer) throws(ToklabError) in try writeRows(role, as: type, writer) }
        continue
      }
      writer.add(
        tensor.name, code: tensor.code, shape: [plan.rows, table.columns], size: plan.rows * table.rowBytes
      ) { (writer) throws(ToklabError) in try writeRows(role, writer) }
    }
    let name = source.path.split(separator: "/").last.map(String.init) ?? "model.gguf"
    let file = name.hasSuffix(".gguf") ? name : name + ".gguf"
    try writer.write(to: folder + "/" + file)
    return [file]
  }

  /// Everything but the tokenizer as it was; the tokenizer's entries new.
  private func writeMetadata(_ source: GGUFModelFile, into writer: inout GGUFWriter) throws(ToklabError) {
    let metadata = source.metadata
    for key in metadata.keys {
      let entry = metadata.entries[key]!
      if !keepsRest {
        if key.hasPrefix("tokenizer.") { continue }
        if key.hasSuffix(".vocab_size") {
          writer.id(key, TokenID(plan.rows))
          continue
        }
      }
      writer.entry(metadata.bytes[entry.whole])
    }
    guard !keepsRest else { return }
    let bytes = try GGUFTokenizer.write(plan.new.tokenizer.definition)
    let tokenizer = try GGUFMetadata(bytes)
    for key in tokenizer.keys where key.hasPrefix("tokenizer.") {
      // llama.cpp wants a token for every row: padding is named as its converter does.
      if key == "tokenizer.ggml.tokens", let ranges = try tokenizer.strings(key) {
        let names = (min(ranges.count, plan.rows)..<plan.rows).map { Array("[PAD\($0)]".utf8) }
        writer.strings(key, ranges.map { Array(bytes[$0]) } + names)
      } else if key == "tokenizer.ggml.token_type", let kinds = try tokenizer.integers(key) {
        let padding = max(0, plan.rows - kinds.count)
        writer.integers(key, kinds + Array(repeating: UInt32(PieceKind.unused.rawValue), count: padding))
      } else if key == "tokenizer.ggml.scores", let scores = try tokenizer.floats(key) {
        writer.floats(key, scores + Array(repeating: 0, count: max(0, plan.rows - scores.count)))
      } else {
        writer.entry(bytes[tokenizer.entries[key]!.whole])
      }
    }
    for (role, name) in [
      (SpecialRole.bos, "bos"), (.eos, "eos"), (.pad, "padding"), (.unk, "unknown"), (.mask, "mask"),
      (.turnEnd, "eot"),
    ] {
      let key = "tokenizer.ggml.\(name)_token_id"
      guard tokenizer.entries[key] == nil else { continue }
      let id = plan.oldRoles[role].flatMap { plan.newID(of: $0) } ?? plan.newRoles[role]
      if let id { writer.id(key, id) }
    }
    if let template = try metadata.string("tokenizer.chat_template"),
      ChatTemplateLint.missing(template, plan).isEmpty
    {
      writer.string("tokenizer.chat_template", template)
    }
  }
}
