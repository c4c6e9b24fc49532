import Tokenizers

/// The configuration files of a plan's result: sizes, ids and the tie of the matrices; everything else as it was.
struct TransplantConfiguration {
  let plan: TransplantPlan
  let isChanged: Bool

  init(_ plan: TransplantPlan, isChanged: Bool) {
    self.plan = plan
    self.isChanged = isChanged
  }

  /// Keys that hold the id of a token, or a list of ids.
  private static let keys = [
    "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "mask_token_id", "sep_token_id",
    "cls_token_id",
    "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "suppress_tokens",
    "begin_suppress_tokens", "bad_words_ids",
  ]

  func config(_ folder: ModelFolder) throws(ToklabError) -> [UInt8] {
    let original = try FileBytes.readRaw(folder.path + "/config.json")
    var tree = try JSONTree(folder.config.root)
    var changed = false
    func apply(_ node: inout JSONTree) {
      if isChanged { changed = replaceIDs(&node) || changed }
      if node["vocab_size"] != nil, plan.rows != plan.model.rows {
        node["vocab_size"] = .integer(plan.rows)
        changed = true
      }
      // An output matrix of its own is lost when the configuration says it is the input's.
      if plan.model.output != nil, case .raw(let word)? = node["tie_word_embeddings"],
        word.elementsEqual("true".utf8)
      {
        node["tie_word_embeddings"] = .bool(false)
        changed = true
      }
    }
    apply(&tree)
    if var nested = tree["text_config"] {
      apply(&nested)
      tree["text_config"] = nested
    }
    return changed ? tree.document() : original
  }

  /// A document in which only ids are replaced.
  func ids(_ json: ByteJSON, original: [UInt8]) throws(ToklabError) -> [UInt8] {
    guard isChanged else { return original }
    var tree = try JSONTree(json.root)
    return replaceIDs(&tree) ? tree.document() : original
  }

  /// - Returns: whether anything changed.
  private func replaceIDs(_ node: inout JSONTree) -> Bool {
    var changed = false
    for key in Self.keys {
      guard let value = node[key], let (new, differs) = replaced(value) else { continue }
      if differs {
        node[key] = new
        changed = true
      }
    }
    return changed
  }

  /// The value with new ids; ids without a successor are left out of lists, and become null alone.
  private func replaced(_ value: JSONTree) -> (JSONTree, Bool)? {
    switch value {
    case .raw(let text):
      guard let id = Int(String(decoding: text, as: UTF8.self)), id >= 0, id < plan.model.rows else {
        return nil
      }
      let new = plan.newID(of: TokenID(id))
      guard let new else { return (.raw(Array("null".utf8)), true) }
      return (.integer(Int(new)), Int(new) != id)
    case .array(let items):
      var out: [JSONTree] = []
      var seen: Set<[UInt8]> = []
      var differs = false
      for item in items {
        guard let (new, changed) = replaced(item) else {
          out.append(item)
          continue
        }
        differs = differs || changed
        if case .raw(let text) = new {
          guard !text.elementsEqual("null".utf8), seen.insert(text).inserted else { continue }
        }
        out.append(new)
      }
      return (.array(out), differs || out.count != items.count)
    default: return nil
    }
  }
}

/// Chat templates name tokens; a template is carried over only where the new tokenizer has them all.
public enum ChatTemplateLint {
  /// Special tokens of the old tokenizer that a template names and the new one lacks, in the order of their ids.
  public static func missing(_ template: String, _ plan: TransplantPlan) -> [String] {
    let text = Array(template.utf8)
    var missing: [String] = []
    for id in plan.old.kinds.indices where plan.old.kinds[id] == .special {
      let token = plan.old.texts[id]
      guard token.count > 2, plan.new.special(token) == nil, contains(text, token) else { continue }
      missing.append(ByteEscape.string(token))
    }
    return missing
  }

  private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard text.count >= part.count else { return false }
    return (0...text.count - part.count).contains { text[$0] == part[0] && text[$0...].starts(with: part) }
  }
}
