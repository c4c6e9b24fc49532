import Tokenizers

/// Where llama.cpp and transformers differ on a kind of model: names of tensors, the order of rows, offsets.
///
/// Sources: ggml-org/llama.cpp, `convert_hf_to_gguf.py` (what its converter does to each kind, undone here) and
/// `src/llama-model.cpp` (what it assumes where the file is silent).
struct GGUFArchitecture: Sendable {
  /// `general.architecture`, and what the kind's keys begin with.
  var name: String
  var modelType: String
  var className: String
  /// Names of a layer's tensors in the file and in the folder.
  var ofLayer: [String: String]
  /// Whether the rows of queries and keys are reordered: pairs of rotary dimensions side by side.
  var interleavesHeads = false
  /// What the file's weights of normalizations have in excess.
  var normExcess: Float = 0

  private static let common = [
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]
  private static let headNorms = ["attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"]
  private static let gemmaNorms = [
    "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
  ]

  /// The kinds that can be converted.
  static let all = [
    GGUFArchitecture(
      name: "llama", modelType: "llama", className: "LlamaForCausalLM", ofLayer: common,
      interleavesHeads: true),
    GGUFArchitecture(name: "qwen2", modelType: "qwen2", className: "Qwen2ForCausalLM", ofLayer: common),
    GGUFArchitecture(
      name: "qwen3", modelType: "qwen3", className: "Qwen3ForCausalLM",
      ofLayer: common.merging(headNorms) { $1 }),
    GGUFArchitecture(
      name: "gemma3", modelType: "gemma3_text", className: "Gemma3ForCausalLM",
      ofLayer: common.merging(headNorms) { $1 }.merging(gemmaNorms) { $1 }, normExcess: 1),
  ]

  /// - Throws: ``ToklabError`` for another kind.
  static func named(_ name: String) throws(ToklabError) -> GGUFArchitecture {
    guard let found = all.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      throw ToklabError(
        "the architecture \"\(ByteEscape.string(name.utf8.prefix(40)))\"",
        expected: all.map(\.name).joined(separator: ", "),
        advice: "transplant takes any GGUF file as donor without conversion")
    }
    return found
  }

  private static let plain = [
    "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  ]

  /// The name in the folder of a tensor of the file; nil for one that such models do not have.
  func folderName(of name: String, layers: Int) -> String? {
    if let name = Self.plain[name] { return name }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), (0..<layers).contains(layer),
      String(layer) == parts[1], parts[3] == "weight" || parts[3] == "bias",
      let inner = ofLayer[String(parts[2])]
    else { return nil }
    return "model.layers.\(layer).\(inner).\(parts[3])"
  }
}
