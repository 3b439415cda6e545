"""Serves the schemas of the AWS provider to Terraform where the provider itself cannot be downloaded.

The schemas are read out of the npm package @cdktf/provider-aws, whose code is generated from the provider's own. With
them `terraform init`, `validate` and `test` (mock_provider) find arguments, blocks, types and references that do not
exist, and required ones that are missing. What only the provider's code knows, such as which values an argument takes,
they do not find: `check.py --provider registry` does. The package does not say which optional arguments the provider
fills in by itself: here all of them are, so that a mocked resource never has null where nothing was written.

    python aws_stub.py PACKAGE TREE

prints the value of TF_REATTACH_PROVIDERS in one line, then serves until its input is closed.
"""

import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

Schema = pb.Schema

# How the package names types, and how Terraform does.
STORAGE = {
    "string": '"string"', "number": '"number"', "boolean": '"bool"', "any": '"dynamic"',
    "stringList": '["list","string"]', "numberList": '["list","number"]', "booleanList": '["list","bool"]',
    "stringMap": '["map","string"]', "numberMap": '["map","number"]', "booleanMap": '["map","bool"]',
    "anyMap": '["map","dynamic"]',
}
GETTERS = {
    "String": '"string"', "Number": '"number"', "Boolean": '"bool"', "Any": '"dynamic"',
    "List": '["list","string"]', "NumberList": '["list","number"]', "StringMap": '["map","string"]',
    "NumberMap": '["map","number"]', "BooleanMap": '["map","bool"]',
}
COMPLEX = {"StringMap": '["map","string"]', "BooleanMap": '["map","bool"]', "NumberMap": '["map","number"]'}

ATTRIBUTE = re.compile(
    r"^\s+(\w+|\"\w+\"): \{\s*value: (.*?),\s*isBlock: (true|false),\s*type: \"(\w+)\","
    r"\s*storageClassType: \"(\w+)\"", re.S | re.M)
INTERFACE = re.compile(r"export interface (\w+)[^{]*\{(.*?)\n\}", re.S)
FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", re.S | re.M)
CLASS = re.compile(r"^class (\w+) extends [^{]+\{(.*?)^\}", re.S | re.M)
CONFIG = re.compile(r"synthesizeHclAttributes\(\) \{(.*?)^    \}", re.S | re.M)
MEMBER = re.compile(r"this\._\w+ = new ([\w.]+)\(this, \"(\w+)\"(?:, (true|false))?\)")
GETTER = re.compile(r"this\.get(\w+?)Attribute\('(\w+)'\)")


def kind(*parts):
    return json.dumps(parts if len(parts) > 1 else parts[0])


class Module:
    """One resource, data source or the provider, as the package describes it."""

    def __init__(self, folder):
        code = (folder / "index.js").read_text()
        types = (folder / "index.d.ts").read_text()
        self.optional = {
            name.lower(): {key.lower(): mark == "?" for key, mark in re.findall(r"readonly (\w+)(\??):", body)}
            for name, body in INTERFACE.findall(types)
        }
        self.functions = dict(FUNCTION.findall(code))
        self.classes = dict(CLASS.findall(code))

    def schema(self):
        for name, body in self.classes.items():
            config = CONFIG.search(body)
            if config:
                return Schema(version=0, block=self.block(config[1], name, name + "Config"))
        raise ValueError("no class with a configuration")

    def members(self, name):
        """Names of a class's nested objects, with their class and whether they are a set."""
        for of, member, is_set in MEMBER.findall(self.classes.get(name, "")):
            yield member, of, is_set == "true"

    def computed(self, name):
        """What a class can be asked for, with its type."""
        found = {key: GETTERS.get(of, '"dynamic"') for of, key in GETTER.findall(self.classes.get(name, ""))}
        for member, of, is_set in self.members(name):
            if of.startswith("cdktf."):
                found[member] = COMPLEX.get(of[6:], '"dynamic"')
            elif of.endswith("OutputReference"):
                found[member] = self.object(of)
            elif of.endswith("List"):
                element = json.loads(self.object(of[:-4] + "OutputReference"))
                found[member] = kind("set" if is_set else "list", element)
        return found

    def object(self, name):
        return kind("object", {key: json.loads(of) for key, of in self.computed(name).items()})

    def block(self, source, class_name, interface):
        block, seen = Schema.Block(), set()
        optional = self.optional.get(interface.lower(), {})
        computed = self.computed(class_name)
        single = {member for member, of, _ in self.members(class_name) if of.endswith("OutputReference")}
        for name, value, is_block, of, storage in ATTRIBUTE.findall(source):
            name = name.strip('"')
            seen.add(name)
            may_miss = optional.get(name.replace("_", "").lower(), True)
            nested = re.search(r"\b(\w+?)ToHclTerraform\b", value.replace("cdktf.", ""))
            nested = nested[1] if nested and nested[1] in self.functions else None
            if is_block == "true" and nested:
                block.block_types.append(self.nested(name, nested, of, may_miss, name in single))
            elif nested:
                # An argument that takes a list of objects, or leaves them to the provider.
                inner = self.inner(nested)
                fields = {field.name: json.loads(field.type) for field in inner.attributes}
                shape = kind(of if of in ("list", "set", "map") else "list", ["object", fields])
                block.attributes.append(attribute(name, shape, may_miss, may_miss))
            elif is_block == "false":
                shape = STORAGE.get(storage, '"dynamic"')
                if of in ("set", "list") and shape.startswith("["):
                    shape = kind(of, json.loads(shape)[1])
                block.attributes.append(attribute(name, shape, may_miss, may_miss and name in computed))
        for name, shape in computed.items():
            if name not in seen:
                block.attributes.append(Schema.Attribute(name=name, type=shape.encode(), computed=True))
        return block

    def inner(self, function):
        name = function[0].upper() + function[1:]
        return self.block(self.functions[function], name + "OutputReference", name)

    def nested(self, name, function, of, may_miss, single):
        nesting = Schema.NestedBlock
        if of == "struct" or name == "timeouts":
            return nesting(type_name=name, block=self.inner(function), nesting=nesting.SINGLE)
        return nesting(
            type_name=name, block=self.inner(function), nesting=nesting.SET if of == "set" else nesting.LIST,
            min_items=0 if may_miss else 1, max_items=1 if single else 0)


def attribute(name, shape, optional, computed):
    return Schema.Attribute(
        name=name, type=shape.encode(), required=not optional, optional=optional, computed=computed)


def used(tree):
    """The resource types and data sources that the tree names."""
    source = "\n".join(path.read_text() for path in tree.rglob("*.tf"))
    return (set(re.findall(r'^\s*resource\s+"aws_(\w+)"', source, re.M)),
            set(re.findall(r'^\s*data\s+"aws_(\w+)"', source, re.M)))


def schemas(package, names, prefix=""):
    """By type; one that the package does not know is left out, so that Terraform complains of it."""
    folders = {f"aws_{name}": package / "lib" / (prefix + name.replace("_", "-")) for name in names}
    return {name: Module(folder).schema() for name, folder in folders.items() if folder.is_dir()}


class Provider(rpc.ProviderServicer):
    """Knows what may be written, and does nothing."""

    def __init__(self, package, tree):
        resources, sources = used(tree)
        self.response = pb.GetProviderSchema.Response(
            provider=Module(package / "lib" / "provider").schema(),
            resource_schemas=schemas(package, resources),
            data_source_schemas=schemas(package, sources, "data-aws-"),
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=False))

    def GetMetadata(self, request, context):
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "asked for the schema instead")

    def GetProviderSchema(self, request, context):
        return self.response

    def ValidateProviderConfig(self, request, context):
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request, context):
        return pb.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request, context):
        return pb.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request, context):
        return pb.ConfigureProvider.Response()

    def GetFunctions(self, request, context):
        return pb.GetFunctions.Response()

    def StopProvider(self, request, context):
        return pb.StopProvider.Response()


def main():
    package, tree = (Path(argument) for argument in sys.argv[1:3])
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", 1 << 28)])
    rpc.add_ProviderServicer_to_server(Provider(package, tree), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(json.dumps({"registry.terraform.io/hashicorp/aws": {
        "Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True,
        "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"}}}), flush=True)
    sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main()
