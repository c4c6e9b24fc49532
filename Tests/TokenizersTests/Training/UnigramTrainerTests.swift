import TestSupport
import Testing
import Tokenizers

/// Unigram training against itself on other threads and against SentencePiece 0.2.0.
@Suite struct UnigramTrainerTests {
  private static func sample(_ languages: [String]) throws -> [UInt8] {
    try languages.flatMap { try FileBytes.read(TestPaths.root + "/Corpora/sample/\($0).txt") }
  }

  @Test func threadsDoNotMatter() throws {
    let text = try Self.sample(["eng", "tur", "cmn", "hin"])
    let trainer = UnigramTrainer(UnigramParameters(vocabularySize: 3000))
    var files: [[UInt8]] = []
    for threads in [1, 2, 5] {
      let trained = try trainer.trainWithDigest(on: Corpus(text: text), run: TrainingRun(threads: threads))
      files.append(try SentencePieceModel.write(trained.tokenizer.definition))
    }
    #expect(files[0] == files[1] && files[0] == files[2])
  }

  /// Mode sp-0.2.0 beside the library itself: the same pieces with the same scores, so the same segmentations.
  @Test(arguments: [
    (["eng"], 300), (["rus"], 300), (["hin"], 300), (["tur", "deu", "fin"], 1200),
    (["eng", "ell", "kor"], 1500),
  ])
  func equalsSentencePiece(languages: [String], size: Int) throws {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    try AtomicFile.write(scratch("text.txt"), try Self.sample(languages))
    let trained = try UnigramTrainer(
      UnigramParameters(mode: .sentencePiece020, vocabularySize: size, characterCoverage: 0.9995)
    ).trainWithDigest(on: Corpus(inputs: [scratch("text.txt")]), run: TrainingRun(threads: 2)).tokenizer
    try AtomicFile.write(scratch("ours.model"), try SentencePieceModel.write(trained.definition))
    let answer = try ReferenceLibrary.run(
      "train_unigram.py", scratch("text.txt"), scratch("ours.model"), "\(size)")
    let figures = String(decoding: answer, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap {
      Double(String($0))
    }
    try #require(figures.count == 3, "\(String(decoding: answer, as: UTF8.self))")
    #expect(figures[0] == 1, "share of pieces in both")
    #expect(figures[1] == 0, "largest difference of scores")
    #expect(figures[2] == 0, "relative difference of bits on the text")
  }

  @Test func refusesWhatCannotBe() throws {
    func message(_ parameters: UnigramParameters, _ text: String = "some text") -> String {
      do {
        _ = try UnigramTrainer(parameters).trainWithDigest(on: Corpus(text: text))
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message(UnigramParameters(vocabularySize: 3)).hasPrefix("a vocabulary size of 3; expected 4 to"))
    #expect(
      message(UnigramParameters(vocabularySize: 5)).hasPrefix("a vocabulary size of 5; expected at least"))
    #expect(message(UnigramParameters(), "").hasPrefix("the corpus holds no text"))
    #expect(message(UnigramParameters(), " \n\n").hasPrefix("the corpus holds no text"))
    #expect(message(UnigramParameters(characterCoverage: 0)).hasPrefix("a coverage of 0"))
    #expect(message(UnigramParameters(shrink: 1)).hasPrefix("a shrinking to 1"))
  }
}
