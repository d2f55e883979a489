/**
 * Asks a GGUF file's metadata for a value of a kind, with a sentence when it has another.
 */
import { Problem } from "../../core/problem.ts";
import type { GgufHeader } from "./header.ts";
import { GgufStrings } from "./strings.ts";

export function numberAt(header: GgufHeader, key: string): number | undefined {
  const value = header.metadata.get(key);
  if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return value;
  // Some converters give one number a layer where the format has one for all (head counts, widths).
  const list =
    value !== null && typeof value === "object" && "length" in value ? Array.from(value as ArrayLike<unknown>) : [];
  if (typeof list[0] === "number" && list.every(n => n === list[0])) return list[0];
  throw new Problem(
    list.length > 0 ? `${key} differs from layer to layer, which Lucida does not read` : `${key} is not a number`,
    { where: `in the metadata of ${header.name}` },
  );
}

/** A number that must be there. */
export function requiredNumber(header: GgufHeader, key: string): number {
  const value = numberAt(header, key);
  if (value === undefined) throw new Problem(`${key} is missing`, { where: `in the metadata of ${header.name}` });
  return value;
}

/** A whole number of at least 1 that must be there: a width or a count of things that a model has. */
export function requiredCount(header: GgufHeader, key: string): number {
  const value = requiredNumber(header, key);
  if (!(Number.isSafeInteger(value) && value > 0))
    throw new Problem(`${key} is ${value}, and must be a whole number above 0`, {
      where: `in the metadata of ${header.name}`,
    });
  return value;
}

export function textAt(header: GgufHeader, key: string): string | undefined {
  const value = header.metadata.get(key);
  if (value === undefined || typeof value === "string") return value;
  throw new Problem(`${key} is not a text`, { where: `in the metadata of ${header.name}` });
}

export function booleanAt(header: GgufHeader, key: string): boolean | undefined {
  const value = header.metadata.get(key);
  if (value === undefined || typeof value === "boolean") return value;
  throw new Problem(`${key} is not true or false`, { where: `in the metadata of ${header.name}` });
}

export function stringsAt(header: GgufHeader, key: string): GgufStrings | undefined {
  const value = header.metadata.get(key);
  if (value === undefined || value instanceof GgufStrings) return value;
  throw new Problem(`${key} is not a list of texts`, { where: `in the metadata of ${header.name}` });
}

/** A list of numbers, whatever their width in the file. */
export function numbersAt(header: GgufHeader, key: string): ArrayLike<number> | undefined {
  const value = header.metadata.get(key);
  if (value === undefined) return undefined;
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value) && value.every(n => typeof n === "number")) return value;
  throw new Problem(`${key} is not a list of numbers`, { where: `in the metadata of ${header.name}` });
}

/** `general.architecture`, which prefixes the model's own keys. */
export function architectureOf(header: GgufHeader): string {
  const name = textAt(header, "general.architecture");
  if (name === undefined)
    throw new Problem("general.architecture is missing", { where: `in the metadata of ${header.name}` });
  return name;
}
