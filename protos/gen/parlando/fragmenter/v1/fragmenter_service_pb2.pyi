from parlando.fragmenter.v1 import fragmenter_pb2 as _fragmenter_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
