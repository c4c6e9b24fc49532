import Foundation
import TestSupport
import Testing
import Tokenizers

/// Every model engine against the reference library it follows and against its own definition, on random
/// models and texts. `TOKLAB_DIFFERENTIAL=1000000` makes the long run of that many texts a kind;
/// `TOKLAB_DIFFERENTIAL_SEED` another one.
@Suite struct ModelPeerTests {
  private static let kinds = [
    "unigram-sp", "unigram-sp@0.2.3", "bpe-sp", "bpe-sp@0.2.3", "unigram-hf", "bpe-hf", "wordpiece",
    "wordlevel",
  ]
  private static let texts = Int(ProcessInfo.processInfo.environment["TOKLAB_DIFFERENTIAL"] ?? "") ?? 4000
  private static let seed = Int(ProcessInfo.processInfo.environment["TOKLAB_DIFFERENTIAL_SEED"] ?? "") ?? 1

  @Test(arguments: kinds) func idsEqualTheReferenceLibrarys(kind: String) throws {
    let (batch, cases) = (min(100, max(1, Self.texts / 40)), 40)
    var done = 0
    var failures = 0
    var round = 0
    while done < Self.texts, failures < 5 {
      for model in try ModelPeer.models(kind, seed: Self.seed * 100_000 + round, models: batch, cases: cases)
      {
        failures += try Self.differences(
          model, name: "\(kind) seed \(Self.seed) round \(round)", isFirst: round == 0)
        done += model.cases.count
      }
      round += 1
    }
    #expect(done >= Self.texts && failures == 0)
  }

  /// Encodes every text cold, warm, with lengths, and by the definition.
  private static func differences(_ peer: ModelPeer.Model, name: String, isFirst: Bool) throws -> Int {
    let model = try peer.definition().makeModel()
    let fast = try model.makePieceEncoder(EncodeOptions())
    let naive = try model.makePieceEncoder(EncodeOptions(algorithm: .reference))
    var failures = 0
    for (number, item) in peer.cases.enumerated() {
      func check(_ what: String, _ ids: [TokenID]?) {
        if ids == item.ids { return }
        failures += 1
        if failures > 3 { return }
        Issue.record(
          "\(name) \(what) \(ByteEscape.string(item.text)): \(ids ?? []) instead of \(item.ids ?? []); \(peer.options)"
        )
      }
      check("cold", try? ModelPeer.encode(item.text, fast).ids)
      check("warm", try? ModelPeer.encode(item.text, fast).ids)
      let long = try? ModelPeer.encode(item.text, fast, lengths: true)
      check("with lengths", long?.ids)
      if isFirst || number % 8 == 0, item.text.count < 400 {
        let slow = try? ModelPeer.encode(item.text, naive, lengths: true)
        check("naive", slow?.ids)
        if slow?.lengths != long?.lengths {
          check("lengths \(slow?.lengths ?? []) \(long?.lengths ?? [])", nil)
        }
      }
      // Characters that a model drops have no token to belong to.
      if let long, peer.kind != "bpe-hf", Int(long.lengths.reduce(0, +)) != item.text.count {
        check("sum of lengths", nil)
      }
    }
    return failures
  }
}
