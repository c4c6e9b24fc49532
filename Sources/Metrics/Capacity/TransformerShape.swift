/// The numbers of a `config.json` that decide how many operations a token costs.
///
/// Keys as Hugging Face's configurations name them; multimodal files are read at `text_config`.
public struct TransformerShape: Sendable, Hashable {
  public var modelType: String
  public var hiddenSize: Int
  public var layers: Int
  public var heads: Int
  public var keyValueHeads: Int
  /// As the file says; nil where it is hidden size over heads.
  public var headDimension: Int?
  public var intermediateSize: Int
  public var vocabularySize: Int

  /// Mixture of experts; nil for dense models.
  public struct Experts: Sendable, Hashable {
    public var intermediateSize: Int
    public var count: Int
    public var perToken: Int
    /// Shared experts, as a number of the same size …
    public var shared: Int
    /// … or as one of a size of its own.
    public var sharedIntermediateSize: Int?
    /// Layers at the bottom that stay dense.
    public var firstDenseLayers: Int

    public init(
      intermediateSize: Int, count: Int, perToken: Int, shared: Int = 0, sharedIntermediateSize: Int? = nil,
      firstDenseLayers: Int = 0
    ) {
      self.intermediateSize = intermediateSize
      self.count = count
      self.perToken = perToken
      self.shared = shared
      self.sharedIntermediateSize = sharedIntermediateSize
      self.firstDenseLayers = firstDenseLayers
    }
  }

  /// Multi-head latent attention; nil for grouped-query attention.
  public struct LatentAttention: Sendable, Hashable {
    public var keyValueRank: Int
    public var queryRank: Int?
    public var nopeDimension: Int
    public var ropeDimension: Int
    public var valueDimension: Int

    public init(
      keyValueRank: Int, queryRank: Int?, nopeDimension: Int, ropeDimension: Int, valueDimension: Int
    ) {
      self.keyValueRank = keyValueRank
      self.queryRank = queryRank
      self.nopeDimension = nopeDimension
      self.ropeDimension = ropeDimension
      self.valueDimension = valueDimension
    }
  }

  public var experts: Experts?
  public var latentAttention: LatentAttention?
  /// Llama 4's dense layers have a size of their own.
  public var denseIntermediateSize: Int?
  /// Window of local attention, and how many layers use it.
  public var slidingWindow: Int?
  public var slidingLayers: Int

  public init(
    modelType: String = "llama", hiddenSize: Int, layers: Int, heads: Int, keyValueHeads: Int,
    headDimension: Int? = nil, intermediateSize: Int, vocabularySize: Int, experts: Experts? = nil,
    latentAttention: LatentAttention? = nil, denseIntermediateSize: Int? = nil, slidingWindow: Int? = nil,
    slidingLayers: Int = 0
  ) {
    self.modelType = modelType
    self.hiddenSize = hiddenSize
    self.layers = layers
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.intermediateSize = intermediateSize
    self.vocabularySize = vocabularySize
    self.experts = experts
    self.latentAttention = latentAttention
    self.denseIntermediateSize = denseIntermediateSize
    self.slidingWindow = slidingWindow
    self.slidingLayers = slidingLayers
  }

  /// Reads a `config.json`.
  ///
  /// - Throws: ``ToklabError`` that names the file and the key that is missing or out of range.
  public init(file path: String) throws(ToklabError) {
    do { self = try TransformerShape(json: FileBytes.read(path)) } catch { throw error.in(path) }
  }

  public init(json bytes: [UInt8]) throws(ToklabError) {
    let document = try ByteJSON(bytes).root
    guard document.kind == .object else { throw document.error("no object", expected: "a config.json") }
    // Multimodal files keep the language model's numbers one level down, often without those that have
    // their default.
    let config = document.member("text_config") ?? document
    func find(_ names: [StaticString], _ range: ClosedRange<Int>) throws(ToklabError) -> Int? {
      for name in names {
        for place in [config, document] {
          if let value = place.member(name), !value.isNull { return try value.integer(in: range) }
        }
      }
      return nil
    }
    let sizes = 1...(1 << 24)
    func required(_ names: StaticString...) throws(ToklabError) -> Int {
      guard let value = try find(names, sizes) else {
        throw config.error("no key \"\(names[0])\"", expected: "the size of the model")
      }
      return value
    }
    func optional(_ names: StaticString...) throws(ToklabError) -> Int? { try find(names, 0...(1 << 24)) }

    if let type = (config.member("model_type") ?? document.member("model_type")), type.kind == .string {
      modelType = try type.string()
    } else {
      modelType = ""
    }
    hiddenSize = try required("hidden_size", "n_embd", "d_model")
    layers = try required("num_hidden_layers", "n_layer", "num_layers")
    heads = try required("num_attention_heads", "n_head", "num_heads")
    keyValueHeads = try find(["num_key_value_heads", "n_head_kv"], sizes) ?? heads
    headDimension = try find(["head_dim"], sizes)
    vocabularySize = try required("vocab_size")
    intermediateSize = try find(["intermediate_size", "n_inner", "ffn_dim"], sizes) ?? 4 * hiddenSize
    denseIntermediateSize = try find(["intermediate_size_mlp"], sizes)
    if let perToken = try find(["num_experts_per_tok", "num_experts_per_token"], sizes) {
      experts = Experts(
        intermediateSize: try find(["moe_intermediate_size"], sizes) ?? intermediateSize,
        count: try find(["n_routed_experts", "num_experts", "num_local_experts"], sizes) ?? perToken,
        perToken: perToken, shared: try optional("n_shared_experts", "num_shared_expert") ?? 0,
        sharedIntermediateSize: try find(["shared_expert_intermediate_size"], 0...(1 << 24)),
        firstDenseLayers: min(layers, try optional("first_k_dense_replace") ?? 0))
    }
    if let rank = try find(["kv_lora_rank"], sizes) {
      latentAttention = LatentAttention(
        keyValueRank: rank, queryRank: try find(["q_lora_rank"], sizes),
        nopeDimension: try optional("qk_nope_head_dim") ?? hiddenSize / heads,
        ropeDimension: try optional("qk_rope_head_dim") ?? 0,
        valueDimension: try optional("v_head_dim") ?? hiddenSize / heads)
    }
    slidingWindow = try find(["sliding_window"], sizes)
    slidingLayers = 0
    if let types = config.member("layer_types"), types.kind == .array {
      for type in try types.elements() where type.equals("sliding_attention") { slidingLayers += 1 }
    } else if slidingWindow != nil, let pattern = try find(["sliding_window_pattern"], 2...1024) {
      // One layer in `pattern` is global.
      slidingLayers = layers - layers / pattern
    } else if slidingWindow != nil, modelType == "mistral" {
      slidingLayers = layers
    }
    slidingLayers = min(slidingLayers, layers)
  }
}
