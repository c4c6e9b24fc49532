import Glibc
import Tokenizers

/// What a corpus folder holds and where it came from: its `manifest.json`.
public struct CorpusManifest: Sendable, Hashable {
  public static let fileName = "manifest.json"
  static let schema = "toklab.corpus/1"

  public struct Language: Sendable, Hashable {
    public var code: String
    public var name: String
    public var script: String

    public init(code: String, name: String, script: String) {
      self.code = code
      self.name = name
      self.script = script
    }
  }

  public var name: String
  public var kind: CorpusRecipe.Kind
  public var title: String
  public var licence: String
  public var packages: [UnpackedPackage] = []
  public var languages: [Language] = []
  public var files: [CorpusFolder.File] = []

  public init(name: String, kind: CorpusRecipe.Kind, title: String, licence: String) {
    self.name = name
    self.kind = kind
    self.title = title
    self.licence = licence
  }

  public var totalBytes: Int { files.reduce(0) { $0 + $1.bytes } }

  func json() -> [UInt8] {
    var out = JSONWriter()
    func field(_ name: String, _ value: String) {
      out.key(name)
      out.string(value)
    }
    out.beginObject()
    field("schema", Self.schema)
    field("name", name)
    field("kind", kind.rawValue)
    field("title", title)
    field("licence", licence)
    field("toklab", ToklabVersion.current)
    out.key("bytes")
    out.integer(totalBytes)
    out.key("packages")
    out.beginArray()
    for package in packages {
      out.beginObject()
      field("name", package.name)
      field("version", package.version)
      field("sha256", package.sha256)
      out.endObject()
    }
    out.endArray()
    out.key("languages")
    out.beginArray()
    for language in languages {
      out.beginObject()
      field("code", language.code)
      field("name", language.name)
      field("script", language.script)
      out.endObject()
    }
    out.endArray()
    out.key("files")
    out.beginArray()
    for file in files {
      out.beginObject()
      field("path", file.path)
      out.key("bytes")
      out.integer(file.bytes)
      out.key("lines")
      out.integer(file.lines)
      field("sha256", file.sha256)
      out.endObject()
    }
    out.endArray()
    out.endObject()
    return out.bytes + [0x0A]
  }

  /// A file of a folder that is not as its manifest says.
  public struct Difference: Sendable, Hashable {
    public var path: String
    public var found: String
  }

  /// Compares every file of a corpus folder with the folder's manifest.
  ///
  /// - Throws: ``ToklabError`` when the manifest is missing or malformed; differing files are the result.
  public static func verify(
    _ folder: String
  ) throws(ToklabError) -> (name: String, files: Int, differences: [Difference]) {
    let path = folder + "/" + fileName
    let bytes = try FileBytes.readRaw(path)
    do throws(ToklabError) {
      let root = try ByteJSON(bytes).root
      guard let schema = root.member("schema"), schema.equals("toklab.corpus/1") else {
        throw ToklabError("no corpus manifest", expected: "\"schema\": \"\(Self.schema)\"")
      }
      guard let name = root.member("name"), let files = root.member("files") else {
        throw ToklabError("a manifest without \"name\" or \"files\"")
      }
      var differences: [Difference] = []
      var count = 0
      try files.forEachElement { (_, value) throws(ToklabError) in
        guard let path = value.member("path"), let sha256 = value.member("sha256") else {
          throw value.error("a file without \"path\" or \"sha256\"")
        }
        let relative = try path.string()
        guard !relative.hasPrefix("/"), !relative.split(separator: "/").contains("..") else {
          throw path.error("a path that leaves the folder")
        }
        count += 1
        if let found = try difference(folder + "/" + relative, from: try sha256.string()) {
          differences.append(Difference(path: relative, found: found))
        }
      }
      return (try name.string(), count, differences)
    } catch {
      throw error.in(path)
    }
  }

  private static func difference(_ path: String, from sha256: String) throws(ToklabError) -> String? {
    guard access(path, F_OK) == 0 else { return "missing" }
    let found = SHA256.hex(try FileBytes.readRaw(path, limit: 1 << 36))
    return found == sha256 ? nil : "SHA-256 is \(found); the manifest says \(sha256)"
  }
}
