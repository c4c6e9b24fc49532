import Studies
import Tokenizers

/// One document under one tokenizer, for looking at.
struct TokenView {
  let label: String
  let tokenizer: Tokenizer
  let text: [UInt8]
  let encoding: Encoding

  /// Backgrounds that black text can be read on, chosen so that neighbours differ.
  private static let backgrounds = [153, 223, 157, 219, 229, 189]

  /// What each token shows: its own bytes, which add up to the (normalized) text.
  private func bytes(_ index: Int) -> [UInt8] { tokenizer.bytes(of: encoding.ids[index]) ?? [] }

  func terminal(_ style: Style, labelled: Bool) -> String {
    var out = ""
    if labelled {
      var head = "\(label): \(Numbers.grouped(encoding.ids.count)) tokens"
      if !encoding.ids.isEmpty {
        head += ", \(Numbers.fixed(Double(text.count) / Double(encoding.ids.count), 2)) bytes/token"
      }
      out += style.dim(head) + "\n"
    }
    for index in encoding.ids.indices {
      let token = TokenText.visible(bytes(index))
      if style.enabled {
        let paint = "30;48;5;\(Self.backgrounds[index % Self.backgrounds.count])"
        // A background that runs over a line end would fill the rest of the screen line.
        let parts = token.split(separator: "\n", omittingEmptySubsequences: false)
        out += parts.map { $0.isEmpty ? "" : style.paint(String($0), paint) }.joined(separator: "\n")
      } else {
        if index > 0, !out.hasSuffix("\n") { out += "|" }
        out += token
      }
    }
    if !out.hasSuffix("\n") { out += "\n" }
    return out
  }

  func record(_ document: Int, _ file: String, explain: Bool) throws -> JSON {
    var members: [(String, JSON)] = [
      ("tokenizer", .string(label)), ("document", .int(document)), ("file", .string(file)),
      (
        "tokens",
        .array(
          encoding.ids.indices.map { index in
            let (text, escaped) = ByteEscape.utf8(bytes(index))
            var token: [(String, JSON)] = [
              ("id", .int(Int(encoding.ids[index]))), ("token", .string(text)),
              ("start", .int(encoding.offsets[index].lowerBound)),
              ("end", .int(encoding.offsets[index].upperBound)),
            ]
            if escaped { token.append(("escaped", .bool(true))) }
            return .object(token)
          })
      ),
    ]
    if explain {
      members.append(("pieces", try SplitTrace(of: text, tokenizer).json))
    }
    return .object(members)
  }

  /// Why each pre-token is cut as it is.
  func explanation(_ style: Style) throws -> String {
    var out = style.dim("\(label): \(Numbers.grouped(encoding.ids.count)) tokens") + "\n"
    out += try SplitTrace(of: text, tokenizer).text(tokenizer, style)
    return out
  }
}
