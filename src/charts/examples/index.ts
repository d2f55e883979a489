/** The made-up traces that the gallery and the tests draw. */
import type { TraceDocument } from "../../attribution/document.ts";
import { awkward } from "./awkward.ts";
import { dallas } from "./dallas.ts";
import { small } from "./small.ts";

export const examples: Readonly<Record<string, TraceDocument>> = { dallas, small, awkward };
