import Tokenizers

/// The files of the project's folder `Corpora` that are built into the program: the recipes, the
/// parallel sample and the published byte premiums. `Scripts/embed-corpora.py` writes ``EmbeddedCorpora``; a test compares it with the folder.
public enum EmbeddedFiles {
  /// Every file in path order. About 10 ms.
  public static func all() throws(ToklabError) -> [(path: String, bytes: [UInt8])] {
    // Base64 of gzip of records "PATH LF SIZE LF BYTES".
    guard let packed = Base64.decode(Array(EmbeddedCorpora.base64.utf8)) else {
      throw ToklabError("the built-in corpora are damaged", advice: "build toklab again")
    }
    let bytes = try Compression.gzip.decompress(packed, limit: 1 << 28)
    var files: [(path: String, bytes: [UInt8])] = []
    var at = 0
    func field() throws(ToklabError) -> String {
      guard let end = bytes[at...].firstIndex(of: 0x0A) else {
        throw ToklabError("the built-in corpora are cut short", advice: "build toklab again")
      }
      defer { at = end + 1 }
      return String(decoding: bytes[at..<end], as: UTF8.self)
    }
    while at < bytes.count {
      let path = try field()
      guard let size = Int(try field()), size >= 0, size <= bytes.count - at else {
        throw ToklabError("the built-in corpora are cut short", advice: "build toklab again")
      }
      files.append((path, Array(bytes[at..<(at + size)])))
      at += size
    }
    return files
  }

  /// The table of published byte premiums.
  public static func bytePremiums() throws(ToklabError) -> [UInt8] {
    guard let file = try all().first(where: { $0.path == "byte-premiums.tsv" }) else {
      throw ToklabError("the built-in table of byte premiums is missing", advice: "build toklab again")
    }
    return file.bytes
  }

  /// The files of the built-in parallel sample, by file name.
  public static func sample() throws(ToklabError) -> [(path: String, bytes: [UInt8])] {
    try all().filter { $0.path.hasPrefix("sample/") }.map { (String($0.path.dropFirst(7)), $0.bytes) }
  }
}
