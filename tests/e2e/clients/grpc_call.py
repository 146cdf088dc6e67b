"""One call by the stock gRPC library of Python: grpc_call.py TARGET DESCRIPTORS METHOD JSON SECONDS. Prints each answer as a line of JSON; a failure as
"code: message" on standard error, with exit code 1.

METHOD is "package.Service/Method"; DESCRIPTORS a FileDescriptorSet, so that no code is generated.
"""
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


def method_of(path, name):
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool, pool.FindMethodByName(name.replace("/", "."))


def main(target, descriptors, name, text, seconds):
    pool, method = method_of(descriptors, name)
    request = json_format.Parse(text, message_factory.GetMessageClass(method.input_type)(), descriptor_pool=pool)
    answer = message_factory.GetMessageClass(method.output_type)
    with grpc.insecure_channel(target) as channel:
        kind = channel.unary_stream if method.server_streaming else channel.unary_unary
        call = kind("/" + name, request_serializer=type(request).SerializeToString, response_deserializer=answer.FromString)
        try:
            answers = call(request, timeout=float(seconds))
            for one in answers if method.server_streaming else [answers]:
                print(json_format.MessageToJson(one, indent=None, descriptor_pool=pool), flush=True)
        except grpc.RpcError as error:
            print(f"{error.code().name}: {error.details()}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
