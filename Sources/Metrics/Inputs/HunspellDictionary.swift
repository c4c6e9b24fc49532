import CHunspell
import Glibc
import Synchronization

/// A hunspell dictionary asked word by word, through libhunspell: compounds and affixes of affixes that no
/// list could hold.
///
/// One at a time: libhunspell keeps state between calls, so calls from several threads wait for each other.
public final class HunspellDictionary: @unchecked Sendable {
  private let handle: OpaquePointer
  private let encoding: String
  private let turn = Mutex<Void>(())

  /// - Parameter path: the `.dic`; its `.aff` stands beside it.
  /// - Throws: ``ToklabError`` when a file cannot be read or the library refuses them.
  public init(_ path: String) throws(ToklabError) {
    // The library says nothing about files that are not there.
    for file in [path, LexiconFile.affixFile(of: path)] where access(file, R_OK) != 0 {
      throw ToklabError.system("cannot be opened", file: file)
    }
    guard let handle = Hunspell_create(LexiconFile.affixFile(of: path), path) else {
      throw ToklabError(file: path, "libhunspell cannot load the dictionary")
    }
    self.handle = handle
    encoding = Hunspell_get_dic_encoding(handle).map { String(cString: $0) } ?? "UTF-8"
  }

  deinit { Hunspell_destroy(handle) }

  /// Whether the dictionary knows a word, as it stands.
  public func contains(_ word: [UInt8]) -> Bool {
    guard !word.isEmpty, !word.contains(0), word.count < 100,
      let bytes = TextEncoding.bytes(word, in: encoding)
    else { return false }
    return turn.withLock { _ in
      bytes.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { buffer in
        // A C string: the terminating zero is not in the bytes.
        let text = Array(buffer) + [0]
        return Hunspell_spell(handle, text) != 0
      }
    }
  }
}
