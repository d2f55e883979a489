/** The studies that come along, in the order of the report card. */
import type { Study } from "../study.ts";
import { twoHop } from "./two-hop.ts";

export const studies: readonly Study[] = [twoHop];
