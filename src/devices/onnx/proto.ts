/**
 * The part of the ONNX file format that our programs need, for the protobuf library. Field numbers are the format's
 * (onnx.proto, IR version 9).
 */
import protobuf from "protobufjs/light.js";

const { Field, Root, Type } = protobuf;

type Row = readonly [name: string, id: number, type: string, rule?: "repeated"];

const messages: Record<string, readonly Row[]> = {
  Model: [
    ["irVersion", 1, "int64"],
    ["opset", 8, "Opset", "repeated"],
    ["producer", 2, "string"],
    ["graph", 7, "Graph"],
  ],
  Opset: [
    ["domain", 1, "string"],
    ["version", 2, "int64"],
  ],
  Graph: [
    ["node", 1, "Node", "repeated"],
    ["name", 2, "string"],
    ["initializer", 5, "Constant", "repeated"],
    ["input", 11, "ValueInfo", "repeated"],
    ["output", 12, "ValueInfo", "repeated"],
  ],
  Node: [
    ["input", 1, "string", "repeated"],
    ["output", 2, "string", "repeated"],
    ["name", 3, "string"],
    ["opType", 4, "string"],
    ["attribute", 5, "Attribute", "repeated"],
    ["domain", 7, "string"],
  ],
  Attribute: [
    ["name", 1, "string"],
    ["f", 2, "float"],
    ["i", 3, "int64"],
    ["s", 4, "bytes"],
    ["ints", 8, "int64", "repeated"],
    ["type", 20, "int32"],
  ],
  Constant: [
    ["dims", 1, "int64", "repeated"],
    ["dataType", 2, "int32"],
    ["name", 8, "string"],
    ["rawData", 9, "bytes"],
  ],
  ValueInfo: [
    ["name", 1, "string"],
    ["type", 2, "TypeInfo"],
  ],
  TypeInfo: [["tensorType", 1, "TensorType"]],
  TensorType: [
    ["elemType", 1, "int32"],
    ["shape", 2, "TensorShape"],
  ],
  TensorShape: [["dim", 1, "Dimension", "repeated"]],
  Dimension: [
    ["dimValue", 1, "int64"],
    ["dimParam", 2, "string"],
  ],
};

const root = new Root();
for (const [name, rows] of Object.entries(messages)) {
  const type = new Type(name);
  for (const [field, id, of, rule] of rows) type.add(new Field(field, id, of, rule));
  root.add(type);
}
root.resolveAll();

export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;

export interface NodeProto {
  input: string[];
  output: string[];
  opType: string;
  domain?: string;
  attribute: { name: string; type: number; f?: number; i?: number; s?: Uint8Array; ints?: readonly number[] }[];
}

export interface ConstantProto {
  dims: readonly number[];
  dataType: number;
  name: string;
  rawData: Uint8Array;
}

export interface ValueProto {
  name: string;
  elemType: number;
  shape: readonly (number | string)[];
}

export interface GraphProto {
  node: NodeProto[];
  initializer: ConstantProto[];
  input: ValueProto[];
  output: ValueProto[];
}

const value = ({ name, elemType, shape }: ValueProto) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: shape.map(d => (typeof d === "number" ? { dimValue: d } : { dimParam: d })) },
    },
  },
});

/**
 * A model file's bytes. Opset 20 for Gelu-free float programs; `com.microsoft` for FusedMatMul.
 *
 * The library writes everything but the weights' own bytes; those are put between its messages, once: through the
 * library they are copied three times.
 * @param memory what to write into, given how many bytes are needed
 */
export function encodeModel(
  graph: GraphProto,
  memory: (bytes: number) => Uint8Array = n => new Uint8Array(n),
): Uint8Array {
  const head = type("Model", {
    irVersion: 9,
    producer: "camera-lucida",
    opset: [
      { domain: "", version: 20 },
      { domain: "com.microsoft", version: 1 },
    ],
  });
  const body = type("Graph", {
    name: "lucida",
    node: graph.node,
    input: graph.input.map(value),
    output: graph.output.map(value),
  });
  const parts = [body];
  for (const { rawData, ...constant } of graph.initializer) {
    const about = type("Constant", constant);
    const raw = lengthDelimited(9, rawData.length);
    parts.push(lengthDelimited(5, about.length + raw.length + rawData.length), about, raw, rawData);
  }
  const graphBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const all = [head, lengthDelimited(7, graphBytes), ...parts];
  const total = all.reduce((sum, part) => sum + part.length, 0);
  const out = memory(total).subarray(0, total);
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A message of this type, encoded. */
const type = (name: string, fields: Record<string, unknown>): Uint8Array => {
  const of = root.lookupType(name);
  return of.encode(of.create(fields)).finish();
};

/** What stands before the bytes of a message or of raw data. */
const lengthDelimited = (field: number, length: number): Uint8Array =>
  protobuf.Writer.create()
    .uint32((field << 3) | 2)
    .uint32(length)
    .finish();
