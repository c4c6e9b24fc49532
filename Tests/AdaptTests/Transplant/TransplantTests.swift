import Adapt
import TestSupport
import Testing
import Tokenizers

/// Whole models on disk: what must stay the same, byte for byte.
@Suite struct TransplantTests {
  static let shapes: [SmallModel.Shape] = [
    .init(), .init(isTied: false), .init(isTied: false, hasBias: true, type: .f16),
    .init(isTied: false, hasBias: true, shards: 3, type: .bf16),
    .init(prefix: "language_model.model.", nested: true, type: .bf16),
    .init(shards: 2, type: .f64, paddingRows: 7),
  ]

  /// The same tokenizer: every tensor and every file as it was.
  @Test(arguments: shapes.indices)
  func identity(index: Int) throws {
    let (folder, shape) = (try TemporaryFolder(), Self.shapes[index])
    try SmallModel.write(SmallModel.definition(), to: folder["m"], shape)
    let plan = try SmallModel.transplant(folder["m"], to: folder["m"] + "/tokenizer.json", folder["out"])
    #expect(plan.warnings.isEmpty)
    for shard in try ModelFolder(folder["m"]).shards {
      for tensor in shard.tensors {
        let bytes = try SmallModel.tensor(tensor.name, in: folder["out"])
        #expect(bytes.elementsEqual(shard.bytes(of: tensor)), "\(tensor.name)")
      }
    }
    for name in ["config.json", "generation_config.json", "tokenizer.json", "LICENSE"] {
      let (old, new) = ("\(folder["m"])/\(name)", "\(folder["out"])/\(name)")
      #expect(try FileBytes.read(old) == FileBytes.read(new), "\(name)")
    }
    if shape.shards > 1 {
      let (one, other) = (try lines(folder["m"]), try lines(folder["out"]))
      #expect(one == other)
    }
    func lines(_ path: String) throws -> [String] {
      let root = try ByteJSON(FileBytes.read(path + "/model.safetensors.index.json")).root
      var lines = [String(try root.member("metadata")!.member("total_size")!.integer())]
      try root.member("weight_map")!.forEachMember { (key, value) throws(ToklabError) in
        lines.append(try key.string() + " " + value.string())
      }
      return lines
    }
  }

  /// The same tokens with other ids: row π(i) is row i, in every matrix and the bias; ids of the configuration follow.
  @Test(arguments: shapes.indices)
  func permutation(index: Int) throws {
    let (folder, shape) = (try TemporaryFolder(), Self.shapes[index])
    let definition = try SmallModel.definition()
    let untouched = try SmallModel.write(definition, to: folder["m"], shape)
    let count = try Tokenizer(definition).capacity
    var order = (0..<TokenID(count)).map { $0 }
    var random = SplitMix64(seed: 12)
    random.permute(&order)
    try folder.write("t.json", HuggingFaceJSON.write(SmallModel.permuted(definition, order)))
    let plan = try SmallModel.transplant(folder["m"], to: folder["t.json"], folder["out"])
    #expect(plan.input.prefix(count).allSatisfy { $0.copied != nil })
    for name in untouched {
      #expect(
        try SmallModel.tensor(name, in: folder["out"]) == SmallModel.tensor(name, in: folder["m"]), "\(name)")
    }
    var moved = [shape.prefix + "embed_tokens.weight"]
    if !shape.isTied { moved.append("lm_head.weight") }
    if shape.hasBias { moved.append("lm_head.bias") }
    for name in moved {
      let (old, new) = (
        try SmallModel.tensor(name, in: folder["m"]), try SmallModel.tensor(name, in: folder["out"])
      )
      let size = old.count / (count + shape.paddingRows)
      for id in 0..<count {
        let place = Int(order[id])
        #expect(new[place * size..<(place + 1) * size] == old[id * size..<(id + 1) * size])
      }
    }
    let generation = try ByteJSON(FileBytes.read(folder["out"] + "/generation_config.json")).root
    #expect(try generation.member("eos_token_id")!.elements()[0].integer() == Int(order[0]))
    // Loads again, and the tokenizer is the new one.
    let again = try ModelSource(folder["out"])
    #expect(again.namedRoles[.eos] == order[0])
    #expect(
      try again.tokenizer().encode("the quick").ids
        == Tokenizer(definition).encode("the quick").ids.map { order[Int($0)] })
  }

  /// To fewer tokens and back: shared rows stay bit for bit; new rows are the recipe's, also in the bias.
  @Test(arguments: shapes.indices)
  func fewerAndBack(index: Int) throws {
    let (folder, shape) = (try TemporaryFolder(), Self.shapes[index])
    let definition = try SmallModel.definition()
    try SmallModel.write(definition, to: folder["m"], shape)
    let small = try SmallModel.truncated(definition, dropping: 60)
    try folder.write("t.json", HuggingFaceJSON.write(small))
    let down = try SmallModel.transplant(folder["m"], to: folder["t.json"], folder["small"])
    #expect(down.rows == 440 && down.input.allSatisfy { $0.copied != nil })
    let config = try ByteJSON(FileBytes.read(folder["small"] + "/config.json")).root
    #expect(try (config.member("text_config") ?? config).member("vocab_size")!.integer() == 440)
    try folder.write("back.json", HuggingFaceJSON.write(definition))
    let up = try SmallModel.transplant(folder["small"], to: folder["back.json"], folder["out"])
    #expect(up.input.filter { $0.tier == .strategy }.count == 60)
    // The number of shared tokens is that of a plain search.
    let (old, new) = (TokenTable(try Tokenizer(small)), TokenTable(try Tokenizer(definition)))
    let plain = (0..<new.count).filter { id in
      new.kinds[id] == .text
        && (0..<old.count).contains { old.kinds[$0] == .text && old.texts[$0] == new.texts[id] }
    }.count
    #expect(up.input.filter { $0.tier == .bytes }.count == plain)
    let name = shape.prefix + "embed_tokens.weight"
    let (before, after) = (
      try SmallModel.tensor(name, in: folder["m"]), try SmallModel.tensor(name, in: folder["out"])
    )
    let size = SmallModel.columns * shape.type.size
    let source = try ModelSource(folder["small"])
    for (id, recipe) in up.input.enumerated() {
      let row = Array(after[id * size..<(id + 1) * size])
      if recipe.copied != nil {
        #expect(row == Array(before[id * size..<(id + 1) * size]))
      } else {
        #expect(abs(recipe.rows.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
        #expect(row == SmallModel.bytes(recipe.row(of: source.input), shape.type))
      }
    }
    if shape.hasBias {
      let bias = try ModelFolder(folder["out"]).shards.compactMap { shard in
        shard.tensor("lm_head.bias").map { shard.doubles(of: $0, 0..<$0.count) }
      }[0]
      let from = try ModelFolder(folder["small"]).shards.compactMap { shard in
        shard.tensor("lm_head.bias").map { shard.doubles(of: $0, 0..<$0.count) }
      }[0]
      for (id, recipe) in up.output!.enumerated() {
        let sum = recipe.rows.reduce(0.0) { $0 + $1.weight * from[Int($1.id)] }
        #expect(abs(bias[id] - sum) < 1e-6)
      }
    }
  }

  /// Rows of padding: copies of a reserved row, or the padding that was there; the number is a multiple of what is asked.
  @Test func padding() throws {
    let folder = try TemporaryFolder()
    try SmallModel.write(SmallModel.definition(), to: folder["m"], .init(paddingRows: 3))
    let small = try SmallModel.truncated(SmallModel.definition(), dropping: 10)
    try folder.write("t.json", HuggingFaceJSON.write(small))
    let plan = try SmallModel.transplant(folder["m"], to: folder["t.json"], folder["out"]) {
      $0.padToMultiple = 128
    }
    #expect(plan.rows == 512)
    #expect(
      plan.input[490...].allSatisfy {
        $0.tier == .padding && $0.copied == 500 || $0.copied.map { $0 > 500 } == true
      })
    #expect(plan.input.filter { $0.tier == .padding }.count == 22)
  }

  /// The user's map comes first; the tie of the configuration is what the matrices say.
  @Test func mapsAndTies() throws {
    let folder = try TemporaryFolder()
    try SmallModel.write(SmallModel.definition(), to: folder["m"], .init(isTied: false))
    let wrong = try String(decoding: FileBytes.read(folder["m"] + "/config.json"), as: UTF8.self)
    let claim = wrong.split(separator: "false").joined(separator: "true")
    try AtomicFile.write(folder["m"] + "/config.json", Array(claim.utf8))
    let plan = try SmallModel.transplant(folder["m"], to: folder["m"] + "/tokenizer.json", folder["out"]) {
      $0.map = [300: [301, 302]]
    }
    #expect(plan.input[300].tier == .map && plan.input[300].rows.map(\.id) == [301, 302])
    let config = try ByteJSON(FileBytes.read(folder["out"] + "/config.json")).root
    #expect(try config.member("tie_word_embeddings")!.bool() == false)
    #expect(throws: ToklabError.self) {
      try SmallModel.transplant(folder["m"], to: folder["m"] + "/tokenizer.json", folder["x"]) {
        $0.map = [9999: [1]]
      }
    }
  }

  /// A GGUF file: other tensors and metadata byte for byte, copied rows as blocks, new rows quantized.
  @Test func ggufFiles() throws {
    let folder = try TemporaryFolder()
    try SmallGGUF.write(to: folder["m.gguf"], tied: false)
    let small = try SmallModel.truncated(SmallModel.definition(), dropping: 30)
    try folder.write("t.json", HuggingFaceJSON.write(small))
    let down = try SmallModel.transplant(folder["m.gguf"], to: folder["t.json"], folder["small"])
    #expect(down.rows == 470)
    try folder.write("back.json", HuggingFaceJSON.write(SmallModel.definition()))
    let plan = try SmallModel.transplant(folder["small"] + "/m.gguf", to: folder["back.json"], folder["out"])
    let (before, after) = (try GGUFModelFile(folder["m.gguf"]), try GGUFModelFile(folder["out"] + "/m.gguf"))
    #expect(before.tensors.map(\.name) == after.tensors.map(\.name))
    for (one, other) in zip(before.tensors, after.tensors) {
      let (a, b) = (Array(before.file.bytes(one.range)), Array(after.file.bytes(other.range)))
      if one.name != "token_embd.weight", one.name != "output.weight" {
        #expect(a == b)
      } else {
        let size = a.count / 500
        for id in 0..<500 where plan.input[id].copied != nil {
          #expect(a[id * size..<(id + 1) * size] == b[id * size..<(id + 1) * size])
        }
      }
    }
    let text = "the quick brown fox"
    #expect(
      try Tokenizer(after.tokenizer()).encode(text).ids == Tokenizer(before.tokenizer()).encode(text).ids)
    // A token for every row, padding too.
    _ = try SmallModel.transplant(folder["m.gguf"], to: folder["t.json"], folder["padded"]) {
      $0.padToMultiple = 64
    }
    let padded = try GGUFModelFile(folder["padded"] + "/m.gguf")
    #expect(padded.tensor("token_embd.weight")?.shape == [512, 32])
    #expect(try padded.metadata.strings("tokenizer.ggml.tokens")?.count == 512)
    #expect(
      try padded.metadata.integers("tokenizer.ggml.token_type")?.suffix(42).allSatisfy { $0 == 5 } == true)
    #expect(try Tokenizer(padded.tokenizer()).capacity == 470)
    // The same tokenizer again: the tensors of the file as they were.
    _ = try SmallModel.transplant(folder["m.gguf"], to: folder["m.gguf"], folder["same"])
    let same = try GGUFModelFile(folder["same"] + "/m.gguf")
    for (one, other) in zip(before.tensors, same.tensors) {
      #expect(before.file.bytes(one.range).elementsEqual(same.file.bytes(other.range)))
    }
  }

  /// Matrices of quantized types in which no rows are made: written as F16 when a row is new, with a warning, every copied
  /// row within its rounding; kept block for block when none is.
  @Test(arguments: [BlockType.q40, .q41, .q50, .q51, .q4K, .q5K, .q6K])
  func quantizedTables(type: BlockType) throws {
    let folder = try TemporaryFolder()
    let definition = try SmallModel.definition()
    let small = try SmallModel.truncated(definition, dropping: 30)
    let head = try GGUFTokenizer.write(small)
    let metadata = try GGUFMetadata(head)
    var writer = GGUFModelWriter()
    writer.metadata.string("general.architecture", "llama")
    for key in metadata.keys where key.hasPrefix("tokenizer.") {
      writer.metadata.entry(head[metadata.entries[key]!.whole])
    }
    var random = SplitMix64(seed: 5)
    var bytes: [UInt8] = []
    for _ in 0..<470 * 256 / type.length {
      var block = (0..<type.size).map { _ in UInt8(random.below(256)) }
      // Scales and minima of 1/16.
      let scale = type == .q6K ? 208 : 0
      for place in [scale, scale + 2] where place + 2 <= type.size {
        if place > 0, ![.q41, .q51, .q4K, .q5K].contains(type), place != 208 { continue }
        block.replaceSubrange(place..<place + 2, with: [0x00, 0x2C])
      }
      bytes += block
    }
    writer.add("token_embd.weight", code: type.rawValue, shape: [470, 256], size: bytes.count) {
      (out) throws(ToklabError) in try out.write(bytes)
    }
    try writer.write(to: folder["m.gguf"])
    try folder.write("t.json", HuggingFaceJSON.write(definition))
    let plan = try SmallModel.transplant(folder["m.gguf"], to: folder["t.json"], folder["out"])
    #expect(plan.warnings.contains { $0.contains("\(type.name), in which no rows are made") })
    let (before, after) = (try ModelSource(folder["m.gguf"]), try ModelSource(folder["out"] + "/m.gguf"))
    #expect(after.input.format == .blocks(.f16) && after.rows == 500)
    for (id, recipe) in plan.input.enumerated() {
      for (one, other) in zip(after.input.row(id), recipe.row(of: before.input)) {
        #expect(abs(one - other) <= abs(other) * 0x1p-11 + 0x1p-25)
      }
    }
    // Copies only: the blocks as they are.
    try folder.write("s.json", HuggingFaceJSON.write(SmallModel.truncated(small, dropping: 10)))
    let fewer = try SmallModel.transplant(folder["m.gguf"], to: folder["s.json"], folder["few"])
    let kept = try ModelSource(folder["few"] + "/m.gguf").input
    #expect(kept.format == .blocks(type) && !fewer.warnings.contains { $0.contains("no rows are made") })
    for (id, recipe) in fewer.input.enumerated() {
      #expect(kept.bytes(ofRow: id).elementsEqual(before.input.bytes(ofRow: Int(recipe.copied!))))
    }
  }

  /// What is wrong with a model is said in one error.
  @Test func brokenModels() throws {
    let folder = try TemporaryFolder()
    func expectError(_ part: String, _ shape: SmallModel.Shape = .init(), _ damage: (String) throws -> Void)
      throws
    {
      let path = folder["m"]
      TemporaryFiles.remove(path)
      try SmallModel.write(SmallModel.definition(), to: path, shape)
      try damage(path)
      let error = #expect(throws: ToklabError.self) {
        try SmallModel.transplant(path, to: path + "/tokenizer.json", folder["never"])
      }
      #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }
    func write(_ path: String, _ text: String) throws { try AtomicFile.write(path, Array(text.utf8)) }
    try expectError("config.json") { TemporaryFiles.remove($0 + "/config.json") }
    try expectError("safetensors") { TemporaryFiles.remove($0 + "/model.safetensors") }
    try expectError("no input matrix") { try write($0 + "/config.json", "{\"vocab_size\": 77}") }
    try expectError("vocab_size") { try write($0 + "/config.json", "{\"vocab_size\": -1}") }
    try expectError("ids up to 499") { path in
      try SmallModel.write(SmallModel.truncated(SmallModel.definition(), dropping: 5), to: path)
      try write(
        path + "/tokenizer.json",
        String(decoding: HuggingFaceJSON.write(SmallModel.definition()), as: UTF8.self))
    }
    try expectError("cannot be", .init(shards: 2)) {
      TemporaryFiles.remove($0 + "/model-00002-of-00002.safetensors")
    }
    try expectError("shard", .init(shards: 2)) { path in
      try write(path + "/model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../x.safetensors\"}}")
    }
    try expectError("not known what for") { path in
      var writer = SafetensorsWriter()
      for name in ["model.embed_tokens.weight", "model.mtp.weight"] {
        let numbers = SmallModel.numbers(500 * 24, seed: UInt64(name.utf8.count))
        writer.add(name, numbers, shape: [500, 24])
      }
      try writer.write(to: path + "/model.safetensors")
    }
    try expectError("scales of its own") { path in
      var writer = SafetensorsWriter()
      writer.add("embed_tokens.weight", SmallModel.numbers(500 * 24, seed: 1), shape: [500, 24])
      writer.add("embed_tokens.weight_scale", [Float(1)])
      try writer.write(to: path + "/model.safetensors")
    }
  }
}
