import ArgumentParser
import Metrics

/// `--corpus`, `--language` and `--languages`: a text, or a folder of texts that need not be aligned.
struct TextOptions: ParsableArguments {
  @OptionGroup var choice: LanguageOptions

  @Option(help: ArgumentHelp("A text, or a folder of LABEL.txt.", valueName: "file|dir"))
  var corpus: String

  @Option(help: ArgumentHelp("The language of a single text: the label of its rows.", valueName: "label"))
  var language: String?

  func load() throws -> TextCollection {
    try TextCollection(corpus, languages: choice.wanted, label: language)
  }
}
