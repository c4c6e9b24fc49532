import Studies
import Tokenizers

/// Traces as lines of the page.
enum TraceLines {
  typealias Line = (text: String, isChosen: Bool)

  static func lines(_ trace: SplitTrace, _ tokenizer: Tokenizer) -> [(piece: String, lines: [Line])] {
    func show(_ id: TokenID) -> String { Self.show(tokenizer.vocabulary[id]) }
    switch trace {
    case .merges(let traces):
      return traces.map { trace in
        if trace.isWholePiece {
          return (Self.show(trace.piece), [("a token of its own: \(trace.start[0])", true)])
        }
        if trace.start.isEmpty { return (Self.show(trace.piece), [("not traced", false)]) }
        var lines: [Line] = [(trace.start.map(show).joined(separator: " | "), trace.steps.isEmpty)]
        for (number, step) in trace.steps.enumerated() {
          let tokens = step.tokens.map(show).joined(separator: " | ")
          lines.append(
            (
              "\(tokens)   ← \(show(step.left)) + \(show(step.right)), rank \(step.rank)",
              number == trace.steps.count - 1
            ))
        }
        return (Self.show(trace.piece), lines)
      }
    case .lattice(let traces):
      return traces.map { trace in
        let lines = trace.edges.map { edge -> Line in
          let score = "score \(Figures.fixed(edge.score, 3)), best sum \(Figures.fixed(edge.sum, 3))"
          let place = "\(edge.range.lowerBound)–\(edge.range.upperBound)"
          let unknown = edge.id == nil ? ", unknown" : ""
          return ("\(place)  \(Self.show(trace.piece[edge.range]))  \(score)\(unknown)", edge.isChosen)
        }
        return (Self.show(trace.piece), lines)
      }
    case .prefixes(let traces):
      return traces.map { trace in
        var lines: [Line] = []
        for step in trace.steps {
          for rejected in step.rejected { lines.append(("\(Self.show(rejected))  is no token", false)) }
          lines.append(
            (step.id.map { "\(show($0))  \($0)" } ?? "no prefix is a token: the word is unknown", true))
        }
        return (Self.show(trace.piece), lines)
      }
    }
  }

  /// Spaces are marked: bars would swallow them.
  static func show(_ bytes: some Collection<UInt8>) -> String {
    ByteEscape.utf8(bytes).text.replacing(" ", with: "␣").replacing("\n", with: "⏎")
  }
}
