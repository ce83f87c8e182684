# SPDX-License-Identifier: Apache-2.0
"""A gRPC client without generated code: it learns services and messages by server reflection."""

import os
import pathlib
import sys

DEBIAN_PYTHON = "/usr/bin/python3"


def import_grpc():
    """Returns the module grpc, or None if there is none.

    To be called before the test has begun: if only Debian's own Python has it, the script starts
    anew under that.
    """
    try:
        import grpc  # pylint: disable=import-outside-toplevel
        return grpc
    except ImportError:
        if pathlib.Path(sys.executable).resolve() != pathlib.Path(DEBIAN_PYTHON).resolve() and \
                os.access(DEBIAN_PYTHON, os.X_OK):
            os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, "-B", *sys.argv])
        return None


class GenericClient:
    """Calls methods by name with dictionaries for messages, as grpcurl does."""

    def __init__(self, grpc, socket_path):
        # pylint: disable=import-outside-toplevel
        from google.protobuf import descriptor_pool, json_format, message_factory
        self._grpc = grpc
        self._json = json_format
        self._factory = message_factory.MessageFactory()
        self._pool = descriptor_pool.DescriptorPool()
        self._channel = grpc.insecure_channel(f"unix:{socket_path}")
        self._known = set()
        self._pool.Add(_reflection_messages())

    def services(self):
        """Returns the names of all services."""
        answer = self._reflect(list_services="")
        return sorted(service.name for service in answer.list_services_response.service)

    def call(self, service, method, **fields):
        """Calls a unary method; returns the answer as a dictionary with the fields' own names."""
        self._load(file_containing_symbol=service)
        found = self._pool.FindServiceByName(service).FindMethodByName(method)
        answer = self._channel.unary_unary(
            f"/{service}/{method}", request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self._class(found.output_type).FromString,
        )(self._json.ParseDict(fields, self._class(found.input_type)()), timeout=15)
        return self._json.MessageToDict(answer, preserving_proto_field_name=True,
                                        including_default_value_fields=True)

    def refused(self, service, method, **fields):
        """Calls a method that has to be refused; returns (name of the status code, message)."""
        try:
            answer = self.call(service, method, **fields)
        except self._grpc.RpcError as error:
            return error.code().name, error.details()
        raise AssertionError(f"{method}({fields}) was not refused: {answer}")

    def _class(self, message_type):
        return self._factory.GetPrototype(message_type)

    def _reflect(self, **fields):
        request = self._class(self._pool.FindMessageTypeByName(f"{_REFLECTION}Request"))
        answer = self._class(self._pool.FindMessageTypeByName(f"{_REFLECTION}Response"))
        stream = self._channel.stream_stream(
            f"/{_PACKAGE}.ServerReflection/ServerReflectionInfo",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString)
        return next(stream(iter([request(**fields)]), timeout=15))

    def _load(self, **where):
        # pylint: disable=import-outside-toplevel
        from google.protobuf import descriptor_pb2
        for octets in self._reflect(**where).file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(octets)
            if file.name in self._known:
                continue
            self._known.add(file.name)
            for name in file.dependency:
                if name not in self._known:
                    self._load(file_by_filename=name)
            self._pool.Add(file)


_PACKAGE = "grpc.reflection.v1alpha"
_REFLECTION = f"{_PACKAGE}.ServerReflection"


def _reflection_messages():
    """Returns the part of the reflection protocol that is used here."""
    # pylint: disable=import-outside-toplevel
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    file = FileDescriptorProto(name="reflection_client.proto", package=_PACKAGE, syntax="proto3")
    messages = {
        "ServerReflectionRequest": [("file_by_filename", 3, "string"),
                                    ("file_containing_symbol", 4, "string"),
                                    ("list_services", 7, "string")],
        "FileDescriptorResponse": [("file_descriptor_proto", 1, "bytes*")],
        "ServiceResponse": [("name", 1, "string")],
        "ListServiceResponse": [("service", 1, "ServiceResponse*")],
        "ServerReflectionResponse": [("file_descriptor_response", 4, "FileDescriptorResponse"),
                                     ("list_services_response", 6, "ListServiceResponse")],
    }
    scalars = {"string": Field.TYPE_STRING, "bytes": Field.TYPE_BYTES}
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            label = Field.LABEL_REPEATED if kind.endswith("*") else Field.LABEL_OPTIONAL
            field = message.field.add(name=field_name, number=number, label=label)
            kind = kind.rstrip("*")
            if kind in scalars:
                field.type = scalars[kind]
            else:
                field.type, field.type_name = Field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
        if name == "ServerReflectionRequest":
            # Members of a oneof: an empty string counts as given.
            message.oneof_decl.add(name="message_request")
            for field in message.field:
                field.oneof_index = 0
    return file
