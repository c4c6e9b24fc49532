import Testing
import toklab
