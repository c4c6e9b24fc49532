import Tokenizers

/// What a special token is for. The order is that of importance: a token with several roles counts by the first.
public enum SpecialRole: String, Sendable, Hashable, CaseIterable, Comparable {
  case bos, eos, turnEnd = "turn-end", turnStart = "turn-start", pad, unk, mask

  public static func < (one: SpecialRole, other: SpecialRole) -> Bool {
    allCases.firstIndex(of: one)! < allCases.firstIndex(of: other)!
  }

  /// Usual spellings, the most telling first.
  var spellings: [String] {
    switch self {
    case .bos:
      [
        "<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>", "<｜begin▁of▁sentence｜>", "[CLS]",
        "<|endoftext|>",
      ]
    case .eos: ["</s>", "<eos>", "<|end_of_text|>", "<|endoftext|>", "<｜end▁of▁sentence｜>", "[SEP]"]
    case .turnEnd: ["<|im_end|>", "<end_of_turn>", "<|eot_id|>", "<|end|>"]
    case .turnStart: ["<|im_start|>", "<start_of_turn>", "<|start_header_id|>", "<|start|>"]
    case .pad: ["<pad>", "[PAD]", "<|pad|>", "<|finetune_right_pad_id|>"]
    case .unk: ["<unk>", "[UNK]"]
    case .mask: ["<mask>", "[MASK]"]
    }
  }

  /// Roles that stand in for this one where a tokenizer has no such token.
  var substitutes: [SpecialRole] {
    switch self {
    case .bos: [.eos, .turnStart]
    case .eos: [.turnEnd, .bos]
    case .turnEnd: [.eos]
    case .turnStart: [.bos, .eos]
    case .pad: [.eos, .turnEnd]
    case .unk, .mask: []
    }
  }
}

/// The tokens of a tokenizer that have a role.
public struct SpecialRoles: Sendable, Hashable {
  public private(set) var ids: [SpecialRole: TokenID]

  public init(_ ids: [SpecialRole: TokenID] = [:]) { self.ids = ids }

  /// Roles as files name them, and for the others by their usual spelling.
  ///
  /// - Parameter named: what a configuration says, by role.
  public init(_ table: TokenTable, named: [SpecialRole: TokenID]) {
    var ids = named.filter { $0.value < table.count }
    for role in SpecialRole.allCases where ids[role] == nil {
      for spelling in role.spellings {
        if let id = table.special(Array(spelling.utf8)) {
          ids[role] = id
          break
        }
      }
    }
    self.ids = ids
  }

  public subscript(role: SpecialRole) -> TokenID? { ids[role] }

  /// The token of a role or of one that stands in for it.
  func id(for role: SpecialRole) -> TokenID? {
    ([role] + role.substitutes).lazy.compactMap { ids[$0] }.first
  }

  /// The most important role of a token.
  func role(of id: TokenID) -> SpecialRole? { SpecialRole.allCases.first { ids[$0] == id } }
}
