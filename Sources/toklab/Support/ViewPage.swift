import Tokenizers

/// The page of `view --html`: no scripts, no network, light and dark.
enum ViewPage {
  static func head(_ labels: [String]) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>toklab view: \(escape(labels.joined(separator: ", ")))</title>
    <style>
    :root { color-scheme: light dark; }
    body { font: 16px/1.7 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
    h2 { font-size: 1rem; margin: 2rem 0 .3rem; }
    p.tokens { font-family: ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
    p.tokens span { border-radius: .2em; padding: .1em 0; color: #111; }
    .c0 { background: #aed6f7; } .c1 { background: #fbd7a8; } .c2 { background: #b5e8b0; }
    .c3 { background: #f3bfe0; } .c4 { background: #f7f0a6; } .c5 { background: #d0ccf5; }
    .bytes { opacity: .6; }
    </style>
    </head>
    <body>

    """
  }

  static func section(_ view: TokenView, document: Int, file: String) -> String {
    let count = view.encoding.ids.count
    var out = "<h2>\(escape(view.label)) · \(escape(file)) · document \(document) · "
    out += "\(Numbers.grouped(count)) tokens</h2>\n<p class=\"tokens\" dir=\"auto\">"
    for (index, id) in view.encoding.ids.enumerated() {
      let bytes = view.tokenizer.bytes(of: id) ?? []
      let title = "\(id): \(ByteEscape.string(bytes))"
      out += "<span class=\"c\(index % 6)\" title=\"\(escape(title))\">"
      out += escape(TokenText.visible(bytes)) + "</span>"
    }
    return out + "</p>\n"
  }

  static let foot = "</body>\n</html>\n"

  static func escape(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
