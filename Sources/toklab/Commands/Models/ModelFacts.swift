import Adapt
import Tokenizers

/// What a model's files say, without running it.
struct ModelFacts {
  private let path: String
  private let source: ModelSource
  private let table: TokenTable

  init(_ path: String) throws {
    self.path = path
    source = try ModelSource(path)
    table = TokenTable(try source.tokenizer())
  }

  func write(_ shared: SharedOptions) throws {
    var tensors = 0
    var numbers = 0
    var types: [String: Int] = [:]
    let kind: String
    switch source.container {
    case .gguf(let file):
      kind = "gguf"
      tensors = file.tensors.count
      for tensor in file.tensors {
        numbers += tensor.shape.reduce(1, *)
        types[tensor.typeName, default: 0] += 1
      }
    case .folder(let folder):
      kind = "hf"
      for tensor in folder.shards.flatMap(\.tensors) {
        tensors += 1
        numbers += tensor.count
        types[tensor.type.rawValue, default: 0] += 1
      }
    }
    let special = SpecialRoles(table, named: source.namedRoles)
    let roles = SpecialRole.allCases.compactMap { role in special[role].map { (role.rawValue, $0) } }
    let sorted = types.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    let output = Output.standard()
    if shared.json {
      let provenance = Provenance(shared)
      if kind == "gguf" { try provenance.add(path) }
      let members: [(String, JSON)] = [
        ("kind", .string(kind)), ("rows", .int(source.rows)), ("columns", .int(source.input.columns)),
        ("tokens", .int(table.count)), ("embedding_type", .string(source.input.format.name)),
        ("tied", .bool(source.output == nil)), ("tensors", .int(tensors)), ("parameters", .int(numbers)),
        ("types", .object(sorted.map { ($0.key, .int($0.value)) })),
        ("roles", .object(roles.map { ($0.0, .int(Int($0.1))) })),
      ]
      try output.write(Document.make("models.info", members, provenance).document())
    } else {
      try output.write(
        Table.pairs(
          [
            ("kind", kind), ("parameters", Numbers.grouped(numbers)),
            ("tensors", sorted.map { "\($0.value) \($0.key)" }.joined(separator: ", ")),
            (
              "embeddings",
              "\(Numbers.grouped(source.rows)) × \(source.input.columns) \(source.input.format.name), "
                + (source.output == nil ? "also the output matrix" : "an output matrix of its own")
            ), ("tokens", Numbers.grouped(table.count)),
            ("special", roles.map { "\($0.0) \($0.1)" }.joined(separator: ", ")),
          ], shared.style))
    }
    try output.flush()
  }
}
