import Glibc
import Tokenizers

/// A model in a Hugging Face folder: `config.json` and safetensors, in one file or in shards with an index.
public struct ModelFolder: Sendable {
  public let path: String
  /// The shards in the order of their names.
  public let shards: [SafetensorsFile]
  /// The files' names, one for each shard.
  public let shardNames: [String]
  /// `model.safetensors.index.json`, where there is one.
  let index: ByteJSON?
  let config: ByteJSON
  let generationConfig: ByteJSON?
  /// Every other regular file, sorted by name.
  let otherNames: [String]

  static let indexName = "model.safetensors.index.json"

  /// - Throws: ``ToklabError`` for a folder without a configuration or tensors, a shard that is missing, or a tensor
  ///   that is in two shards or in another than the index says.
  public init(_ path: String) throws(ToklabError) {
    let base = path.hasSuffix("/") && path.utf8.count > 1 ? String(path.dropLast()) : path
    self.path = base
    let names = try Self.names(base)
    guard names.contains("config.json") else {
      throw ToklabError(
        file: path, "a folder without config.json", expected: "a model folder as transformers writes it")
    }
    config = try Self.json(base + "/config.json")
    generationConfig =
      names.contains("generation_config.json") ? try Self.json(base + "/generation_config.json") : nil
    var places: [String: String] = [:]
    if names.contains(Self.indexName) {
      let json = try Self.json(base + "/" + Self.indexName)
      index = json
      do throws(ToklabError) {
        guard let map = json.root.member("weight_map") else {
          throw json.root.error("no weight_map", expected: "the shard of each tensor")
        }
        try map.forEachMember { (key, value) throws(ToklabError) in
          let shard = try value.string()
          guard !shard.contains("/"), shard.hasSuffix(".safetensors") else {
            throw value.error("the shard \"\(shard)\"", expected: "a .safetensors file in the folder")
          }
          places[try key.string()] = shard
        }
      } catch { throw error.in(base + "/" + Self.indexName) }
      shardNames = Set(places.values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } else {
      index = nil
      shardNames = names.filter { $0.hasSuffix(".safetensors") }
      guard shardNames.count == 1 else {
        throw ToklabError(
          file: path, "\(shardNames.count) safetensors files and no \(Self.indexName)",
          expected: "model.safetensors, or shards with their index",
          advice: shardNames.isEmpty ? "older formats of tensors are not read" : nil)
      }
    }
    var shards: [SafetensorsFile] = []
    var seen: [String: String] = [:]
    for name in shardNames {
      let shard = try SafetensorsFile(base + "/" + name)
      for tensor in shard.tensors {
        if let other = seen.updateValue(name, forKey: tensor.name) {
          throw ToklabError(
            file: path, "tensor \"\(tensor.name)\" in \(other) and \(name)", expected: "one of them")
        }
        if index != nil, places[tensor.name] != name {
          throw ToklabError(
            file: base + "/" + Self.indexName, "tensor \"\(tensor.name)\" is in \(name)",
            expected: places[tensor.name] ?? "a line of the index")
        }
      }
      shards.append(shard)
    }
    if let missing = places.keys.filter({ seen[$0] == nil }).min() {
      throw ToklabError(file: base + "/" + Self.indexName, "no tensor \"\(missing)\" in its shard")
    }
    self.shards = shards
    let ours = Set(shardNames + ["config.json", "generation_config.json", Self.indexName])
    otherNames = names.filter { !ours.contains($0) }
  }

  private static func json(_ path: String) throws(ToklabError) -> ByteJSON {
    do throws(ToklabError) { return try ByteJSON(FileBytes.read(path, limit: 1 << 28)) } catch {
      throw error.in(path)
    }
  }

  /// The names of the regular files in a folder, sorted by bytes.
  static func names(_ path: String) throws(ToklabError) -> [String] {
    guard let folder = opendir(path) else { throw ToklabError.system("cannot be opened", file: path) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var status = stat()
      if stat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// A member of the configuration, looked for in `text_config` first.
  func setting(_ name: StaticString) -> ByteJSON.Value? {
    if let nested = config.root.member("text_config")?.member(name), !nested.isNull { return nested }
    if let value = config.root.member(name), !value.isNull { return value }
    return nil
  }
}
