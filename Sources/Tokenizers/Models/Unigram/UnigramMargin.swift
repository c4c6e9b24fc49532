/// How certain the best path of a short segment is: decides where a remembered path may be used again.
///
/// The reference libraries add up scores from the beginning of the text, so the rounding of a sum, and with
/// it the winner of a close race, depends on everything before the segment. Let *m* be the smallest distance,
/// over the positions on the best path, between the best and the second best candidate; *n* the characters
/// of the segment; *w* the largest magnitude of any sum inside it, counted from 0; and *s* the sum before it.
/// A path through the segment has at most n additions, each of which rounds a number of magnitude at most
/// |s| + w by at most half a unit, 2⁻²⁴(|s| + w) in single precision. Two candidates therefore keep their
/// order if m > 2n · 2⁻²⁴(|s| + w), which gives the largest |s|; one per cent is left for the computation here.
struct UnigramMargin {
  private struct Node {
    var best = -Double.infinity
    var second = -Double.infinity
    var start = -1
  }

  /// The largest magnitude of a sum before the segment for which the path found from 0 certainly holds;
  /// negative when none does.
  static func limit(_ model: UnigramModel, _ text: UnsafePointer<UInt8>, _ count: Int) -> Float {
    var nodes = [Node](repeating: Node(), count: count + 1)
    nodes[0].best = 0
    func offer(_ sum: Double, _ start: Int, _ end: Int) {
      if sum > nodes[end].best {
        nodes[end].second = nodes[end].best
        nodes[end].best = sum
        nodes[end].start = start
      } else {
        nodes[end].second = max(nodes[end].second, sum)
      }
    }
    var characters = 0.0
    var widest = 0.0
    var position = 0
    while position < count {
      let character = min(UnigramViterbi.characterLength(text[position]), count - position)
      let sum = nodes[position].best
      widest = max(widest, sum.magnitude)
      characters += 1
      var isKnown = false
      model.trie.forEachPrefix(of: text + position, count - position) { length, _, score in
        offer(score + sum, position, position + length)
        widest = max(widest, (score + sum).magnitude)
        if length == character { isKnown = true }
      }
      if !isKnown {
        offer(model.unknownScore + sum, position, position + character)
        widest = max(widest, (model.unknownScore + sum).magnitude)
      }
      position += character
    }
    var margin = Double.infinity
    position = count
    while position > 0 {
      margin = min(margin, nodes[position].best - nodes[position].second)
      position = nodes[position].start
    }
    let half = model.isSinglePrecision ? 0x1p-24 : 0x1p-53
    return Float(min(1e30, margin / (2.02 * characters * half) - widest).nextDown)
  }
}
