import Tokenizers

/// A GGUF model as a Hugging Face folder: `config.json`, `generation_config.json`, tokenizer files and
/// `model.safetensors`.
///
/// Quantized tensors become numbers exactly as ggml reads them, then the element type asked for; F32 loses
/// nothing. What llama.cpp's converter did to a kind of model is undone (``GGUFArchitecture``).
/// Sources: ggml-org/llama.cpp, `convert_hf_to_gguf.py` and `gguf-py/gguf/constants.py`.
public struct GGUFConversion {
  /// What the metadata say of a model's shape.
  struct Shape {
    var hidden: Int
    var feedForward: Int
    var layers: Int
    var heads: Int
    var keyValueHeads: Int
    var headSize: Int
    var context: Int
    var normEpsilon: Double
    var ropeBase: Double
    /// Positions that most layers of Gemma see, how many layers until one sees all, and their rotary base.
    var window: Int?
    var windowPattern = 6
    var windowRopeBase = 10000.0
    var finalSoftcap: Double?
  }

  /// The element types that a folder can be written in.
  public static let types: [TensorType] = [.f32, .bf16, .f16]

  let source: GGUFModelFile
  let architecture: GGUFArchitecture
  let shape: Shape
  let definition: TokenizerDefinition
  /// The name in the folder, the tensor, and the number of heads where the rows are reordered.
  let tensors: [(name: String, tensor: GGUFModelFile.Tensor, heads: Int?)]

  /// Checks that the file can be converted.
  ///
  /// - Throws: ``ToklabError`` for another architecture, tensors without a place in the folder, or types that
  ///   cannot be read.
  public init(_ source: GGUFModelFile) throws(ToklabError) {
    self.source = source
    definition = try source.tokenizer()
    do throws(ToklabError) {
      let metadata = source.metadata
      architecture = try GGUFArchitecture.named(metadata.string("general.architecture") ?? "")
      shape = try Self.shape(metadata, architecture.name)
      var tensors: [(name: String, tensor: GGUFModelFile.Tensor, heads: Int?)] = []
      for tensor in source.tensors {
        guard let type = tensor.type else {
          throw ToklabError(
            "tensor \(tensor.name) of \(tensor.typeName)",
            expected: BlockType.allCases.map(\.name).joined(separator: ", "))
        }
        _ = type
        guard let name = architecture.folderName(of: tensor.name, layers: shape.layers) else {
          throw ToklabError(
            "a tensor \(tensor.name)", expected: "the tensors of a \(architecture.name) model",
            advice: "mixtures of experts and scaled rotary frequencies are not converted")
        }
        var heads: Int?
        if name.contains("q_proj") { heads = shape.heads }
        if name.contains("k_proj") { heads = shape.keyValueHeads }
        if let count = heads {
          guard tensor.shape.first == count * shape.headSize else {
            throw ToklabError(
              "tensor \(tensor.name) of shape \(tensor.shape)",
              expected: "\(count) heads of \(shape.headSize) rows")
          }
          if !architecture.interleavesHeads { heads = nil }
        }
        tensors.append((name, tensor, heads))
      }
      guard let embedding = source.tensor("token_embd.weight"), embedding.shape.count == 2,
        embedding.shape[1] == shape.hidden
      else {
        throw ToklabError("no token_embd.weight of \(shape.hidden) columns", expected: "a language model")
      }
      self.tensors = tensors
    } catch { throw error.in(source.path) }
  }

  private static func shape(_ metadata: GGUFMetadata, _ kind: String) throws(ToklabError) -> Shape {
    func number(_ key: String) throws(ToklabError) -> Int {
      guard let value = try metadata.integer("\(kind).\(key)", in: 1...1 << 24) else {
        throw ToklabError("no \(kind).\(key)", expected: "the metadata of a \(kind) model")
      }
      return value
    }
    let hidden = try number("embedding_length")
    let heads = try number("attention.head_count")
    let keyValueHeads = try metadata.integer("\(kind).attention.head_count_kv", in: 1...1 << 24) ?? heads
    let headSize = try metadata.integer("\(kind).attention.key_length", in: 1...1 << 24) ?? hidden / heads
    guard headSize % 2 == 0, headSize > 0, heads % keyValueHeads == 0 else {
      throw ToklabError("\(heads) heads of \(headSize), \(keyValueHeads) of keys", expected: "even heads")
    }
    if let rotary = try metadata.integer("\(kind).rope.dimension_count", in: 1...1 << 24), rotary != headSize
    {
      throw ToklabError("rotary positions on \(rotary) of \(headSize) dimensions", expected: "all of them")
    }
    if let scaling = try metadata.string("\(kind).rope.scaling.type"), scaling != "none" {
      throw ToklabError("scaled rotary positions (\(scaling))", expected: "plain ones")
    }
    var shape = Shape(
      hidden: hidden, feedForward: try number("feed_forward_length"), layers: try number("block_count"),
      heads: heads, keyValueHeads: keyValueHeads, headSize: headSize,
      context: try number("context_length"),
      normEpsilon: try metadata.float("\(kind).attention.layer_norm_rms_epsilon") ?? 1e-5,
      ropeBase: try metadata.float("\(kind).rope.freq_base") ?? 10000)
    if kind == "gemma3" {
      shape.window = try number("attention.sliding_window")
      shape.windowPattern =
        try metadata.integer("\(kind).attention.sliding_window_pattern", in: 1...1 << 16) ?? 6
      shape.windowRopeBase = try metadata.float("\(kind).rope.freq_base_swa") ?? 10000
      shape.finalSoftcap = try metadata.float("\(kind).final_logit_softcapping")
    }
    return shape
  }

  /// Writes the files into an existing folder.
  ///
  /// - Parameter type: one of ``types``.
  /// - Returns: the names of the files.
  public func write(to folder: String, as type: TensorType) throws(ToklabError) -> [String] {
    precondition(Self.types.contains(type))
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    for (name, tensor, heads) in tensors {
      writer.add(name, type, shape: tensor.shape) { (writer) throws(ToklabError) in
        try write(tensor, heads, type, writer)
      }
    }
    try writer.write(to: folder + "/model.safetensors")
    let files = [
      ("config.json", try config(type)), ("generation_config.json", try generationConfig()),
      ("tokenizer.json", try HuggingFaceJSON.write(definition)),
      ("tokenizer_config.json", try tokenizerConfig()),
    ]
    for (name, bytes) in files { try AtomicFile.write(folder + "/" + name, bytes) }
    return ["model.safetensors"] + files.map(\.0)
  }

  /// Decodes a tensor row by row and writes it in another type.
  private func write(
    _ tensor: GGUFModelFile.Tensor, _ heads: Int?, _ type: TensorType, _ writer: borrowing AtomicFile.Writer
  ) throws(ToklabError) {
    let blocks = tensor.type!
    let columns = tensor.shape.count > 1 ? tensor.shape.last! : 1
    // A vector is one row; with heads its elements are the rows.
    let (rows, width) =
      tensor.shape.count == 1 && heads == nil ? (1, tensor.shape[0]) : (tensor.shape[0], columns)
    let base = source.file.base + tensor.range.lowerBound
    let rowBytes = width / blocks.length * blocks.size
    let excess = tensor.name.hasSuffix("norm.weight") ? architecture.normExcess : 0
    var numbers = [Float](repeating: 0, count: width)
    var out: [UInt8] = []
    for row in 0..<rows {
      let from = heads == nil ? row : Self.reordered(row, headSize: shape.headSize)
      numbers.withUnsafeMutableBufferPointer {
        blocks.decode(base + from * rowBytes, blocks: width / blocks.length, into: $0.baseAddress!)
      }
      for number in numbers { type.append(number - excess, to: &out) }
      if out.count >= 1 << 20 || row == rows - 1 {
        try writer.write(out)
        out.removeAll(keepingCapacity: true)
      }
    }
    source.file.release(tensor.range)
  }

  /// Where the file has a row of the query or key projection: the halves of a head are interleaved there.
  static func reordered(_ row: Int, headSize: Int) -> Int {
    let (head, within) = row.quotientAndRemainder(dividingBy: headSize)
    let (half, index) = within.quotientAndRemainder(dividingBy: headSize / 2)
    return head * headSize + index * 2 + half
  }

  private func id(_ name: String) throws(ToklabError) -> TokenID? {
    let rows = source.tensor("token_embd.weight")!.shape[0]
    do throws(ToklabError) {
      return try source.metadata.id("tokenizer.ggml.\(name)_token_id", below: rows)
    } catch { throw error.in(source.path) }
  }

  private func specialIDs(_ json: inout JSONWriter) throws(ToklabError) {
    for (key, name) in [("bos_token_id", "bos"), ("eos_token_id", "eos"), ("pad_token_id", "padding")] {
      guard let id = try id(name) else { continue }
      json.key(key)
      json.integer(id)
    }
  }

  private func config(_ type: TensorType) throws(ToklabError) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    func key(_ name: String, _ value: Int) {
      json.key(name)
      json.integer(value)
    }
    func key(_ name: String, _ value: Bool) {
      json.key(name)
      json.bool(value)
    }
    func key(_ name: String, _ value: Double) {
      json.key(name)
      json.double(value)
    }
    func key(_ name: String, _ value: String) {
      json.key(name)
      json.string(value)
    }
    json.key("architectures")
    json.beginArray()
    json.string(architecture.className)
    json.endArray()
    if architecture.name != "qwen2" {
      key("attention_bias", tensors.contains { $0.name.hasSuffix("q_proj.bias") })
    }
    try specialIDs(&json)
    key("head_dim", shape.headSize)
    if architecture.name == "gemma3" {
      key("hidden_activation", "gelu_pytorch_tanh")
    } else {
      key("hidden_act", "silu")
    }
    key("hidden_size", shape.hidden)
    key("intermediate_size", shape.feedForward)
    key("max_position_embeddings", shape.context)
    if architecture.name == "llama" {
      key("mlp_bias", tensors.contains { $0.name.hasSuffix("up_proj.bias") })
    }
    key("model_type", architecture.modelType)
    key("num_attention_heads", shape.heads)
    key("num_hidden_layers", shape.layers)
    key("num_key_value_heads", shape.keyValueHeads)
    if let window = shape.window {
      // llama.cpp knows Gemma 3 27B by its layers: its scores are scaled by the width of all heads.
      key("query_pre_attn_scalar", shape.layers == 62 ? shape.hidden / shape.heads : shape.headSize)
      key("rope_local_base_freq", shape.windowRopeBase)
      key("sliding_window", window)
      key("sliding_window_pattern", shape.windowPattern)
    }
    if let softcap = shape.finalSoftcap { key("final_logit_softcapping", softcap) }
    key("rms_norm_eps", Double("\(Float(shape.normEpsilon))") ?? shape.normEpsilon)
    key("rope_theta", shape.ropeBase)
    key("tie_word_embeddings", source.tensor("output.weight") == nil)
    key("torch_dtype", type == .f32 ? "float32" : type == .f16 ? "float16" : "bfloat16")
    if architecture.name.hasPrefix("qwen") { key("use_sliding_window", false) }
    key("vocab_size", source.tensor("token_embd.weight")!.shape[0])
    json.endObject()
    return json.bytes + [0x0A]
  }

  private func generationConfig() throws(ToklabError) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    try specialIDs(&json)
    json.endObject()
    return json.bytes + [0x0A]
  }

  private func tokenizerConfig() throws(ToklabError) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    let tokenizer = try Tokenizer(definition)
    for (key, name) in [
      ("bos_token", "bos"), ("eos_token", "eos"), ("pad_token", "padding"), ("unk_token", "unknown"),
    ] {
      guard let id = try id(name), let bytes = tokenizer.bytes(of: id),
        String(validating: bytes, as: UTF8.self) != nil
      else { continue }
      json.key(key)
      json.string(bytes)
    }
    do throws(ToklabError) {
      if let template = try source.metadata.string("tokenizer.chat_template") {
        json.key("chat_template")
        json.string(template)
      }
    } catch { throw error.in(source.path) }
    json.key("clean_up_tokenization_spaces")
    json.bool(false)
    json.key("model_max_length")
    json.integer(shape.context)
    json.key("tokenizer_class")
    json.string("PreTrainedTokenizerFast")
    json.endObject()
    return json.bytes + [0x0A]
  }
}
