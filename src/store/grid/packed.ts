/**
 * Shards and results on their way through a database: gzipped JSON in base64. A tenth of the bytes, and safe for what a
 * token may hold and PostgreSQL's jsonb refuses (a zero character, half of a surrogate pair).
 */
import { gunzipSync, gzipSync } from "node:zlib";

export interface Packed {
  readonly gz: string;
}

export const pack = (value: unknown): Packed => ({ gz: gzipSync(JSON.stringify(value)).toString("base64") });

/** Throws when it was not packed by `pack`. */
export const unpack = <T>(packed: Packed): T =>
  JSON.parse(gunzipSync(Buffer.from(packed.gz, "base64")).toString("utf8")) as T;
