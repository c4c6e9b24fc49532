import Metrics
import Tokenizers

// A folder with LABEL.txt for each language: translations line by line, eng.txt among them.
let folder = CommandLine.arguments[1]
let trainer = BytePairTrainer(BytePairParameters(vocabularySize: 2000))
let trained = try trainer.train(on: Corpus(inputs: [folder]), cutBy: PreTokenization("o200k"))
let tokenizer = try Tokenizer(trained.definition)
print(try tokenizer.encode("Merhaba, dünya!").ids.count, "tokens")
let counts = try ParallelCorpus.load(folder: folder).count(with: tokenizer)
let premiums = try TokenPremium().measure(
  .init(tokenizer: .init("mine"), languages: counts, reference: "eng"))
for row in premiums.results where row.metric == "premium" {
  print(row.language!, row.value!.double, row.low!, row.high!)
}
try HuggingFaceExport.write(trained.definition, to: CommandLine.arguments[2])
