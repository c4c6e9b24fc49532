/// Small `tokenizer.json` texts made for tests.
enum TokenizerFiles {
  /// The spelling of each byte in GPT-2's alphabet.
  static let alphabet: [String] = {
    var next: UInt32 = 256
    return (0..<256).map { byte in
      let plain = (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174
      defer { if !plain { next += 1 } }
      return String(Unicode.Scalar(plain ? UInt32(byte) : next)!)
    }
  }()

  static func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
  }

  /// A byte-level BPE file with these entries after the 256 bytes, and these merges.
  static func bytePair(_ entries: [String], merges: [String], extra: String = "") -> String {
    let vocabulary =
      (alphabet + entries).enumerated().map { "\(quoted($1)): \($0)" } + (extra.isEmpty ? [] : [extra])
    return """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
       "post_processor": null, "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
        "vocab": {\(vocabulary.joined(separator: ", "))},
        "merges": [\(merges.map(quoted).joined(separator: ", "))]}}
      """
  }

  /// So many tokens: pairs of bytes in order, then "aa" as the last one.
  static func wide(tokens: Int) -> String {
    var entries: [String] = []
    var merges: [String] = []
    for first in (0..<256).reversed() {
      for second in 0..<256 where 256 + entries.count < tokens - 1 {
        if first == 0x61 && second == 0x61 { continue }
        if first == 0x20 || second == 0x20 { continue }
        entries.append(alphabet[first] + alphabet[second])
        merges.append(alphabet[first] + " " + alphabet[second])
      }
    }
    // Longer entries fill the rest.
    var number = 0
    while 256 + entries.count < tokens - 1 {
      let base = entries[number]
      entries.append(base + "b")
      merges.append(base + " b")
      number += 1
    }
    entries.append("aa")
    merges.append("a a")
    return bytePair(entries, merges: merges)
  }
}
