/// Text out of Perl's POD and of manual pages in roff.
package enum ManualText {
  /// Paragraphs of a POD document, one line each; commands other than headings and items are left out, and
  /// formatting codes (`B<…>`, `L<…|…>`) are replaced by what a reader sees.
  package static func pod(_ bytes: [UInt8]) -> [[UInt8]] {
    var out: [[UInt8]] = []
    var inside = false
    for paragraph in paragraphs(bytes) {
      var text = paragraph
      if text.first == 0x3D {
        let name = text.prefix { !TextBytes.isSpace($0) }
        inside = !name.elementsEqual("=cut".utf8)
        guard name.starts(with: "=head".utf8) || name.elementsEqual("=item".utf8) else { continue }
        text = Array(text.dropFirst(name.count))
      }
      guard inside else { continue }
      let line = TextBytes.collapsingSpace(withoutCodes(text[...]))
      if line.count > 1 { out.append(line) }
    }
    return out
  }

  /// Lines of a manual page without requests and font changes; paragraphs are joined.
  package static func roff(_ bytes: [UInt8]) -> [[UInt8]] {
    var out: [[UInt8]] = []
    var current: [UInt8] = []
    func close() {
      let line = TextBytes.collapsingSpace(current)
      if line.count > 1 { out.append(line) }
      current.removeAll(keepingCapacity: true)
    }
    for line in TextBytes.lines(bytes) {
      guard let first = line.first else {
        close()
        continue
      }
      if first == 0x2E || first == 0x27 {
        let name = line.dropFirst().prefix { !TextBytes.isSpace($0) }
        // Font requests carry text of the running paragraph; the others end it.
        let fonts = ["B", "I", "BR", "RB", "IR", "RI", "BI", "IB"]
        if fonts.contains(where: { name.elementsEqual($0.utf8) }) {
          current.append(0x20)
          current += withoutEscapes(line.dropFirst(1 + name.count).filter { $0 != 0x22 }[...])
        } else if !name.starts(with: "\\\"".utf8) {
          close()
        }
        continue
      }
      current.append(0x20)
      current += withoutEscapes(line)
    }
    close()
    return out
  }

  private static func paragraphs(_ bytes: [UInt8]) -> [[UInt8]] {
    var out: [[UInt8]] = []
    var current: [UInt8] = []
    for line in TextBytes.lines(bytes) {
      if line.allSatisfy(TextBytes.isSpace) {
        if !current.isEmpty { out.append(current) }
        current = []
      } else {
        current += line
        current.append(0x0A)
      }
    }
    if !current.isEmpty { out.append(current) }
    return out
  }

  /// POD's `X<text>` and `X<< text >>`: the text; of a link its label; nothing for index entries.
  private static func withoutCodes(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var at = text.startIndex
    while at < text.endIndex {
      guard at + 1 < text.endIndex, text[at] >= 0x41, text[at] <= 0x5A, text[at + 1] == 0x3C else {
        out.append(text[at])
        at += 1
        continue
      }
      let opening = text[(at + 1)...].prefix { $0 == 0x3C }.count
      var end = at + 1 + opening
      var depth = 1
      while end < text.endIndex {
        if opening == 1 {
          if text[end] == 0x3E { depth -= 1 }
          if text[end] == 0x3C, text[end - 1] >= 0x41, text[end - 1] <= 0x5A { depth += 1 }
          if depth == 0 { break }
        } else if text[end...].prefix(opening).elementsEqual(repeatElement(0x3E, count: opening)) {
          break
        }
        end += 1
      }
      let content = text[(at + 1 + opening)..<min(end, text.endIndex)]
      switch text[at] {
      case 0x58, 0x5A: break  // X: index entry, Z: nothing
      case 0x4C: out += withoutCodes(content.prefix { $0 != 0x7C })
      case 0x45: out += Entities.decoded([0x26] + content + [0x3B])
      default: out += withoutCodes(content)
      }
      at = min(end + opening, text.endIndex)
    }
    return out
  }

  /// The common special characters of groff_char(7); others vanish.
  private static func glyph(_ name: ArraySlice<UInt8>) -> String.UTF8View {
    let names = [
      "aq": "'", "dq": "\"", "em": "—", "en": "–", "lq": "“", "rq": "”", "oq": "‘", "cq": "’", "bu": "•",
      "ti": "~", "ha": "^", "rs": "\\", "co": "©", "mu": "×", "->": "→", "<-": "←", "<=": "≤", ">=": "≥",
    ]
    return (names[String(decoding: name, as: UTF8.self)] ?? "").utf8
  }

  /// roff's inline escapes: fonts vanish, `\-` is a hyphen, `\(xx` and `\[xx]` are glyphs, `\\` stays.
  private static func withoutEscapes(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var at = line.startIndex
    while at < line.endIndex {
      guard line[at] == 0x5C, at + 1 < line.endIndex else {
        out.append(line[at])
        at += 1
        continue
      }
      switch line[at + 1] {
      case 0x66:  // \fB, \f(CW, \f[B]
        let name = at + 2 < line.endIndex ? line[at + 2] : 0
        at += name == 0x28 ? 5 : name == 0x5B ? 3 + line[(at + 2)...].prefix { $0 != 0x5D }.count : 3
      case 0x28:
        let name = line[(at + 2)...].prefix(2)
        out += glyph(name)
        at += 2 + name.count
      case 0x5B:
        let name = line[(at + 2)...].prefix { $0 != 0x5D }
        out += glyph(name)
        at += 3 + name.count
      case 0x2D:
        out.append(0x2D)
        at += 2
      case 0x65, 0x5C:
        out.append(0x5C)
        at += 2
      case 0x22: at = line.endIndex
      default: at += 2
      }
    }
    return out
  }
}
