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
const model = root.resolveAll().lookupType("Model");

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

/** A model file's bytes. Opset 20 for Gelu-free float programs; `com.microsoft` for FusedMatMul. */
export function encodeModel(graph: GraphProto): Uint8Array {
  return model
    .encode(
      model.create({
        irVersion: 9,
        producer: "camera-lucida",
        opset: [
          { domain: "", version: 20 },
          { domain: "com.microsoft", version: 1 },
        ],
        graph: {
          name: "lucida",
          node: graph.node,
          initializer: graph.initializer,
          input: graph.input.map(value),
          output: graph.output.map(value),
        },
      }),
    )
    .finish();
}
