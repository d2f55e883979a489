import type { Verb } from "../verb.ts";
export const verb: Verb = {
  configure() {},
  async run(_o, { out }) {
    out("soon");
  },
};
