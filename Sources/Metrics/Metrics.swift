/// Metrics read numbers (lengths, likelihoods, token ids) and give numbers back with their uncertainty.
@_exported import Tokenizers
