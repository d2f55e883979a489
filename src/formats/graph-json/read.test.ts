import fc from "fast-check";
import { expect, test } from "vitest";
import { Problem, sentence } from "../../core/problem.ts";
import { featureCode, fromFeatureCode, indexInLayer } from "./feature-code.ts";
import { checkGraphJson, parseGraphJson } from "./read.ts";

const node = (id: string, layer: string | number, position: number, type: string, more = {}) => {
  return { node_id: id, feature: 0, layer, ctx_idx: position, feature_type: type, jsNodeId: "", clerp: "", ...more };
};
const small = () => ({
  metadata: { slug: "s", scan: "m", prompt: "a b", prompt_tokens: ["a", " b"] },
  qParams: {} as Record<string, unknown>,
  nodes: [node("E_5_0", "E", 0, "embedding"), node("3_9_1", "3", 1, "logit")] as Record<string, unknown>[],
  links: [{ source: "E_5_0", target: "3_9_1", weight: 1.5 }] as Record<string, unknown>[],
});
const said = (change: (json: ReturnType<typeof small>) => void) => {
  const json = small();
  change(json);
  try {
    checkGraphJson(json, "x.json");
  } catch (error) {
    return sentence(error);
  }
  return "fine";
};

test("codes of features survive the way there and back, also beyond 2³¹", () => {
  expect(featureCode(20, 15589)).toBe((15609 * 15610) / 2 + 15589);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 10_000_000 }), (layer, index) => {
      expect(fromFeatureCode(featureCode(layer, index))).toEqual({ layer, index });
      expect(indexInLayer(featureCode(layer, index), layer)).toBe(index);
    }),
  );
  expect(indexInLayer(20 * 100_000 + 15_589, 20)).toBe(15_589); // Neuronpedia's first files
  expect(indexInLayer(7, 20)).toBeUndefined();
});

test("each mistake is named with its node or link", () => {
  expect(said(() => {})).toBe("fine");
  expect(said(json => (json.links[0]!.source = "E_6_0"))).toContain(
    'link 0 has the source "E_6_0", but no node has that id',
  );
  expect(said(json => (json.links[0]!.weight = "1"))).toContain('link 0 (E_5_0 → 3_9_1) has the weight "1"');
  expect(said(json => (json.links[0]!.weight = Number.NaN))).toContain("link 0 (E_5_0 → 3_9_1) has the weight null");
  expect(said(json => (json.nodes[1]!.ctx_idx = 2))).toContain(
    "node 1 (3_9_1) is at position 2, but there are 2 tokens",
  );
  expect(said(json => (json.nodes[1]!.layer = "1e9"))).toContain('node 1 (3_9_1) has layer "1e9"');
  expect(said(json => delete json.nodes[0]!.node_id)).toContain("node 0 has no node_id");
  expect(said(json => (json.metadata.prompt_tokens = []))).toContain("prompt_tokens");
  expect(said(json => (json.nodes[0]!.activation = Infinity))).toContain("node 0 (E_5_0): activation is null");
  expect(said(json => Object.assign(json.metadata, { schema_version: 7 }))).toContain("schema version 7");
});

test("text that is no JSON, NaN as Python writes it, and a file that is no graph", () => {
  const of = (text: string) => {
    try {
      parseGraphJson(text, "x.json");
    } catch (error) {
      return sentence(error);
    }
    return "fine";
  };
  expect(of('{"nodes": [')).toContain("not JSON, or was cut short");
  expect(of('{"nodes": [], "links": [{"weight": NaN}]}')).toContain("a number in the file is NaN");
  expect(of("[]")).toContain("holds no object");
  expect(of('{"nodes": []}')).toContain('"links" is missing');
});

test("what viewers save is read however they wrote it", () => {
  const json = small();
  json.qParams = { pinnedIds: "E_5_0,3_9_1", supernodes: '[["state","E_5_0"],["empty"]]', clerps: [["E_5_0", "mine"]] };
  json.nodes[1]!.layer = 3;
  const read = checkGraphJson(json);
  expect(read.qParams).toEqual({
    pinnedIds: ["E_5_0", "3_9_1"],
    supernodes: [["state", "E_5_0"]],
    clerps: [["E_5_0", "mine"]],
  });
  expect(read.nodes[1]!.layer).toBe("3");
  json.qParams = { pinnedIds: 7, supernodes: "[broken", clerps: { E_5_0: "mine" } };
  expect(checkGraphJson(json).qParams).toEqual({ clerps: [["E_5_0", "mine"]] });
});

test("whatever JSON comes in, the answer is a graph or a Problem", () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.jsonValue(),
      fc.nat(3),
      fc.constantFrom("nodes", "links", "metadata", "qParams"),
      (a, b, kind, part) => {
        const json = small() as Record<string, unknown>;
        if (kind === 0) json[part] = a;
        else if (kind === 1) json[part] = [a, b];
        else {
          const rows = small()[part === "links" ? "links" : "nodes"] as Record<string, unknown>[];
          const keys = Object.keys(rows[0]!);
          rows[0]![keys[kind % keys.length]!] = a;
          json[part === "links" ? "links" : "nodes"] = rows;
        }
        try {
          checkGraphJson(json);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
        }
      },
    ),
    { numRuns: 300 },
  );
});
