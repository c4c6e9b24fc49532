import Studies
import Tokenizers

/// Traces as people read them in a terminal, and as records.
extension SplitTrace {
  func text(_ tokenizer: Tokenizer, _ style: Style) -> String {
    switch self {
    case .merges(let traces): traces.map { $0.text(style) }.joined()
    case .lattice(let traces): traces.map { $0.text(tokenizer, style) }.joined()
    case .prefixes(let traces): traces.map { $0.text(tokenizer, style) }.joined()
    }
  }

  var json: JSON {
    switch self {
    case .merges(let traces): .array(traces.map(\.json))
    case .lattice(let traces): .array(traces.map(\.json))
    case .prefixes(let traces): .array(traces.map(\.json))
    }
  }

  /// Spaces are marked: bars and columns would swallow them.
  fileprivate static func show(_ bytes: some Collection<UInt8>) -> String {
    String(TokenText.visible(bytes, newline: "⏎").map { $0 == " " ? "␣" : $0 })
  }
}

extension LatticeTrace {
  func text(_ tokenizer: Tokenizer, _ style: Style) -> String {
    var out = style.bold("\"\(ByteEscape.string(piece))\"")
    guard !edges.isEmpty else { return out + "  (\(piece.count) bytes: not traced)\n" }
    out += style.dim("  best sum \(Numbers.fixed(sum, 4))") + "\n"
    var table = Table([
      .init(""), .init("bytes"), .init("piece"), .init("id", .right), .init("score", .right),
      .init("sum", .right),
    ])
    for edge in edges {
      table.append([
        edge.isChosen ? "→" : "", "\(edge.range.lowerBound)–\(edge.range.upperBound)",
        SplitTrace.show(piece[edge.range]), edge.id.map { String($0) } ?? "unknown",
        Numbers.fixed(edge.score, 4),
        Numbers.fixed(edge.sum, 4),
      ])
    }
    for line in table.text(style).split(separator: "\n") { out += "  \(line)\n" }
    return out + "  = " + path.map { SplitTrace.show(piece[$0.range]) }.joined(separator: style.dim("|"))
      + "\n"
  }

  var json: JSON {
    .object([
      ("piece", .string(ByteEscape.utf8(piece).text)), ("sum", .number(sum)),
      (
        "lattice",
        .array(
          edges.map { edge in
            .object([
              ("start", .int(edge.range.lowerBound)), ("end", .int(edge.range.upperBound)),
              ("piece", .string(ByteEscape.utf8(piece[edge.range]).text)),
              ("id", edge.id.map { .int(Int($0)) } ?? .null), ("score", .number(edge.score)),
              ("sum", .number(edge.sum)), ("chosen", .bool(edge.isChosen)),
            ])
          })
      ),
    ])
  }
}

extension PrefixTrace {
  func text(_ tokenizer: Tokenizer, _ style: Style) -> String {
    var out = style.bold("\"\(ByteEscape.string(piece))\"")
    guard !steps.isEmpty else { return out + "  (too long: not traced)\n" }
    out += "\n"
    for step in steps {
      let token =
        step.id.map { "\(SplitTrace.show(tokenizer.vocabulary[$0]))  \($0)" }
        ?? "no prefix: the word is unknown"
      out += "  \(token)"
      if !step.rejected.isEmpty {
        out += style.dim(
          "   not tokens: " + step.rejected.map { SplitTrace.show($0) }.joined(separator: ", "))
      }
      out += "\n"
    }
    return out
  }

  var json: JSON {
    .object([
      ("piece", .string(ByteEscape.utf8(piece).text)),
      (
        "prefixes",
        .array(
          steps.map { step in
            .object([
              ("start", .int(step.range.lowerBound)), ("end", .int(step.range.upperBound)),
              ("id", step.id.map { .int(Int($0)) } ?? .null),
              ("rejected", .strings(step.rejected.map { ByteEscape.utf8($0).text })),
            ])
          })
      ),
    ])
  }
}

extension MergeTrace {
  /// Spaces are marked: bars and columns would swallow them.
  private func show(_ id: TokenID) -> String {
    String(TokenText.visible(tokenizer.vocabulary[id], newline: "⏎").map { $0 == " " ? "␣" : $0 })
  }

  func text(_ style: Style) -> String {
    var out = style.bold("\"\(ByteEscape.string(piece))\"")
    if isWholePiece { return out + "  is token \(start[0])\n" }
    if start.isEmpty {
      return out + "  (\(piece.count) bytes: not traced)\n"
    }
    out += "\n  " + start.map(show).joined(separator: style.dim("|")) + "\n"
    for step in steps {
      out += "  " + step.tokens.map(show).joined(separator: style.dim("|"))
      out += style.dim("   \(show(step.left)) + \(show(step.right)), rank \(step.rank)") + "\n"
    }
    return out + "  = " + tokens.map(String.init).joined(separator: " ") + "\n"
  }

  var json: JSON {
    .object([
      ("piece", .string(ByteEscape.utf8(piece).text)), ("whole_piece", .bool(isWholePiece)),
      ("start", .array(start.map { .int(Int($0)) })),
      (
        "merges",
        .array(
          steps.map {
            .object([
              ("rank", .int($0.rank)), ("left", .int(Int($0.left))), ("right", .int(Int($0.right))),
              ("result", .int(Int($0.result))),
            ])
          })
      ),
      ("ids", .array(tokens.map { .int(Int($0)) })),
    ])
  }
}
