"""Every RPC of the protocol, as the generated descriptors have it, and what a call of one comes to."""

import dataclasses
import importlib
import pkgutil

import grpc
import modlab.v1
from google.protobuf import symbol_database

PATIENCE = 60


@dataclasses.dataclass(frozen=True)
class Answer:
    """All that a caller gets to see: it is compared byte for byte."""
    code: str
    details: str = ""
    metadata: tuple = ()
    messages: tuple = ()

    def without(self, name):
        """The answer as if it had been asked about something of another name of the same length."""
        text, raw = "?" * len(name), b"?" * len(name)
        metadata = tuple(
            (key, value.replace(name.encode(), raw) if isinstance(value, bytes) else value.replace(name, text))
            for key, value in self.metadata)
        return dataclasses.replace(self, details=self.details.replace(name, text), metadata=metadata)


class Rpc:
    def __init__(self, service, method):
        self.name = f"{service.name}.{method.name}"
        self.path = f"/{service.full_name}/{method.name}"
        self.request_streams, self.response_streams = method.client_streaming, method.server_streaming
        classes = symbol_database.Default()
        self.request, self.response = (classes.GetPrototype(type_) for type_ in (method.input_type, method.output_type))

    def call(self, channel, request, metadata=()):
        """Makes the call. Of a stream of answers the first few are enough: a watched job may never end."""
        kind = f"{'stream' if self.request_streams else 'unary'}_{'stream' if self.response_streams else 'unary'}"
        stub = getattr(channel, kind)(
            self.path, request_serializer=self.request.SerializeToString, response_deserializer=bytes)
        sent = iter([request]) if self.request_streams else request
        try:
            if not self.response_streams:
                message, call = stub.with_call(sent, metadata=metadata, timeout=PATIENCE)
                return self._answer(call, (message,))
            stream = stub(sent, metadata=metadata, timeout=PATIENCE)
            messages = tuple(message for _, message in zip(range(1), stream))
            stream.cancel()
            return Answer("OK", messages=messages)
        except grpc.RpcError as error:
            return self._answer(error, ())

    def parse(self, answer):
        return self.response.FromString(answer.messages[0])

    @staticmethod
    def _answer(call, messages):
        # Every call has another number: it is drawn, and says nothing.
        metadata = tuple((key, value) for key, value in (
            *(call.initial_metadata() or ()), *(call.trailing_metadata() or ())) if key != "x-request-id")
        return Answer(call.code().name, call.details() or "", metadata, messages)


def every_rpc():
    """{"JobService.GetJob": Rpc}, of all services in proto/."""
    found = {}
    for module in pkgutil.iter_modules(modlab.v1.__path__):
        if module.name.endswith("_pb2"):
            descriptor = importlib.import_module(f"modlab.v1.{module.name}").DESCRIPTOR
            for service in descriptor.services_by_name.values():
                found.update((f"{service.name}.{method.name}", Rpc(service, method)) for method in service.methods)
    return found
