@_exported import Tokenizers
