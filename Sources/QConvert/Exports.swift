// Paths are part of the interface, so users need no import of their own for them.
@_exported public import struct SystemPackage.FilePath
