import Glibc
import Tokenizers

/// The tokenizer that a model is moved to, with its files and what they say about its special tokens.
public struct TargetTokenizer: Sendable {
  public let tokenizer: Tokenizer
  /// Ids by role, as the files name them.
  public let roles: [SpecialRole: TokenID]
  /// The files for a Hugging Face folder; `tokenizer.json` and `tokenizer_config.json` at least.
  public let files: [(name: String, bytes: [UInt8])]
  /// The chat template of these files.
  public let chatTemplate: String?

  /// - Parameter path: a tokenizer file or folder, or a GGUF file.
  public init(_ path: String) throws(ToklabError) {
    let file = try TokenizerFile.open(path)
    do throws(ToklabError) { tokenizer = try Tokenizer(file.definition) } catch { throw error.in(path) }
    var files: [(name: String, bytes: [UInt8])] = []
    var roles: [SpecialRole: TokenID] = [:]
    var template: String?
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      for name in try ModelFolder.names(path) where TransplantWriter.tokenizerNames.contains(name) {
        files.append((name, try FileBytes.readRaw(path + "/" + name)))
      }
    } else if GGUFModelFile.isOne(path) {
      let metadata = try GGUFModelFile(path).metadata
      do throws(ToklabError) {
        template = try metadata.string("tokenizer.chat_template")
        for (role, name) in [
          (SpecialRole.bos, "bos"), (.eos, "eos"), (.unk, "unknown"), (.pad, "padding"), (.mask, "mask"),
          (.turnEnd, "eot"),
        ] {
          roles[role] = try metadata.id("tokenizer.ggml.\(name)_token_id", below: tokenizer.capacity)
        }
      } catch { throw error.in(path) }
    } else if file.format == "huggingface" {
      files.append(("tokenizer.json", try FileBytes.read(path)))
    }
    if !files.contains(where: { $0.name == "tokenizer.json" }) {
      do throws(ToklabError) {
        files.append(("tokenizer.json", try HuggingFaceJSON.write(file.definition)))
      } catch { throw error.in(path) }
    }
    if let config = files.first(where: { $0.name == "tokenizer_config.json" }) {
      do throws(ToklabError) {
        let root = try ByteJSON(config.bytes).root
        let found = try Self.roles(root, tokenizer)
        roles.merge(found) { $1 }
        if let value = root.member("chat_template"), value.kind == .string { template = try value.string() }
      } catch { throw error.in(path + "/tokenizer_config.json") }
    } else {
      let table = SpecialRoles(TokenTable(tokenizer), named: roles)
      files.append(("tokenizer_config.json", Self.config(table, tokenizer)))
    }
    if let jinja = files.first(where: { $0.name == "chat_template.jinja" }) {
      template = String(decoding: jinja.bytes, as: UTF8.self)
    }
    self.roles = roles
    self.files = files
    chatTemplate = template
  }

  /// `bos_token` and its like: a string, or an object with `content`.
  private static func roles(
    _ root: ByteJSON.Value, _ tokenizer: Tokenizer
  ) throws(ToklabError) -> [SpecialRole: TokenID] {
    let keys: [(SpecialRole, StaticString)] = [
      (.bos, "bos_token"), (.eos, "eos_token"), (.pad, "pad_token"), (.unk, "unk_token"),
      (.mask, "mask_token"),
    ]
    var roles: [SpecialRole: TokenID] = [:]
    for (role, key) in keys {
      guard let value = root.member(key), !value.isNull else { continue }
      let text = value.kind == .object ? value.member("content") : value
      if let text, text.kind == .string { roles[role] = tokenizer.id(of: try text.bytes()) }
    }
    return roles
  }

  /// What `transformers` needs to load a tokenizer.json, with the roles that are known.
  private static func config(_ roles: SpecialRoles, _ tokenizer: Tokenizer) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    for (role, key) in [
      (SpecialRole.bos, "bos_token"), (.eos, "eos_token"), (.pad, "pad_token"), (.unk, "unk_token"),
      (.mask, "mask_token"),
    ] {
      guard let id = roles[role], let bytes = tokenizer.bytes(of: id),
        String(validating: bytes, as: UTF8.self) != nil
      else { continue }
      json.key(key)
      json.string(bytes)
    }
    json.key("clean_up_tokenization_spaces")
    json.bool(false)
    json.key("tokenizer_class")
    json.string("PreTrainedTokenizerFast")
    json.endObject()
    return json.bytes + [0x0A]
  }

  /// The chat template that a model comes with.
  static func template(of model: ModelSource) throws(ToklabError) -> String? {
    switch model.container {
    case .gguf(let file):
      do throws(ToklabError) { return try file.metadata.string("tokenizer.chat_template") } catch {
        throw error.in(file.path)
      }
    case .folder(let folder):
      if folder.otherNames.contains("chat_template.jinja") {
        return String(decoding: try FileBytes.readRaw(folder.path + "/chat_template.jinja"), as: UTF8.self)
      }
      guard folder.otherNames.contains("tokenizer_config.json") else { return nil }
      let path = folder.path + "/tokenizer_config.json"
      do throws(ToklabError) {
        let value = try ByteJSON(FileBytes.read(path)).root.member("chat_template")
        guard let value, value.kind == .string else { return nil }
        return try value.string()
      } catch { throw error.in(path) }
    }
  }

  /// The files for a plan's result: these, and the model's own chat template where there is none and every token it
  /// names exists; otherwise a warning says which do not.
  public func files(
    for plan: TransplantPlan
  ) throws(ToklabError) -> (files: [(name: String, bytes: [UInt8])], warnings: [String]) {
    guard let template = try Self.template(of: plan.model) else { return (files, []) }
    if let own = chatTemplate {
      let missing = ChatTemplateLint.missing(own, plan)
      guard !missing.isEmpty else { return (files, []) }
      return (
        files,
        ["the new tokenizer's chat template names tokens that it lacks: \(missing.joined(separator: ", "))"]
      )
    }
    let missing = ChatTemplateLint.missing(template, plan)
    guard missing.isEmpty else {
      return (
        files,
        ["the chat template is left out: the new tokenizer lacks \(missing.joined(separator: ", "))"]
      )
    }
    return (files + [("chat_template.jinja", Array(template.utf8))], [])
  }
}
