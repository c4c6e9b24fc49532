import Tokenizers

/// A GGUF model as a Hugging Face folder: `config.json`, `generation_config.json`, tokenizer files and
/// `model.safetensors`.
///
/// Quantized tensors become numbers exactly as ggml reads them, then the element type asked for; F32 loses
/// nothing. For the `llama` architecture llama.cpp's converter reorders the rows of the query and key projections
/// (pairs of rotary dimensions side by side); that is undone here.
/// Sources: ggml-org/llama.cpp, `convert_hf_to_gguf.py` (`LlamaModel.permute`) and `gguf-py/gguf/constants.py`.
public struct GGUFConversion {
  /// What the shape of a llama model is called in the metadata.
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
  }

  /// The element types that a folder can be written in.
  public static let types: [TensorType] = [.f32, .bf16, .f16]

  let source: GGUFModelFile
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
      let architecture = try metadata.string("general.architecture") ?? ""
      guard architecture == "llama" else {
        throw ToklabError(
          "the architecture \"\(ByteEscape.string(architecture.utf8.prefix(40)))\"", expected: "llama",
          advice: "transplant takes any GGUF file as donor without conversion")
      }
      shape = try Self.shape(metadata)
      var tensors: [(name: String, tensor: GGUFModelFile.Tensor, heads: Int?)] = []
      for tensor in source.tensors {
        guard let type = tensor.type else {
          throw ToklabError(
            "tensor \(tensor.name) of \(tensor.typeName)",
            expected: BlockType.allCases.map(\.name).joined(separator: ", "))
        }
        _ = type
        guard let name = Self.name(of: tensor.name, layers: shape.layers) else {
          throw ToklabError(
            "a tensor \(tensor.name)", expected: "the tensors of a llama model",
            advice: "mixtures of experts and scaled rotary frequencies are not converted")
        }
        var heads: Int?
        if name.contains("q_proj") { heads = shape.heads }
        if name.contains("k_proj") { heads = shape.keyValueHeads }
        if let heads {
          guard tensor.shape.first == heads * shape.headSize else {
            throw ToklabError(
              "tensor \(tensor.name) of shape \(tensor.shape)",
              expected: "\(heads) heads of \(shape.headSize) rows")
          }
        }
        tensors.append((name, tensor, heads))
      }
      guard let embedding = source.tensor("token_embd.weight"), embedding.shape.count == 2,
        embedding.shape[1] == shape.hidden
      else {
        throw ToklabError("no token_embd.weight of \(shape.hidden) columns", expected: "a llama model")
      }
      self.tensors = tensors
    } catch { throw error.in(source.path) }
  }

  private static func shape(_ metadata: GGUFMetadata) throws(ToklabError) -> Shape {
    func number(_ key: String) throws(ToklabError) -> Int {
      guard let value = try metadata.integer("llama." + key, in: 1...1 << 24) else {
        throw ToklabError("no llama.\(key)", expected: "the metadata of a llama model")
      }
      return value
    }
    let hidden = try number("embedding_length")
    let heads = try number("attention.head_count")
    let keyValueHeads = try metadata.integer("llama.attention.head_count_kv", in: 1...1 << 24) ?? heads
    let headSize = try metadata.integer("llama.attention.key_length", in: 1...1 << 24) ?? hidden / heads
    guard headSize % 2 == 0, headSize > 0, heads % keyValueHeads == 0 else {
      throw ToklabError("\(heads) heads of \(headSize), \(keyValueHeads) of keys", expected: "even heads")
    }
    if let rotary = try metadata.integer("llama.rope.dimension_count", in: 1...1 << 24), rotary != headSize {
      throw ToklabError("rotary positions on \(rotary) of \(headSize) dimensions", expected: "all of them")
    }
    if let scaling = try metadata.string("llama.rope.scaling.type"), scaling != "none" {
      throw ToklabError("scaled rotary positions (\(scaling))", expected: "plain ones")
    }
    return Shape(
      hidden: hidden, feedForward: try number("feed_forward_length"), layers: try number("block_count"),
      heads: heads, keyValueHeads: keyValueHeads, headSize: headSize,
      context: try number("context_length"),
      normEpsilon: try metadata.float("llama.attention.layer_norm_rms_epsilon") ?? 1e-5,
      ropeBase: try metadata.float("llama.rope.freq_base") ?? 10000)
  }

  private static let plain = [
    "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  ]
  private static let ofLayer = [
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]

  /// The name in the folder of a tensor of the file; nil for one that llama models do not have.
  static func name(of name: String, layers: Int) -> String? {
    if let name = plain[name] { return name }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), (0..<layers).contains(layer),
      String(layer) == parts[1], parts[3] == "weight" || parts[3] == "bias",
      let inner = ofLayer[String(parts[2])]
    else { return nil }
    return "model.layers.\(layer).\(inner).\(parts[3])"
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
    var numbers = [Float](repeating: 0, count: width)
    var out: [UInt8] = []
    for row in 0..<rows {
      let from = heads == nil ? row : Self.reordered(row, headSize: shape.headSize)
      numbers.withUnsafeMutableBufferPointer {
        blocks.decode(base + from * rowBytes, blocks: width / blocks.length, into: $0.baseAddress!)
      }
      for number in numbers { type.append(number, to: &out) }
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
    json.key("architectures")
    json.beginArray()
    json.string("LlamaForCausalLM")
    json.endArray()
    let hasBias = tensors.contains { $0.name.hasSuffix("q_proj.bias") }
    json.key("attention_bias")
    json.bool(hasBias)
    try specialIDs(&json)
    json.key("head_dim")
    json.integer(shape.headSize)
    json.key("hidden_act")
    json.string("silu")
    json.key("hidden_size")
    json.integer(shape.hidden)
    json.key("intermediate_size")
    json.integer(shape.feedForward)
    json.key("max_position_embeddings")
    json.integer(shape.context)
    json.key("mlp_bias")
    json.bool(tensors.contains { $0.name.hasSuffix("up_proj.bias") })
    json.key("model_type")
    json.string("llama")
    json.key("num_attention_heads")
    json.integer(shape.heads)
    json.key("num_hidden_layers")
    json.integer(shape.layers)
    json.key("num_key_value_heads")
    json.integer(shape.keyValueHeads)
    json.key("rms_norm_eps")
    json.double(Double("\(Float(shape.normEpsilon))") ?? shape.normEpsilon)
    json.key("rope_theta")
    json.double(shape.ropeBase)
    json.key("tie_word_embeddings")
    json.bool(source.tensor("output.weight") == nil)
    json.key("torch_dtype")
    json.string(type == .f32 ? "float32" : type == .f16 ? "float16" : "bfloat16")
    json.key("vocab_size")
    json.integer(source.tensor("token_embd.weight")!.shape[0])
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
