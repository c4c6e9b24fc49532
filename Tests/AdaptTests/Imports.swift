import Testing
import Adapt
