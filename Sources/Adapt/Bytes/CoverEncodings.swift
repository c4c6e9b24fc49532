import Tokenizers

/// The token sequences that minimally cover a byte string, as a tree that grows with the string.
///
/// A sequence covers x when its bytes begin with x and those of all its tokens but the last do not. Its last
/// token t starts at some *split* i ≤ |x|; what stands before is a sequence of bytes x₁…x_i. So covers are
/// grouped by *heads*: a sequence of bytes exactly x₁…x_i, with a state of the byte trie after x_{i+1}…x_n;
/// the last tokens are that state's range of tokens. For a deterministic encoder there are few heads: what
/// stands before the split is the encoding of x₁…x_i, or one of the few sequences that later text may make
/// the encoding (Phan et al. 2024, arXiv 2406.16829; 2025, arXiv 2410.09303; covers as in Vieira et al.,
/// arXiv 2412.03719, section 3).
///
/// One step costs a trie step for each head, and tests of viability until one token is found that keeps
/// the head alive. No model is asked here.
public struct CoverEncodings {
  struct Node {
    var parent: Int32
    /// The token that leads from the parent here.
    var token: TokenID
    /// Bytes of the string up to here.
    var end: Int
    var firstChild: Int32 = -1
    var nextSibling: Int32 = -1
  }

  /// A sequence that covers can begin with.
  struct Head {
    var node: Int
    /// The trie state after the bytes since the split.
    var state: DoubleArrayTrie.State
    /// The split: where the last token starts.
    var split: Int
    var validity: ValidityState
  }

  let vocabulary: ByteVocabulary
  let validity: any TokenValidity
  /// Nodes in the order they came, each after its parent; the first is the empty sequence.
  private(set) var nodes: [Node]
  /// Live heads, earlier splits first; the exact ones (split at the end of the string) stand last.
  private(set) var heads: [Head]
  /// The length of the string.
  private(set) var count = 0

  init(_ vocabulary: ByteVocabulary, _ validity: any TokenValidity) {
    self.vocabulary = vocabulary
    self.validity = validity
    nodes = [Node(parent: -1, token: 0, end: 0)]
    heads = [Head(node: 0, state: DoubleArrayTrie.root, split: 0, validity: validity.start())]
  }

  /// Appends a byte to the string.
  ///
  /// - Returns: the nodes that were made.
  /// - Throws: ``ToklabError`` when no cover goes on with this byte; the string stays as it was.
  @discardableResult
  mutating func append(_ byte: UInt8) throws(ToklabError) -> Range<Int> {
    let trie = vocabulary.ranges.trie
    var next: [Head] = []
    var born: [Head] = []
    let first = nodes.count
    for head in heads {
      guard let state = trie.step(head.state, byte) else { continue }
      var range = vocabulary.ranges.range(of: state)
      if let token = trie.value(at: state) {
        range = range.lowerBound + 1..<range.upperBound
        if vocabulary.rankOfToken[Int(token)] >= 0,
          let validity = validity.advanced(head.validity, by: token)
        {
          for token in self.validity.admitsDuplicates ? vocabulary.tokens(of: token) : [token] {
            let node = nodes.count
            nodes.append(
              Node(
                parent: Int32(head.node), token: token, end: count + 1,
                nextSibling: nodes[head.node].firstChild))
            nodes[head.node].firstChild = Int32(node)
            born.append(
              Head(node: node, state: DoubleArrayTrie.root, split: count + 1, validity: validity))
          }
        }
      }
      if hasViable(head.validity, range) {
        var moved = head
        moved.state = state
        next.append(moved)
      }
    }
    guard !next.isEmpty || !born.isEmpty else {
      for node in (first..<nodes.count).reversed() {
        nodes[Int(nodes[node].parent)].firstChild = nodes[node].nextSibling
      }
      nodes.removeSubrange(first...)
      throw ToklabError(
        at: .byte(count), "byte \(ByteEscape.hex(byte)) that no token can give here",
        expected: "text the tokenizer can encode",
        advice: vocabulary.missingBytes.contains(byte) ? "no token stands for this byte alone" : nil)
    }
    heads = next + born
    count += 1
    return first..<nodes.count
  }

  private func hasViable(_ state: ValidityState, _ range: Range<Int>) -> Bool {
    for rank in range {
      let token = TokenID(vocabulary.tokenAtRank[rank])
      if vocabulary.rankOfToken[Int(token)] >= 0, validity.isViable(state, token) { return true }
    }
    return false
  }

  /// Makes `root` the first node; what does not lead from it to a live head is gone.
  ///
  /// - Returns: the tokens of the way to the new root, and for each old node its new number or −1.
  mutating func rebase(to root: Int) -> (path: [TokenID], numbers: [Int32]) {
    let path = tokens(of: root)
    var numbers = [Int32](repeating: -1, count: nodes.count)
    var kept: [Node] = []
    for node in livePaths(from: root) {
      numbers[node] = Int32(kept.count)
      var copy = nodes[node]
      copy.firstChild = -1
      copy.nextSibling = -1
      if node == root {
        copy.parent = -1
      } else {
        copy.parent = numbers[Int(copy.parent)]
        copy.nextSibling = kept[Int(copy.parent)].firstChild
        kept[Int(copy.parent)].firstChild = Int32(kept.count)
      }
      kept.append(copy)
    }
    nodes = kept
    for index in heads.indices { heads[index].node = Int(numbers[heads[index].node]) }
    return (path, numbers)
  }

  /// Keeps only some of the heads.
  mutating func keep(_ indices: [Int]) { heads = indices.map { heads[$0] } }

  /// The tokens from the first node to this one.
  func tokens(of node: Int) -> [TokenID] {
    var tokens: [TokenID] = []
    var node = node
    while node > 0 {
      tokens.append(nodes[node].token)
      node = Int(nodes[node].parent)
    }
    tokens.reverse()
    return tokens
  }

  /// The last node that all live heads come from: what stands before it is certain.
  var trunk: Int {
    var common = heads[0].node
    for head in heads.dropFirst() {
      var node = head.node
      // A parent has a smaller number, so the larger of two different ones moves up.
      while node != common {
        if node > common { node = Int(nodes[node].parent) } else { common = Int(nodes[common].parent) }
      }
    }
    return common
  }

  /// All nodes from `root` (included) that lead to live heads, in order.
  func livePaths(from root: Int) -> [Int] {
    var seen: Set<Int> = [root]
    for head in heads {
      var node = head.node
      while node > root, seen.insert(node).inserted { node = Int(nodes[node].parent) }
    }
    return seen.sorted()
  }

  /// The ranks of the tokens that strictly extend the bytes since the split of a head.
  func extending(_ head: Head) -> Range<Int> {
    let range = vocabulary.ranges.range(of: head.state)
    return vocabulary.ranges.trie.value(at: head.state) == nil
      ? range : range.lowerBound + 1..<range.upperBound
  }
}
