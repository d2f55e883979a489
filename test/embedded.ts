/** The embedded model, as it is found in this checkout. */
import { resolve } from "node:path";
import type { FoundModel } from "../src/store/models.ts";

export const embedded: FoundModel = {
  kind: "folder",
  path: resolve(import.meta.dirname, "../specimen"),
  name: "specimen",
  source: "specimen",
};
